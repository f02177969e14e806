/*
 * The connection that is to take the place of one that has grown old: made
 * while that one still serves, so that there is no moment without any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/channel.h"
#include "client/monologue.h"

struct monologue;

struct successor {
    struct channel *channel;         /* NULL: there is none */
    char id[MONOLOGUE_ID_CHARS + 1]; /* "" until it is ready */
    int status;      /* why the last attempt has failed; 0: it has not, or that
                        has been seen to */
    uint64_t due_ms; /* when to give up the attempt, or to make the next one, on
                        uv_now(); UINT64_MAX: never */
};

/*
 * Starts an attempt. What becomes of it is told to nobody: the client's timer
 * fires when it is ready or has failed.
 */
void successor_open(struct monologue *m);

/* Ends an attempt that takes too long; it fails with -ETIMEDOUT. */
void successor_give_up(struct monologue *m);

/* Whether it could take over. */
bool successor_is_ready(const struct monologue *m);

/*
 * Gives it to the client, whose channel and id it becomes. It must be ready.
 * @cb: told what the channel has to say from now on
 */
void successor_take_over(struct monologue *m, channel_cb cb);

/* Ends it at once, if there is one. */
void successor_drop(struct monologue *m);
