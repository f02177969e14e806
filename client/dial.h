/*
 * From a host's name to a connected socket, trying each of its addresses.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct dial;

/*
 * Told once how it went, unless dial_close() came first.
 * @status: 0: dial->tcp is connected; else a libuv error of the lookup or of
 *          the last address that was tried
 */
typedef void (*dial_cb)(struct dial *dial, int status);

struct dial {
    uv_tcp_t tcp; /* a handle from dial_start() until dial_close() */
    uv_connect_t connect;
    struct lookup *lookup;      /* under way; owns itself */
    struct addrinfo *addresses; /* owned */
    struct addrinfo *next;      /* the one to try next; in addresses */
    int status;                 /* why the last address failed */
    dial_cb connected_cb;
    dial_cb closed_cb; /* set by dial_close() */
    void *data;        /* the owner's */
};

/*
 * Starts looking up and connecting.
 * @host: a name or an address; @port: decimal
 * Returns 0, or a negative errno: @dial needs no dial_close().
 */
int dial_start(struct dial *dial, uv_loop_t *loop, const char *host,
               const char *port, dial_cb connected_cb, void *data);

/* Gives up, or closes the socket; @closed_cb is told (0) when it is gone. */
void dial_close(struct dial *dial, dial_cb closed_cb);
