/*
 * Strings in JSON text: what they stand for.
 *
 * They are given without their quotes and must be good ones, as a scanner
 * found them: the escapes are not checked again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A part of a JSON text, as it stands there; borrowed from it. */
struct json_span {
    const char *text;
    size_t size; /* in bytes */
};

/*
 * Writes what @string stands for, as UTF-8, a lone surrogate as U+FFFD: the
 * first @capacity bytes of it.
 * Returns how many bytes it has in all.
 */
size_t json_string_decode(const struct json_span *string, char *out,
                          size_t capacity);

/* Whether @string has escapes and stands for @word: at most 15 bytes. */
bool json_string_is_escaped(const struct json_span *string, const char *word);

/*
 * Whether @string stands for @word: plain ASCII of at most 15 bytes. An escape
 * is longer than what it stands for, so that sizes often tell.
 */
static inline bool json_string_is(const struct json_span *string,
                                  const char *word)
{
    size_t n = strlen(word);
    if (string->size <= n)
        return string->size == n && memcmp(string->text, word, n) == 0;
    return json_string_is_escaped(string, word);
}
