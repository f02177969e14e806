/*
 * Settings that are right one by one but must also fit each other.
 */
#pragma once

#include "daemon/config.h"
#include "proto/errmsg.h"

/* Returns 0, or -EINVAL with @errmsg naming both settings and what to do. */
int consistency_check(const struct config *config, struct errmsg *errmsg);
