/*
 * One address: bind or inherit, accept, survive running out of descriptors.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "daemon/config.h"
#include "daemon/mailbox.h"
#include "proto/errmsg.h"

struct listener;

/* Told each new connection; owns its descriptor. */
typedef void (*listener_cb)(struct mail_socket socket, void *data);

/*
 * Binds and listens; accepting starts with listener_start().
 * @passed_fd: for LISTEN_SYSTEMD: the socket, taken on success; else -1
 * Returns 0, or a negative errno with @errmsg naming the address and what to
 * do: -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EINVAL (no such host), ...
 */
int listener_open(uv_loop_t *loop, const struct listen_address *address,
                  int passed_fd, listener_cb cb, void *data,
                  struct listener **listener_out, struct errmsg *errmsg);

void listener_start(struct listener *listener);

/*
 * Where clients connect, without the stage: "ws://127.0.0.1:8080", or, for the
 * admin endpoint, "http://127.0.0.1:9090" or "unix:/run/x". An address
 * that stands for all of the machine's is given as its loopback address.
 */
const char *listener_endpoint(const struct listener *listener);

/* Stops accepting at once; frees itself when the loop has closed it. */
void listener_close(struct listener *listener);
