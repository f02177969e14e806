/*
 * A worker: a thread and its connections, which it lends while it sleeps.
 *
 * In one turn of its loop a worker reads what is ready, routes it into the
 * outboxes of its own connections and into one mail for each other worker,
 * and at the end of the turn sends every outbox and gives every mail away once.
 * What it waits on is an epoll set, in which all listening sockets stand, too;
 * it is in the process's libuv loop that signals and the admin endpoint live.
 *
 * Who holds `turn` may touch what a worker has: its thread, which gives it away
 * only to sleep, or another worker's thread, for as long as it takes to deliver
 * a few packets there.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <uv.h>

#include "daemon/connection.h"
#include "daemon/courier.h"
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
    uv_mutex_t turn;       /* guards all that is not atomic or a mailbox */
    uint64_t awake_ms;     /* by then it wakes by itself: on now_ms's clock */
    uint64_t now_ms;       /* CLOCK_MONOTONIC; as old as the turn */
    uv_async_t *ended;     /* main's: tells that the thread is about to end */
    atomic_bool has_ended; /* read by main after ended */
    bool is_draining;      /* newcomers are closed; ends with the last one */
    bool is_stopping;      /* and nobody is waited for */
    atomic_uint n_pings;   /* answered; read by main */
    atomic_uint n_connections; /* counted up by the gate */

    struct snapshot *snapshot; /* a reference */
    struct metrics *metrics;   /* owned */
    struct socket_set sockets;
    struct newcomers newcomers;
    struct mailbox mailbox;
    struct courier courier;
    struct registry registry;
    struct connid_source ids;
    struct ration ration; /* of request_rate */
    struct deadline_queue deadlines[N_DEADLINES];
    struct list dirty;  /* connections with output that is not flushed yet */
    struct list unsent; /* those of them that a visitor could not flush */
    bool is_lent;       /* who has the turn is a visitor */
    struct list dead;   /* connections to be freed at the end of the turn */
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

/* Waits for the thread, which has been told to end. */
void worker_join(struct worker *worker);

/* Frees what the worker has, once no worker of the pool has a thread. */
void worker_deinit(struct worker *worker);

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

/* ---- on another worker's thread ---- */

/*
 * Takes the turn of a worker that has no mail, if it sleeps or has only just
 * been told of events. It does nothing until worker_leave(), so that a visit
 * has to be short, and is for sending to its connections only: it ends none, as
 * what they said last may be still to be read.
 * @now_ms: worker_now_ms() of the caller's worker
 * Returns false if it has its turn itself, somebody else has, or it ends.
 */
bool worker_enter(struct worker *host, uint64_t now_ms);

/* Sends what is in outboxes, gives the turn back, and wakes the host if there
 * is anything that it has to do. */
void worker_leave(struct worker *host);

/* ---- by who has the turn ---- */

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
 * Sends an errand to the worker @slot.
 * Returns 0 with @errand taken until management_conclude() has it, or with
 * @errand still the caller's -EPIPE (that worker has ended) or -ENOMEM.
 */
int worker_send_errand(struct worker *worker, unsigned slot,
                       struct errand *errand);
