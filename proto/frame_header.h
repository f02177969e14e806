/*
 * The first bytes of a frame, taken apart and held against the rules. Only
 * proto/frame includes this.
 */
#pragma once

#include "proto/frame.h"

struct frame_header {
    uint32_t size;   /* bytes of payload, within the rules */
    uint8_t mask[4]; /* zeros when there is none */
    uint8_t opcode;
    bool is_final;
};

/* What has been announced of the message that is being sent in fragments. */
struct frame_message {
    uint32_t size;     /* bytes of payload of its frames so far */
    uint32_t n_frames; /* 0: there is no such message */
    uint8_t opcode;    /* of its first frame */
};

/*
 * @message: what came before in the same message; borrowed
 *
 * Returns the size of the header in bytes, 0 when more than @n bytes are
 * needed, or -EPROTO with code and reason in @fault_out.
 */
int frame_header_read(const uint8_t *in, size_t n,
                      const struct frame_rules *rules,
                      const struct frame_message *message,
                      struct frame_header *header_out, struct frame *fault_out);

/* Control frames are whole in themselves, even amid a fragmented message. */
static inline bool frame_is_control(uint8_t opcode)
{
    return opcode & 0x8;
}

/* Fills in @fault_out; the text is the reason. Returns -EPROTO. */
int frame_fault(struct frame *fault_out, enum frame_close_code code,
                const char *format, ...) __attribute__((format(printf, 3, 4)));
