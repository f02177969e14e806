/*
 * A cable between a client and a server, for tests: a TCP relay on a thread of
 * its own that can be cut, stalled, slowed down, and deliver in small pieces.
 *
 * It knows nothing of what it carries. What goes wrong in the cable itself
 * aborts the program. All functions are called by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cable;

enum cable_way {
    CABLE_UP,   /* from the client to the server */
    CABLE_DOWN, /* from the server to the client */
    N_CABLE_WAYS
};

/* What becomes of a connection; both ends see the same. */
enum cable_end {
    CABLE_FIN,   /* all that has passed arrives, then the end of the stream */
    CABLE_RST,   /* reset: what has passed but was not read may be lost */
    CABLE_STALL, /* nothing passes any more, and nobody is told */
    N_CABLE_ENDS
};

/* All zero is a cable that does no harm. */
struct cable_rules {
    bool is_cut;      /* each connection, when @cut_after of its bytes have
                         passed @cut_way */
    size_t cut_after; /* 0: before the first one */
    enum cable_way cut_way;
    enum cable_end end; /* how it is cut */
    size_t piece;       /* bytes that are written at once; 0: all there are */
    unsigned delay_ms;  /* how long bytes are under way, each way */
};

/* Listens on a free port; @port is the server's, on 127.0.0.1 as well. */
struct cable *cable_new(uint16_t port);

/* Resets all connections. NULL is fine. */
void cable_free(struct cable *cable);

/* Where clients connect: 127.0.0.1 and this port. */
uint16_t cable_port(const struct cable *cable);

/*
 * Changes the rules, for connections that are and for those to come. Bytes
 * are counted from here on, those that are under way in the cable included.
 */
void cable_set(struct cable *cable, const struct cable_rules *rules);

/* Ends the connections that are; the rules stay. */
void cable_cut(struct cable *cable, enum cable_end end);

/* How many bytes have passed, over all connections, since cable_set(). */
size_t cable_passed(struct cable *cable, enum cable_way way);

/* How many connections clients have made since cable_new(). */
unsigned cable_n_connections(struct cable *cable);
