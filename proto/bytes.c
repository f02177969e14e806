#include "proto/bytes.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The least that is allocated. malloc keeps blocks of up to about 1 KiB in a
 * per-thread cache, so that the outbox of a small packet costs no lock and no
 * search.
 */
enum { CAPACITY_MIN = 1008 };

enum { FORMAT_ONCE = 512 }; /* texts below are not formatted twice */

void bytes_deinit(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = BYTES_EMPTY;
}

static int grow(struct bytes *bytes, size_t capacity)
{
    uint8_t *data = malloc(capacity);
    if (!data)
        return -ENOMEM;
    size_t held = bytes_size(bytes);
    if (held)
        memcpy(data, bytes_begin(bytes), held);
    free(bytes->data);
    bytes->data = data;
    bytes->head = 0;
    bytes->tail = (uint32_t)held;
    bytes->capacity = (uint32_t)capacity;
    return 0;
}

int bytes_reserve(struct bytes *bytes, size_t n, size_t limit,
                  uint8_t **tail_out)
{
    assert(limit < (size_t)1 << 31);
    size_t held = bytes_size(bytes);
    if (held > limit || n > limit - held)
        return -ENOBUFS;
    if (n > bytes->capacity - bytes->tail) {
        /* Moving at most half a buffer for the price of half a buffer. */
        if (bytes->head >= held && n <= bytes->capacity - held) {
            memcpy(bytes->data, bytes_begin(bytes), held);
            bytes->head = 0;
            bytes->tail = (uint32_t)held;
        } else {
            size_t capacity = bytes->capacity ? bytes->capacity : CAPACITY_MIN;
            while (capacity < held + n)
                capacity *= 2;
            /* A buffer that is only filled will never need more. */
            if (bytes->head == 0 && capacity > limit)
                capacity = limit;
            int rc = grow(bytes, capacity);
            if (rc)
                return rc;
        }
    }
    *tail_out = bytes->data + bytes->tail;
    return 0;
}

void bytes_commit(struct bytes *bytes, size_t n)
{
    assert(n <= bytes->capacity - bytes->tail);
    bytes->tail += (uint32_t)n;
}

int bytes_append(struct bytes *bytes, const void *src, size_t n, size_t limit)
{
    uint8_t *tail;
    if (n == 0)
        return 0;
    int rc = bytes_reserve(bytes, n, limit, &tail);
    if (rc)
        return rc;
    memcpy(tail, src, n);
    bytes_commit(bytes, n);
    return 0;
}

/* Appends a text that is known to have @n characters. */
__attribute__((format(printf, 4, 0))) static int
append_format(struct bytes *bytes, size_t n, size_t limit, const char *format,
              va_list args)
{
    uint8_t *tail;
    /* The NUL needs room, but is never counted. */
    int rc = bytes_reserve(bytes, n + 1, limit + 1, &tail);
    if (rc)
        return rc;
    vsnprintf((char *)tail, n + 1, format, args);
    bytes_commit(bytes, n);
    return 0;
}

int bytes_append_format(struct bytes *bytes, size_t limit, const char *format,
                        ...)
{
    va_list args, again;
    char text[FORMAT_ONCE];
    va_start(args, format);
    va_copy(again, args);
    size_t n = (size_t)vsnprintf(text, sizeof text, format, args);
    int rc = n < sizeof text ? bytes_append(bytes, text, n, limit)
                             : append_format(bytes, n, limit, format, again);
    va_end(again);
    va_end(args);
    return rc;
}

void bytes_consume(struct bytes *bytes, size_t n)
{
    assert(n <= bytes_size(bytes));
    bytes->head += (uint32_t)n;
    if (bytes_is_empty(bytes))
        bytes_deinit(bytes);
}
