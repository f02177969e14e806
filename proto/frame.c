#include "proto/frame.h"

#include <stdlib.h>
#include <string.h>

#include "proto/frame_header.h"

/*
 * A frame that is whole in the input, and a message or a control frame in
 * itself, is read where it lies. Everything else is a `struct frame_partial`:
 *
 *   a header cut short       is kept in head until the rest is there;
 *   a control frame cut short, in control;
 *   a data frame cut short, or not the last of its message, in gathered, where
 *   payload is unmasked and checked on its way in.
 *
 * Memory follows the bytes that have come, never those announced.
 */

struct frame_partial {
    struct frame_message message; /* of the fragments so far */
    struct bytes gathered;        /* its payload so far, unmasked */
    utf8_state text;              /* of what is gathered, unless binary */
    struct frame_header header;   /* of the frame begun, if is_in_frame */
    uint32_t n_payload;           /* bytes of its payload so far */
    bool is_in_frame;
    uint8_t n_head; /* bytes of a header that is not whole yet */
    uint8_t head[FRAME_HEADER_MAX];
    uint8_t control[FRAME_CONTROL_MAX]; /* payload of a control frame */
};

struct input {
    uint8_t *at;
    size_t n; /* bytes from there on */
};

static uint8_t *take(struct input *input, size_t n)
{
    uint8_t *taken = input->at;
    input->at += n;
    input->n -= n;
    return taken;
}

void frame_partial_free(struct frame_partial *partial)
{
    if (!partial)
        return;
    bytes_deinit(&partial->gathered);
    free(partial);
}

static void drop(struct frame_partial **partial)
{
    frame_partial_free(*partial);
    *partial = NULL;
}

/*
 * Returns the connection's, made if need be; NULL when out of memory. Made of
 * zeros it holds nothing, and its text is at UTF8_START.
 */
static struct frame_partial *obtain(struct frame_partial **partial)
{
    if (!*partial)
        *partial = calloc(1, sizeof(**partial));
    return *partial;
}

/* Whether it only held what the last event pointed to. */
static bool is_spent(const struct frame_partial *partial)
{
    return partial->message.n_frames == 0 && !partial->is_in_frame &&
           partial->n_head == 0;
}

static int out_of_memory(struct frame *fault_out)
{
    return frame_fault(fault_out, CLOSE_INTERNAL, "Internal server error");
}

static enum frame_event not_utf8(struct frame *fault_out)
{
    frame_fault(fault_out, CLOSE_NOT_UTF8, "bytes are not UTF-8");
    return FRAME_EVENT_FAULT;
}

bool frame_close_code_is_valid(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* @data: the frame's whole payload, unmasked; not a payload of one byte */
static enum frame_event close_event(const uint8_t *data, size_t size,
                                    struct frame *frame_out)
{
    frame_out->code = CLOSE_NO_STATUS;
    frame_out->data = data;
    frame_out->size = 0;
    if (size == 0)
        return FRAME_EVENT_CLOSE;

    uint16_t code = (uint16_t)(data[0] << 8 | data[1]);
    if (!frame_close_code_is_valid(code)) {
        frame_fault(frame_out, CLOSE_PROTOCOL_ERROR,
                    "Invalid close frame getStatus code: %u", code);
        return FRAME_EVENT_FAULT;
    }
    if (!utf8_is_complete(utf8_feed(UTF8_START, data + 2, size - 2)))
        return not_utf8(frame_out);
    frame_out->code = code;
    frame_out->data = data + 2;
    frame_out->size = size - 2;
    return FRAME_EVENT_CLOSE;
}

static enum frame_event control_event(uint8_t opcode, const uint8_t *data,
                                      size_t size, struct frame *frame_out)
{
    if (opcode == FRAME_CLOSE)
        return close_event(data, size, frame_out);
    frame_out->data = data;
    frame_out->size = size;
    return opcode == FRAME_PING ? FRAME_EVENT_PING : FRAME_EVENT_PONG;
}

static enum frame_event message_event(uint8_t opcode, utf8_state text,
                                      const uint8_t *data, size_t size,
                                      struct frame *frame_out)
{
    if (!utf8_is_complete(text))
        return not_utf8(frame_out);
    frame_out->opcode = opcode;
    frame_out->data = data;
    frame_out->size = size;
    return FRAME_EVENT_MESSAGE;
}

/* @header: of a frame that is an event by itself and whole in @input */
static enum frame_event read_in_place(const struct frame_header *header,
                                      struct input *input,
                                      struct frame *frame_out)
{
    size_t size = header->size;
    uint8_t *data = take(input, size);
    utf8_state text = UTF8_START;
    if (header->opcode == FRAME_TEXT)
        text = frame_mask_text(text, data, data, size, header->mask, 0);
    else
        frame_mask(data, data, size, header->mask, 0);
    return frame_is_control(header->opcode)
               ? control_event(header->opcode, data, size, frame_out)
               : message_event(header->opcode, text, data, size, frame_out);
}

static enum frame_event gather_control(struct frame_partial *partial,
                                       const uint8_t *src, size_t n,
                                       struct frame *frame_out)
{
    const struct frame_header *header = &partial->header;
    frame_mask(partial->control + partial->n_payload, src, n, header->mask,
               partial->n_payload);
    partial->n_payload += (uint32_t)n;
    if (partial->n_payload < header->size)
        return FRAME_EVENT_MORE;
    partial->is_in_frame = false;
    return control_event(header->opcode, partial->control, header->size,
                         frame_out);
}

/* Adds to what is gathered. Returns 0 or -ENOMEM. */
static int gather(struct frame_partial *partial, const uint8_t *src, size_t n,
                  size_t max_message)
{
    const struct frame_header *header = &partial->header;
    size_t limit = partial->message.size; /* what the buffer may grow to */
    uint8_t *tail;
    if (!header->is_final && limit < max_message)
        limit = max_message; /* more is to come: leave room to double */
    if (n == 0)
        return 0;
    int rc = bytes_reserve(&partial->gathered, n, limit, &tail);
    if (rc)
        return rc;
    if (partial->message.opcode == FRAME_TEXT)
        partial->text = frame_mask_text(partial->text, tail, src, n,
                                        header->mask, partial->n_payload);
    else
        frame_mask(tail, src, n, header->mask, partial->n_payload);
    bytes_commit(&partial->gathered, n);
    partial->n_payload += (uint32_t)n;
    return 0;
}

static enum frame_event gather_data(struct frame_partial *partial,
                                    const struct frame_rules *rules,
                                    const uint8_t *src, size_t n,
                                    struct frame *frame_out)
{
    if (gather(partial, src, n, rules->max_message)) {
        out_of_memory(frame_out);
        return FRAME_EVENT_FAULT;
    }
    if (partial->text == UTF8_INVALID)
        return not_utf8(frame_out);
    if (partial->n_payload < partial->header.size)
        return FRAME_EVENT_MORE;
    partial->is_in_frame = false;
    if (!partial->header.is_final)
        return FRAME_EVENT_MORE;
    partial->message.n_frames = 0;
    return message_event(partial->message.opcode, partial->text,
                         partial->message.size ? bytes_begin(&partial->gathered)
                                               : partial->head,
                         partial->message.size, frame_out);
}

static void begin_frame(struct frame_partial *partial,
                        const struct frame_header *header)
{
    struct frame_message *message = &partial->message;
    partial->header = *header;
    partial->n_payload = 0;
    partial->is_in_frame = true;
    if (frame_is_control(header->opcode))
        return;
    if (header->opcode != FRAME_CONTINUATION)
        message->opcode = header->opcode;
    message->n_frames++;
    message->size += header->size;
}

/*
 * Reads a header, some of which may have come before. Returns 1, 0 when all
 * input is kept and more is needed, or -EPROTO with @fault_out filled in.
 */
static int read_header(struct frame_partial **partial,
                       const struct frame_rules *rules, struct input *input,
                       struct frame_header *header_out, struct frame *fault_out)
{
    static const struct frame_message none;
    struct frame_partial *p = *partial;
    const uint8_t *head = input->at;
    size_t n = input->n;
    size_t n_before = p ? p->n_head : 0;
    if (n_before > 0) {
        size_t room = sizeof(p->head) - n_before;
        n = n < room ? n : room;
        memcpy(p->head + n_before, input->at, n);
        head = p->head;
        n += n_before;
    }
    int size = frame_header_read(head, n, rules, p ? &p->message : &none,
                                 header_out, fault_out);
    if (size < 0)
        return size;
    if (size > 0) {
        take(input, (size_t)size - n_before);
        if (p)
            p->n_head = 0;
        return 1;
    }
    p = obtain(partial);
    if (!p)
        return out_of_memory(fault_out);
    n = input->n;
    memcpy(p->head + n_before, take(input, n), n);
    p->n_head = (uint8_t)(n_before + n);
    return 0;
}

/* Reads a frame or what there is of it; MORE if that made no event. */
static enum frame_event read_frame(struct frame_partial **partial,
                                   const struct frame_rules *rules,
                                   struct input *input, struct frame *frame_out)
{
    struct frame_header header;
    struct frame_partial *p = *partial;
    if (!p || !p->is_in_frame) {
        int rc = read_header(partial, rules, input, &header, frame_out);
        if (rc <= 0)
            return rc == 0 ? FRAME_EVENT_MORE : FRAME_EVENT_FAULT;
        if (header.is_final && header.opcode != FRAME_CONTINUATION &&
            header.size <= input->n)
            return read_in_place(&header, input, frame_out);
        p = obtain(partial);
        if (!p) {
            out_of_memory(frame_out);
            return FRAME_EVENT_FAULT;
        }
        begin_frame(p, &header);
    }
    size_t left = p->header.size - p->n_payload;
    size_t n = input->n < left ? input->n : left;
    const uint8_t *src = take(input, n);
    return frame_is_control(p->header.opcode)
               ? gather_control(p, src, n, frame_out)
               : gather_data(p, rules, src, n, frame_out);
}

enum frame_event frame_read(struct frame_partial **partial,
                            const struct frame_rules *rules, uint8_t *in,
                            size_t n, size_t *used_out, struct frame *frame_out)
{
    struct input input = {in, n};
    enum frame_event event = FRAME_EVENT_MORE;
    if (*partial && is_spent(*partial))
        drop(partial);
    while (event == FRAME_EVENT_MORE && input.n > 0)
        event = read_frame(partial, rules, &input, frame_out);
    if (event == FRAME_EVENT_FAULT)
        drop(partial);
    *used_out = n - input.n;
    return event;
}
