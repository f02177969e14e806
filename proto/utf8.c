#include "proto/utf8.h"

#include <string.h>

#include "proto/utf8_forms.h"

/*
 * The form by bytes: an automaton whose state is a shift. The row of a byte
 * holds the successors of all states, six bits each; the state says where in
 * the row its own successor stands. A step is thus one load, which does not
 * wait for the step before, and one shift, which does. ASCII goes by unread, 64
 * bytes at a time.
 */

enum {
    LAST = 12,     /* one more byte, 80..BF */
    TWO = 18,      /* two more */
    THREE = 24,    /* three more */
    AFTER_E0 = 30, /* two more, the first A0..BF: else it is overlong */
    AFTER_ED = 36, /* two more, the first 80..9F: else it is a surrogate */
    AFTER_F0 = 42, /* three more, the first 90..BF: else it is overlong */
    AFTER_F4 = 48, /* three more, the first 80..8F: else above 10FFFF */
    STATE_MASK = 63,
};

#define IN(state, next) ((uint64_t)(next) << (state))

/* The row of a byte that begins a character, and continues none. */
#define BEGINS(next)                                           \
    (IN(UTF8_START, next) | IN(UTF8_INVALID, UTF8_INVALID) |   \
     IN(LAST, UTF8_INVALID) | IN(TWO, UTF8_INVALID) |          \
     IN(THREE, UTF8_INVALID) | IN(AFTER_E0, UTF8_INVALID) |    \
     IN(AFTER_ED, UTF8_INVALID) | IN(AFTER_F0, UTF8_INVALID) | \
     IN(AFTER_F4, UTF8_INVALID))

/* The row of a byte that continues a character, and begins none. */
#define CONTINUES(after_e0, after_ed, after_f0, after_f4)            \
    (IN(UTF8_START, UTF8_INVALID) | IN(UTF8_INVALID, UTF8_INVALID) | \
     IN(LAST, UTF8_START) | IN(TWO, LAST) | IN(THREE, TWO) |         \
     IN(AFTER_E0, after_e0) | IN(AFTER_ED, after_ed) |               \
     IN(AFTER_F0, after_f0) | IN(AFTER_F4, after_f4))

/* clang-format off */
static const uint64_t rows[256] = {
    [0x00 ... 0x7f] = BEGINS(UTF8_START),
    [0x80 ... 0x8f] = CONTINUES(UTF8_INVALID, LAST, UTF8_INVALID, TWO),
    [0x90 ... 0x9f] = CONTINUES(UTF8_INVALID, LAST, TWO, UTF8_INVALID),
    [0xa0 ... 0xbf] = CONTINUES(LAST, UTF8_INVALID, TWO, UTF8_INVALID),
    [0xc0 ... 0xc1] = BEGINS(UTF8_INVALID),
    [0xc2 ... 0xdf] = BEGINS(LAST),
    [0xe0]          = BEGINS(AFTER_E0),
    [0xe1 ... 0xec] = BEGINS(TWO),
    [0xed]          = BEGINS(AFTER_ED),
    [0xee ... 0xef] = BEGINS(TWO),
    [0xf0]          = BEGINS(AFTER_F0),
    [0xf1 ... 0xf3] = BEGINS(THREE),
    [0xf4]          = BEGINS(AFTER_F4),
    [0xf5 ... 0xff] = BEGINS(UTF8_INVALID),
};
/* clang-format on */

/* Only the low six bits are the state: all that a shift looks at. */
static inline uint64_t step(uint64_t state, uint8_t byte)
{
    return rows[byte] >> (state & STATE_MASK);
}

static utf8_state walk(utf8_state state, const uint8_t *text,
                       const uint8_t *end)
{
    uint64_t wide = state;
    for (; end - text >= 4; text += 4) {
        wide = step(wide, text[0]);
        wide = step(wide, text[1]);
        wide = step(wide, text[2]);
        wide = step(wide, text[3]);
    }
    while (text < end)
        wide = step(wide, *text++);
    return wide & STATE_MASK;
}

static inline uint64_t high_bits(const uint8_t *text, unsigned n_words)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < n_words; i++) {
        uint64_t word;
        memcpy(&word, text + i * sizeof(word), sizeof(word));
        all |= word;
    }
    return all & 0x8080808080808080u;
}

/* Returns where the ASCII ends, or at most 7 bytes before that. */
static const uint8_t *skip_ascii(const uint8_t *text, const uint8_t *end)
{
    while (end - text >= 64 && !high_bits(text, 8))
        text += 64;
    while (end - text >= 8 && !high_bits(text, 1))
        text += 8;
    return text;
}

utf8_state utf8_feed_bytes(utf8_state state, const uint8_t *text, size_t n)
{
    enum { STRIDE = 64 }; /* bytes between two looks for ASCII */
    const uint8_t *end = text + n;
    while (text < end && state != UTF8_INVALID) {
        if (state == UTF8_START)
            text = skip_ascii(text, end);
        const uint8_t *stop = end - text > STRIDE ? text + STRIDE : end;
        state = walk(state, text, stop);
        text = stop;
    }
    return state;
}

size_t utf8_forms(struct utf8_form forms_out[UTF8_FORMS_MAX])
{
    size_t n = 0;
    forms_out[n++] = (struct utf8_form){"bytes", utf8_feed_bytes};
#ifdef UTF8_HAS_X86
    if (__builtin_cpu_supports("ssse3"))
        forms_out[n++] = (struct utf8_form){"ssse3", utf8_feed_ssse3};
    if (__builtin_cpu_supports("avx2"))
        forms_out[n++] = (struct utf8_form){"avx2", utf8_feed_avx2};
#endif
#ifdef UTF8_HAS_NEON
    forms_out[n++] = (struct utf8_form){"neon", utf8_feed_neon};
#endif
    return n;
}

/* To ask the processor is a look at a word that was set before main(). */
utf8_state utf8_feed(utf8_state state, const uint8_t *text, size_t n)
{
#ifdef UTF8_HAS_X86
    if (__builtin_cpu_supports("avx2"))
        return utf8_feed_avx2(state, text, n);
    if (__builtin_cpu_supports("ssse3"))
        return utf8_feed_ssse3(state, text, n);
#endif
#ifdef UTF8_HAS_NEON
    return utf8_feed_neon(state, text, n);
#endif
    return utf8_feed_bytes(state, text, n);
}

size_t utf8_measure(const uint8_t *text, size_t n)
{
    utf8_state state = UTF8_START;
    for (size_t i = 0; i < n && i < 4; i++) {
        state = utf8_feed_bytes(state, text + i, 1);
        if (state == UTF8_INVALID)
            return 0;
        if (utf8_is_complete(state))
            return i + 1;
    }
    return 0;
}
