#include "proto/frame_header.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * The first two bytes are judged as soon as they are there, the length when
 * the header is whole. The reasons are those that a peer of API Gateway reads,
 * in the order in which it would meet them.
 */

enum {
    FINAL = 0x80, /* of the first byte */
    RSV = 0x70,
    OPCODE = 0x0f,
    MASKED = 0x80, /* of the second byte */
    LENGTH = 0x7f,
    LENGTH_16 = 126, /* the length is in the next 2 bytes */
    LENGTH_64 = 127, /* in the next 8 */
};

int frame_fault(struct frame *fault_out, enum frame_close_code code,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault_out->reason, sizeof(fault_out->reason), format, args);
    va_end(args);
    fault_out->code = (uint16_t)code;
    return -EPROTO;
}

static int check_control(uint8_t opcode, bool is_final, unsigned length,
                         struct frame *fault_out)
{
    const char *reason = NULL;
    if (!is_final)
        reason = "fragmented control frame";
    else if (length > FRAME_CONTROL_MAX)
        reason = "control frame with payload length > 125 octets";
    else if (opcode > FRAME_PONG)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "control frame using reserved opcode %u", opcode);
    else if (opcode == FRAME_CLOSE && length == 1)
        reason = "received close control frame with payload len 1";
    return reason ? frame_fault(fault_out, CLOSE_PROTOCOL_ERROR, "%s", reason)
                  : 0;
}

static int check_data(uint8_t opcode, const struct frame_rules *rules,
                      const struct frame_message *message,
                      struct frame *fault_out)
{
    if (opcode > FRAME_BINARY)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "data frame using reserved opcode %u", opcode);
    if (opcode == FRAME_CONTINUATION && message->n_frames == 0)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "received continuation data frame outside "
                           "fragmented message");
    if (opcode != FRAME_CONTINUATION && message->n_frames > 0)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "received non-continuation data frame while inside "
                           "fragmented message");
    if (opcode == FRAME_BINARY && !rules->takes_binary)
        return frame_fault(fault_out, CLOSE_UNSUPPORTED,
                           "Invalid message type");
    if (message->n_frames >= rules->max_fragments)
        return frame_fault(fault_out, CLOSE_TOO_BIG, "too many fragments");
    return 0;
}

static int check_start(const uint8_t *in, const struct frame_rules *rules,
                       const struct frame_message *message,
                       struct frame *fault_out)
{
    uint8_t opcode = in[0] & OPCODE;
    if (in[0] & RSV)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "RSV != 0 and no extension negotiated, RSV:%d",
                           (in[0] & RSV) >> 4);
    if (!(in[1] & MASKED) == rules->is_server)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "received a frame that is not masked as expected");
    if (frame_is_control(opcode))
        return check_control(opcode, in[0] & FINAL, in[1] & LENGTH, fault_out);
    return check_data(opcode, rules, message, fault_out);
}

/* Control frames, at most 125 bytes, pass whatever the rules. */
static int check_length(uint64_t length, uint64_t shortest,
                        const struct frame_rules *rules,
                        const struct frame_message *message,
                        struct frame *fault_out)
{
    if (length < shortest || length >> 63)
        return frame_fault(fault_out, CLOSE_PROTOCOL_ERROR,
                           "invalid data frame length (not using minimal "
                           "length encoding)");
    if (length > rules->max_frame)
        return frame_fault(fault_out, CLOSE_TOO_BIG,
                           "Max frame length of %u has been exceeded.",
                           rules->max_frame);
    if (length > rules->max_message ||
        message->size > rules->max_message - length)
        return frame_fault(fault_out, CLOSE_TOO_BIG,
                           "content length exceeded %u bytes.",
                           rules->max_message);
    return 0;
}

static uint64_t read_big_endian(const uint8_t *in, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | in[i];
    return value;
}

int frame_header_read(const uint8_t *in, size_t n,
                      const struct frame_rules *rules,
                      const struct frame_message *message,
                      struct frame_header *header_out, struct frame *fault_out)
{
    if (n < 2)
        return 0;
    int rc = check_start(in, rules, message, fault_out);
    if (rc)
        return rc;

    uint64_t length = in[1] & LENGTH;
    uint64_t shortest = 0;
    size_t size = 2;
    if (length == LENGTH_16) {
        size = 4;
        shortest = LENGTH_16;
    } else if (length == LENGTH_64) {
        size = 10;
        shortest = UINT16_MAX + 1;
    }
    if (n < size)
        return 0;
    if (size > 2)
        length = read_big_endian(in + 2, size - 2);
    if (!frame_is_control(in[0] & OPCODE))
        rc = check_length(length, shortest, rules, message, fault_out);
    if (rc)
        return rc;

    size_t mask_size = in[1] & MASKED ? sizeof(header_out->mask) : 0;
    if (n < size + mask_size)
        return 0;
    *header_out = (struct frame_header){
        .size = (uint32_t)length,
        .opcode = in[0] & OPCODE,
        .is_final = in[0] & FINAL,
    };
    memcpy(header_out->mask, in + size, mask_size);
    return (int)(size + mask_size);
}
