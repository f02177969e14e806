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

#include "proto/json_string.h"

/* What is left to scan: from at up to, not including, end. */
struct json {
    const char *at;
    const char *end;
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
 * @name_out: without its quotes; set when JSON_MEMBER is returned
 */
enum json_step json_first_member(struct json *json, struct json_span *name_out);
enum json_step json_next_member(struct json *json, struct json_span *name_out);

/*
 * Steps over a value of any kind and depth, the space before it included. The
 * depth costs a bit per level: 512 levels on the stack; above that allocated,
 * once, and freed on return.
 * @value_out: from the value's first byte to its last
 * Returns false, with @json of no more use, if none is there or memory ran out.
 */
bool json_skip_value(struct json *json, struct json_span *value_out);
