/*
 * One client that connects again by itself, its server, and what it has told.
 * There is one of each in a test, so they are variables.
 */
#pragma once

#include <check.h>
#include <uv.h>

#include "client/client.h"
#include "tests/lib/fakeserver.h"

enum { HOUR_MS = 3600000, N_KINDS = MONOLOGUE_EVENT_OVERLOAD + 1 };

extern uv_loop_t loop;
extern struct fakeserver server;
extern struct monologue *client;

/* What the client has told: events, by their kind, and callbacks. */
extern unsigned n_events[N_KINDS];
extern struct monologue_event last[N_KINDS]; /* their pointers are gone */
extern char last_id[MONOLOGUE_ID_CHARS + 1];
extern unsigned n_connects;
extern int connect_status;
extern enum monologue_state connect_state; /* as the callback saw it */
extern unsigned n_closes;
extern unsigned n_outcomes;
extern int outcome_status;
extern unsigned n_freed; /* by returner_free_and_count() */

/* Calls on the client that returner_keep() has taken, in the order they came.
 */
extern struct monologue_request *kept[2];
extern unsigned n_kept;

/* What a test has event_cb do when the kind of event comes @nth times. */
struct returner_plan {
    enum monologue_event_kind kind;
    unsigned nth;
    void (*act)(void);
};
extern struct returner_plan plan;

/* Fixtures. A client comes back within milliseconds; it is not connected yet,
 * or it is; or it waits for hours, so that the test can look at it. */
void returner_open(void);
void returner_open_connected(void);
void returner_open_slow(void);
void returner_close(void);

/* A case with these. */
TCase *returner_add_case(Suite *suite, const char *name, SFun setup);

void returner_connect_client(void);

/* Ends the newest connection from the server's side. */
void returner_drop(void);

/* A call of ours, on ourselves, that is in work: see kept. */
void returner_start_call(void);

/* Turn the loop until it is so. */
void returner_turn_until(const unsigned *n, unsigned wanted);
void returner_turn_until_event(enum monologue_event_kind kind, unsigned wanted);

/* Turns it often enough for whatever could happen at once to happen. */
void returner_turn_often(void);

/* Callbacks that count; an outcome must come before its DISCONNECTED. */
void returner_on_connected(struct monologue *m, int status, void *data);
void returner_on_closed(struct monologue *m, void *data);
void returner_on_answered(struct monologue *m, int status, json_t *ret,
                          void *data);
int returner_keep(struct monologue_request *request, const json_t *args,
                  json_t **ret_out, void *data);

/* For plan.act. */
void returner_free_client(void);
void returner_free_and_count(void);
void returner_close_client(void);
void returner_connect_at_once(void);
