/*
 * Named counters: one set for each thread that counts, summed when read.
 *
 * A set is written by one thread at a time, with plain loads and stores that
 * any thread may read: no locked instruction, no line of cache shared.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ending.h"
#include "proto/bytes.h"

enum {
    METRICS_STATUSES = 11, /* of refusals; the last one: any other */
    METRICS_ACTIONS = 3,   /* of the management API, an enum errand_action */
    METRICS_OUTCOMES = 5,  /* an enum metrics_outcome */
};

/* How a call of the management API ended. */
enum metrics_outcome {
    OUTCOME_DONE,
    OUTCOME_GONE,    /* nobody has that id */
    OUTCOME_LIMITED, /* too much, too often, or the receiver's queue is full */
    OUTCOME_REFUSED, /* a bad request, or one without permission */
    OUTCOME_FAILED,  /* by us */
};

/* The rows of the table, in the order of the exposition. */
enum metric {
    METRIC_CONNECTS,
    METRIC_OPEN, /* goes down, too */
    METRIC_SOCKETS,
    METRIC_CLOSED,
    METRIC_HANDSHAKE_FAILURES = METRIC_CLOSED + N_ENDS, /* + connection_end */
    METRIC_TURNED_AWAY = METRIC_HANDSHAKE_FAILURES + N_ENDS,
    METRIC_REFUSALS, /* + the position of the status */
    METRIC_MESSAGES_IN = METRIC_REFUSALS + METRICS_STATUSES,
    METRIC_MESSAGES_OUT,
    METRIC_BYTES_IN,
    METRIC_BYTES_OUT,
    METRIC_RELAYED_LOCAL,
    METRIC_RELAYED_REMOTE,
    METRIC_UNDELIVERED_THROTTLED,
    METRIC_UNDELIVERED_MALFORMED,
    METRIC_UNDELIVERED_GONE,
    METRIC_UNDELIVERED_TOO_LONG,
    METRIC_UNDELIVERED_QUEUE_FULL,
    METRIC_UNDELIVERED_MAILBOX_FULL,
    METRIC_UNDELIVERED_NO_MEMORY,
    METRIC_ERROR_FRAMES,
    METRIC_NAKS,
    METRIC_QUEUE_FULL,
    METRIC_CLIENT_ERRORS,
    METRIC_INTEGRATION_ERRORS,
    METRIC_EXECUTION_ERRORS,
    METRIC_MANAGED, /* + action * METRICS_OUTCOMES + outcome */
    METRIC_RELOADED = METRIC_MANAGED + METRICS_ACTIONS * METRICS_OUTCOMES,
    METRIC_RELOAD_REFUSED,
    METRIC_LOG_LOST,
    METRIC_ACCESS_LOST,
    METRIC_UPTIME,
    METRIC_BUILD,
    N_METRICS,
};

struct metrics {
    _Alignas(64) _Atomic uint64_t values[N_METRICS];
};

/* Returns a set of zeros on cache lines of its own, or NULL: out of memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* Adds @n to a number that one thread at a time writes and any may read. */
static inline void metrics_count(_Atomic uint64_t *value, uint64_t n)
{
    atomic_store_explicit(value,
                          atomic_load_explicit(value, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline void metrics_add(struct metrics *metrics, unsigned metric,
                               uint64_t n)
{
    metrics_count(&metrics->values[metric], n);
}

/* Counts an answer of HTTP that refuses, by its status. */
void metrics_count_refusal(struct metrics *metrics, int status);

/* Counts a packet that will not be delivered.
 * @cause: a METRIC_UNDELIVERED_... */
void metrics_count_undelivered(struct metrics *metrics, enum metric cause);

/* The cause that a status of session_deliver() is, -ENOENT for no receiver. */
enum metric metrics_cause(int rc);

/* Adds a set to @sums. From any thread. */
void metrics_sum(const struct metrics *metrics, uint64_t sums[N_METRICS]);

/*
 * Appends all of the table in the Prometheus text format.
 * Returns as bytes_append(); on errors a part may have been appended.
 */
int metrics_append(struct bytes *out, size_t limit,
                   const uint64_t sums[N_METRICS]);

/* Appends the lines that introduce a family. @kind: "counter" or "gauge".
 * Returns as bytes_append(). */
int metrics_append_head(struct bytes *out, size_t limit, const char *name,
                        const char *kind, const char *help);
