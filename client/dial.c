#include "client/dial.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/*
 * A lookup runs on a thread of libuv's and cannot always be cancelled, so it
 * has memory of its own: whoever no longer waits for it cuts the link, and it
 * frees itself when it ends.
 *
 * Then the addresses are tried in the order of the resolver, but families by
 * turns: a family that leads nowhere costs one delay. The next attempt starts
 * when one fails or a quarter of a second after the one before; those that hang
 * go on meanwhile. The first to connect wins, the others are closed.
 */
struct lookup {
    uv_getaddrinfo_t req;
    struct dial *dial; /* NULL: nobody waits any more */
};

struct attempt {
    uv_tcp_t tcp;
    uv_connect_t connect;
    struct list link; /* in dial.attempts, unless it has won or failed */
    struct dial *dial;
};

static void settle(struct dial *dial)
{
    if (--dial->n_handles > 0 || !dial->closed_cb)
        return;
    uv_freeaddrinfo(dial->addresses);
    dial->addresses = NULL;
    dial->closed_cb(dial, 0);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct attempt *attempt = list_entry(handle, struct attempt, tcp);
    struct dial *dial = attempt->dial;
    free(attempt);
    settle(dial);
}

static void on_timer_closed(uv_handle_t *handle)
{
    settle(handle->data);
}

static void drop_attempt(struct attempt *attempt)
{
    list_remove(&attempt->link);
    uv_close((uv_handle_t *)&attempt->tcp, on_socket_closed);
}

static void drop_attempts(struct dial *dial)
{
    list_for_each (node, next, &dial->attempts)
        drop_attempt(list_entry(node, struct attempt, link));
}

/* Such an address was not even asked: another's answer says more. */
static bool is_no_route(int status)
{
    return status == UV_ENETUNREACH || status == UV_EADDRNOTAVAIL ||
           status == UV_EAFNOSUPPORT;
}

/* A route that prohibits it: to -EACCES, by which a proxy's refusal is known,
 * there would be an end. */
static void note(struct dial *dial, int status)
{
    if (status == UV_EACCES)
        status = UV_EHOSTUNREACH;
    if (dial->status == 0 || is_no_route(dial->status))
        dial->status = status;
}

static void try_next(struct dial *dial);

static void on_connected(uv_connect_t *req, int status)
{
    struct attempt *attempt = req->data;
    struct dial *dial = attempt->dial;
    if (uv_is_closing((uv_handle_t *)&attempt->tcp))
        return;
    if (status < 0) {
        note(dial, status);
        drop_attempt(attempt);
        try_next(dial);
        return;
    }
    list_remove(&attempt->link);
    drop_attempts(dial);
    uv_timer_stop(&dial->timer);
    dial->socket = &attempt->tcp;
    /* Calls are small and wait for each other: send them at once. */
    uv_tcp_nodelay(dial->socket, 1);
    dial->connected_cb(dial, 0);
}

static int start_attempt(struct dial *dial, const struct addrinfo *address)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt)
        return -ENOMEM;
    int status = uv_tcp_init(dial->timer.loop, &attempt->tcp);
    if (status < 0) {
        free(attempt);
        return status;
    }
    attempt->dial = dial;
    attempt->connect.data = attempt;
    dial->n_handles++;
    list_append(&dial->attempts, &attempt->link);
    status = uv_tcp_connect(&attempt->connect, &attempt->tcp, address->ai_addr,
                            on_connected);
    if (status < 0)
        drop_attempt(attempt);
    return status;
}

static void on_patience_lost(uv_timer_t *timer)
{
    try_next(timer->data);
}

/* Goes on until an attempt is under way; when none is, there is no hope. */
static void try_next(struct dial *dial)
{
    while (dial->n_tried < dial->n_addresses) {
        int status = start_attempt(dial, dial->in_order[dial->n_tried++]);
        if (status == 0) {
            uv_timer_start(&dial->timer, on_patience_lost, DIAL_PATIENCE_MS, 0);
            return;
        }
        note(dial, status);
    }
    if (list_is_empty(&dial->attempts)) {
        uv_timer_stop(&dial->timer);
        dial->connected_cb(dial, dial->status);
    }
}

/* The first from @address on whose family is, or is not, @family. */
static struct addrinfo *find(struct addrinfo *address, int family, bool is_same)
{
    while (address && (address->ai_family == family) != is_same)
        address = address->ai_next;
    return address;
}

/* The family of the first address and all others, by turns. */
static void put_in_order(struct dial *dial)
{
    int family = dial->addresses->ai_family;
    struct addrinfo *next[] = {dial->addresses,
                               find(dial->addresses, family, false)};
    bool is_other = false;
    while ((next[0] || next[1]) && dial->n_addresses < DIAL_MAX_ADDRESSES) {
        struct addrinfo *address = next[is_other];
        if (address) {
            dial->in_order[dial->n_addresses++] = address;
            next[is_other] = find(address->ai_next, family, !is_other);
        }
        is_other = !is_other;
    }
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
    if (status < 0) {
        dial->connected_cb(dial, status);
        return;
    }
    put_in_order(dial);
    try_next(dial);
}

int dial_start(struct dial *dial, uv_loop_t *loop, const char *host,
               const char *port, dial_cb connected_cb, void *data)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return -ENOMEM;
    *dial = (struct dial){
        .lookup = lookup, .connected_cb = connected_cb, .data = data};
    lookup->dial = dial;
    lookup->req.data = lookup;
    int status =
        uv_getaddrinfo(loop, &lookup->req, on_looked_up, host, port, &hints);
    if (status < 0) {
        free(lookup);
        return status;
    }
    list_init(&dial->attempts);
    uv_timer_init(loop, &dial->timer);
    dial->timer.data = dial;
    dial->n_handles = 1;
    return 0;
}

void dial_close(struct dial *dial, dial_cb closed_cb)
{
    assert(!dial->closed_cb);
    dial->closed_cb = closed_cb;
    if (dial->lookup) {
        dial->lookup->dial = NULL;
        uv_cancel((uv_req_t *)&dial->lookup->req);
        dial->lookup = NULL;
    }
    drop_attempts(dial);
    if (dial->socket)
        uv_close((uv_handle_t *)dial->socket, on_socket_closed);
    uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}
