#include "client/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "client/reconnect.h"
#include "client/rpc.h"
#include "proto/connid.h"

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

static void take_call(struct monologue *m, const struct rpc *rpc)
{
    switch (requests_serve(&m->requests, &m->methods, rpc->from, rpc->token,
                           rpc->name, rpc->args)) {
    case REQUESTS_SERVED:
        return;
    case REQUESTS_UNKNOWN:
        client_tell(m, MONOLOGUE_EVENT_UNKNOWN, rpc->name);
        return;
    case REQUESTS_FULL:
    case REQUESTS_FAILED:
        client_tell(m, MONOLOGUE_EVENT_OVERLOAD, rpc->name);
        return;
    }
}

static void take_answer(struct monologue *m, const struct rpc *rpc)
{
    if (!calls_settle(&m->calls, rpc->token, rpc->from, rpc->ret))
        client_tell(m, MONOLOGUE_EVENT_STRAY, "an answer nobody waits for");
}

void exchange_take(struct monologue *m, const char *text, size_t size)
{
    struct rpc rpc;
    m->is_heard = true;
    client_show(m, MONOLOGUE_RECEIVED, text, size);
    switch (rpc_read(text, size, &rpc)) {
    case RPC_OTHER:
        take_other(m, text, size, rpc.root != NULL);
        break;
    case RPC_REFUSAL:
        take_refusal(m, rpc.message);
        break;
    case RPC_CALL:
        take_call(m, &rpc);
        break;
    case RPC_ANSWER:
        take_answer(m, &rpc);
        break;
    }
    rpc_deinit(&rpc);
}

int exchange_answer(const char *to, const char *token, const json_t *ret,
                    void *data)
{
    struct monologue *m = data;
    char *text = NULL;
    size_t size = 0;
    if (!m->channel)
        return -ECONNRESET;
    int status = rpc_write_answer(to, token, ret, &text, &size);
    if (status == 0)
        status = send_text(m, text, size);
    free(text);
    reconnect_nudge(m);
    return status == -EPIPE ? -ECONNRESET : status;
}

static int make_token(char token_out[CALLS_TOKEN_CHARS + 1])
{
    uint8_t random[CALLS_TOKEN_CHARS / 2];
    int status = uv_random(NULL, NULL, random, sizeof random, 0, NULL);
    for (size_t i = 0; status == 0 && i < sizeof random; i++)
        snprintf(token_out + 2 * i, 3, "%02x", random[i]);
    return status;
}

static int send_call(struct monologue *m, const char *to, const char *name,
                     const json_t *args, uint32_t timeout_ms,
                     monologue_call_cb cb, void *data)
{
    char token[CALLS_TOKEN_CHARS + 1];
    char *text = NULL;
    size_t size = 0;
    int status = make_token(token);
    if (status == 0)
        status = rpc_write_call(to, token, name, args, &text, &size);
    if (status < 0)
        return status;
    uint64_t deadline_ms = client_deadline_after(
        m, timeout_ms ? timeout_ms : m->options.timeout_ms);
    status = calls_add(&m->calls, token, to, deadline_ms, cb, data);
    if (status == 0) {
        status = send_text(m, text, size);
        if (status < 0)
            calls_remove(&m->calls, token);
        else
            client_arm(m, deadline_ms);
    }
    free(text);
    return status == -EPIPE ? -ENOTCONN : status;
}

int monologue_call(struct monologue *m, const char *to, const char *name,
                   const json_t *args, uint32_t timeout_ms,
                   monologue_call_cb cb, void *data)
{
    struct connid id;
    if (m->state != CLIENT_OPEN)
        return -ENOTCONN;
    if (connid_parse(to, strlen(to), &id) < 0) {
        client_complain(m, "\"%.40s\" is not a connection id", to);
        return -EINVAL;
    }
    int status = send_call(m, to, name, args, timeout_ms, cb, data);
    if (status < 0)
        client_complain(m, "cannot call %.100s: %s", name,
                        monologue_strerror(status));
    return status;
}
