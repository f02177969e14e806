/*
 * What the log calls a connection: by its id, or by its peer while it has none.
 */
#pragma once

#include "daemon/connection.h"
#include "daemon/peername.h"

enum { LOGNAME_CHARS = PEERNAME_CHARS + sizeof "connection=" };

/* Prints "connection=ID" or "peer=ADDRESS" and returns @name_out. */
const char *logname_print(const struct connection *c,
                          char name_out[static LOGNAME_CHARS]);
