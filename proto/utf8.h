/*
 * Tells UTF-8 from other bytes (RFC 3629), as fast as they come and in pieces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A check that has seen some of a text; UTF8_START has seen none of it. */
typedef uint32_t utf8_state;
enum { UTF8_START = 0, UTF8_INVALID = 6 };

/*
 * Checks the next @n bytes. Once invalid, always invalid: the result is
 * UTF8_INVALID as soon as no continuation could make the text valid.
 */
utf8_state utf8_feed(utf8_state state, const uint8_t *text, size_t n);

/* Whether the text may end here: valid, and not inside a character. */
static inline bool utf8_is_complete(utf8_state state)
{
    return state == UTF8_START;
}

/* The length of the character that @text starts with; 0: it is not UTF-8, or
 * cut at @n. */
size_t utf8_measure(const uint8_t *text, size_t n);
