#include "client/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/dial.h"
#include "client/monologue.h"
#include "client/tunnel.h"

/*
 * Connect, ask the proxy for a tunnel if there is one, and with TLS shake
 * hands; then bytes go both ways. At most one write is under way; what is said
 * meanwhile goes out together, encrypted no earlier than that.
 *
 * When a write fails the server has hung up; but what it said before may lie
 * there unread, such as a close frame that says why. So nothing more is sent,
 * and input is read to its end. However it ends, the socket is closed, and when
 * it is gone the owner is told.
 */

enum {
    READ_SIZE = 65536,
    PLAIN_SIZE = READ_SIZE + 16384, /* as tls_feed() may deliver */
    OUTPUT_HIGH = 262144,           /* read no more while so much waits */
    WIRE_LIMIT = 64 << 20,          /* output is bounded by its owner */
};

enum stream_state {
    STREAM_DIALING,
    STREAM_TUNNELING,
    STREAM_SECURING,
    STREAM_OPEN,
    STREAM_ENDED,
};

struct stream {
    enum stream_state state;
    bool is_reading;
    bool is_leaving;  /* to be ended when all is written */
    bool has_hung_up; /* the server: nothing can be sent any more */
    const struct stream_callbacks *callbacks;
    void *data;
    struct dial dial;
    struct stream_settings settings; /* valid until open */
    struct http_reader *answer;      /* the proxy's, while tunneling */
    struct tls *tls;                 /* NULL: plain */
    struct bytes output;             /* plaintext to be sent */
    struct bytes wire;               /* ciphertext to be sent */
    struct bytes writing; /* in the hands of write; empty: none under way */
    uv_write_t write;
    int status; /* how it ended */
    struct errmsg why;
    uint8_t in[READ_SIZE];
    uint8_t plain[PLAIN_SIZE];
};

static void on_closed(struct dial *dial, int status)
{
    struct stream *stream = dial->data;
    (void)status;
    stream->callbacks->closed(stream->status, stream->why.text, stream->data);
    http_reader_free(stream->answer);
    tls_free(stream->tls);
    bytes_deinit(&stream->output);
    bytes_deinit(&stream->wire);
    bytes_deinit(&stream->writing);
    free(stream);
}

void stream_end(struct stream *stream)
{
    if (stream->state == STREAM_ENDED)
        return;
    stream->state = STREAM_ENDED;
    dial_close(&stream->dial, on_closed);
}

static void __attribute__((format(printf, 3, 4)))
fail(struct stream *stream, int status, const char *format, ...)
{
    if (stream->state == STREAM_ENDED)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(stream->why.text, sizeof stream->why.text, format, args);
    va_end(args);
    stream->status = status;
    stream_end(stream);
}

static void fail_socket(struct stream *stream, int status)
{
    fail(stream, status, "the connection broke: %s",
         monologue_strerror(status));
}

static uv_stream_t *socket_of(struct stream *stream)
{
    return (uv_stream_t *)stream->dial.socket;
}

static void open_up(struct stream *stream)
{
    stream->state = STREAM_OPEN;
    stream->callbacks->open(stream->data);
}

static void tell_input(struct stream *stream, const uint8_t *in, size_t n)
{
    if (n > 0 && stream->state == STREAM_OPEN)
        stream->callbacks->input(in, n, stream->data);
}

static void fail_at_end_of_input(struct stream *stream)
{
    fail(stream, -ECONNRESET, "the %s ended the connection",
         stream->state == STREAM_TUNNELING ? "proxy" : "server");
}

static void take_ciphertext(struct stream *stream, const uint8_t *in, size_t n)
{
    size_t n_plain = 0;
    enum tls_status status =
        tls_feed(stream->tls, in, n, stream->plain, PLAIN_SIZE, &n_plain,
                 &stream->wire, WIRE_LIMIT);
    if (status == TLS_FAULT) {
        stream_flush(stream); /* the alert tells the server why */
        fail(stream, -ECONNABORTED, "TLS: %s", tls_fault(stream->tls));
        return;
    }
    if (stream->state == STREAM_SECURING && tls_is_established(stream->tls))
        open_up(stream);
    tell_input(stream, stream->plain, n_plain);
    if (status == TLS_CLOSED)
        fail_at_end_of_input(stream);
}

static void start_tls(struct stream *stream)
{
    const struct stream_settings *settings = &stream->settings;
    stream->state = STREAM_SECURING;
    stream->tls = tls_new(settings->tls, settings->server_name);
    if (stream->tls)
        take_ciphertext(stream, NULL, 0);
    else
        fail(stream, -ENOMEM, "out of memory");
}

/* There is a way to the server: what comes and goes now is its own. */
static void start_talking(struct stream *stream)
{
    if (stream->settings.endpoint->is_secure)
        start_tls(stream);
    else
        open_up(stream);
}

/* Returns how many bytes were the proxy's; the rest is the server's. */
static size_t take_answer(struct stream *stream, const uint8_t *in, size_t n)
{
    size_t used = 0;
    struct errmsg why;
    int status =
        tunnel_read(stream->answer, in, n, stream->settings.proxy, &used, &why);
    if (status == 0)
        start_talking(stream);
    else if (status != -EAGAIN)
        fail(stream, status, "%s", why.text);
    return used;
}

static void take_input(struct stream *stream, const uint8_t *in, size_t n)
{
    if (stream->state == STREAM_TUNNELING) {
        size_t used = take_answer(stream, in, n);
        in += used;
        n -= used;
    }
    if (n == 0 || stream->state == STREAM_ENDED)
        return;
    if (stream->tls)
        take_ciphertext(stream, in, n);
    else
        tell_input(stream, in, n);
}

static void on_read(uv_stream_t *socket, ssize_t n, const uv_buf_t *buf)
{
    struct stream *stream = socket->data;
    if (n == UV_EOF)
        fail_at_end_of_input(stream);
    else if (n < 0)
        fail_socket(stream, (int)n);
    else
        take_input(stream, (const uint8_t *)buf->base, (size_t)n);
    stream_flush(stream);
}

/* There is never more than one read under way: one buffer is enough. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct stream *stream = handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)stream->in, READ_SIZE);
}

/* Reads on unless too much waits, such as pongs the server never takes. */
static void regulate(struct stream *stream)
{
    size_t waiting = bytes_size(&stream->output) + bytes_size(&stream->wire) +
                     bytes_size(&stream->writing);
    bool should_read = waiting < OUTPUT_HIGH;
    if (should_read == stream->is_reading)
        return;
    stream->is_reading = should_read;
    if (should_read)
        uv_read_start(socket_of(stream), on_alloc, on_read);
    else
        uv_read_stop(socket_of(stream));
}

static void on_written(uv_write_t *req, int status)
{
    struct stream *stream = req->data;
    bytes_deinit(&stream->writing);
    if (status == UV_EPIPE || status == UV_ECONNRESET)
        stream->has_hung_up = true;
    else if (status < 0)
        fail_socket(stream, status);
    stream_flush(stream);
}

/* Encrypts the output, if need be; returns what can go out now. */
static struct bytes *seal(struct stream *stream)
{
    struct bytes *output = &stream->output;
    int status = 0;
    if (!stream->tls)
        return output;
    if (!bytes_is_empty(output))
        status = tls_write(stream->tls, bytes_begin(output), bytes_size(output),
                           &stream->wire, WIRE_LIMIT);
    bytes_deinit(output);
    if (status == 0 && stream->is_leaving)
        status = tls_close(stream->tls, &stream->wire, WIRE_LIMIT);
    if (status < 0)
        fail(stream, status, "TLS: %s", monologue_strerror(status));
    return &stream->wire;
}

static void write_more(struct stream *stream)
{
    struct bytes *ready = seal(stream);
    if (stream->state == STREAM_ENDED)
        return;
    if (bytes_is_empty(ready)) {
        if (stream->is_leaving)
            stream_end(stream);
        return;
    }
    stream->writing = *ready;
    *ready = BYTES_EMPTY;
    uv_buf_t buf = uv_buf_init((char *)bytes_begin(&stream->writing),
                               (unsigned)bytes_size(&stream->writing));
    stream->write.data = stream;
    int status =
        uv_write(&stream->write, socket_of(stream), &buf, 1, on_written);
    if (status < 0)
        on_written(&stream->write, status);
}

/* Nobody will hear it. */
static void drop_output(struct stream *stream)
{
    bytes_deinit(&stream->output);
    bytes_deinit(&stream->wire);
    if (stream->is_leaving)
        stream_end(stream);
}

void stream_flush(struct stream *stream)
{
    if (stream->state == STREAM_DIALING || stream->state == STREAM_ENDED)
        return;
    if (stream->has_hung_up)
        drop_output(stream);
    else if (bytes_is_empty(&stream->writing))
        write_more(stream);
    if (stream->state != STREAM_ENDED)
        regulate(stream);
}

void stream_leave(struct stream *stream)
{
    stream->is_leaving = true;
    stream_flush(stream);
}

struct bytes *stream_output(struct stream *stream)
{
    return &stream->output;
}

static void ask_proxy(struct stream *stream)
{
    const struct stream_settings *settings = &stream->settings;
    stream->state = STREAM_TUNNELING;
    stream->answer = tunnel_reader_new();
    int status = stream->answer ? tunnel_append_request(&stream->output,
                                                        settings->endpoint,
                                                        settings->proxy)
                                : -ENOMEM;
    if (status < 0)
        fail(stream, status, "the proxy could not be asked: %s",
             monologue_strerror(status));
}

static void on_dialed(struct dial *dial, int status)
{
    struct stream *stream = dial->data;
    const struct endpoint *endpoint = stream->settings.endpoint;
    const struct proxy *proxy = stream->settings.proxy;
    if (status < 0) {
        fail(stream, status, "cannot reach %s%s port %s: %s",
             proxy->host ? "the proxy " : "",
             proxy->host ? proxy->host : endpoint->host,
             proxy->host ? proxy->port : endpoint->port,
             monologue_strerror(status));
        return;
    }
    dial->socket->data = stream;
    if (proxy->host)
        ask_proxy(stream);
    else
        start_talking(stream);
    stream_flush(stream);
}

int stream_open(uv_loop_t *loop, const struct stream_settings *settings,
                const struct stream_callbacks *callbacks, void *data,
                struct stream **stream_out)
{
    const struct endpoint *endpoint = settings->endpoint;
    const struct proxy *proxy = settings->proxy;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return -ENOMEM;
    stream->settings = *settings;
    stream->callbacks = callbacks;
    stream->data = data;
    int status = dial_start(
        &stream->dial, loop, proxy->host ? proxy->host : endpoint->host,
        proxy->host ? proxy->port : endpoint->port, on_dialed, stream);
    if (status < 0) {
        free(stream);
        return status;
    }
    *stream_out = stream;
    return 0;
}
