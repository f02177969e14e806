#include "client/frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <wslay/wslay.h>

#include "client/monologue.h"
#include "proto/frame.h"
#include "proto/utf8.h"

/*
 * wslay reads until its input runs dry and queues one pong for each ping.
 * So it is fed by the slice, and what it queued is taken out after each: its
 * queue never holds more than the answers to one slice.
 */
enum {
    SLICE = 4096,
    MAX_FRAME = 32768,
    /* More than wslay needs for the headers of a message it cuts by 4096. */
    HEADERS_PER_MESSAGE = 1024,
};

struct frames {
    wslay_event_context_ptr wslay;
    struct bytes *out;
    frames_message_cb message_cb;
    void *data;
    const uint8_t *in; /* the rest of the slice */
    size_t n_in;
    const char *sending; /* the rest of the message that is being cut */
    size_t n_sending;
    unsigned n_fragments; /* of the message that is being received */
    uint16_t fault;       /* the code we answer a fault with; 0: none */
    int error;            /* of appending to out */
    char reason[FRAME_REASON_MAX + 1];
};

static void fail(struct frames *frames, uint16_t code, const char *why)
{
    frames->fault = code;
    snprintf(frames->reason, sizeof frames->reason, "%s", why);
    wslay_event_shutdown_read(frames->wslay);
}

static ssize_t take_input(wslay_event_context_ptr wslay, uint8_t *buf, size_t n,
                          int flags, void *data)
{
    struct frames *frames = data;
    (void)flags;
    if (frames->n_in == 0) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (n > frames->n_in)
        n = frames->n_in;
    memcpy(buf, frames->in, n);
    frames->in += n;
    frames->n_in -= n;
    return (ssize_t)n;
}

static void
on_frame_start(wslay_event_context_ptr wslay,
               const struct wslay_event_on_frame_recv_start_arg *arg,
               void *data)
{
    struct frames *frames = data;
    (void)wslay;
    if (wslay_is_ctrl_frame(arg->opcode))
        return;
    if (arg->opcode == WSLAY_BINARY_FRAME)
        fail(frames, CLOSE_UNSUPPORTED, "binary messages are not supported");
    if (arg->opcode != WSLAY_CONTINUATION_FRAME)
        frames->n_fragments = 0;
    if (++frames->n_fragments > FRAMES_MAX_FRAGMENTS)
        fail(frames, CLOSE_TOO_BIG, "too many fragments");
}

/* wslay checks it, but not when it comes in pieces. */
static void keep_reason(struct frames *frames, const uint8_t *text, size_t n)
{
    if (n < sizeof frames->reason &&
        utf8_is_complete(utf8_feed(UTF8_START, text, n)))
        snprintf(frames->reason, sizeof frames->reason, "%.*s", (int)n,
                 (const char *)text);
}

static void on_message(wslay_event_context_ptr wslay,
                       const struct wslay_event_on_msg_recv_arg *arg,
                       void *data)
{
    struct frames *frames = data;
    (void)wslay;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE && arg->msg_length == 1)
        fail(frames, CLOSE_PROTOCOL_ERROR,
             "half a code"); /* wslay is content */
    else if (arg->opcode == WSLAY_CONNECTION_CLOSE && arg->msg_length > 2)
        keep_reason(frames, arg->msg + 2, arg->msg_length - 2);
    else if (arg->opcode == WSLAY_TEXT_FRAME && !frames->fault)
        frames->message_cb((const char *)arg->msg, arg->msg_length,
                           frames->data);
}

static ssize_t append_output(wslay_event_context_ptr wslay,
                             const uint8_t *bytes, size_t n, int flags,
                             void *data)
{
    struct frames *frames = data;
    (void)flags;
    frames->error = bytes_append(frames->out, bytes, n, FRAMES_QUEUE_LIMIT);
    if (frames->error == 0)
        return (ssize_t)n;
    wslay_event_set_error(wslay, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static int make_mask(wslay_event_context_ptr wslay, uint8_t *mask, size_t n,
                     void *data)
{
    (void)wslay;
    (void)data;
    return uv_random(NULL, NULL, mask, n, 0, NULL) == 0 ? 0 : -1;
}

struct frames *frames_new(struct bytes *out, frames_message_cb message_cb,
                          void *data)
{
    const struct wslay_event_callbacks callbacks = {
        .recv_callback = take_input,
        .send_callback = append_output,
        .genmask_callback = make_mask,
        .on_frame_recv_start_callback = on_frame_start,
        .on_msg_recv_callback = on_message,
    };
    struct frames *frames = calloc(1, sizeof *frames);
    if (!frames)
        return NULL;
    if (wslay_event_context_client_init(&frames->wslay, &callbacks, frames)) {
        free(frames);
        return NULL;
    }
    wslay_event_config_set_max_recv_msg_length(frames->wslay,
                                               MONOLOGUE_MAX_PACKET);
    frames->out = out;
    frames->message_cb = message_cb;
    frames->data = data;
    return frames;
}

void frames_free(struct frames *frames)
{
    if (!frames)
        return;
    wslay_event_context_free(frames->wslay);
    free(frames);
}

/* Moves what wslay has queued to the buffer; false when that failed. */
static bool flush(struct frames *frames)
{
    return wslay_event_send(frames->wslay) == 0;
}

/* Reading has ended before its time: tells why, and says so to the server. */
static enum frames_status end(struct frames *frames)
{
    if (frames->fault)
        wslay_event_queue_close(frames->wslay, frames->fault,
                                (const uint8_t *)frames->reason,
                                strlen(frames->reason));
    if (!flush(frames))
        return FRAMES_FAILED;
    if (wslay_event_get_close_received(frames->wslay) && !frames->fault)
        return FRAMES_CLOSED;
    if (!frames->fault) /* wslay found it, and has queued a close frame */
        frames->fault = wslay_event_get_status_code_sent(frames->wslay);
    return FRAMES_FAULT;
}

enum frames_status frames_feed(struct frames *frames, const uint8_t *in,
                               size_t n)
{
    while (n > 0) {
        size_t slice = n < SLICE ? n : SLICE;
        frames->in = in;
        frames->n_in = slice;
        if (wslay_event_recv(frames->wslay) != 0) {
            fail(frames, CLOSE_PROTOCOL_ERROR, "not a WebSocket frame");
            return end(frames);
        }
        if (!wslay_event_get_read_enabled(frames->wslay))
            return end(frames);
        if (!flush(frames))
            return FRAMES_FAILED;
        in += slice;
        n -= slice;
    }
    return FRAMES_OPEN;
}

static ssize_t cut(wslay_event_context_ptr wslay, uint8_t *buf, size_t n,
                   const union wslay_event_msg_source *source, int *eof,
                   void *data)
{
    struct frames *frames = data;
    (void)wslay;
    (void)source;
    if (n > frames->n_sending)
        n = frames->n_sending;
    memcpy(buf, frames->sending, n);
    frames->sending += n;
    frames->n_sending -= n;
    *eof = frames->n_sending == 0;
    return (ssize_t)n;
}

static int queue(struct frames *frames, const char *text, size_t size)
{
    if (size <= MAX_FRAME) {
        const struct wslay_event_msg msg = {WSLAY_TEXT_FRAME,
                                            (const uint8_t *)text, size};
        return wslay_event_queue_msg(frames->wslay, &msg);
    }
    const struct wslay_event_fragmented_msg msg = {.opcode = WSLAY_TEXT_FRAME,
                                                   .read_callback = cut};
    frames->sending = text;
    frames->n_sending = size;
    return wslay_event_queue_fragmented_msg(frames->wslay, &msg);
}

int frames_send(struct frames *frames, const char *text, size_t size)
{
    /* Asked beforehand, as wslay cannot take back half a message. */
    if (bytes_size(frames->out) + size + HEADERS_PER_MESSAGE >
        FRAMES_QUEUE_LIMIT)
        return -ENOBUFS;
    switch (queue(frames, text, size)) {
    case 0:
        return flush(frames) ? 0 : -ENOMEM;
    case WSLAY_ERR_NO_MORE_MSG:
        return -EPIPE;
    default:
        return -ENOMEM;
    }
}

void frames_close(struct frames *frames, uint16_t code)
{
    wslay_event_queue_close(frames->wslay, code, NULL, 0);
    flush(frames);
}

uint16_t frames_close_code(const struct frames *frames)
{
    if (frames->fault)
        return frames->fault;
    return wslay_event_get_status_code_received(frames->wslay);
}

const char *frames_close_reason(const struct frames *frames)
{
    return frames->reason;
}
