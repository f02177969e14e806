/*
 * The daemon while it runs: signals, reload, the service manager.
 */
#pragma once

#include "daemon/config.h"
#include "proto/errmsg.h"

/* Where the settings came from, to read them again; borrowed. */
struct run_source {
    int argc;
    char *const *argv;
    char *const *environment;
};

/*
 * Prepares the process, once and before anything else: a closed standard
 * descriptor is opened on /dev/null, so that no socket takes its place, a peer
 * that went away raises no SIGPIPE, and freed memory is kept for the next turn.
 * Returns 0 or a negative errno.
 */
int run_prepare(void);

/*
 * Serves until SIGTERM or SIGINT; a second one ends it at once.
 * @config: taken, also on failure
 * Returns 0, or with @errmsg why it could not start: as server_open() and
 * announce_write_rc().
 */
int run_daemon(struct config *config, const struct run_source *source,
               struct errmsg *errmsg);
