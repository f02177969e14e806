/*
 * One client's life, as a state machine: head, open, closing, closed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "daemon/deadlines.h"
#include "daemon/ending.h"
#include "daemon/mailbox.h"
#include "daemon/socket.h"
#include "proto/connid.h"
#include "proto/frame.h"
#include "proto/list.h"

struct head;
struct usage_entry;
struct tally;
struct worker;

/* What a connection waits for; each is one queue of its worker. */
enum connection_deadline {
    DEADLINE_HANDSHAKE, /* HEAD: until the request is complete */
    DEADLINE_KEEPALIVE, /* HEAD: between two requests */
    DEADLINE_SESSION,   /* OPEN: the two-hour cap */
    DEADLINE_CLOSING,   /* CLOSING: until the peer has closed, too */
    DEADLINE_IDLE,      /* OPEN: since the last message either way */
    DEADLINE_SEND,      /* since the peer last took what we send */
    N_DEADLINES,
};

enum connection_state {
    CONNECTION_HEAD,    /* TLS and the opening handshake are going on */
    CONNECTION_OPEN,    /* has an id; messages flow */
    CONNECTION_CLOSING, /* a close frame was sent or received */
    CONNECTION_CLOSED,  /* freed at the end of the turn */
};

struct connection {
    struct socket socket;
    struct connid id;         /* OPEN and later */
    struct worker *worker;    /* that owns it */
    struct list dirty;        /* in worker.dirty or worker.dead, or in none */
    struct deadline phase;    /* handshake, session or closing */
    struct deadline activity; /* idle */
    struct deadline sending;  /* while the peer takes nothing */
    struct frame_partial *partial; /* a frame or message that has begun */
    struct head *head;             /* HEAD only; else NULL */
    struct usage_entry *usage;     /* of its key's plan; NULL: none */
    struct tally *tally;           /* of its key; OPEN and later */
    char *user_agent;              /* as the client's handshake said; or NULL */
    char *source_ip;               /* kept for the access log; or NULL */
    uint64_t opened_ms;            /* OPEN and later: since the epoch */
    uint64_t active_ms;  /* the last message either way: worker_now_ms() */
    struct bytes unread; /* input set aside until there is room for answers */
    uint32_t n_untaken;  /* by the peer, in bytes, when sending began to wait */
    uint8_t state;       /* an enum connection_state */
    bool is_input_over;  /* nothing that the peer still sends matters */
    bool is_finished;    /* our direction is shut */
    bool wants_nak;      /* it asked to be told which call failed, and why */
};

/* Takes over a socket; on errors it is closed, and the log says so. */
void connection_new(struct worker *worker, struct mail_socket socket);

/* Told by the worker's socket set. */
void connection_on_ready(struct socket *socket, bool is_readable,
                         bool is_writable);

/* Told by the worker: @deadline, of the kind @which, is due. */
void connection_on_deadline(enum connection_deadline which,
                            struct deadline *deadline);

/*
 * HEAD to OPEN: has an id from now on, and others can reach it.
 * @tally: where its use of its key is counted
 * Returns 0 or -ENOMEM with nothing changed.
 */
int connection_open(struct connection *c, const struct connid *id,
                    struct tally *tally);

/* HEAD: what the next request may take begins now: some of it has come... */
void connection_wait_for_head(struct connection *c);

/* ... or it is awaited: the last one was answered. */
void connection_wait_for_request(struct connection *c);

/* A message came or goes. */
void connection_is_active(struct connection *c);

/*
 * Whether nothing more should be done for a peer that does not take the
 * answers it has. Half of its queue is left for what others send to it. Tries
 * to send first; may end in CLOSED.
 */
bool connection_must_wait(struct connection *c);

/* Keeps input for connection_resume(); nothing more is read meanwhile. */
void connection_set_aside(struct connection *c, const uint8_t *in, size_t n);

/* Goes on with what was set aside. */
void connection_resume(struct connection *c);

/* What is in the outbox will be sent at the end of the turn. */
void connection_has_output(struct connection *c);

/* Sends what is in the outbox now; may end in CLOSED. */
void connection_flush(struct connection *c);

/*
 * Appends a text message to the outbox, flushing it when it is full, and counts
 * it as activity.
 * Returns 0, or -ENOBUFS or -ENOMEM with nothing appended; @c may be CLOSED
 * then.
 */
int connection_send(struct connection *c, const struct iovec *parts,
                    int n_parts);

/*
 * Sends a close frame and waits for the peer's, for close_timeout at most.
 * In HEAD there is nobody to send it to: ends at once. Ignored from CLOSING on.
 */
void connection_close(struct connection *c, enum connection_end end,
                      uint16_t code, const char *reason);

/* The same when the peer's own frame came first, or when what it sends does
 * not matter any more: waits only until ours is sent. */
void connection_close_last(struct connection *c, enum connection_end end,
                           uint16_t code, const char *reason,
                           size_t reason_size);

/* HEAD: sends what is in the outbox and ends. */
void connection_end_head(struct connection *c, enum connection_end end);

/* Ends at once, without a word to the peer. Idempotent. */
void connection_drop(struct connection *c, enum connection_end end);

/* Frees what connection_drop() left; only at the end of the turn. */
void connection_free(struct connection *c);
