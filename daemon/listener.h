/*
 * One address: binds it or takes what was passed, and says where it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config.h"
#include "proto/errmsg.h"

enum { LISTENER_SOCKETS_MAX = 8 }; /* addresses that one name may have */

struct listener;

/*
 * Binds and listens; from here on connections may wait to be accepted.
 * @passed_fd: for LISTEN_SYSTEMD: the socket, taken on success; else -1
 * Returns 0, or a negative errno with @errmsg naming the address and what to
 * do: -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL (no such host), -EEXIST (a
 * file that is no socket is at the path), ...
 */
int listener_open(const struct listen_address *address, int passed_fd,
                  struct listener **listener_out, struct errmsg *errmsg);

/* Its sockets, non-blocking; returns how many: LISTENER_SOCKETS_MAX at most. */
size_t listener_sockets(const struct listener *listener, const int **fds_out);

/*
 * Where clients connect, without the stage: "ws://127.0.0.1:8080", or, for the
 * admin endpoint, "http://127.0.0.1:9090" or "unix:/run/x". An address
 * that stands for all of the machine's is given as its loopback address.
 */
const char *listener_endpoint(const struct listener *listener);

/*
 * From here on nobody can connect, and a successor may bind the address; a
 * socket that was passed to us goes on listening, for whoever passed it. The
 * descriptors stay open, as other threads may still know them. Idempotent.
 */
void listener_stop(struct listener *listener);

/* Stops, and closes everything. NULL is fine. */
void listener_close(struct listener *listener);
