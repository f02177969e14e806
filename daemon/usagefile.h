/*
 * What was used of quotas, on disk: a line a key, for a restart and for people.
 *
 *     alice = sha256:HEX 17/day since 2026-11-22
 */
#pragma once

#include "daemon/usage.h"
#include "proto/errmsg.h"

/*
 * Reads what usagefile_write() has written; a file that does not exist is an
 * empty one.
 * Returns 0, or with @errmsg naming file, line and fault: -EACCES, ...,
 * -EINVAL, -ENOMEM; @usage may have some of it then.
 */
int usagefile_read(const char *path, struct usage *usage,
                   struct errmsg *errmsg);

/* Whether usagefile_write() can work: returns 0, or as it does. */
int usagefile_try(const char *path, struct errmsg *errmsg);

/*
 * Writes the counters of periods that go on at @epoch_s. The file is replaced
 * as a whole, and is on disk when this returns 0; otherwise a negative errno
 * with @errmsg.
 */
int usagefile_write(const char *path, struct usage *usage, int64_t epoch_s,
                    struct errmsg *errmsg);
