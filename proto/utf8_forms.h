/*
 * The forms of utf8_feed(): one question, answered with what a processor has.
 * For utf8.c, which chooses among them, and for those who compare them.
 */
#pragma once

#include "proto/utf8.h"

#if defined(__x86_64__)
#define UTF8_HAS_X86
#elif defined(__aarch64__)
#define UTF8_HAS_NEON
#endif

/* Each is utf8_feed() itself; they give the same answers. */
typedef utf8_state (*utf8_feed_cb)(utf8_state state, const uint8_t *text,
                                   size_t n);

/* Byte by byte, but for ASCII; runs anywhere. */
utf8_state utf8_feed_bytes(utf8_state state, const uint8_t *text, size_t n);

/* By vectors; only where the processor has what they are named for. */
#ifdef UTF8_HAS_X86
utf8_state utf8_feed_ssse3(utf8_state state, const uint8_t *text, size_t n);
utf8_state utf8_feed_avx2(utf8_state state, const uint8_t *text, size_t n);
#endif
#ifdef UTF8_HAS_NEON
utf8_state utf8_feed_neon(utf8_state state, const uint8_t *text, size_t n);
#endif

struct utf8_form {
    const char *name; /* lives forever */
    utf8_feed_cb feed;
};

enum { UTF8_FORMS_MAX = 3 };

/*
 * Lists the forms that this machine can run, the widest last.
 * Returns how many there are, at least 1.
 */
size_t utf8_forms(struct utf8_form forms_out[UTF8_FORMS_MAX]);
