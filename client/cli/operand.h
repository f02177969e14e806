/*
 * What an argument of a call stands for: JSON, a text, or what a file holds.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "proto/errmsg.h"

/* Reads JSON; what is not JSON is a string. A new reference; NULL: no memory
 * or not UTF-8. */
json_t *operand_parse(const char *text, size_t size);

/* The same for the output of a program, or a file: a line break at its end is
 * none of the value. */
json_t *operand_parse_output(const char *text, size_t size);

/*
 * Reads arguments into a JSON array: @FILE is what the file holds, - is
 * standard input, which may be named once; others as operand_parse().
 * @texts:     NULL-terminated
 * @array_out: a new reference
 * Returns 0, or with a text in @errmsg -EMSGSIZE: more than a packet can hold;
 * -EILSEQ: not UTF-8; -ENOMEM; or why a file could not be read.
 */
int operand_read_all(char *const texts[], json_t **array_out,
                     struct errmsg *errmsg);
