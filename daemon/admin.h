/*
 * Health, readiness and metrics, over HTTP on an address of its own.
 *
 *   GET /healthz  200 while the process runs
 *   GET /readyz   200 while connections are accepted, else 503
 *   GET /metrics  all counters, in the Prometheus text format
 *
 * Only this machine is served, and no web page that is looked at on it: the
 * Host of a request must be ours, and it must not have an Origin.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "proto/bytes.h"
#include "proto/errmsg.h"

struct admin;

/* Whom it asks. */
struct admin_source {
    bool (*is_ready)(void *data);
    /* Returns 0 or a negative errno; a part may have been appended then. */
    int (*append_metrics)(struct bytes *out, size_t limit, void *data);
    void *data; /* for both */
};

/*
 * Binds and serves.
 * @address: a valid setting admin_listen
 * Returns 0, or a negative errno with @errmsg as listener_open().
 */
int admin_open(uv_loop_t *loop, const char *address, struct admin_source source,
               struct admin **admin_out, struct errmsg *errmsg);

/* Where it is: "http://127.0.0.1:9090" or "unix:/run/x". */
const char *admin_endpoint(const struct admin *admin);

/* Ends all connections; frees itself when the loop has closed them. NULL is
 * fine. */
void admin_close(struct admin *admin);
