/*
 * WebSocket frames (RFC 6455, section 5): headers, masks, limits, close codes.
 *
 * Reading is done in place: frame_read() unmasks and checks a message where it
 * lies in the caller's buffer and points there. Only what is split - a frame
 * over two reads, a message over several frames - is gathered in a
 * `struct frame_partial`, which exists only meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "proto/bytes.h"
#include "proto/utf8.h"

enum frame_opcode {
    FRAME_CONTINUATION = 0x0,
    FRAME_TEXT = 0x1,
    FRAME_BINARY = 0x2,
    FRAME_CLOSE = 0x8,
    FRAME_PING = 0x9,
    FRAME_PONG = 0xa,
};

/* RFC 6455, section 7.4.1 */
enum frame_close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL_ERROR = 1002,
    CLOSE_UNSUPPORTED = 1003,
    CLOSE_NO_STATUS = 1005, /* never on the wire: the frame had no code */
    CLOSE_ABNORMAL = 1006,  /* never on the wire: there was no frame */
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_TOO_BIG = 1009,
    CLOSE_INTERNAL = 1011,
};

enum {
    FRAME_HEADER_MAX = 14,   /* bytes: 2, 8 of length, 4 of mask */
    FRAME_CONTROL_MAX = 125, /* bytes of payload of a control frame */
    FRAME_REASON_MAX = 123,  /* bytes of text in a close frame */
};

/* What one end accepts from the other. */
struct frame_rules {
    uint32_t max_frame;     /* bytes of payload of a data frame */
    uint32_t max_message;   /* bytes of it over all its frames; < 2^31 */
    uint32_t max_fragments; /* frames of one message */
    bool is_server;         /* input must be masked; else must not be */
    bool takes_binary;      /* else a binary message is a fault, code 1003 */
};

/* Input that a frame or a message has begun; NULL where there is none. */
struct frame_partial;

void frame_partial_free(struct frame_partial *partial);

enum frame_event {
    FRAME_EVENT_MORE,    /* all input is used up; come again with more */
    FRAME_EVENT_MESSAGE, /* data, size, opcode: a whole text (or binary) */
    FRAME_EVENT_PING,    /* data, size: answer with a pong of the same */
    FRAME_EVENT_PONG,    /* data, size */
    FRAME_EVENT_CLOSE,   /* code (CLOSE_NO_STATUS if none) and reason in data */
    FRAME_EVENT_FAULT,   /* the peer broke a rule: close with code and reason */
};

struct frame {
    const uint8_t *data; /* unmasked; valid until the next frame_read() */
    size_t size;         /* in bytes */
    uint16_t code;       /* CLOSE, FAULT: an enum frame_close_code, or the
                            peer's own */
    uint8_t opcode;      /* MESSAGE: FRAME_TEXT or FRAME_BINARY */
    char reason[FRAME_REASON_MAX + 1]; /* FAULT: NUL-terminated, ASCII */
};

/*
 * Reads up to the next event. Come again until FRAME_EVENT_MORE: that call
 * also frees what the last event pointed to.
 * @partial:  the connection's; the callee makes it, uses it and frees it
 * @in, @n:   input, modified (unmasked) in place; @n may be 0
 * @used_out: always set: how many bytes of @in are done with. All of them
 *            when FRAME_EVENT_MORE is returned.
 * @frame_out: what the event says above; its data point into @in or @partial
 *
 * Text is checked to be UTF-8 (as early as possible: code 1007), close codes
 * and reasons to be allowed, lengths to be within @rules as soon as the header
 * is there and before anything is allocated. After CLOSE or FAULT the caller
 * must not read on, and with a FAULT all of @partial is freed already. Out of
 * memory is a FAULT of code 1011.
 */
enum frame_event frame_read(struct frame_partial **partial,
                            const struct frame_rules *rules, uint8_t *in,
                            size_t n, size_t *used_out,
                            struct frame *frame_out);

/*
 * Writes a header of an unmasked frame.
 * @size: bytes of payload that will follow
 * Returns its size: 2, 4 or 10 bytes.
 */
size_t frame_write_header(uint8_t header_out[FRAME_HEADER_MAX],
                          enum frame_opcode opcode, bool is_final,
                          uint64_t size);

/*
 * Appends one whole message, unmasked, in frames of at most @max_frame.
 * @limit: the most that @out may hold afterwards, headers included
 * @parts: @n_parts pieces of the message's payload, in order
 *
 * Returns 0, or -ENOBUFS or -ENOMEM with nothing appended.
 */
int frame_append(struct bytes *out, size_t limit, enum frame_opcode opcode,
                 const struct iovec *parts, int n_parts, size_t max_frame);

/*
 * Appends a close frame, unmasked.
 * @code:   CLOSE_NO_STATUS appends an empty one
 * @reason: at most FRAME_REASON_MAX bytes
 * Returns as frame_append().
 */
int frame_append_close(struct bytes *out, size_t limit, uint16_t code,
                       const char *reason, size_t reason_size);

/* Whether a peer may put @code on the wire (RFC 6455, section 7.4). */
bool frame_close_code_is_valid(uint16_t code);

/*
 * XORs @n bytes with the mask (RFC 6455, section 5.3), 16 at a time.
 * @dst:   may equal @src, must not overlap otherwise
 * @phase: the index, modulo 4, of the first byte in its frame's payload
 */
void frame_mask(uint8_t *dst, const uint8_t *src, size_t n,
                const uint8_t mask[4], unsigned phase);

/*
 * frame_mask() and utf8_feed() of what it wrote, in one go. Once invalid, it
 * stops somewhere in @dst.
 */
utf8_state frame_mask_text(utf8_state state, uint8_t *dst, const uint8_t *src,
                           size_t n, const uint8_t mask[4], unsigned phase);
