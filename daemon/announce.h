/*
 * Tells people and programs where a server is and with which key to come in.
 */
#pragma once

#include <stdio.h>

#include "daemon/server.h"
#include "proto/errmsg.h"

/* The first endpoint that clients reach by a URL: ws:// or wss://; NULL: it
 * listens on other addresses only. Valid as long as @server. */
const char *announce_endpoint(const struct server *server);

/* A key that is let in and known in the clear, or NULL. Valid until the next
 * reload. */
const char *announce_key(const struct server *server);

/* Writes a line for each endpoint, for the admin endpoint, and for a key that
 * nobody else knows. That standard output did not take them says the log. */
void announce_print(const struct server *server, FILE *file);

/*
 * Writes the file that the setting write_rc names, if it does; without a key
 * where none is needed.
 * Returns 0, -EINVAL (no endpoint to write) or as rc_write(), with @errmsg.
 */
int announce_write_rc(const struct server *server, struct errmsg *errmsg);
