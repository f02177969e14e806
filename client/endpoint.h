/*
 * The address of a server: ws://host:port/stage taken apart.
 */
#pragma once

#include <stdbool.h>

#include "proto/errmsg.h"

struct endpoint {
    bool is_secure;    /* wss */
    char *host;        /* name or address, without brackets; owned */
    char *port;        /* decimal; owned */
    char *host_header; /* as in the Host header; owned */
    char *target;      /* path and query, at least "/"; owned */
};

/*
 * Reads a ws:// or wss:// URL.
 * Returns 0, or with @endpoint_out unchanged:
 *   -EINVAL  @errmsg says what is wrong with it
 *   -ENOMEM
 */
int endpoint_parse(const char *url, struct endpoint *endpoint_out,
                   struct errmsg *errmsg);
void endpoint_deinit(struct endpoint *endpoint);
