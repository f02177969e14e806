#include "daemon/errand.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/connection.h"
#include "daemon/peername.h"
#include "daemon/worker.h"

struct errand *errand_new(enum errand_action action, const struct connid *id)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (!errand)
        return NULL;
    errand->action = action;
    errand->id = *id;
    return errand;
}

void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    bytes_deinit(&errand->payload);
    free(errand->json);
    free(errand);
}

static enum refusal post(struct connection *c, const struct bytes *payload)
{
    const struct iovec part = {bytes_begin(payload), bytes_size(payload)};
    switch (connection_send(c, &part, 1)) {
    case 0:
        return REFUSAL_NONE;
    case -ENOBUFS:
        return REFUSAL_LIMIT_EXCEEDED;
    default:
        return REFUSAL_INTERNAL;
    }
}

/* As "2020-04-30T20:10:33.236Z". */
static json_t *json_time(uint64_t epoch_ms)
{
    char date[40], text[60];
    time_t seconds = (time_t)(epoch_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%03uZ", date, (unsigned)(epoch_ms % 1000));
    return json_string(text);
}

static json_t *json_identity(const struct connection *c)
{
    char ip[PEERNAME_CHARS];
    peername_print_ip(c->socket.fd, ip);
    /* A user agent that is not UTF-8 is left out, as one that was not sent. */
    return json_pack("{s:s, s:o*}", "sourceIp", ip, "userAgent",
                     c->user_agent ? json_string(c->user_agent) : NULL);
}

static enum refusal tell(const struct connection *c, char **json_out)
{
    uint64_t ago_ms = worker_now_ms(c->worker) - c->active_ms;
    json_t *facts =
        json_pack("{s:o, s:o, s:o}", "connectedAt", json_time(c->opened_ms),
                  "identity", json_identity(c), "lastActiveAt",
                  json_time(worker_epoch_ms() - ago_ms));
    *json_out = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    json_decref(facts);
    return *json_out ? REFUSAL_NONE : REFUSAL_INTERNAL;
}

void errand_run(struct errand *errand, struct worker *worker)
{
    struct connection *c = registry_find(&worker->registry, &errand->id);
    errand->refusal = REFUSAL_GONE;
    if (!c)
        return;
    switch (errand->action) {
    case ERRAND_POST:
        errand->refusal = post(c, &errand->payload);
        return;
    case ERRAND_GET:
        errand->refusal = tell(c, &errand->json);
        return;
    case ERRAND_DELETE:
        connection_close(c, END_DELETED, CLOSE_NORMAL,
                         "Connection Closed Normally");
        errand->refusal = REFUSAL_NONE;
        return;
    }
}
