/*
 * When a client connects again by itself: after an end, after a failed
 * attempt, and before the server's limit of a session.
 */
#pragma once

#include <stdint.h>

struct monologue;

/* For a client whose options are known. */
void reconnect_init(struct monologue *m);

/* A connection is open: plans its end. */
void reconnect_plan(struct monologue *m);

/* The time of the next step of the plan, on uv_now(); UINT64_MAX: none. */
uint64_t reconnect_due_ms(const struct monologue *m);

/*
 * Sees to a successor for a connection that is old enough, and leaves it for
 * that as soon as nothing is in flight, or when there is no time left. Returns
 * at once in all other cases; else the client may be dead afterwards.
 */
void reconnect_move_on(struct monologue *m);

/* Something has been answered: has the timer look whether all is quiet. */
void reconnect_nudge(struct monologue *m);

/*
 * There is no connection any more: enters CLIENT_WAITING, with the deadline
 * set, or CLIENT_IDLE.
 * @status: what it ended with, or the attempt failed of; 0: it was left as
 *          planned
 * Returns how long to wait, in ms; 0 also when there is nothing to wait for.
 */
uint32_t reconnect_schedule(struct monologue *m, int status);
