/*
 * Checks UTF-8 a vector at a time: a form of utf8_feed() for each instruction
 * set. A file that includes this has defined what the vectors can do:
 *
 *   VECTOR, VECTOR_SIZE   the type; its size in bytes
 *   TARGET                the attribute that lets a function use it
 *   load(p)               the bytes at p, at any alignment
 *   repeat(byte)          one byte everywhere
 *   table(bytes)          16 bytes, for look_up()
 *   look_up(table, i)     each byte replaced by the one it counts, 0 to 15
 *   high_half(v)          each byte's upper four bits, as 0 to 15
 *   both(a, b) either(a, b) differ(a, b)   and, or, exclusive or
 *   less(a, b)            a - b, but no less than 0
 *   is_ascii(v) is_zero(v)
 *
 * The idea is that of John Keiser and Daniel Lemire, "Validating UTF-8 In Less
 * Than One Instruction Per Byte", 2020 (arXiv:2010.03090). Whatever can be
 * wrong with two neighbours shows in three halves of bytes: both halves of the
 * first and the upper half of the second. A table for each half says which
 * faults it would be part of; a fault that all three name is there. What is
 * left are third and fourth bytes: these, and no others, are continuations
 * that follow one.
 *
 * A byte is judged by the three before it, which are simply loaded again. So
 * the check may begin anywhere behind the third byte, and the last vector may
 * overlap with the one before.
 */
#pragma once

#include "proto/utf8_forms.h"

/* What can be wrong with a byte and the next, as bits. */
enum fault {
    BARE_LEAD = 1 << 0,     /* a lead that nothing continues */
    STRAY = 1 << 1,         /* a continuation of ASCII */
    LONG_TWO = 1 << 2,      /* C0, C1: ASCII in two bytes */
    LONG_THREE = 1 << 3,    /* E0 80..9F */
    SURROGATE = 1 << 4,     /* ED A0..BF */
    TOO_LARGE = 1 << 5,     /* F4 90..BF, F5..FF 90..BF */
    LONG_OR_LARGE = 1 << 6, /* F0 80..8F, F5..FF 80..8F */
    CONTINUED = 1 << 7,     /* two continuations: right in long characters */
};

/* By the upper half of the first byte. */
static const uint8_t by_upper[16] = {
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    STRAY,
    CONTINUED,
    CONTINUED,
    CONTINUED,
    CONTINUED,
    BARE_LEAD | LONG_TWO,
    BARE_LEAD,
    BARE_LEAD | LONG_THREE | SURROGATE,
    BARE_LEAD | TOO_LARGE | LONG_OR_LARGE,
};

/* By its lower half, which tells nothing of the first of these. */
enum {
    ANY_LOWER = BARE_LEAD | STRAY | CONTINUED,
    FIVE_UP = ANY_LOWER | TOO_LARGE | LONG_OR_LARGE,
};

static const uint8_t by_lower[16] = {
    ANY_LOWER | LONG_TWO | LONG_THREE | LONG_OR_LARGE,
    ANY_LOWER | LONG_TWO,
    ANY_LOWER,
    ANY_LOWER,
    ANY_LOWER | TOO_LARGE,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP,
    FIVE_UP | SURROGATE,
    FIVE_UP,
    FIVE_UP,
};

/* By the upper half of the second byte, if that is a continuation. */
enum { ANY_CONTINUATION = STRAY | CONTINUED | LONG_TWO };

static const uint8_t by_next[16] = {
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    ANY_CONTINUATION | LONG_THREE | LONG_OR_LARGE,
    ANY_CONTINUATION | LONG_THREE | TOO_LARGE,
    ANY_CONTINUATION | SURROGATE | TOO_LARGE,
    ANY_CONTINUATION | SURROGATE | TOO_LARGE,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
    BARE_LEAD,
};

enum {
    LOOK_BACK = 3,    /* bytes that a byte is judged by */
    STRIDE = 64,      /* bytes that are looked at for ASCII together */
    MIN_LEAD3 = 0xe0, /* leads of three bytes and more */
    MIN_LEAD4 = 0xf0,
};

/* Not zero where the bytes at @text do not fit those before them. */
TARGET static inline VECTOR faults(const uint8_t *text)
{
    VECTOR first = load(text - 1);
    VECTOR pairs = both(look_up(table(by_upper), high_half(first)),
                        look_up(table(by_lower), both(first, repeat(0x0f))));
    pairs = both(pairs, look_up(table(by_next), high_half(load(text))));
    /* The top bit is set where a long character asks for a continuation. */
    VECTOR third = less(load(text - 2), repeat(MIN_LEAD3 - 0x80));
    VECTOR fourth = less(load(text - 3), repeat(MIN_LEAD4 - 0x80));
    VECTOR due = both(either(third, fourth), repeat(CONTINUED));
    return differ(pairs, due);
}

TARGET static inline bool stride_is_ascii(const uint8_t *text)
{
    VECTOR all = load(text);
    for (size_t i = VECTOR_SIZE; i < STRIDE; i += VECTOR_SIZE)
        all = either(all, load(text + i));
    return is_ascii(all);
}

/*
 * Checks from @text on, up to @end, by what precedes it: LOOK_BACK bytes at
 * least, and a vector must fit in between. ASCII may follow anything but an
 * open character; whether one is, the byte before tells.
 */
TARGET static inline bool fits(const uint8_t *text, const uint8_t *end)
{
    VECTOR wrong = repeat(0);
    for (; end - text >= STRIDE; text += STRIDE) {
        if (text[-1] < 0x80 && stride_is_ascii(text))
            continue;
        for (size_t i = 0; i < STRIDE; i += VECTOR_SIZE)
            wrong = either(wrong, faults(text + i));
        if (!is_zero(wrong))
            return false;
    }
    for (; end - text >= VECTOR_SIZE; text += VECTOR_SIZE)
        wrong = either(wrong, faults(text));
    if (text < end)
        wrong = either(wrong, faults(end - VECTOR_SIZE));
    return is_zero(wrong);
}

/* How many bytes before @end are of a character that is open there. */
static inline size_t count_open(const uint8_t *end)
{
    if (end[-1] >= 0xc0)
        return 1;
    if (end[-2] >= MIN_LEAD3)
        return 2;
    return end[-3] >= MIN_LEAD4 ? 3 : 0;
}

/* The automaton takes the first bytes, and those that it ends with. */
TARGET static inline utf8_state feed(utf8_state state, const uint8_t *text,
                                     size_t n)
{
    if (n < LOOK_BACK + VECTOR_SIZE)
        return utf8_feed_bytes(state, text, n);
    state = utf8_feed_bytes(state, text, LOOK_BACK);
    if (state == UTF8_INVALID || !fits(text + LOOK_BACK, text + n))
        return UTF8_INVALID;
    size_t n_open = count_open(text + n);
    return utf8_feed_bytes(UTF8_START, text + n - n_open, n_open);
}
