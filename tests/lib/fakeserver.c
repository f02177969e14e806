#include "tests/lib/fakeserver.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/frame.h"
#include "proto/http.h"
#include "proto/packet.h"
#include "proto/upgrade.h"

enum { OUT_LIMIT = 64 << 20 };

static const struct http_limits limits = {
    .head_size = 16384, .target_size = 4096, .n_headers = 100};

static const struct frame_rules rules = {
    .max_frame = 32768,
    .max_message = 131072,
    .max_fragments = 1024,
    .is_server = true,
};

static const char not_http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

struct fakepeer {
    struct list link; /* in server.peers */
    struct fakeserver *server;
    uv_tcp_t tcp;
    struct http_reader *http; /* until upgraded */
    struct frame_partial *partial;
    struct connid id;
    struct tls *tls; /* NULL: plain */
    bool is_proxy;   /* until it has answered CONNECT */
    bool is_secured; /* the TLS handshake is complete */
    uint8_t in[65536];
    uint8_t plain[65536 + TLS_RECORD_MAX];
};

struct output {
    uv_write_t req;
    struct bytes bytes;
};

static void on_peer_closed(uv_handle_t *handle)
{
    struct fakepeer *peer = handle->data;
    http_reader_free(peer->http);
    frame_partial_free(peer->partial);
    tls_free(peer->tls);
    free(peer);
}

void fakepeer_drop(struct fakepeer *peer)
{
    if (uv_is_closing((uv_handle_t *)&peer->tcp))
        return;
    list_remove(&peer->link);
    uv_close((uv_handle_t *)&peer->tcp, on_peer_closed);
}

void fakepeer_stop_reading(struct fakepeer *peer)
{
    uv_read_stop((uv_stream_t *)&peer->tcp);
}

size_t fakepeer_n_unsent(const struct fakepeer *peer)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&peer->tcp);
}

static void on_written(uv_write_t *req, int status)
{
    struct output *output = req->data;
    (void)status;
    bytes_deinit(&output->bytes);
    free(output);
}

/* Takes @bytes, which are as they go over the wire. */
static void write_wire(struct fakepeer *peer, struct bytes bytes)
{
    struct output *output = calloc(1, sizeof *output);
    ck_assert_ptr_nonnull(output);
    output->bytes = bytes;
    output->req.data = output;
    uv_buf_t buf =
        uv_buf_init((char *)bytes_begin(&bytes), (unsigned)bytes_size(&bytes));
    if (uv_is_closing((uv_handle_t *)&peer->tcp) ||
        uv_write(&output->req, (uv_stream_t *)&peer->tcp, &buf, 1, on_written) <
            0)
        on_written(&output->req, 0);
}

/* Takes @bytes. */
static void write_bytes(struct fakepeer *peer, struct bytes bytes)
{
    struct bytes cipher = BYTES_EMPTY;
    if (!peer->tls) {
        write_wire(peer, bytes);
        return;
    }
    ck_assert_int_eq(tls_write(peer->tls, bytes_begin(&bytes),
                               bytes_size(&bytes), &cipher, OUT_LIMIT),
                     0);
    bytes_deinit(&bytes);
    write_wire(peer, cipher);
}

void fakepeer_write(struct fakepeer *peer, const void *bytes, size_t size)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(bytes_append(&out, bytes, size, OUT_LIMIT), 0);
    write_bytes(peer, out);
}

static void send_frames(struct fakepeer *peer, enum frame_opcode opcode,
                        const struct iovec *parts, int n_parts)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(
        frame_append(&out, OUT_LIMIT, opcode, parts, n_parts, 32768), 0);
    write_bytes(peer, out);
}

void fakepeer_send(struct fakepeer *peer, const char *text)
{
    send_frames(peer, FRAME_TEXT, &(struct iovec){(void *)text, strlen(text)},
                1);
}

const struct connid *fakepeer_id(const struct fakepeer *peer)
{
    return &peer->id;
}

static struct fakepeer *find(struct fakeserver *server,
                             const struct packet *packet)
{
    list_for_each (node, next, &server->peers) {
        struct fakepeer *peer = list_entry(node, struct fakepeer, link);
        if (packet->to_size == CONNID_CHARS &&
            memcmp(peer->id.chars, packet->to, CONNID_CHARS) == 0)
            return peer;
    }
    return NULL;
}

static void relay(struct fakepeer *from, const struct packet *packet)
{
    char head[PACKET_HEAD_SIZE];
    struct fakepeer *to = find(from->server, packet);
    if (!to) {
        fakepeer_send(from, "{\"message\": \"Internal server error\", "
                            "\"connectionId\":\"\", \"requestId\":\"\"}");
        return;
    }
    packet_write_head(head, &from->id);
    const struct iovec parts[] = {
        {head, PACKET_HEAD_SIZE},
        {(void *)packet->payload, packet->payload_size},
        {(void *)PACKET_TAIL, PACKET_TAIL_SIZE},
    };
    send_frames(to, FRAME_TEXT, parts, 3);
}

static void take_message(struct fakepeer *peer, const char *text, size_t size)
{
    struct fakeserver *server = peer->server;
    struct packet packet;
    if (server->message_cb &&
        server->message_cb(peer, text, size, server->data))
        return;
    switch (packet_scan(text, size, &packet)) {
    case PACKET_WHOAMI:
        send_frames(peer, FRAME_TEXT,
                    &(struct iovec){peer->id.chars, CONNID_CHARS}, 1);
        break;
    case PACKET_RELAY:
        relay(peer, &packet);
        break;
    case PACKET_MALFORMED:
        ck_abort_msg("a client sent %.*s", (int)size, text);
    }
}

static void echo_close(struct fakepeer *peer, uint16_t code)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(frame_append_close(&out, OUT_LIMIT, code, "", 0), 0);
    write_bytes(peer, out);
    peer->server->n_closes++;
}

static void take_frames(struct fakepeer *peer, uint8_t *in, size_t n)
{
    for (;;) {
        struct frame frame;
        size_t used = 0;
        enum frame_event event =
            frame_read(&peer->partial, &rules, in, n, &used, &frame);
        in += used;
        n -= used;
        switch (event) {
        case FRAME_EVENT_MORE:
            return;
        case FRAME_EVENT_MESSAGE:
            take_message(peer, (const char *)frame.data, frame.size);
            break;
        case FRAME_EVENT_PING:
            send_frames(peer, FRAME_PONG,
                        &(struct iovec){(void *)frame.data, frame.size}, 1);
            break;
        case FRAME_EVENT_PONG:
            peer->server->n_pongs++;
            break;
        case FRAME_EVENT_CLOSE:
            echo_close(peer, frame.code);
            fakepeer_drop(peer);
            return;
        case FRAME_EVENT_FAULT:
            ck_abort_msg("a client sent a bad frame: %s", frame.reason);
        }
        if (uv_is_closing((uv_handle_t *)&peer->tcp))
            return;
    }
}

static void note_header(struct fakepeer *peer, const char *name, char *out,
                        size_t size)
{
    const char *value = http_header(peer->http, name, NULL);
    snprintf(out, size, "%s", value ? value : "");
}

static void answer_handshake(struct fakepeer *peer)
{
    struct fakeserver *server = peer->server;
    char accept[UPGRADE_ACCEPT_CHARS + 1];
    struct bytes out = BYTES_EMPTY;
    note_header(peer, "x-api-key", server->api_key, sizeof server->api_key);
    note_header(peer, "Host", server->host, sizeof server->host);
    if (server->is_silent)
        return;
    if (server->response) {
        fakepeer_write(peer, server->response, strlen(server->response));
        return;
    }
    ck_assert_int_eq(upgrade_check_request(peer->http, accept), REFUSAL_NONE);
    ck_assert_int_eq(upgrade_append_101(&out, OUT_LIMIT, 0, accept, ""), 0);
    write_bytes(peer, out);
    http_reader_free(peer->http);
    peer->http = NULL;
}

static void answer_connect(struct fakepeer *peer)
{
    struct fakeserver *server = peer->server;
    struct bytes out = BYTES_EMPTY;
    ck_assert_str_eq(http_method(peer->http), "CONNECT");
    snprintf(server->target, sizeof server->target, "%s",
             http_target(peer->http));
    note_header(peer, "Proxy-Authorization", server->authorization,
                sizeof server->authorization);
    ck_assert_int_eq(
        bytes_append(&out, server->answer, strlen(server->answer), OUT_LIMIT),
        0);
    write_wire(peer, out);
    peer->is_proxy = strncmp(server->answer + 8, " 2", 2) != 0;
}

/* A client must not say more until the tunnel is open. */
static void take_connect(struct fakepeer *peer, const uint8_t *in, size_t n)
{
    size_t used = 0;
    enum http_event event = http_read(peer->http, in, n, &used);
    ck_assert_uint_eq(used, n);
    if (event == HTTP_EVENT_MESSAGE)
        answer_connect(peer);
    else
        ck_assert_int_eq(event, HTTP_EVENT_MORE);
}

static void take_plaintext(struct fakepeer *peer, uint8_t *in, size_t n)
{
    size_t used = 0;
    if (peer->http)
        switch (http_read(peer->http, in, n, &used)) {
        case HTTP_EVENT_MESSAGE:
            answer_handshake(peer);
            break;
        case HTTP_EVENT_FAULT:
            fakepeer_write(peer, not_http, sizeof not_http - 1);
            fakepeer_drop(peer);
            return;
        case HTTP_EVENT_HEAD:
        case HTTP_EVENT_MORE:
            return;
        }
    if (!peer->http && n > used && !peer->server->is_deaf)
        take_frames(peer, in + used, n - used);
}

static void take_ciphertext(struct fakepeer *peer, const uint8_t *in, size_t n)
{
    struct bytes cipher = BYTES_EMPTY;
    size_t n_plain = 0;
    enum tls_status status =
        tls_feed(peer->tls, in, n, peer->plain, sizeof peer->plain, &n_plain,
                 &cipher, OUT_LIMIT);
    if (!bytes_is_empty(&cipher))
        write_wire(peer, cipher);
    if (!peer->is_secured && tls_is_established(peer->tls)) {
        peer->is_secured = true;
        peer->server->n_resumed += tls_is_resumed(peer->tls);
    }
    if (n_plain > 0)
        take_plaintext(peer, peer->plain, n_plain);
    if (status != TLS_OK)
        fakepeer_drop(peer);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct fakepeer *peer = stream->data;
    if (n < 0)
        fakepeer_drop(peer);
    else if (peer->is_proxy)
        take_connect(peer, (uint8_t *)buf->base, (size_t)n);
    else if (peer->tls)
        take_ciphertext(peer, (uint8_t *)buf->base, (size_t)n);
    else
        take_plaintext(peer, (uint8_t *)buf->base, (size_t)n);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct fakepeer *peer = handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)peer->in, sizeof peer->in);
}

static void on_connection(uv_stream_t *listener, int status)
{
    static struct connid_source ids;
    struct fakeserver *server = listener->data;
    struct fakepeer *peer = calloc(1, sizeof *peer);
    ck_assert_int_eq(status, 0);
    ck_assert_ptr_nonnull(peer);
    peer->server = server;
    peer->http = http_reader_new(HTTP_REQUESTS, &limits);
    peer->tls = server->tls ? tls_new(server->tls, NULL) : NULL;
    peer->is_proxy = server->answer != NULL;
    connid_mint(&ids, 0, &peer->id);
    uv_tcp_init(listener->loop, &peer->tcp);
    peer->tcp.data = peer;
    ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&peer->tcp), 0);
    list_append(&server->peers, &peer->link);
    server->n_connections++;
    if (server->is_abrupt)
        fakepeer_drop(peer);
    else
        uv_read_start((uv_stream_t *)&peer->tcp, on_alloc, on_read);
}

void fakeserver_open(struct fakeserver *server, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int size = sizeof address;
    *server = (struct fakeserver){0};
    list_init(&server->peers);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &server->listener);
    server->listener.data = server;
    ck_assert_int_eq(
        uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0),
        0);
    ck_assert_int_eq(
        uv_listen((uv_stream_t *)&server->listener, 128, on_connection), 0);
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size);
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "ws://127.0.0.1:%u/latest",
             server->port);
}

void fakeserver_open_tls(struct fakeserver *server, uv_loop_t *loop,
                         const char *certificate_file, const char *key_file)
{
    struct errmsg errmsg;
    fakeserver_open(server, loop);
    snprintf(server->url, sizeof server->url, "wss://localhost:%u/latest",
             server->port);
    int status = tls_context_new_server(certificate_file, key_file,
                                        &server->tls, &errmsg);
    ck_assert_msg(status == 0, "%s", errmsg.text);
}

void fakeserver_close(struct fakeserver *server)
{
    list_for_each (node, next, &server->peers)
        fakepeer_drop(list_entry(node, struct fakepeer, link));
    uv_close((uv_handle_t *)&server->listener, NULL);
    tls_context_free(server->tls);
}

struct fakepeer *fakeserver_last(struct fakeserver *server)
{
    if (list_is_empty(&server->peers))
        return NULL;
    return list_entry(server->peers.prev, struct fakepeer, link);
}
