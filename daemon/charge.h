/*
 * What a connect, a message and a management call cost, and who is to pay: the
 * plan of the key, and the rate of requests over all.
 *
 * On AWS a connect and a message cost one request each. Whether a message
 * counts against the plan as well is not known; plan_counts decides.
 */
#pragma once

#include <stdbool.h>

#include "daemon/connection.h"
#include "daemon/worker.h"
#include "proto/answer.h"

/*
 * Takes a connect from the plan of @key, and remembers for messages whom to
 * charge.
 * @key: NULL: came without one
 * Returns REFUSAL_NONE, REFUSAL_TOO_MANY_REQUESTS or REFUSAL_LIMIT_EXCEEDED.
 */
enum refusal charge_connect(struct connection *c, const struct key *key);

/* Whether a message costs anything at all. */
static inline bool charge_has_limits(const struct connection *c)
{
    return c->worker->snapshot->config->request_rate > 0 || c->usage;
}

/* Takes a message; returns NULL, or what the error frame to the sender says. */
const char *charge_message(struct connection *c);

/* Takes a management call; false: it must be refused. */
bool charge_call(struct worker *w);
