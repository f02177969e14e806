#include "client/dial.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A lookup runs on a thread of libuv's and cannot always be cancelled, so it
 * has memory of its own: whoever no longer waits for it cuts the link, and it
 * frees itself when it ends.
 *
 * libuv makes a socket usable for one attempt only; between two addresses the
 * handle is closed and made anew.
 */
struct lookup {
    uv_getaddrinfo_t req;
    struct dial *dial; /* NULL: nobody waits any more */
};

static void try_next(struct dial *dial);

static void on_socket_closed(uv_handle_t *handle)
{
    struct dial *dial = handle->data;
    if (dial->closed_cb) {
        uv_freeaddrinfo(dial->addresses);
        dial->addresses = NULL;
        dial->closed_cb(dial, 0);
        return;
    }
    int status = uv_tcp_init(handle->loop, &dial->tcp);
    dial->tcp.data = dial;
    if (status < 0)
        dial->connected_cb(dial, status);
    else
        try_next(dial);
}

static void fail_attempt(struct dial *dial, int status)
{
    dial->status = status;
    if (dial->next)
        uv_close((uv_handle_t *)&dial->tcp, on_socket_closed);
    else
        dial->connected_cb(dial, status);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct dial *dial = req->data;
    if (dial->closed_cb)
        return;
    if (status < 0) {
        fail_attempt(dial, status);
        return;
    }
    /* Calls are small and wait for each other: send them at once. */
    uv_tcp_nodelay(&dial->tcp, 1);
    dial->connected_cb(dial, 0);
}

static void try_next(struct dial *dial)
{
    const struct addrinfo *address = dial->next;
    dial->next = address->ai_next;
    dial->connect.data = dial;
    int status = uv_tcp_connect(&dial->connect, &dial->tcp, address->ai_addr,
                                on_connected);
    if (status < 0)
        fail_attempt(dial, status);
}

static void on_looked_up(uv_getaddrinfo_t *req, int status,
                         struct addrinfo *addresses)
{
    struct lookup *lookup = req->data;
    struct dial *dial = lookup->dial;
    free(lookup);
    if (!dial) {
        uv_freeaddrinfo(addresses);
        return;
    }
    dial->lookup = NULL;
    dial->addresses = addresses;
    dial->next = addresses;
    if (status < 0)
        dial->connected_cb(dial, status);
    else
        try_next(dial);
}

int dial_start(struct dial *dial, uv_loop_t *loop, const char *host,
               const char *port, dial_cb connected_cb, void *data)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return -ENOMEM;
    *dial = (struct dial){.connected_cb = connected_cb, .data = data};
    lookup->req.data = lookup;
    int status =
        uv_getaddrinfo(loop, &lookup->req, on_looked_up, host, port, &hints);
    if (status < 0) {
        free(lookup);
        return status;
    }
    status = uv_tcp_init(loop, &dial->tcp);
    if (status < 0)
        return status; /* the lookup ends by itself: nobody waits for it */
    dial->tcp.data = dial;
    dial->lookup = lookup;
    lookup->dial = dial;
    return 0;
}

void dial_close(struct dial *dial, dial_cb closed_cb)
{
    dial->closed_cb = closed_cb;
    if (dial->lookup) {
        dial->lookup->dial = NULL;
        uv_cancel((uv_req_t *)&dial->lookup->req);
        dial->lookup = NULL;
    }
    if (!uv_is_closing((uv_handle_t *)&dial->tcp))
        uv_close((uv_handle_t *)&dial->tcp, on_socket_closed);
}
