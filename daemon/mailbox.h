/*
 * Messages between threads: a bounded queue that many fill and one drains.
 *
 * Whatever crosses is owned by the mail. Packets are posted in batches, one
 * mail for all that a worker has for another after one turn. Who drains says
 * when it is about to sleep, and only then does posting cost a system call.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "proto/bytes.h"
#include "proto/connid.h"
#include "proto/list.h"

enum mail_kind {
    MAIL_ACCEPTED,    /* a new connection: socket */
    MAIL_PACKETS,     /* packets for connections of the receiving worker */
    MAIL_RETURNS,     /* packets of ours that could not be delivered there */
    MAIL_ERRAND,      /* for a connection of the receiving worker */
    MAIL_ERRAND_DONE, /* and back, with the outcome */
    MAIL_SNAPSHOT,    /* new settings; a reference goes with it */
    MAIL_PING,        /* count it, to show that you live */
    MAIL_DRAIN,       /* close everybody with 1001, then end */
    MAIL_STOP,        /* end at once */
};

/* What is known of a new connection. */
struct mail_socket {
    int fd;
    bool is_tls;
    bool is_throttled; /* over connect_rate: its handshake gets a 429 */
};

struct mail {
    struct list link;
    enum mail_kind kind;
    unsigned origin;           /* PACKETS, RETURNS, ERRAND: who posted it */
    struct mail_socket socket; /* ACCEPTED */
    struct snapshot *snapshot; /* SNAPSHOT */
    struct errand *errand;     /* ERRAND, ERRAND_DONE */
    struct bytes records;      /* PACKETS, RETURNS: see mail_record */
    unsigned n_records;
};

/* PACKETS and RETURNS: this, then @size bytes, one after the other. */
struct mail_record {
    struct connid to;
    struct connid from;
    uint32_t size; /* of the payload's text; in RETURNS of the NAK, if any */
};

/* Told each mail on the draining thread, in order of posting; owns it. */
typedef void (*mailbox_cb)(struct mail *mail, void *data);

struct mailbox {
    uv_mutex_t mutex;      /* guards queue, n_bytes and is_closed */
    struct list queue;     /* struct mail */
    atomic_bool has_mail;  /* the queue is not empty */
    atomic_bool is_asleep; /* who drains must be woken */
    bool is_closed;        /* nobody drains any more */
    size_t n_bytes;        /* of the PACKETS in queue */
    size_t limit;          /* n_bytes at most */
    int wake_fd;           /* an eventfd; to be watched for edges, not read */
    mailbox_cb cb;
    void *data; /* for cb */
};

/* Returns NULL when out of memory. */
struct mail *mail_new(enum mail_kind kind);

/* Frees what it owns, a socket and a snapshot that nobody took included. */
void mail_free(struct mail *mail);

/*
 * Appends a record.
 * @limit: bytes of records that @mail may hold at most
 * Returns 0, or -ENOBUFS or -ENOMEM with nothing changed.
 */
int mail_append(struct mail *mail, const struct connid *to,
                const struct connid *from, const void *payload, size_t size,
                size_t limit);

/*
 * Reads the record at @offset, 0 for the first, and moves @offset behind it.
 * @payload_out: valid as long as @mail
 * Returns false when there is none any more.
 */
bool mail_next(const struct mail *mail, size_t *offset,
               struct mail_record *record_out, const uint8_t **payload_out);

/*
 * @limit: bytes of PACKETS that may wait at most
 * Returns 0 or a negative errno with nothing to undo.
 */
int mailbox_init(struct mailbox *mailbox, size_t limit, mailbox_cb cb,
                 void *data);

/* Frees mail that still waits; nobody may post any more. */
void mailbox_deinit(struct mailbox *mailbox);

/* ---- on the thread that drains ---- */

/*
 * To be asked before waiting for anything. Returns true if there is no mail:
 * the next that comes makes wake_fd readable. Until mailbox_drain() is called,
 * one more is not told.
 */
bool mailbox_may_sleep(struct mailbox *mailbox);

/* Tells all mail that has come. Costs next to nothing when none has. */
void mailbox_drain(struct mailbox *mailbox);

/*
 * Nothing will be drained any more: who posts from now on is told so.
 * Returns false with nothing changed while there is mail to be drained first:
 * who posted it was told that it is taken.
 */
bool mailbox_close(struct mailbox *mailbox);

/* ---- on any thread ---- */

/* Whether any has been posted that was not drained. */
bool mailbox_has_mail(const struct mailbox *mailbox);

/*
 * Posts, and wakes who drains if it sleeps.
 * Returns 0 with @mail taken, or with @mail still the caller's:
 *   -EPIPE    the mailbox is closed
 *   -ENOBUFS  PACKETS only: more than the limit would wait. All other mail is
 *             caused by what is bounded already.
 */
int mailbox_post(struct mailbox *mailbox, struct mail *mail);

/* Wakes who drains as mail does: it is to see what the caller has changed. */
void mailbox_ring(struct mailbox *mailbox);
