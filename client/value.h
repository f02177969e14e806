/*
 * Values as JSON text and as jansson's trees: the one from the other.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "proto/json_string.h"

/*
 * Takes text that a program calls JSON.
 * @value_out: the value without the blanks around it; borrows from @text
 * Returns 0, or -EINVAL: not UTF-8, or not one value as JSON.parse takes it.
 */
int value_check(const char *text, size_t size, struct json_span *value_out);

/*
 * Makes a tree of good JSON. Numbers that no 64-bit integer can hold become
 * reals.
 * @value_out: a new reference
 * Returns 0, or
 *   -EBADMSG  jansson has no word for it: a lone surrogate, a number beyond
 *             all reals, more than 2048 levels
 *   -ENOMEM
 */
int value_parse(const struct json_span *text, json_t **value_out);

/*
 * Writes a tree, compactly.
 * @text_out: NUL-terminated; to be freed
 * Returns NULL when out of memory, or when a string in it is not UTF-8.
 */
char *value_write(const json_t *value);
