/*
 * A bounded buffer: bytes are appended at the tail and taken from the head.
 *
 * An empty buffer owns no memory. What it holds never exceeds the bound that
 * the caller names each time it adds something. The memory grows by doubling up
 * to that bound, or to less than twice as much if bytes are taken meanwhile,
 * and is given back as soon as the last byte is consumed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;     /* owned; NULL while empty */
    uint32_t head;     /* offset of the first byte held */
    uint32_t tail;     /* offset behind the last byte held */
    uint32_t capacity; /* size of data, in bytes */
};

#define BYTES_EMPTY ((struct bytes){0})

/* Frees the memory; @bytes is empty afterwards and may be used again. */
void bytes_deinit(struct bytes *bytes);

static inline bool bytes_is_empty(const struct bytes *bytes)
{
    return bytes->head == bytes->tail;
}

static inline size_t bytes_size(const struct bytes *bytes)
{
    return bytes->tail - bytes->head;
}

/* The first byte held; valid until the next call that adds or consumes. */
static inline uint8_t *bytes_begin(const struct bytes *bytes)
{
    return bytes->data + bytes->head;
}

/*
 * Makes room for @n more bytes at the tail, to be written there and then
 * counted by bytes_commit().
 * @limit: the most that the buffer may hold, these @n included; < 2^31
 *
 * Returns 0, or with @bytes and @tail_out unchanged:
 *   -ENOBUFS  it would hold more than @limit
 *   -ENOMEM
 */
int bytes_reserve(struct bytes *bytes, size_t n, size_t limit,
                  uint8_t **tail_out);

/* Counts @n bytes that were written at the tail; at most what was reserved. */
void bytes_commit(struct bytes *bytes, size_t n);

/* Copies @n bytes to the tail. Errors as bytes_reserve(). */
int bytes_append(struct bytes *bytes, const void *src, size_t n, size_t limit);

/* Appends a text without its NUL. Errors as bytes_reserve(). */
int bytes_append_format(struct bytes *bytes, size_t limit, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* Drops @n bytes from the head; frees the memory when none is left. */
void bytes_consume(struct bytes *bytes, size_t n);
