/*
 * A worker: one thread, its own connections and nothing shared.
 *
 * In one turn of its loop a worker reads what is ready, routes it into the
 * outboxes of its own connections and into one mail for each other worker,
 * and at the end of the turn sends every outbox and posts every mail once.
 * What it waits on is an epoll set, in which all listening sockets stand, too;
 * it is in the process's libuv loop that signals and the admin endpoint live.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <uv.h>

#include "daemon/connection.h"
#include "daemon/deadlines.h"
#include "daemon/mailbox.h"
#include "daemon/metrics.h"
#include "daemon/newcomers.h"
#include "daemon/ration.h"
#include "daemon/registry.h"
#include "daemon/snapshot.h"
#include "daemon/socket.h"
#include "proto/connid.h"
#include "proto/list.h"

struct entrances;
struct gate;
struct usage;

/* All workers of a process, and what they share; fixed before the first one
 * starts. */
struct worker_pool {
    struct worker *workers;
    unsigned n_workers;
    const struct entrances *entrances;
    struct gate *gate;
    struct usage *usage;         /* of plans */
    struct ration_pool *rations; /* of request_rate */
};

struct worker {
    unsigned slot; /* in worker_pool.workers and in connection ids */
    const struct worker_pool *pool;
    uv_thread_t thread;
    uint64_t now_ms;       /* CLOCK_MONOTONIC; as old as the turn */
    uv_async_t *ended;     /* main's: tells that the thread is about to end */
    atomic_bool has_ended; /* read by main after ended */
    bool is_draining;      /* newcomers are closed; ends with the last one */
    bool is_stopping;      /* and nobody is waited for */
    atomic_uint n_pings;   /* answered; read by main */
    atomic_uint n_connections; /* counted up by the gate */

    struct snapshot *snapshot; /* a reference */
    struct metrics *metrics;   /* owned; written by this thread */
    struct socket_set sockets;
    struct newcomers newcomers;
    struct mailbox mailbox;
    struct mail **packets; /* by slot: what the turn has for others; or NULL */
    struct mail **returns; /* by slot: what it could not deliver for them */
    struct registry registry;
    struct connid_source ids;
    struct ration ration; /* of request_rate */
    struct deadline_queue deadlines[N_DEADLINES];
    struct list dirty; /* connections with output that is not flushed yet */
    struct list dead;  /* connections to be freed at the end of the turn */
};

/*
 * Prepares a worker without starting its thread.
 * @snapshot: a reference is taken
 * @ended:    outlives the worker
 * Returns 0 or a negative errno with nothing to undo.
 */
int worker_init(struct worker *worker, const struct worker_pool *pool,
                unsigned slot, struct snapshot *snapshot, uv_async_t *ended);

/* Opens the entrances to newcomers and starts the thread. Returns 0 or a
 * negative errno. */
int worker_start(struct worker *worker);

/* Joins the thread, if it was started, and frees what the worker has. */
void worker_deinit(struct worker *worker, bool was_started);

/* ---- from any thread ---- */

/* Posts a control mail. Out of memory aborts: a daemon that can not even be
 * told to stop should be restarted. */
void worker_tell(struct worker *worker, enum mail_kind kind,
                 struct snapshot *snapshot);

/*
 * Hands over a new connection that is counted already.
 * Returns 0, or with the socket still the caller's -EPIPE (that worker has
 * ended, as all are about to) or -ENOMEM.
 */
int worker_hand_over(struct worker *worker, struct mail_socket socket);

/* A connection that is counted already will not come. */
void worker_miss(struct worker *worker);

/* ---- on the worker's own thread ---- */

/* Milliseconds since the epoch, for people; from any thread. */
static inline uint64_t worker_epoch_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* On a clock that never jumps; as old as the turn. */
static inline uint64_t worker_now_ms(const struct worker *worker)
{
    return worker->now_ms;
}

/*
 * Adds a packet to this turn's mail for another worker.
 * Returns 0, or -ENOBUFS or -ENOMEM: it will not be delivered.
 */
int worker_forward(struct worker *worker, unsigned slot,
                   const struct connid *to, const struct connid *from,
                   const void *payload, size_t size);

/*
 * Sends an errand to the worker @slot.
 * Returns 0 with @errand taken until management_conclude() has it, or with
 * @errand still the caller's -EPIPE (that worker has ended) or -ENOMEM.
 */
int worker_send_errand(struct worker *worker, unsigned slot,
                       struct errand *errand);
