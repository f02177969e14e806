#include "proto/frame.h"

#include <assert.h>
#include <string.h>

static size_t header_size(uint64_t size)
{
    return size < 126 ? 2 : size <= UINT16_MAX ? 4 : 10;
}

size_t frame_write_header(uint8_t header_out[FRAME_HEADER_MAX],
                          enum frame_opcode opcode, bool is_final,
                          uint64_t size)
{
    size_t n = header_size(size);
    header_out[0] = (uint8_t)((is_final ? 0x80 : 0) | opcode);
    header_out[1] = n == 2 ? (uint8_t)size : n == 4 ? 126 : 127;
    for (size_t i = n - 1; i >= 2; i--) {
        header_out[i] = (uint8_t)size;
        size >>= 8;
    }
    return n;
}

/* Where in the pieces of a message the next byte is. */
struct cursor {
    const struct iovec *part;
    size_t offset;
};

static uint8_t *copy(uint8_t *dst, struct cursor *from, size_t n)
{
    while (n > 0) {
        size_t left = from->part->iov_len - from->offset;
        size_t size = n < left ? n : left;
        if (size > 0)
            memcpy(dst, (const uint8_t *)from->part->iov_base + from->offset,
                   size);
        dst += size;
        n -= size;
        from->offset += size;
        if (n > 0) {
            from->part++;
            from->offset = 0;
        }
    }
    return dst;
}

int frame_append(struct bytes *out, size_t limit, enum frame_opcode opcode,
                 const struct iovec *parts, int n_parts, size_t max_frame)
{
    assert(max_frame > 0);
    size_t size = 0;
    for (int i = 0; i < n_parts; i++)
        size += parts[i].iov_len;
    size_t n_full = size > 0 ? (size - 1) / max_frame : 0; /* before the last */
    size_t n_last = size - n_full * max_frame;
    size_t whole = n_full * header_size(max_frame) + header_size(n_last) + size;

    uint8_t *tail;
    int rc = bytes_reserve(out, whole, limit, &tail);
    if (rc)
        return rc;
    struct cursor from = {parts, 0};
    for (size_t i = 0; i < n_full; i++) {
        tail += frame_write_header(tail, opcode, false, max_frame);
        tail = copy(tail, &from, max_frame);
        opcode = FRAME_CONTINUATION;
    }
    tail += frame_write_header(tail, opcode, true, n_last);
    copy(tail, &from, n_last);
    bytes_commit(out, whole);
    return 0;
}

int frame_append_close(struct bytes *out, size_t limit, uint16_t code,
                       const char *reason, size_t reason_size)
{
    assert(reason_size <= FRAME_REASON_MAX);
    uint8_t wire_code[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    struct iovec parts[] = {{wire_code, sizeof(wire_code)},
                            {(char *)(uintptr_t)reason, reason_size}};
    int n_parts = code == CLOSE_NO_STATUS ? 0 : 2;
    return frame_append(out, limit, FRAME_CLOSE, parts, n_parts,
                        FRAME_CONTROL_MAX);
}
