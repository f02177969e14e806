/*
 * The process as a whole: listeners, workers, reload, drain, stop.
 *
 * Runs on one loop, the main thread's; all functions belong to that thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/config.h"
#include "proto/errmsg.h"

struct metrics;
struct server;

/* Told once, when the last worker has ended; @server may be freed now. */
typedef void (*server_cb)(struct server *server, void *data);

/*
 * Loads keys and certificates, binds every address and starts the workers:
 * when it returns 0, connections are being accepted.
 * @config:  taken, also on failure
 * @stopped: called after server_drain() or server_stop(), never before this
 *           function returned
 *
 * Returns 0, or with everything undone and @errmsg saying what, where and what
 * to do:
 *   -EADDRINUSE    the address in @errmsg is taken
 *   -EADDRNOTAVAIL, -EACCES, ...  as bind(2) says
 *   -EINVAL        the configuration cannot work (no readable key, bad
 *                  certificate, ...)
 *   -ENOMEM, -EMFILE, ...
 */
int server_open(uv_loop_t *loop, struct config *config, server_cb stopped,
                void *data, struct server **server_out, struct errmsg *errmsg);

/* Only after @stopped was called. */
void server_free(struct server *server);

/* Where clients connect, one per address: "ws://127.0.0.1:8080/latest"; NULL
 * when there are not that many. Valid as long as @server. */
const char *server_endpoint(const struct server *server, size_t index);

/* Where the admin endpoint is; NULL: there is none. */
const char *server_admin_endpoint(const struct server *server);

/* What the main thread counts, for more to be counted there. */
struct metrics *server_metrics(const struct server *server);

/* The settings in force; valid until the next reload. */
const struct config *server_config(const struct server *server);

/* The key that was made for this run because a key is required and none is
 * configured; NULL otherwise. */
const char *server_fresh_key(const struct server *server);

/*
 * Applies new settings, keys and certificates without dropping a connection.
 * @config: taken, also on failure
 * Returns 0, or with the old settings in force a negative errno and @errmsg.
 */
int server_reload(struct server *server, struct config *config,
                  struct errmsg *errmsg);

/*
 * Whether every worker has gone through its loop since this was last asked,
 * and asks them to do so again. To be called at intervals that are long for a
 * turn of a loop: for a watchdog.
 */
bool server_is_alive(struct server *server);

/* Stops accepting, closes every connection with 1001 and ends; at the latest
 * after drain_timeout. Idempotent. */
void server_drain(struct server *server);

/* Ends at once, without close frames for those that would have to wait. */
void server_stop(struct server *server);
