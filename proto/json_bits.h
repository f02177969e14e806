/*
 * Sixty-four bytes of text as bitmaps, the first byte in bit 0: which of them
 * are a certain byte, or within certain bounds.
 *
 * A file that includes this has defined what its vectors can do:
 *
 *   VECTOR, VECTOR_SIZE   the type; its size in bytes: a part of 64
 *   TARGET                the attribute that lets a function use it
 *   load(p)               the bytes at p, at any alignment
 *   equals(v, byte)       0xff where a byte is this one, else 0
 *   is_up_to(v, byte)     0xff where a byte is at most this one, else 0
 *   add(v, byte)          each byte plus this one, modulo 256
 *   with(v, byte)         each byte or this one
 *   gather(m)             a bit for each byte of the vectors m: 0xff or 0
 */
#pragma once

#include <stdint.h>

enum { BLOCK = 64, N_VECTORS = BLOCK / VECTOR_SIZE };

struct block {
    VECTOR part[N_VECTORS];
};

#define EACH_PART(expression)                 \
    do {                                      \
        VECTOR matches[N_VECTORS];            \
        for (int i = 0; i < N_VECTORS; i++) { \
            VECTOR v = block->part[i];        \
            matches[i] = (expression);        \
        }                                     \
        return gather(matches);               \
    } while (0)

TARGET static inline struct block load_block(const char *text)
{
    struct block block;
    for (int i = 0; i < N_VECTORS; i++)
        block.part[i] = load(text + (ptrdiff_t)i * VECTOR_SIZE);
    return block;
}

/* Where @byte stands. */
TARGET static inline uint64_t find(const struct block *block, char byte)
{
    EACH_PART(equals(v, byte));
}

/* Where the letter @byte stands, as a capital or not. */
TARGET static inline uint64_t find_letter(const struct block *block, char byte)
{
    EACH_PART(equals(with(v, 0x20), byte));
}

TARGET static inline uint64_t find_control(const struct block *block)
{
    EACH_PART(is_up_to(v, 0x1f));
}

TARGET static inline uint64_t find_digits(const struct block *block)
{
    EACH_PART(is_up_to(add(v, -'0'), 9));
}

/* The letters a to f and A to F. */
TARGET static inline uint64_t find_hex_letters(const struct block *block)
{
    EACH_PART(is_up_to(add(with(v, 0x20), -'a'), 'f' - 'a'));
}

/* Where { or [ stands; the other bit tells them apart: see find_braces(). */
TARGET static inline uint64_t find_openers(const struct block *block)
{
    EACH_PART(equals(with(v, 0x20), '{'));
}

/* Where } or ] stands. */
TARGET static inline uint64_t find_closers(const struct block *block)
{
    EACH_PART(equals(with(v, 0x20), '}'));
}

/* Of the brackets, where { or } stands. */
TARGET static inline uint64_t find_braces(const struct block *block)
{
    EACH_PART(equals(with(v, (char)0xdf), (char)0xff));
}

#undef EACH_PART
