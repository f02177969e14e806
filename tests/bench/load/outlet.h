/*
 * Bytes that wait to be sent: a plain growing buffer, never given back.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/fail.h"

struct outlet {
    uint8_t *data;
    size_t head; /* sent already */
    size_t size; /* with what is sent already */
    size_t capacity;
};

/* Makes room for @n more bytes, which count as there. */
static inline uint8_t *outlet_add(struct outlet *o, size_t n)
{
    if (o->size + n > o->capacity) {
        while (o->size + n > o->capacity)
            o->capacity = o->capacity ? o->capacity * 2 : 1024;
        o->data = realloc(o->data, o->capacity);
        if (!o->data)
            fail("out of memory");
    }
    o->size += n;
    return o->data + o->size - n;
}

static inline void outlet_append(struct outlet *o, const void *bytes, size_t n)
{
    memcpy(outlet_add(o, n), bytes, n);
}

static inline size_t outlet_left(const struct outlet *o)
{
    return o->size - o->head;
}

static inline void outlet_consume(struct outlet *o, size_t n)
{
    o->head += n;
    if (o->head == o->size)
        o->head = o->size = 0;
}
