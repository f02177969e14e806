/*
 * Finds where the plain bytes of a JSON string end: at the first quote,
 * backslash or control byte (below 0x20), or at the end of the text.
 *
 * One question in three forms, which all give the same answer: by bytes, by
 * words of eight and, on x86-64, by vectors of sixteen. None reads at or
 * behind @end. json_plain() is the widest form that the target has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline const char *json_plain_bytes(const char *at, const char *end)
{
    while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return at;
}

/*
 * Subtracting borrows into a byte's top bit if the byte was too small; a borrow
 * from the byte below can only mislead once there is a true hit further down.
 */
static inline bool json_plain_word_ends(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t control = word - each * 0x20;
    uint64_t quote = (word ^ each * '"') - each;
    uint64_t backslash = (word ^ each * '\\') - each;
    return ((control | quote | backslash) & ~word & each * 0x80) != 0;
}

static inline const char *json_plain_words(const char *at, const char *end)
{
    uint64_t word;
    for (; end - at >= (ptrdiff_t)sizeof word; at += sizeof word) {
        memcpy(&word, at, sizeof word);
        if (json_plain_word_ends(word))
            break;
    }
    return json_plain_bytes(at, end);
}

#ifdef __SSE2__

/* 0xff for each byte that is not plain. */
static inline __m128i json_plain_ends(const char *at)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    return _mm_or_si128(control, _mm_or_si128(quote, backslash));
}

/* A bit for each byte, the first in bit 0; 1 where it is not plain. */
static inline uint64_t json_plain_mask(__m128i ends)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(ends);
}

/* Within the next 16 bytes, all of which must be there; else at + 16. */
static inline const char *json_plain_vector(const char *at)
{
    return at + __builtin_ctzll(json_plain_mask(json_plain_ends(at)) | 1 << 16);
}

/* By fours, looked into when an end is among them; ends before the last few. */
static inline const char *json_plain_fours(const char *at, const char *end)
{
    for (; end - at >= 64; at += 64) {
        __m128i a = json_plain_ends(at);
        __m128i b = json_plain_ends(at + 16);
        __m128i c = json_plain_ends(at + 32);
        __m128i d = json_plain_ends(at + 48);
        __m128i any = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
        if (json_plain_mask(any) != 0)
            return at + __builtin_ctzll(json_plain_mask(a) |
                                        json_plain_mask(b) << 16 |
                                        json_plain_mask(c) << 32 |
                                        json_plain_mask(d) << 48);
    }
    return at;
}

static inline const char *json_plain_vectors(const char *at, const char *end)
{
    while (end - at >= 16) {
        const char *next = json_plain_vector(at);
        if (next < at + 16)
            return next;
        at = json_plain_fours(next, end);
    }
    return json_plain_words(at, end);
}

#endif

static inline const char *json_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    return json_plain_vectors(at, end);
#else
    return json_plain_words(at, end);
#endif
}

/* One step of json_plain() takes this many bytes. */
#ifdef __SSE2__
enum { JSON_PLAIN_STEP = 16 };
#else
enum { JSON_PLAIN_STEP = 8 };
#endif

/* json_plain() of the next JSON_PLAIN_STEP bytes, all of which must be there.
 */
static inline const char *json_plain_step(const char *at)
{
#ifdef __SSE2__
    return json_plain_vector(at);
#else
    return json_plain_words(at, at + JSON_PLAIN_STEP);
#endif
}
