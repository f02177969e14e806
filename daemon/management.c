#include "daemon/management.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemon/charge.h"
#include "daemon/connection.h"
#include "daemon/head.h"
#include "daemon/log.h"
#include "daemon/sigv4.h"
#include "daemon/worker.h"
#include "proto/utf8.h"

/* How far a signer's clock may be off, as on AWS. */
enum { SKEW_MAX_MIN = 5 };

/* Returns whether @method is one of the API's. */
static bool find_action(const char *method, enum errand_action *action_out)
{
    static const char *const methods[] = {
        [ERRAND_POST] = "POST",
        [ERRAND_GET] = "GET",
        [ERRAND_DELETE] = "DELETE",
    };
    for (int i = 0; i < 3; i++) {
        if (strcmp(method, methods[i]) != 0)
            continue;
        *action_out = (enum errand_action)i;
        return true;
    }
    return false;
}

/* Returns whether the body can be a text message; whatever its declared type,
 * as every SDK declares another. */
static bool is_text(const struct http_reader *request)
{
    size_t size;
    const uint8_t *body = http_body(request, &size);
    return utf8_is_complete(utf8_feed(UTF8_START, body, size));
}

static struct errand *make_errand(enum errand_action action,
                                  const struct connid *id,
                                  const struct http_reader *request)
{
    struct errand *errand = errand_new(action, id);
    size_t size;
    const uint8_t *body = http_body(request, &size);
    if (errand && action == ERRAND_POST && size &&
        bytes_append(&errand->payload, body, size, size)) {
        errand_free(errand);
        return NULL;
    }
    return errand;
}

static enum metrics_outcome find_outcome(enum refusal refusal)
{
    switch (answer_status(refusal)) {
    case 101: /* not refused */
        return OUTCOME_DONE;
    case 410:
        return OUTCOME_GONE;
    case 413:
    case 429:
        return OUTCOME_LIMITED;
    case 500:
    case 503:
        return OUTCOME_FAILED;
    default:
        return OUTCOME_REFUSED;
    }
}

static void count_call(struct connection *c, enum errand_action action,
                       enum refusal refusal)
{
    metrics_add(
        c->worker->metrics,
        METRIC_MANAGED + action * METRICS_OUTCOMES + find_outcome(refusal), 1);
}

static void refuse(struct connection *c, enum errand_action action,
                   enum refusal refusal, const char *why)
{
    count_call(c, action, refusal);
    head_refuse(c, refusal, NULL, why);
}

void management_conclude(const struct errand *errand)
{
    static const char *const outcomes[] = {
        [ERRAND_POST] = "posted",
        [ERRAND_GET] = "told",
        [ERRAND_DELETE] = "deleted",
    };
    struct connection *c = errand->asker;
    log_debug("connection=%.*s managed outcome=%s", CONNID_PRINT(&errand->id),
              errand->refusal == REFUSAL_NONE ? outcomes[errand->action]
                                              : "refused");
    if (!c)
        return;
    count_call(c, errand->action, errand->refusal);
    if (errand->refusal != REFUSAL_NONE)
        head_refuse(c, errand->refusal, NULL, "connection not reached");
    else if (errand->action == ERRAND_DELETE)
        head_answer_no_content(c);
    else
        head_answer(c, errand->json);
}

static void send_errand(struct connection *c, struct errand *errand)
{
    struct worker *w = c->worker;
    unsigned slot = connid_slot(&errand->id);
    errand->asker = c;
    if (slot < w->pool->n_workers && slot != w->slot) {
        int rc = worker_send_errand(w, slot, errand);
        if (rc == 0) {
            head_wait_for(c->head, errand);
            return;
        }
        errand->refusal = rc == -EPIPE ? REFUSAL_GONE : REFUSAL_INTERNAL;
    } else {
        errand_run(errand, w);
    }
    management_conclude(errand);
    errand_free(errand);
}

static enum refusal refusal_of(enum sigv4_verdict verdict)
{
    static const enum refusal refusals[] = {
        [SIGV4_OK] = REFUSAL_NONE,
        [SIGV4_MISSING] = REFUSAL_MISSING_TOKEN,
        [SIGV4_INCOMPLETE] = REFUSAL_INCOMPLETE_SIGNATURE,
        [SIGV4_EXPIRED] = REFUSAL_INVALID_SIGNATURE,
        [SIGV4_UNKNOWN_KEY] = REFUSAL_UNKNOWN_CREDENTIAL,
        [SIGV4_MISMATCH] = REFUSAL_INVALID_SIGNATURE,
    };
    return refusals[verdict];
}

/* As AWS words it, with the braces to the letter. */
static void deny(struct connection *c, const struct credential *credential,
                 const char *method)
{
    struct errmsg message;
    errmsg_set(&message,
               "User: arn:aws:iam::000000000000:user/%s is not authorized to "
               "perform: execute-api:ManageConnections on resource: "
               "arn:aws:execute-api:local:000000000000:monologued/%.128s/%s/"
               "@connections/{connectionId}",
               credential->name, c->worker->snapshot->config->stage, method);
    head_refuse(c, REFUSAL_ACCESS_DENIED, message.text, "not permitted");
}

/* Whether the signer may do this; else the request is answered. */
static bool is_authorized(struct connection *c,
                          const struct http_reader *request)
{
    static const struct sigv4_rules rules = {.service = "execute-api",
                                             .max_skew_min = SKEW_MAX_MIN};
    const struct snapshot *snapshot = c->worker->snapshot;
    struct sigv4_outcome outcome;
    if (snapshot->is_management_open)
        return true;
    if (sigv4_check(request, snapshot->credentials, &rules, time(NULL),
                    &outcome)) {
        head_refuse(c, REFUSAL_INTERNAL, NULL, "out of memory");
        return false;
    }
    if (outcome.verdict != SIGV4_OK) {
        head_refuse(c, refusal_of(outcome.verdict), outcome.message.text,
                    "bad signature");
        return false;
    }
    if (!credentials_permit(outcome.credential, http_method(request))) {
        deny(c, outcome.credential, http_method(request));
        return false;
    }
    return true;
}

void management_answer(struct connection *c, const struct http_reader *request,
                       enum target_kind kind, const struct connid *id)
{
    enum errand_action action;
    if (!find_action(http_method(request), &action) ||
        kind == TARGET_CONNECTIONS) {
        head_refuse(c, REFUSAL_MISSING_TOKEN, NULL, "not of @connections");
        return;
    }
    if (!is_authorized(c, request)) {
        count_call(c, action, REFUSAL_ACCESS_DENIED);
        return;
    }
    if (!charge_call(c->worker)) {
        refuse(c, action, REFUSAL_LIMIT_EXCEEDED, "over request_rate");
        return;
    }
    if (kind == TARGET_BAD_ID) {
        refuse(c, action, REFUSAL_BAD_REQUEST, "not a connection id");
        return;
    }
    if (action == ERRAND_POST && !is_text(request)) {
        refuse(c, action, REFUSAL_BAD_REQUEST, "body is not UTF-8");
        return;
    }
    struct errand *errand = make_errand(action, id, request);
    if (errand)
        send_errand(c, errand);
    else
        refuse(c, action, REFUSAL_INTERNAL, "out of memory");
}
