/*
 * Steps over the tokens of a JSON text, one by one.
 *
 * Each takes the place it is at and the end of the text, and returns the place
 * it got to, or NULL where the text is not JSON. Inline, as there is one for
 * every few bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "proto/json_plain.h"

static inline const char *json_skip_more_space(const char *at, const char *end)
{
    while (at < end &&
           (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* Compact text, the usual case, is told by one comparison. */
static inline const char *json_skip_space(const char *at, const char *end)
{
    if (at == end || *at <= ' ')
        return json_skip_more_space(at, end);
    return at;
}

static inline bool json_is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* At a backslash. */
static inline const char *json_skip_escape(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        break;
    default:
        return NULL;
    }
    if (end - at < 6)
        return NULL;
    for (int i = 2; i < 6; i++)
        if (!json_is_hex(at[i]))
            return NULL;
    return at + 6;
}

/* Behind an opening quote; ends behind the closing one. */
static inline const char *json_skip_long_string(const char *at, const char *end)
{
    while (at != NULL) {
        at = json_plain(at, end);
        if (at == end)
            return NULL;
        if (*at == '"')
            return at + 1;
        at = *at == '\\' ? json_skip_escape(at, end) : NULL;
    }
    return NULL;
}

/* The same: most strings, and nearly all names, end after one step. */
static inline const char *json_skip_string(const char *at, const char *end)
{
    if (end - at > JSON_PLAIN_STEP) {
        at = json_plain_step(at);
        if (*at == '"')
            return at + 1;
    }
    return json_skip_long_string(at, end);
}

static inline const char *json_skip_digits(const char *at, const char *end)
{
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > first ? at : NULL;
}

static inline const char *json_skip_number(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    at = at < end && *at == '0' ? at + 1 : json_skip_digits(at, end);
    if (at != NULL && at < end && *at == '.')
        at = json_skip_digits(at + 1, end);
    if (at == NULL || at == end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    return json_skip_digits(at, end);
}

static inline const char *json_skip_word(const char *at, const char *end,
                                         const char *word, size_t n)
{
    return (size_t)(end - at) >= n && memcmp(at, word, n) == 0 ? at + n : NULL;
}

static inline const char *json_skip_scalar(const char *at, const char *end)
{
    switch (*at) {
    case '"':
        return json_skip_string(at + 1, end);
    case 't':
        return json_skip_word(at, end, "true", 4);
    case 'f':
        return json_skip_word(at, end, "false", 5);
    case 'n':
        return json_skip_word(at, end, "null", 4);
    default:
        return json_skip_number(at, end);
    }
}
