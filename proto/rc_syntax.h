/*
 * What Node's ini and strip-json-comments understand and inih and jansson do
 * not.
 */
#pragma once

#include <stddef.h>

#include "proto/errmsg.h"

/*
 * Takes the quotes or the escapes off the value of an INI line, and the
 * comment behind it.
 * @plain_out: owned by the caller
 *
 * Returns 0, or with @plain_out unchanged:
 *   -EINVAL  a quote at the start without one at the end, with @errmsg
 *   -ENOMEM
 */
int rc_syntax_unquote(const char *value, char **plain_out,
                      struct errmsg *errmsg);

/* Puts blanks in the place of comments in JSON; line ends stay. */
void rc_syntax_blank_comments(char *json, size_t n);
