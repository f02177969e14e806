/*
 * What to do with one message: the Lambda's job, as a verdict without I/O.
 */
#pragma once

#include <stddef.h>

#include "daemon/registry.h"
#include "proto/packet.h"

enum route_verdict {
    ROUTE_WHOAMI,    /* tell the sender its id */
    ROUTE_LOCAL,     /* for @receiver, a connection of this worker */
    ROUTE_REMOTE,    /* for a connection of worker @slot, if it is there */
    ROUTE_GONE,      /* nobody has that id */
    ROUTE_MALFORMED, /* not JSON, or not a packet */
    ROUTE_TOO_LONG,  /* longer than a message may be, once "to" is "from" */
};

struct route {
    struct packet packet; /* all but WHOAMI and MALFORMED */
    struct connid to;     /* LOCAL, REMOTE */
    struct connection *receiver;
    unsigned slot;
};

/* Who we are and whom we know. */
struct route_table {
    const struct registry *registry; /* of this worker */
    unsigned own_slot;
    unsigned n_slots;     /* workers have the slots 0 to n_slots - 1 */
    uint32_t max_message; /* bytes of a message that is relayed */
};

/*
 * Decides about @n bytes of @text, which is UTF-8.
 * @route_out: what the verdict says above; borrows from @text
 */
enum route_verdict route_message(const struct route_table *table,
                                 const char *text, size_t n,
                                 struct route *route_out);
