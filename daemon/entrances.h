/*
 * All addresses of the server: listeners, and the endpoints that clients name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config.h"
#include "daemon/listener.h"
#include "proto/errmsg.h"

/* One socket that connections can be accepted from. */
struct entrance {
    int fd;
    bool is_tls;
    const char *endpoint; /* of its listener */
};

struct entrances {
    struct listener **listeners; /* owned */
    size_t n_listeners;
    struct entrance *sockets; /* of all listeners */
    size_t n_sockets;
    char **endpoints; /* of the listeners, with the stage; ends with NULL */
    bool has_passed;  /* the sockets that were passed to us are taken */
};

/*
 * Binds every address of @config.
 * @entrances: all zero
 * Returns 0, or a negative errno with @errmsg, which is "" when memory is
 * short; to be deinitialised either way.
 */
int entrances_open(struct entrances *entrances, const struct config *config,
                   struct errmsg *errmsg);

/* Nobody can connect any more; see listener_stop(). Idempotent. */
void entrances_stop(struct entrances *entrances);

/* Closes them: nobody may accept from them any more. */
void entrances_deinit(struct entrances *entrances);

/* "ws://127.0.0.1:8080/latest"; NULL when there are not that many. */
const char *entrances_endpoint(const struct entrances *entrances, size_t index);
