/*
 * All addresses of the server: listeners, and the endpoints that clients name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/config.h"
#include "daemon/listener.h"
#include "proto/errmsg.h"

struct entrances {
    struct listener **listeners; /* owned */
    size_t n_listeners;
    char **endpoints; /* of the listeners, with the stage; ends with NULL */
    bool has_passed;  /* the sockets that were passed to us are taken */
};

/*
 * Binds every address of @config.
 * @entrances: all zero
 * Returns 0, or a negative errno with @errmsg, which is "" when memory is
 * short; to be closed and deinitialised either way.
 */
int entrances_open(struct entrances *entrances, uv_loop_t *loop,
                   const struct config *config, listener_cb cb, void *data,
                   struct errmsg *errmsg);

void entrances_start(struct entrances *entrances);

/* Stops accepting. Idempotent; the endpoints stay. */
void entrances_close(struct entrances *entrances);
void entrances_deinit(struct entrances *entrances);

/* "ws://127.0.0.1:8080/latest"; NULL when there are not that many. */
const char *entrances_endpoint(const struct entrances *entrances, size_t index);
