#include "client/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/frames.h"
#include "client/monologue.h"
#include "client/stream.h"
#include "proto/frame.h"
#include "proto/http.h"
#include "proto/nak.h"
#include "proto/upgrade.h"

/*
 * Open a stream, ask for the upgrade (HTTP), then exchange messages (frames)
 * until one side sends a close frame and the other has answered it; a timer
 * limits how long that takes.
 *
 * Any step may end it. The first reason counts, what follows is mostly its
 * consequence: so once closing has begun the stream's own end tells nothing.
 */

enum { REQUEST_LIMIT = 16384 }; /* bytes of ours */

static const struct http_limits response_limits = {
    .head_size = 16384,
    .n_headers = 100,
    .body_size = 16384,
};

enum channel_state {
    CHANNEL_CONNECTING,
    CHANNEL_UPGRADING,
    CHANNEL_OPEN,
    CHANNEL_CLOSING, /* our close frame is sent */
    CHANNEL_CLOSED,  /* only the memory is left */
};

struct channel {
    enum channel_state state;
    struct channel_settings settings;
    channel_cb cb; /* NULL: discarded */
    void *data;
    struct stream *stream; /* gone when CLOSED */
    uv_timer_t timer;
    struct http_reader *http; /* while upgrading */
    struct frames *frames;    /* from OPEN on */
    bool is_over;             /* no frame of the server counts any more */
    int status;               /* why it closes */
    uint16_t code;            /* of the close frame that did it; 0: none */
    struct errmsg why;
    char key[UPGRADE_KEY_CHARS + 1];
};

static void tell(struct channel *channel, const struct channel_event *event)
{
    if (channel->cb)
        channel->cb(event, channel->data);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct channel *channel = handle->data;
    tell(channel, &(struct channel_event){.kind = CHANNEL_EVENT_CLOSED,
                                          .status = channel->status,
                                          .code = channel->code,
                                          .why = channel->why.text});
    http_reader_free(channel->http);
    frames_free(channel->frames);
    free(channel);
}

/* Whether there is no reason to close yet. */
static bool is_alive(const struct channel *channel)
{
    return channel->state < CHANNEL_CLOSING;
}

/* A port that speaks TLS takes our request for noise, and hangs up. */
static const char *hint_at_tls(const struct channel *channel, int status)
{
    return channel->state == CHANNEL_UPGRADING && status == -ECONNRESET &&
                   !channel->settings.tls
               ? " before it answered: does it speak TLS (wss://)?"
               : "";
}

static void on_stream_closed(int status, const char *why, void *data)
{
    struct channel *channel = data;
    if (is_alive(channel)) {
        channel->status = status;
        errmsg_set(&channel->why, "%s%s", why, hint_at_tls(channel, status));
    }
    channel->state = CHANNEL_CLOSED;
    uv_close((uv_handle_t *)&channel->timer, on_timer_closed);
}

static void __attribute__((format(printf, 3, 4)))
end(struct channel *channel, int status, const char *format, ...)
{
    if (channel->state == CHANNEL_CLOSED)
        return;
    if (is_alive(channel)) {
        va_list args;
        va_start(args, format);
        vsnprintf(channel->why.text, sizeof channel->why.text, format, args);
        va_end(args);
        channel->status = status;
    }
    channel->state = CHANNEL_CLOSED;
    stream_end(channel->stream);
}

static void on_deadline(uv_timer_t *timer)
{
    end(timer->data, 0, "%s", "");
}

/* From here on only the close handshake is missing. */
static void start_closing(struct channel *channel, int status, uint16_t code)
{
    channel->state = CHANNEL_CLOSING;
    channel->status = status;
    channel->code = code;
    uv_timer_start(&channel->timer, on_deadline, CHANNEL_CLOSE_TIMEOUT_MS, 0);
    stream_flush(channel->stream);
}

static void on_message(const char *text, size_t size, void *data)
{
    struct channel *channel = data;
    if (channel->state == CHANNEL_OPEN)
        tell(channel, &(struct channel_event){.kind = CHANNEL_EVENT_MESSAGE,
                                              .text = text,
                                              .size = size});
}

/* The server has closed, or must not be listened to: leave. */
static void part(struct channel *channel, int status, const char *what)
{
    const char *reason = frames_close_reason(channel->frames);
    channel->is_over = true;
    if (is_alive(channel)) {
        errmsg_set(&channel->why, "%s with code %u%s%s", what,
                   frames_close_code(channel->frames), *reason ? ": " : "",
                   reason);
        start_closing(channel, status, frames_close_code(channel->frames));
    }
    stream_leave(channel->stream);
}

static void take_frames(struct channel *channel, const uint8_t *in, size_t n)
{
    enum frames_status status = frames_feed(channel->frames, in, n);
    if (channel->state == CHANNEL_CLOSED)
        return;
    switch (status) {
    case FRAMES_OPEN:
        return;
    case FRAMES_CLOSED:
        part(channel, -ECONNRESET, "the server closed");
        return;
    case FRAMES_FAULT:
        part(channel, -EPROTO, "the server sent a bad frame, closed");
        return;
    case FRAMES_FAILED:
        end(channel, -ENOMEM, "out of memory");
        return;
    }
}

/* As API Gateway has it: a quota that is spent is another 429 than a rate. */
static bool is_quota_spent(const struct channel *channel)
{
    const char *type = http_header(channel->http, "x-amzn-ErrorType", NULL);
    return type && strcmp(type, "LimitExceededException") == 0;
}

static void refuse_response(struct channel *channel, int status)
{
    int http = http_status(channel->http);
    switch (status) {
    case -EKEYREJECTED:
        end(channel, status,
            "the server refused the API key, or the path (HTTP %d)", http);
        return;
    case -EAGAIN:
        end(channel, status,
            is_quota_spent(channel)
                ? "the quota of the API key is spent (HTTP %d)"
                : "the server is busy (HTTP %d): try later",
            http);
        return;
    case -ECONNREFUSED:
        end(channel, status, "the server refused to speak WebSocket (HTTP %d)",
            http);
        return;
    default:
        end(channel, status, "the server's WebSocket handshake is not valid");
    }
}

static void start_frames(struct channel *channel)
{
    channel->frames =
        frames_new(stream_output(channel->stream), on_message, channel);
    if (!channel->frames) {
        end(channel, -ENOMEM, "out of memory");
        return;
    }
    channel->state = CHANNEL_OPEN;
    tell(channel, &(struct channel_event){.kind = CHANNEL_EVENT_OPEN});
}

/* Returns how much of the input was part of the response. */
static size_t take_response(struct channel *channel, const uint8_t *in,
                            size_t n)
{
    size_t used = 0;
    const char *why = NULL;
    int status = 0;
    switch (http_read(channel->http, in, n, &used)) {
    case HTTP_EVENT_MORE:
        break;
    case HTTP_EVENT_FAULT:
        http_fault(channel->http, &why);
        end(channel, -EPROTO, "the server does not answer in HTTP: %s", why);
        break;
    case HTTP_EVENT_HEAD: /* a body follows, so it is a refusal */
    case HTTP_EVENT_MESSAGE:
        status = upgrade_check_response(channel->http, channel->key);
        if (status < 0)
            refuse_response(channel, status);
        else
            start_frames(channel);
        break;
    }
    return used;
}

static void on_input(const uint8_t *in, size_t n, void *data)
{
    struct channel *channel = data;
    if (channel->state == CHANNEL_UPGRADING) {
        size_t used = take_response(channel, in, n);
        in += used;
        n -= used;
    }
    if (channel->frames && !channel->is_over &&
        channel->state != CHANNEL_CLOSED)
        take_frames(channel, in, n);
}

static int append_request(struct channel *channel)
{
    static const char nak[] = UPGRADE_EXTENSIONS ": " NAK_EXTENSION "\r\n";
    const struct endpoint *endpoint = channel->settings.endpoint;
    const char *api_key = channel->settings.api_key;
    char *headers = NULL;
    int status = upgrade_make_key(channel->key);
    if (status < 0)
        return status;
    if (asprintf(&headers, "%s%s%s%s", api_key ? "x-api-key: " : "",
                 api_key ? api_key : "", api_key ? "\r\n" : "", nak) < 0)
        return -ENOMEM;
    status = upgrade_append_request(stream_output(channel->stream),
                                    REQUEST_LIMIT, endpoint->host_header,
                                    endpoint->target, channel->key, headers);
    free(headers);
    return status;
}

static void on_stream_open(void *data)
{
    struct channel *channel = data;
    channel->state = CHANNEL_UPGRADING;
    channel->http = http_reader_new(HTTP_RESPONSES, &response_limits);
    int status = channel->http ? append_request(channel) : -ENOMEM;
    if (status < 0)
        end(channel, status, "the handshake could not be written: %s",
            monologue_strerror(status));
}

int channel_open(uv_loop_t *loop, const struct channel_settings *settings,
                 channel_cb cb, void *data, struct channel **channel_out)
{
    static const struct stream_callbacks callbacks = {
        .open = on_stream_open,
        .input = on_input,
        .closed = on_stream_closed,
    };
    struct channel *channel = calloc(1, sizeof *channel);
    if (!channel)
        return -ENOMEM;
    channel->settings = *settings;
    channel->cb = cb;
    channel->data = data;
    const struct stream_settings way = {.endpoint = settings->endpoint,
                                        .proxy = settings->proxy,
                                        .server_name = settings->server_name,
                                        .tls = settings->tls};
    int status = stream_open(loop, &way, &callbacks, channel, &channel->stream);
    if (status < 0) {
        free(channel);
        return status;
    }
    uv_timer_init(loop, &channel->timer);
    channel->timer.data = channel;
    *channel_out = channel;
    return 0;
}

int channel_send(struct channel *channel, const char *text, size_t size)
{
    if (channel->state != CHANNEL_OPEN)
        return -EPIPE;
    int status = frames_send(channel->frames, text, size);
    if (status == 0)
        stream_flush(channel->stream);
    if (status == -ENOMEM) /* half of it may be out: nothing can follow */
        channel_abort(channel, status);
    return status;
}

void channel_close(struct channel *channel)
{
    if (channel->state == CHANNEL_OPEN) {
        frames_close(channel->frames, CLOSE_NORMAL);
        start_closing(channel, 0, CLOSE_NORMAL);
    } else if (is_alive(channel)) {
        channel_abort(channel, -ECANCELED);
    }
}

void channel_hand_over(struct channel *channel, channel_cb cb, void *data)
{
    channel->cb = cb;
    channel->data = data;
}

void channel_abort(struct channel *channel, int status)
{
    end(channel, status, "%s", "");
}

void channel_discard(struct channel *channel)
{
    channel->cb = NULL;
    channel_abort(channel, -ECANCELED);
}
