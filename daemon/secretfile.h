/*
 * What files that hold secrets have in common: names that may appear in a log,
 * secrets that may not, and that not everybody should read them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/errmsg.h"
#include "proto/inifile.h"

/* Whether @text is 1 to @max of A-Z a-z 0-9 . _ - */
bool secretfile_is_name(const char *text, size_t max);

/*
 * Returns 0, or -EINVAL with @errmsg: @secret is empty, longer than @max
 * characters or not printable ASCII without blanks.
 * @what: it is, for @errmsg: "a key"
 */
int secretfile_check(const char *what, const char *secret, size_t max,
                     struct errmsg *errmsg);

/*
 * Reads @path as inifile_read() does, with its errors.
 * @is_public_out: whether everybody on this machine can read it, too
 */
int secretfile_read(const char *path, inifile_cb cb, void *data,
                    struct errmsg *errmsg, bool *is_public_out);
