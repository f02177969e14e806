/*
 * An order of the management API, carried out where the connection lives.
 */
#pragma once

#include "proto/answer.h"
#include "proto/bytes.h"
#include "proto/connid.h"

struct connection;
struct worker;

enum errand_action {
    ERRAND_POST,   /* send it a message */
    ERRAND_GET,    /* tell about it */
    ERRAND_DELETE, /* close it */
};

/* Owned by the mail it travels in; one worker at a time touches it, but for
 * the asker, which is its own worker's. */
struct errand {
    struct connection *asker; /* in HEAD; NULL once it has gone */
    enum errand_action action;
    struct connid id;     /* of the connection it is about */
    struct bytes payload; /* POST: the message, UTF-8 */
    enum refusal refusal; /* the outcome; REFUSAL_NONE: done */
    char *json;           /* GET: the answer's body; owned */
};

/* Returns NULL when out of memory. */
struct errand *errand_new(enum errand_action action, const struct connid *id);
void errand_free(struct errand *errand);

/*
 * Carries it out, on the worker that the id names; sets the outcome:
 * REFUSAL_GONE, REFUSAL_LIMIT_EXCEEDED (its queue is full), REFUSAL_INTERNAL
 * (no memory) or none.
 */
void errand_run(struct errand *errand, struct worker *worker);
