/*
 * A strict JSON scanner: steps through a text, tells its parts, builds nothing.
 *
 * Takes what JSON.parse of ECMAScript takes: RFC 8259 without a byte order
 * mark, with lone surrogates in escapes, numbers of any size, names that occur
 * twice. That the text is UTF-8 is the caller's to know; no bytes whatever
 * make the scanner read outside them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What is left to scan: from at up to, not including, end. */
struct json {
    const char *at;
    const char *end;
};

/* A string as it stands in the text, without its quotes; borrowed from it. */
struct json_string {
    const char *text;
    size_t size; /* in bytes */
};

enum json_step {
    JSON_BROKEN, /* not JSON; @json is of no more use */
    JSON_MEMBER, /* json.at is at a member's value or the space before it */
    JSON_CLOSED, /* json.at is behind the object's closing brace */
};

/*
 * Steps over white space.
 * Returns the byte that json.at is at then, or NUL, which begins nothing in
 * JSON, at the end.
 */
char json_peek(struct json *json);

/*
 * Steps to the first member of the object that json.at is at, and then to each
 * further one, once json.at is behind the value of the one before.
 * @name_out: set when JSON_MEMBER is returned
 */
enum json_step json_first_member(struct json *json,
                                 struct json_string *name_out);
enum json_step json_next_member(struct json *json,
                                struct json_string *name_out);

/*
 * Steps over a value of any kind and depth, the space before it included. The
 * depth costs a bit per level: 512 levels on the stack; above that allocated,
 * once, and freed on return.
 * Returns false, with @json of no more use, if none is there or memory ran out.
 */
bool json_skip_value(struct json *json);

/*
 * Writes the bytes that a string stands for, as UTF-8, a lone surrogate as
 * U+FFFD: the first @capacity of them.
 * @string: as found by the scanner, so its escapes are good
 * Returns how many bytes there are in all.
 */
size_t json_unescape(const struct json_string *string, char *out,
                     size_t capacity);

/* Whether @string, which has a size of its own, stands for @word by escapes. */
bool json_is_escaped_word(const struct json_string *string, const char *word);

/*
 * Whether @string stands for @word: plain ASCII of at most 15 bytes. An escape
 * is longer than what it stands for, so that sizes often tell.
 */
static inline bool json_string_is(const struct json_string *string,
                                  const char *word)
{
    size_t n = strlen(word);
    if (string->size <= n)
        return string->size == n && memcmp(string->text, word, n) == 0;
    return json_is_escaped_word(string, word);
}
