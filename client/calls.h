/*
 * Outstanding calls: what we asked, and whom to tell when the answer comes.
 *
 * However many there are, adding, finding, settling and expiring one costs at
 * most their logarithm.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/heap.h"
#include "client/monologue.h"
#include "proto/connid.h"
#include "proto/json_string.h"
#include "proto/list.h"

enum { CALLS_PREFIX_CHARS = 16, CALLS_TOKEN_CHARS = 32 };

struct calls_slot;

struct calls {
    struct list waiting;      /* monologue_pending, in order of calling */
    struct list ending;       /* the same, about to be told */
    struct heap deadlines;    /* of those that wait */
    struct calls_slot *slots; /* owned; a token tells which one */
    uint32_t n_slots;
    uint32_t free_slot;          /* the first of the free ones, or n_slots */
    struct monologue *monologue; /* handed to every callback */
    char prefix[CALLS_PREFIX_CHARS + 1]; /* of our tokens; "" until needed */
};

void calls_init(struct calls *calls, struct monologue *monologue);

/* Frees the memory; no call may be waiting. */
void calls_deinit(struct calls *calls);

/* Whom to tell the outcome: one of the two, the other is NULL. */
struct calls_listener {
    monologue_call_cb cb;
    monologue_raw_cb raw_cb;
    void *data;
};

/*
 * Remembers a call until it is finished, expires or fails.
 * @to: only its answer counts
 * @deadline_ms: on the clock of uv_now()
 * @call_out: valid until the listener is told, or calls_remove()
 *
 * Returns 0, or with nobody ever told:
 *   -ENOMEM
 *   another errno: the system has no random bytes
 */
int calls_add(struct calls *calls, const struct connid *to,
              uint64_t deadline_ms, const struct calls_listener *listener,
              struct monologue_pending **call_out);

/* What the answer must bear: CALLS_TOKEN_CHARS, NUL-terminated. */
const char *calls_token(const struct monologue_pending *call);

/* Forgets a call that could not be sent; nobody is told. */
void calls_remove(struct monologue_pending *call);

enum calls_verdict {
    CALLS_WAITING, /* @call_out awaits this answer */
    CALLS_LATE,    /* the token is ours; its call has ended */
    CALLS_UNKNOWN, /* no call of ours, or made to somebody else */
};

/*
 * Looks up the call that an answer is for.
 * @token: as it stands in JSON, without its quotes
 */
enum calls_verdict calls_find(const struct calls *calls,
                              const struct json_span *token,
                              const struct connid *from,
                              struct monologue_pending **call_out);

/*
 * Tells a call its outcome; it is gone before the listener runs.
 * @ret: good JSON; NULL unless @status is 0
 */
void calls_finish(struct monologue_pending *call, int status,
                  const struct json_span *ret);

/*
 * Fails every call whose deadline is at or before @now_ms with -ETIMEDOUT, the
 * earliest first.
 * Returns how many there were.
 */
unsigned calls_expire(struct calls *calls, uint64_t now_ms);

/*
 * Fails every call that waits now with @status, in order of calling. Those that
 * were about to be told are told before this returns, whoever is telling them.
 */
void calls_fail(struct calls *calls, int status);

/* The earliest deadline; UINT64_MAX when none waits. */
uint64_t calls_deadline_ms(const struct calls *calls);
