#include "daemon/head.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/access.h"
#include "daemon/connection.h"
#include "daemon/errand.h"
#include "daemon/handshake.h"
#include "daemon/log.h"
#include "daemon/management.h"
#include "daemon/peername.h"
#include "daemon/target.h"
#include "daemon/worker.h"
#include "proto/http.h"

/*
 * A refused client may ask again on the same connection, as on AWS, but each
 * connection only so often: guessing keys shall cost something.
 */
enum { REFUSALS_MAX = 100 };

struct head {
    struct http_reader *http;
    struct errand *errand; /* that is away; owned by its mail; or NULL */
    unsigned n_refusals;
    bool is_throttled;
    bool is_in_request; /* some has come of one that is not complete */
    bool has_answered;
    bool is_handshake; /* what is answered now asked for the WebSocket API */
};

struct head *head_new(const struct snapshot *snapshot, bool is_throttled)
{
    struct head *head = calloc(1, sizeof *head);
    if (!head)
        return NULL;
    head->is_throttled = is_throttled;
    head->http = http_reader_new(HTTP_REQUESTS, &snapshot->http_limits);
    if (!head->http) {
        free(head);
        return NULL;
    }
    return head;
}

void head_free(struct head *head)
{
    if (!head)
        return;
    if (head->errand)
        head->errand->asker = NULL;
    http_reader_free(head->http);
    free(head);
}

bool head_is_in_request(const struct head *head)
{
    return head->is_in_request || head->errand;
}

bool head_is_busy(const struct head *head)
{
    return head->errand != NULL;
}

bool head_has_answered(const struct head *head)
{
    return head->has_answered;
}

void head_wait_for(struct head *head, struct errand *errand)
{
    head->errand = errand;
}

/* ---- answers ---- */

static struct answer_ids mint_ids(struct worker *w)
{
    struct answer_ids ids = {.now = time(NULL)};
    connid_mint_uuid(&w->ids, ids.request);
    connid_mint_request(&w->ids, &ids.gateway);
    return ids;
}

/* No request can follow one that was cut short. After a HEAD the body of a
 * refusal would put the client out of step. */
static bool keeps_alive(const struct head *head)
{
    return !head->is_in_request && head->n_refusals < REFUSALS_MAX &&
           http_keeps_alive(head->http) &&
           strcmp(http_method(head->http), "HEAD") != 0;
}

/* An answer was appended, or, as @rc says, could not be. */
static void conclude(struct connection *c, int rc, bool keep_alive)
{
    c->head->errand = NULL;
    c->head->has_answered = true;
    if (rc) {
        connection_drop(c, END_NO_MEMORY);
    } else if (keep_alive) {
        connection_has_output(c);
        connection_wait_for_request(c);
    } else {
        connection_end_head(c, END_REFUSED);
    }
}

void head_refuse(struct connection *c, enum refusal refusal,
                 const char *message, const char *why)
{
    struct worker *w = c->worker;
    struct answer_ids ids = mint_ids(w);
    char peer[PEERNAME_CHARS];
    c->head->n_refusals++;
    bool keep_alive = keeps_alive(c->head) &&
                      refusal != REFUSAL_TOO_MANY_REQUESTS &&
                      refusal != REFUSAL_UNAVAILABLE;
    metrics_count_refusal(w->metrics, answer_status(refusal));
    if (c->head->is_handshake && access_is_on(c))
        access_refused(c, http_header(c->head->http, "User-Agent", NULL),
                       answer_status(refusal), why, &ids);
    c->head->is_handshake = false;
    peername_print(c->socket.fd, peer);
    log_info("peer=%s refused status=%d why=\"%s\" request=%s", peer,
             answer_status(refusal), why, ids.request);
    conclude(c,
             answer_append_refusal(&c->socket.outbox,
                                   w->snapshot->config->send_queue_limit,
                                   refusal, message, keep_alive, &ids),
             keep_alive);
}

void head_answer(struct connection *c, const char *json)
{
    struct answer_ids ids = mint_ids(c->worker);
    bool keep_alive = keeps_alive(c->head);
    conclude(c,
             answer_append_ok(&c->socket.outbox,
                              c->worker->snapshot->config->send_queue_limit,
                              json, keep_alive, &ids),
             keep_alive);
}

void head_answer_no_content(struct connection *c)
{
    struct answer_ids ids = mint_ids(c->worker);
    bool keep_alive = keeps_alive(c->head);
    conclude(
        c,
        answer_append_no_content(&c->socket.outbox,
                                 c->worker->snapshot->config->send_queue_limit,
                                 keep_alive, &ids),
        keep_alive);
}

/* ---- requests ---- */

static void answer(struct connection *c)
{
    struct head *head = c->head;
    struct connid id;
    enum target_kind kind = target_parse(
        http_target(head->http), c->worker->snapshot->config->stage, &id);
    head->is_in_request = false;
    switch (kind) {
    case TARGET_UNKNOWN:
        head_refuse(c, REFUSAL_FORBIDDEN, NULL, "unknown stage or path");
        return;
    case TARGET_SOCKET:
        head->is_handshake = true;
        handshake_answer(c, head->http, head->is_throttled);
        return;
    case TARGET_CONNECTION:
    case TARGET_CONNECTIONS:
    case TARGET_BAD_ID:
        management_answer(c, head->http, kind, &id);
        return;
    }
}

/* The body will come once its sender hears that it is welcome. */
static void announce_body(struct connection *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!http_has_token(c->head->http, "Expect", "100-continue"))
        return;
    if (bytes_append(&c->socket.outbox, go_on, sizeof go_on - 1,
                     c->worker->snapshot->config->send_queue_limit))
        connection_drop(c, END_NO_MEMORY);
    else
        connection_has_output(c);
}

static void fail(struct connection *c)
{
    const char *why;
    int status = http_fault(c->head->http, &why);
    head_refuse(c, answer_to_fault(status), NULL, why);
}

static void begin_request(struct connection *c)
{
    if (c->head->is_in_request)
        return;
    c->head->is_in_request = true;
    connection_wait_for_head(c);
}

size_t head_read(struct connection *c, const uint8_t *in, size_t n)
{
    size_t total = 0;
    while (total < n && c->state == CONNECTION_HEAD && !head_is_busy(c->head) &&
           !connection_must_wait(c)) {
        size_t used;
        begin_request(c);
        enum http_event event =
            http_read(c->head->http, in + total, n - total, &used);
        total += used;
        switch (event) {
        case HTTP_EVENT_MORE:
            break;
        case HTTP_EVENT_HEAD:
            announce_body(c);
            break;
        case HTTP_EVENT_MESSAGE:
            answer(c);
            break;
        case HTTP_EVENT_FAULT:
            fail(c);
            break;
        }
    }
    return total;
}
