#include "daemon/charge.h"

#include <time.h>

#include "daemon/ration.h"
#include "daemon/usage.h"

static enum usage_verdict take_from_plan(const struct worker *w,
                                         struct usage_entry *entry)
{
    return usage_take(w->pool->usage, entry, worker_now_ms(w), time(NULL));
}

/* Whether the rate of requests leaves room for one more. */
static bool take_request(struct worker *w)
{
    return w->snapshot->config->request_rate <= 0 ||
           ration_take(&w->ration, w->pool->rations, worker_now_ms(w));
}

enum refusal charge_connect(struct connection *c, const struct key *key)
{
    const struct worker *w = c->worker;
    c->usage =
        key && key->plan ? usage_find(w->pool->usage, key->digest) : NULL;
    switch (c->usage ? take_from_plan(w, c->usage) : USAGE_OK) {
    case USAGE_OK:
        return REFUSAL_NONE;
    case USAGE_THROTTLED:
        return REFUSAL_TOO_MANY_REQUESTS;
    case USAGE_SPENT:
        return REFUSAL_LIMIT_EXCEEDED;
    }
    __builtin_unreachable();
}

const char *charge_message(struct connection *c)
{
    static const char *const excess[] = {
        [USAGE_OK] = NULL,
        [USAGE_THROTTLED] = "Too Many Requests",
        [USAGE_SPENT] = "Limit Exceeded",
    };
    struct worker *w = c->worker;
    if (!take_request(w))
        return excess[USAGE_THROTTLED];
    if (!c->usage || w->snapshot->config->plan_counts != PLAN_COUNTS_MESSAGES)
        return NULL;
    return excess[take_from_plan(w, c->usage)];
}

bool charge_call(struct worker *w)
{
    return take_request(w);
}
