/*
 * A worker's way to new connections: it watches all entrances, as every worker
 * does, and accepts for itself and for others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/acceptor.h"
#include "daemon/socket.h"

struct worker;

struct newcomers {
    struct acceptor acceptor;
    struct socket *doors; /* owned; by entrance */
    size_t n_doors;       /* that are watched */
};

/*
 * Begins to watch the entrances of the worker's pool; before its thread starts.
 * @newcomers: all zero
 * Returns 0 or a negative errno; newcomers_close() is fine either way.
 */
int newcomers_open(struct newcomers *newcomers, struct worker *worker);

/* Told by the worker: somebody waits at @door. */
void newcomers_accept(struct worker *worker, struct socket *door);

/* When newcomers_resume() is due, on the worker's clock; DEADLINE_NEVER. */
uint64_t newcomers_due_ms(const struct newcomers *newcomers);

/* Told by the worker: a pause may be over. */
void newcomers_resume(struct worker *worker);

/* Accepts no more. Idempotent; fine for one that is all zero. */
void newcomers_close(struct newcomers *newcomers);
