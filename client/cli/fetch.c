#include "client/cli/fetch.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/monologue.h"
#include "proto/http.h"

/*
 * Connect, send the request, read until the answer is complete, close. The
 * callback runs when both handles are closed: nothing of ours is left then.
 */

struct fetch {
    struct fetch_address address;
    const char *target;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    uv_timer_t deadline;
    uv_connect_t connect;
    uv_write_t write;
    unsigned n_handles; /* not closed yet */
    struct http_reader *http;
    fetch_cb cb; /* NULL: cancelled */
    void *data;
    int status;
    bool is_ended;
    struct errmsg why;
    char request[512];
    char buf[16384];
};

static const struct http_limits limits = {.head_size = 16384,
                                          .target_size = 1024,
                                          .n_headers = 64,
                                          .body_size = FETCH_BODY_MAX};

static const char DEFAULT_PORT[] = "80";

static int refuse(const char *url, struct errmsg *errmsg)
{
    errmsg_set(errmsg,
               "\"%.100s\" is no admin endpoint: give http://HOST:PORT, or "
               "unix:/PATH",
               url);
    return -EINVAL;
}

/* HOST, HOST:PORT, [ADDRESS]:PORT; a slash may follow. */
static int parse_authority(const char *text, struct fetch_address *address)
{
    size_t n = strcspn(text, "/?#");
    bool is_bracketed = *text == '[';
    const char *host = text + is_bracketed;
    size_t n_host = is_bracketed ? strcspn(host, "]") : strcspn(host, ":/?#");
    const char *behind = host + n_host + (is_bracketed && host[n_host] == ']');
    const char *end = text + n;
    const char *port = DEFAULT_PORT;
    size_t n_port = sizeof DEFAULT_PORT - 1;
    if (behind > end || (behind < end && *behind != ':'))
        return -EINVAL;
    if (behind < end) {
        port = behind + 1;
        n_port = (size_t)(end - port);
    }
    if (n_host == 0 || n_host >= sizeof address->host || n_port == 0 ||
        n_port >= sizeof address->port || strspn(port, "0123456789") < n_port)
        return -EINVAL;
    memcpy(address->host, host, n_host);
    memcpy(address->port, port, n_port);
    return end[0] == '\0' || strcmp(end, "/") == 0 ? 0 : -EINVAL;
}

int fetch_parse(const char *url, struct fetch_address *address_out,
                struct errmsg *errmsg)
{
    static const char http[] = "http://";
    static const char unix_path[] = "unix:";
    struct fetch_address address = {0};
    if (strncmp(url, unix_path, sizeof unix_path - 1) == 0) {
        const char *path = url + sizeof unix_path - 1;
        if (*path == '\0' || strlen(path) >= sizeof address.path)
            return refuse(url, errmsg);
        strcpy(address.path, path);
    } else if (strncmp(url, http, sizeof http - 1) != 0 ||
               parse_authority(url + sizeof http - 1, &address) < 0) {
        return refuse(url, errmsg);
    }
    *address_out = address;
    return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct fetch *fetch = handle->data;
    if (--fetch->n_handles > 0)
        return;
    size_t size = 0;
    const char *body =
        fetch->status == 0 ? (const char *)http_body(fetch->http, &size) : NULL;
    if (fetch->cb)
        fetch->cb(fetch->status, fetch->why.text,
                  body || fetch->status ? body : "", size, fetch->data);
    http_reader_free(fetch->http);
    free(fetch);
}

/* The first outcome counts. @why: NULL for the name of @status */
static void end(struct fetch *fetch, int status, const char *why)
{
    if (fetch->is_ended)
        return;
    fetch->is_ended = true;
    fetch->status = status;
    errmsg_set(&fetch->why, "%s", why ? why : monologue_strerror(status));
    uv_close(&fetch->socket.handle, on_handle_closed);
    uv_close((uv_handle_t *)&fetch->deadline, on_handle_closed);
}

static void on_deadline(uv_timer_t *timer)
{
    end(timer->data, -ETIMEDOUT, "no answer in time");
}

static void take_answer(struct fetch *fetch)
{
    char why[40];
    int http_status_code = http_status(fetch->http);
    snprintf(why, sizeof why, "answered with status %d", http_status_code);
    if (http_status_code == 200)
        end(fetch, 0, "");
    else
        end(fetch, -EPROTO, why);
}

static void feed(struct fetch *fetch, const uint8_t *in, size_t n)
{
    size_t used = 0;
    const char *why = NULL;
    for (;;) {
        switch (http_read(fetch->http, in, n, &used)) {
        case HTTP_EVENT_MORE:
            return;
        case HTTP_EVENT_HEAD:
            in += used;
            n -= used;
            break;
        case HTTP_EVENT_MESSAGE:
            take_answer(fetch);
            return;
        case HTTP_EVENT_FAULT:
            (void)http_fault(fetch->http, &why);
            end(fetch, -EPROTO, why);
            return;
        }
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct fetch *fetch = handle->data;
    (void)suggested;
    *buf = uv_buf_init(fetch->buf, sizeof fetch->buf);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct fetch *fetch = stream->data;
    if (n == UV_EOF)
        end(fetch, -EPROTO, "ended without an answer of HTTP");
    else if (n < 0)
        end(fetch, (int)n, NULL);
    else if (n > 0)
        feed(fetch, (const uint8_t *)buf->base, (size_t)n);
}

static void on_written(uv_write_t *write, int status)
{
    struct fetch *fetch = write->data;
    if (status < 0)
        end(fetch, status, NULL);
}

/* Over a Unix socket the host is this one. */
static void write_request(struct fetch *fetch)
{
    const struct fetch_address *a = &fetch->address;
    bool is_bracketed = strchr(a->host, ':') != NULL;
    int n = snprintf(fetch->request, sizeof fetch->request,
                     "GET %s HTTP/1.1\r\nHost: %s%s%s%s%s\r\n"
                     "Connection: close\r\n\r\n",
                     fetch->target, is_bracketed ? "[" : "",
                     *a->path ? "localhost" : a->host, is_bracketed ? "]" : "",
                     *a->path ? "" : ":", a->port);
    uv_buf_t buf = uv_buf_init(fetch->request, (unsigned)n);
    fetch->write.data = fetch;
    int status =
        uv_write(&fetch->write, &fetch->socket.stream, &buf, 1, on_written);
    if (status < 0)
        end(fetch, status, NULL);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct fetch *fetch = connect->data;
    if (status == UV_ECANCELED)
        return;
    if (status < 0) {
        end(fetch, status, NULL);
        return;
    }
    write_request(fetch);
    if (!fetch->is_ended)
        uv_read_start(&fetch->socket.stream, on_alloc, on_read);
}

static int connect_tcp(struct fetch *fetch)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    uv_getaddrinfo_t lookup;
    int status =
        uv_getaddrinfo(fetch->deadline.loop, &lookup, NULL, fetch->address.host,
                       fetch->address.port, &hints);
    if (status < 0)
        return status;
    status = uv_tcp_connect(&fetch->connect, &fetch->socket.tcp,
                            lookup.addrinfo->ai_addr, on_connected);
    uv_freeaddrinfo(lookup.addrinfo);
    return status;
}

static void open_socket(struct fetch *fetch, uv_loop_t *loop)
{
    if (*fetch->address.path)
        uv_pipe_init(loop, &fetch->socket.pipe, 0);
    else
        uv_tcp_init(loop, &fetch->socket.tcp);
    uv_timer_init(loop, &fetch->deadline);
    fetch->socket.handle.data = fetch;
    fetch->deadline.data = fetch;
    fetch->connect.data = fetch;
    fetch->n_handles = 2;
}

int fetch_start(uv_loop_t *loop, const struct fetch_address *address,
                const char *target, uint32_t timeout_ms, fetch_cb cb,
                void *data, struct fetch **fetch_out)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    struct http_reader *http = http_reader_new(HTTP_RESPONSES, &limits);
    if (!fetch || !http) {
        free(fetch);
        http_reader_free(http);
        return -ENOMEM;
    }
    fetch->address = *address;
    fetch->target = target;
    fetch->http = http;
    fetch->cb = cb;
    fetch->data = data;
    open_socket(fetch, loop);
    uv_timer_start(&fetch->deadline, on_deadline, timeout_ms, 0);
    int status = 0;
    if (*fetch->address.path)
        uv_pipe_connect(&fetch->connect, &fetch->socket.pipe,
                        fetch->address.path, on_connected);
    else
        status = connect_tcp(fetch);
    if (status < 0)
        end(fetch, status, NULL);
    *fetch_out = fetch;
    return 0;
}

void fetch_cancel(struct fetch *fetch)
{
    fetch->cb = NULL;
    end(fetch, -ECANCELED, NULL);
}
