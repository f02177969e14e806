/*
 * monologued keygen: a new API key, and the line that lets it in.
 */
#pragma once

#include <stdio.h>

#include "proto/errmsg.h"

/*
 * Writes the key on one line and its line for a keys file on the next. Whether
 * @file took them says ferror(), or fflush().
 * Returns 0, or with @errmsg and nothing written -EINVAL (not a name, see
 * keys_add()), -EIO (no randomness) or -ENOMEM.
 */
int keygen_print(const char *name, FILE *file, struct errmsg *errmsg);
