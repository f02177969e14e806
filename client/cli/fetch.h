/*
 * One GET over plain HTTP or a Unix socket, as admin endpoints serve it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "proto/errmsg.h"

enum { FETCH_BODY_MAX = 16 * 1024 * 1024 };

struct fetch_address {
    char host[256]; /* without brackets; "" for a Unix socket */
    char port[6];
    char path[108]; /* of the Unix socket */
};

/*
 * Reads http://HOST[:PORT] or unix:/PATH.
 * Returns 0, or -EINVAL with the text in @errmsg.
 */
int fetch_parse(const char *url, struct fetch_address *address_out,
                struct errmsg *errmsg);

/*
 * Told once how it went.
 * @status: 0, or a negative errno: -EPROTO when what came is not HTTP or not a
 *          200, -ETIMEDOUT
 * @why:    the status for a person; borrowed
 * @body:   borrowed; NULL unless @status is 0
 */
typedef void (*fetch_cb)(int status, const char *why, const char *body,
                         size_t size, void *data);

struct fetch;

/*
 * Starts it. Looking up a host's name blocks.
 * @address: copied
 * @target:  such as "/metrics"; static
 * Returns 0, or -ENOMEM with @cb never called. Everything else is told to @cb.
 */
int fetch_start(uv_loop_t *loop, const struct fetch_address *address,
                const char *target, uint32_t timeout_ms, fetch_cb cb,
                void *data, struct fetch **fetch_out);

/* Gives up; @cb is not called. Not from within @cb. */
void fetch_cancel(struct fetch *fetch);
