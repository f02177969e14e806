/*
 * Outstanding calls: what we asked, and whom to tell when the answer comes.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/monologue.h"
#include "proto/list.h"

enum { CALLS_TOKEN_CHARS = 32 };

struct calls {
    struct list waiting;         /* struct call, in order of calling */
    struct monologue *monologue; /* handed to every callback */
};

void calls_init(struct calls *calls, struct monologue *monologue);

/*
 * Remembers a call until it is settled, expires or fails.
 * @token: NUL-terminated, CALLS_TOKEN_CHARS long; unique among those waiting
 * @to:    a connection id: only its answer counts
 * @deadline_ms: on the clock of uv_now()
 *
 * Returns 0, or -ENOMEM with @calls unchanged and @cb never called.
 */
int calls_add(struct calls *calls, const char *token, const char *to,
              uint64_t deadline_ms, monologue_call_cb cb, void *data);

/*
 * Forgets a call that could not be sent; its callback is not called.
 * @token: must be waiting
 */
void calls_remove(struct calls *calls, const char *token);

/*
 * Tells a call its answer.
 * @ret: borrowed
 * Returns false when no call to @from with that token is waiting: never made,
 * already settled, or too late.
 */
bool calls_settle(struct calls *calls, const char *token, const char *from,
                  json_t *ret);

/* Fails every call whose deadline is at or before @now_ms with -ETIMEDOUT. */
void calls_expire(struct calls *calls, uint64_t now_ms);

/* Fails every call that waits now with @status. */
void calls_fail(struct calls *calls, int status);

/* The earliest deadline; UINT64_MAX when none waits. */
uint64_t calls_deadline_ms(const struct calls *calls);
