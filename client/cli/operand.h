/*
 * What an argument of a call stands for: JSON, a text, or what a file holds.
 */
#pragma once

#include <stddef.h>

#include "proto/errmsg.h"

/*
 * JSON as it is, every digit of it; what is not JSON as a JSON string.
 * Returns text of malloc() that ends with NUL; NULL: no memory or not UTF-8.
 */
char *operand_to_json(const char *text, size_t size);

/* The same for the output of a program, or a file: a line break at its end is
 * none of the value. */
char *operand_output_to_json(const char *text, size_t size);

/*
 * Reads arguments into a JSON array: @FILE is what the file holds, - is
 * standard input, which may be named once; others as operand_to_json().
 * @texts:    NULL-terminated
 * @json_out: text of malloc() that ends with NUL
 * Returns 0, or with a text in @errmsg -EINVAL: - twice; -EMSGSIZE: more than
 * a packet can hold; -EILSEQ: not UTF-8; -ENOMEM; or why a file could not be
 * read.
 */
int operand_read_all(char *const texts[], char **json_out,
                     struct errmsg *errmsg);
