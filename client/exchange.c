#include "client/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/reconnect.h"
#include "client/rpc.h"
#include "client/value.h"
#include "proto/connid.h"
#include "proto/nak.h"

/* What cannot be sent is not shown. */
static int send_text(struct monologue *m, const char *text, size_t size)
{
    int status = channel_send(m->channel, text, size);
    if (status == 0)
        client_show(m, MONOLOGUE_SENT, text, size);
    return status;
}

static void ask_whoami(struct monologue *m)
{
    static const char whoami[] = "whoami";
    int status = send_text(m, whoami, sizeof whoami - 1);
    if (status < 0)
        channel_abort(m->channel, status);
}

void exchange_greet(struct monologue *m)
{
    m->state = CLIENT_GREETING;
    ask_whoami(m);
}

/* A message, as servers do not count pings against their idle limit. */
void exchange_sign_of_life(struct monologue *m)
{
    if (!m->is_heard) {
        client_complain(m, "the server has been silent for too long");
        channel_abort(m->channel, -ETIMEDOUT);
        return;
    }
    m->is_heard = false;
    m->deadline_ms = client_deadline_after(m, m->options.keepalive_ms);
    ask_whoami(m);
}

/* What is not a packet must be the answer to whoami: our id. */
static void take_id(struct monologue *m, const char *text, size_t size)
{
    struct connid id;
    if (connid_parse(text, size, &id) < 0) {
        client_complain(m, "the answer to whoami is not a connection id");
        channel_abort(m->channel, -EPROTO);
        return;
    }
    memcpy(m->id, id.chars, CONNID_CHARS);
    client_enter_open(m);
}

static bool is_our_id(const struct monologue *m, const char *text, size_t size)
{
    return m->state == CLIENT_OPEN && size == CONNID_CHARS &&
           memcmp(text, m->id, CONNID_CHARS) == 0;
}

static void take_other(struct monologue *m, const char *text, size_t size,
                       bool is_object)
{
    if (m->state == CLIENT_GREETING && !is_object)
        take_id(m, text, size);
    else if (!is_our_id(m, text, size))
        client_tell(m, MONOLOGUE_EVENT_STRAY, "not a packet");
}

static void take_refusal(struct monologue *m, const char *message)
{
    if (m->state == CLIENT_GREETING) {
        client_complain(m, "the server answered whoami with \"%.200s\"",
                        message);
        channel_abort(m->channel, -EREMOTEIO);
    } else {
        client_tell(m, MONOLOGUE_EVENT_REFUSED, message);
    }
}

/* Tells a caller why there will be no answer, as far as that can be sent. */
static void refuse_call(struct monologue *m, const struct rpc *rpc, int status,
                        const char *message)
{
    char token[NAK_TOKEN_MAX + 1];
    if (rpc->token.size > NAK_TOKEN_MAX)
        return;
    memcpy(token, rpc->token.text, rpc->token.size);
    token[rpc->token.size] = '\0';
    const struct requests_answer answer = {
        .to = &rpc->from, .token = token, .status = status, .message = message};
    exchange_answer(&answer, m);
}

static void take_call(struct monologue *m, const struct rpc *rpc)
{
    switch (requests_serve(&m->requests, &m->methods, rpc)) {
    case REQUESTS_SERVED:
        m->stats.n_requests++;
        return;
    case REQUESTS_UNKNOWN:
        refuse_call(m, rpc, -ENOSYS, "nobody handles that name");
        client_tell(m, MONOLOGUE_EVENT_UNKNOWN, rpc->name);
        return;
    case REQUESTS_FULL:
    case REQUESTS_FAILED:
        refuse_call(m, rpc, -EBUSY, "too many calls are being answered");
        client_tell(m, MONOLOGUE_EVENT_OVERLOAD, rpc->name);
        return;
    }
}

/* Returns the call that an answer is for, or NULL. */
static struct monologue_pending *find_call(struct monologue *m,
                                           const struct rpc *rpc)
{
    struct monologue_pending *call;
    switch (calls_find(&m->calls, &rpc->token, &rpc->from, &call)) {
    case CALLS_WAITING:
        return call;
    case CALLS_LATE:
        m->stats.n_late++;
        return NULL;
    case CALLS_UNKNOWN:
        client_tell(m, MONOLOGUE_EVENT_STRAY, "an answer nobody waits for");
        return NULL;
    }
    return NULL;
}

static void take_answer(struct monologue *m, const struct rpc *rpc)
{
    struct monologue_pending *call = find_call(m, rpc);
    if (!call)
        return;
    m->stats.n_answered++;
    calls_finish(call, 0, &rpc->ret);
}

static void take_failure(struct monologue *m, const struct rpc *rpc)
{
    struct monologue_pending *call = find_call(m, rpc);
    if (!call)
        return;
    m->stats.n_refused++;
    client_complain(m, "%.*s: %s%s%s", CONNID_PRINT(&rpc->from),
                    monologue_strerror(rpc->status), *rpc->message ? ": " : "",
                    rpc->message);
    calls_finish(call, rpc->status, NULL);
}

void exchange_take(struct monologue *m, const char *text, size_t size)
{
    struct rpc rpc;
    m->is_heard = true;
    client_show(m, MONOLOGUE_RECEIVED, text, size);
    switch (rpc_read(text, size, &rpc)) {
    case RPC_OTHER:
        take_other(m, text, size, rpc.is_object);
        return;
    case RPC_REFUSAL:
        take_refusal(m, rpc.message);
        return;
    case RPC_CALL:
        take_call(m, &rpc);
        return;
    case RPC_ANSWER:
        take_answer(m, &rpc);
        return;
    case RPC_FAILURE:
        take_failure(m, &rpc);
        return;
    }
}

/* Sends what was written to @out, if it was, and frees it. */
static int send_written(struct monologue *m, struct bytes *out, int status)
{
    if (status == 0)
        status = send_text(m, (const char *)bytes_begin(out), bytes_size(out));
    bytes_deinit(out);
    return status;
}

static int send_failure(struct monologue *m, const struct connid *to,
                        const char *token, int status, const char *message)
{
    struct bytes out = BYTES_EMPTY;
    int rc = rpc_write_failure(to, token, status, message, &out);
    return send_written(m, &out, rc);
}

static int send_value(struct monologue *m, const struct requests_answer *answer)
{
    struct bytes out = BYTES_EMPTY;
    int status = rpc_write_answer(answer->to, answer->token, answer->ret, &out);
    return send_written(m, &out, status);
}

int exchange_answer(const struct requests_answer *answer, void *data)
{
    struct monologue *m = data;
    int status = 0;
    if (!m->channel)
        return -ECONNRESET;
    if (answer->status < 0)
        status = send_failure(m, answer->to, answer->token, answer->status,
                              answer->message);
    else
        status = send_value(m, answer);
    if (status == -EMSGSIZE)
        send_failure(m, answer->to, answer->token, status,
                     "the answer is too long to be relayed");
    reconnect_nudge(m);
    return status == -EPIPE ? -ECONNRESET : status;
}

/* A call on its way: what monologue_call() and its raw twin have in common. */
struct call {
    const char *to;
    const char *name;
    const struct json_span *args; /* NULL: none */
    uint32_t timeout_ms;
    struct calls_listener listener;
};

static int send_call(struct monologue *m, const struct call *call,
                     const struct connid *to,
                     struct monologue_pending **pending_out)
{
    struct bytes out = BYTES_EMPTY;
    struct monologue_pending *pending;
    uint64_t deadline_ms = client_deadline_after(
        m, call->timeout_ms ? call->timeout_ms : m->options.timeout_ms);
    int status =
        calls_add(&m->calls, to, deadline_ms, &call->listener, &pending);
    if (status < 0)
        return status;
    status =
        rpc_write_call(to, calls_token(pending), call->name, call->args, &out);
    status = send_written(m, &out, status);
    if (status < 0) {
        calls_remove(pending);
        return status == -EPIPE ? -ENOTCONN : status;
    }
    client_arm(m, deadline_ms);
    m->stats.n_calls++;
    if (pending_out)
        *pending_out = pending;
    return 0;
}

static int start_call(struct monologue *m, const struct call *call,
                      struct monologue_pending **pending_out)
{
    struct connid to;
    if (m->state != CLIENT_OPEN)
        return -ENOTCONN;
    if (connid_parse(call->to, strlen(call->to), &to) < 0) {
        client_complain(m, "\"%.40s\" is not a connection id", call->to);
        return -EINVAL;
    }
    int status = send_call(m, call, &to, pending_out);
    if (status == -EMSGSIZE)
        client_complain(m,
                        "cannot call %.100s: the packet is too long: it has "
                        "%d bytes at most",
                        call->name, MONOLOGUE_MAX_PACKET);
    else if (status < 0)
        client_complain(m, "cannot call %.100s: %s", call->name,
                        monologue_strerror(status));
    return status;
}

int monologue_call_raw(struct monologue *m, const char *to, const char *name,
                       const char *args, size_t size, uint32_t timeout_ms,
                       monologue_raw_cb cb, void *data,
                       struct monologue_pending **pending_out)
{
    struct json_span span;
    if (args && (value_check(args, size, &span) < 0 || span.text[0] != '[')) {
        client_complain(m, "the arguments are not a JSON array");
        return -EINVAL;
    }
    const struct call call = {.to = to,
                              .name = name,
                              .args = args ? &span : NULL,
                              .timeout_ms = timeout_ms,
                              .listener = {.raw_cb = cb, .data = data}};
    return start_call(m, &call, pending_out);
}

int monologue_call(struct monologue *m, const char *to, const char *name,
                   const json_t *args, uint32_t timeout_ms,
                   monologue_call_cb cb, void *data,
                   struct monologue_pending **pending_out)
{
    if (args && !json_is_array(args)) {
        client_complain(m, "the arguments are not a JSON array");
        return -EINVAL;
    }
    char *text = args ? value_write(args) : NULL;
    if (args && !text)
        return -ENOMEM;
    const struct json_span span = {text, text ? strlen(text) : 0};
    const struct call call = {.to = to,
                              .name = name,
                              .args = text ? &span : NULL,
                              .timeout_ms = timeout_ms,
                              .listener = {.cb = cb, .data = data}};
    int status = start_call(m, &call, pending_out);
    free(text);
    return status;
}

void monologue_stats(const struct monologue *m,
                     struct monologue_stats *stats_out, size_t size)
{
    struct monologue_stats stats = m->stats;
    stats.n_waiting = m->calls.deadlines.n_nodes;
    stats.n_serving = m->requests.n_pending;
    memcpy(stats_out, &stats, size < sizeof stats ? size : sizeof stats);
}
