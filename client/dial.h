/*
 * From a host's name to a connected socket: the first of its addresses that
 * answers (RFC 8305, happy eyeballs).
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "proto/list.h"

enum {
    DIAL_PATIENCE_MS = 250,  /* then the next address is tried as well */
    DIAL_MAX_ADDRESSES = 32, /* what a name has beyond that is ignored */
};

struct dial;

/*
 * Told once how it went, unless dial_close() came first.
 * @status: 0: dial->socket is connected; else a libuv error of the lookup or
 *          of the addresses: the first that says more than "no route".
 *          Never -EACCES, that is -EHOSTUNREACH
 */
typedef void (*dial_cb)(struct dial *dial, int status);

struct dial {
    uv_tcp_t *socket;           /* once connected; its data is the owner's */
    struct lookup *lookup;      /* under way; owns itself */
    struct addrinfo *addresses; /* owned */
    struct addrinfo *in_order[DIAL_MAX_ADDRESSES]; /* of addresses */
    unsigned n_addresses;
    unsigned n_tried;
    uv_timer_t timer;     /* until the next address is tried */
    struct list attempts; /* struct attempt, under way */
    unsigned n_handles;   /* of libuv's, not closed yet: timer and sockets */
    int status;           /* why no address has answered; 0: none has failed */
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

/*
 * Gives up, or closes the socket, once; @closed_cb is told (0) when all is
 * gone.
 */
void dial_close(struct dial *dial, dial_cb closed_cb);
