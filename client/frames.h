/*
 * The client's end of WebSocket framing, without a socket: wslay, guarded.
 *
 * Pings are answered, fragments joined, a close is echoed, all of it into the
 * buffer that the caller names. No message over MONOLOGUE_MAX_PACKET, no more
 * than FRAMES_MAX_FRAGMENTS pieces of one and no binary message is accepted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"

enum {
    FRAMES_MAX_FRAGMENTS = 1024,
    FRAMES_QUEUE_LIMIT = 8 << 20, /* bytes that may wait to be sent */
};

struct frames;

/* A whole text message, UTF-8; borrowed for the call. */
typedef void (*frames_message_cb)(const char *text, size_t size, void *data);

/*
 * @out: everything to be sent is appended there; borrowed until frames_free()
 * Returns NULL when out of memory.
 */
struct frames *frames_new(struct bytes *out, frames_message_cb message_cb,
                          void *data);

/* Not from within @message_cb. */
void frames_free(struct frames *frames);

enum frames_status {
    FRAMES_OPEN,   /* come again with more */
    FRAMES_CLOSED, /* the server has closed: see frames_close_code() */
    FRAMES_FAULT,  /* the server broke a rule: see frames_close_code() */
    FRAMES_FAILED, /* out of memory, or of room in the buffer */
};

/*
 * Reads @n bytes of input. Unless FRAMES_OPEN is returned a close frame is in
 * the buffer, the rest of the input is dropped, and nothing may be fed again.
 */
enum frames_status frames_feed(struct frames *frames, const uint8_t *in,
                               size_t n);

/*
 * Appends a text message, in several frames if it is long, as the server takes
 * no frame over 32 KiB.
 * Returns 0, or with nothing appended:
 *   -ENOBUFS  the buffer would hold more than FRAMES_QUEUE_LIMIT
 *   -ENOMEM
 *   -EPIPE    a close frame has been appended already
 */
int frames_send(struct frames *frames, const char *text, size_t size);

/* Appends a close frame, the last that is sent. Idempotent. */
void frames_close(struct frames *frames, uint16_t code);

/* The code of the server's close frame, or of ours in answer to a fault. */
uint16_t frames_close_code(const struct frames *frames);

/* The server's words, or what it did wrong; may be "". */
const char *frames_close_reason(const struct frames *frames);
