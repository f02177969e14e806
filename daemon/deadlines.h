/*
 * Deadlines without timers: a queue per limit, sorted because it is first in,
 * first out.
 *
 * Every entry of a queue waits equally long, so the head is always the next
 * that is due. Entries keep when they began, not when they end: a changed
 * duration leaves the order as it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/list.h"

struct deadline {
    struct list link; /* in deadline_queue.entries, or in none */
    uint64_t began_ms;
};

struct deadline_queue {
    struct list entries;   /* struct deadline, the oldest first */
    uint64_t duration_ms;  /* how long each waits; 0: for ever */
    uint64_t tolerance_ms; /* how late it may be, so that touching is cheap */
    bool is_touched;       /* whether deadlines_touch() is used on it */
};

#define DEADLINE_NEVER UINT64_MAX

/* @is_touched: whether waits will be started anew by deadlines_touch(). */
void deadlines_init(struct deadline_queue *queue, uint64_t duration_ms,
                    bool is_touched);

/* Takes effect for those that wait already, too. */
void deadlines_set_duration(struct deadline_queue *queue, uint64_t duration_ms);

/* @deadline must be initialised once before anything else is done with it. */
void deadline_init(struct deadline *deadline);

/* Puts @deadline, from wherever it was, to the end of @queue. */
void deadlines_add(struct deadline_queue *queue, struct deadline *deadline,
                   uint64_t now_ms);

/* Takes it out of its queue, if it is in one. */
void deadline_cancel(struct deadline *deadline);

/*
 * Starts the wait of an entry anew, but at most once in tolerance_ms (a
 * second, or an eighth of a shorter duration): it becomes due not before the
 * duration is over and at most that much later.
 */
static inline void deadlines_touch(struct deadline_queue *queue,
                                   struct deadline *deadline, uint64_t now_ms)
{
    if (now_ms - deadline->began_ms >= queue->tolerance_ms)
        deadlines_add(queue, deadline, now_ms);
}

/* When the head is due, in ms on the callers' clock; or DEADLINE_NEVER. */
uint64_t deadlines_next(const struct deadline_queue *queue);

/* Takes out and returns the head if it is due at @now_ms, else NULL. */
struct deadline *deadlines_take_due(struct deadline_queue *queue,
                                    uint64_t now_ms);
