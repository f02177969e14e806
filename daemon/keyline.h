/*
 * A line of a keys file: NAME = KEY or NAME = sha256:HEX, with or without
 * `disabled` and `plan=PLAN` behind it.
 */
#pragma once

#include "daemon/keys.h"
#include "proto/inifile.h"

/*
 * Reads a line. Whether there is such a plan is the caller's to find out.
 * Returns 0, or with @errmsg -EINVAL or -ENOMEM.
 */
int keyline_parse(const struct inifile_entry *entry, struct key *key_out,
                  struct errmsg *errmsg);
