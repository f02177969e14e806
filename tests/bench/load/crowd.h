/*
 * The peers of a load: connections by the ten thousand on one epoll set, read
 * whenever there is something and flushed once a turn.
 */
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#include "tests/bench/load/dialect.h"
#include "tests/bench/load/outlet.h"

enum { CROWD_WINDOW_MAX = 256 };

struct peer {
    struct crowd *crowd;
    int fd;   /* -1: closed */
    SSL *ssl; /* NULL: plain */
    struct outlet out;
    uint8_t *rest; /* owned: input that is not a whole thing yet */
    size_t n_rest;
    struct peer *next_dirty;
    bool is_dirty;
    bool is_blocked;
    bool is_ready;
    bool is_deaf;    /* does not read */
    uint8_t phase;   /* the dialect's */
    uint32_t number; /* by which bench-floor knows it */
    char id[TEXT_ID_SIZE];

    /* The caller's part. */
    struct peer *callee;                  /* NULL: does not call */
    uint32_t index;                       /* in crowd.peers */
    uint32_t n_calls;                     /* so far: the token of the next */
    uint64_t called_ns[CROWD_WINDOW_MAX]; /* by token; 0: answered */
};

struct crowd {
    const struct dialect *dialect;
    struct sockaddr_in address;
    SSL_CTX *tls; /* NULL: plain */
    void (*on_ready)(struct peer *peer);
    void (*on_text)(struct peer *peer, const char *text, size_t size);
    void (*on_refusal)(struct peer *peer); /* NULL: none is expected */
    int epoll_fd;
    struct peer **peers; /* all that were opened, closed ones as well */
    uint32_t n_peers;
    uint32_t n_open;
    struct peer *dirty;
    uint64_t now_ns; /* when the turn began */
};

/* @crowd: dialect, address, tls and callbacks are set */
void crowd_init(struct crowd *crowd);

/* Starts to connect, from one of the addresses 127.0.0.x. */
struct peer *crowd_open(struct crowd *crowd);

/* The same again for a peer that was closed. */
void crowd_reopen(struct peer *peer);

/* What is in the outlet will be sent at the end of the turn. */
void crowd_has_output(struct peer *peer);

void crowd_close(struct peer *peer);

/* From now on nothing is read. */
void crowd_deafen(struct peer *peer);

/* Waits, reads, tells and flushes once. */
void crowd_turn(struct crowd *crowd, int timeout_ms);

/* Opens @n peers, not all at once, and waits until they are ready. */
void crowd_gather(struct crowd *crowd, uint32_t n);
