#include "daemon/drain.h"

#include <stddef.h>

#include "daemon/connection.h"
#include "daemon/head.h"
#include "daemon/worker.h"

/* Does @end_one for each connection that waits at one of these. */
static void end_everybody(struct worker *w,
                          void (*end_one)(struct connection *))
{
    static const enum connection_deadline phases[] = {
        DEADLINE_HANDSHAKE, DEADLINE_KEEPALIVE, DEADLINE_SESSION,
        DEADLINE_CLOSING};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        list_for_each (node, after, &w->deadlines[phases[i]].entries)
            end_one(list_entry(node, struct connection, phase.link));
}

/* What was answered is sent, and what was asked is refused. */
static void close_head(struct connection *c)
{
    if (head_is_in_request(c->head))
        head_refuse(c, REFUSAL_UNAVAILABLE, NULL, "shutting down");
    else if (socket_output_size(&c->socket))
        connection_end_head(c, END_SHUTDOWN);
    else
        connection_drop(c, END_SHUTDOWN);
}

/*
 * Whoever has asked is heard first: it may have been accepted in this very
 * turn. What it asks for may end others, but only such as have an id, and
 * end_everybody() holds none of those as long as it meets any without.
 */
static void close_one(struct connection *c)
{
    if (c->state == CONNECTION_HEAD && !head_is_in_request(c->head) &&
        c->socket.input == SOCKET_READ)
        connection_on_ready(&c->socket, true, false);
    if (c->state == CONNECTION_HEAD)
        close_head(c);
    else
        connection_close(c, END_SHUTDOWN, CLOSE_GOING_AWAY, "Going away");
}

static void drop_one(struct connection *c)
{
    connection_drop(c, END_SHUTDOWN);
}

void drain_close_all(struct worker *worker)
{
    end_everybody(worker, close_one);
}

void drain_drop_all(struct worker *worker)
{
    end_everybody(worker, drop_one);
}
