/*
 * Carries packets to connections of other workers, and back what nobody took.
 *
 * What a turn has for another worker is gathered in one mail. At the end of the
 * turn a short one is delivered by whoever wrote it, in the place of a worker
 * that sleeps: to wake a thread for a packet costs more than to deliver it.
 * Anything else is posted.
 */
#pragma once

#include <stddef.h>

#include "proto/connid.h"

struct mail;
struct worker;

/* A part of a worker, by the slots of the others. */
struct courier {
    struct mail **packets; /* what the turn has for them; or NULL */
    struct mail **returns; /* what it could not deliver for them; or NULL */
};

/* Returns 0 or -ENOMEM with nothing to undo. */
int courier_init(struct courier *courier, unsigned n_workers);

void courier_deinit(struct courier *courier, unsigned n_workers);

/* ---- by who has the worker's turn ---- */

/*
 * Adds a packet to this turn's mail for the worker @slot.
 * Returns 0, or -ENOBUFS or -ENOMEM: it will not be delivered.
 */
int courier_take(struct worker *worker, unsigned slot, const struct connid *to,
                 const struct connid *from, const void *payload, size_t size);

/* Delivers PACKETS that others have for connections of ours; what nobody takes
 * goes back with the turn's returns. */
void courier_deliver(struct worker *worker, const struct mail *mail);

/* RETURNS: tells senders of ours what nobody took. */
void courier_bounce(struct worker *worker, const struct mail *mail);

/* The turn ends: off they go. On the worker's own thread. */
void courier_leave(struct worker *worker);
