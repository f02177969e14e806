/*
 * A piece of text that belongs to somebody else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *begin; /* borrowed; not NUL-terminated; NULL: nothing left */
    size_t size;       /* in bytes */
};

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equals(struct slice slice, const char *text)
{
    return slice.size == strlen(text) &&
           memcmp(slice.begin, text, slice.size) == 0;
}

/*
 * Takes the next of the pieces that @separator divides @rest into: of n
 * separators come n + 1 pieces, some of them maybe empty.
 * Returns false when all have been taken.
 */
static inline bool slice_cut(struct slice *rest, char separator,
                             struct slice *piece_out)
{
    if (!rest->begin)
        return false;
    const char *end = memchr(rest->begin, separator, rest->size);
    if (!end) {
        *piece_out = *rest;
        *rest = (struct slice){NULL, 0};
        return true;
    }
    *piece_out = (struct slice){rest->begin, (size_t)(end - rest->begin)};
    *rest = (struct slice){end + 1, rest->size - piece_out->size - 1};
    return true;
}
