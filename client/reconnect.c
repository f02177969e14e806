#include "client/reconnect.h"

#include <errno.h>
#include <uv.h>

#include "client/client.h"

/*
 * API Gateway ends every connection when it is two hours old, whatever is in
 * flight. So a client makes another one before: at some point in a window of
 * time, so that clients which connected together do not come back together. It
 * changes over from the one to the other in a moment when nothing is in flight,
 * or when the time is up. Where there is no successor by then, the old one is
 * left all the same, in order, and one is sought as after any end.
 *
 * A connection that ends, and an attempt that fails, is followed by another
 * attempt after a wait. Only a refusal that will not change is not: of our key,
 * by the server, or of us, by the proxy. What may help against it, a new key or
 * a new proxy, is read by a new client.
 */

enum { /* percent of options.session_ms */
       WINDOW_BEGIN = 90,
       WINDOW_END = 97,
       SESSION_END = 99,
};

static uint32_t draw(void)
{
    uint32_t random = 0;
    uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
    return random;
}

void reconnect_init(struct monologue *m)
{
    backoff_init(&m->backoff, m->options.reconnect_base_ms,
                 m->options.reconnect_cap_ms);
    m->plan_ms = UINT64_MAX;
    m->leave_ms = UINT64_MAX;
}

void reconnect_plan(struct monologue *m)
{
    uint64_t session_ms = m->options.session_ms;
    m->opened_ms = uv_now(m->loop);
    if (!m->options.reconnect)
        return;
    m->plan_ms =
        m->opened_ms + backoff_pick(session_ms * WINDOW_BEGIN / 100,
                                    session_ms * WINDOW_END / 100, draw());
    m->leave_ms = m->opened_ms + session_ms * SESSION_END / 100;
    m->successor.due_ms = 0; /* at once, when the time comes */
}

static bool is_old(const struct monologue *m)
{
    return m->state == CLIENT_OPEN && m->plan_ms <= uv_now(m->loop);
}

uint64_t reconnect_due_ms(const struct monologue *m)
{
    if (m->state != CLIENT_OPEN)
        return UINT64_MAX;
    if (!is_old(m))
        return m->plan_ms;
    return m->successor.due_ms < m->leave_ms ? m->successor.due_ms
                                             : m->leave_ms;
}

static bool is_for_good(int status)
{
    return status == -EKEYREJECTED || status == -EACCES;
}

/* Whoever is refused for good has this connection, and stays to the end. */
static void schedule_attempt(struct monologue *m)
{
    int status = m->successor.status;
    m->successor.status = 0;
    if (!is_for_good(status))
        m->successor.due_ms = client_deadline_after(
            m, backoff_next(&m->backoff, status == -EAGAIN, draw()));
}

static void seek_successor(struct monologue *m)
{
    if (m->successor.status < 0)
        schedule_attempt(m);
    if (m->successor.due_ms > uv_now(m->loop))
        return;
    if (m->successor.channel)
        successor_give_up(m);
    else
        successor_open(m);
}

static bool is_quiet(const struct monologue *m)
{
    return calls_deadline_ms(&m->calls) == UINT64_MAX &&
           requests_is_quiet(&m->requests);
}

static void leave(struct monologue *m)
{
    m->state = CLIENT_LEAVING;
    m->deadline_ms = UINT64_MAX;
    successor_drop(m);
    channel_close(m->channel);
}

void reconnect_move_on(struct monologue *m)
{
    if (!is_old(m))
        return;
    bool is_late = m->leave_ms <= uv_now(m->loop);
    if (successor_is_ready(m)) {
        if (is_late || is_quiet(m))
            client_change_over(m);
    } else if (is_late) {
        leave(m);
    } else {
        seek_successor(m);
    }
}

void reconnect_nudge(struct monologue *m)
{
    if (is_old(m))
        client_arm(m, uv_now(m->loop));
}

/* A server that accepts us and then ends it is no better than one that does
 * not accept: only a connection that lasted lets the waits begin anew. */
static void forget_failures(struct monologue *m)
{
    if (m->opened_ms && uv_now(m->loop) - m->opened_ms >= m->backoff.cap_ms)
        backoff_reset(&m->backoff);
    m->opened_ms = 0;
}

uint32_t reconnect_schedule(struct monologue *m, int status)
{
    uint32_t delay_ms = 0;
    m->plan_ms = UINT64_MAX;
    m->leave_ms = UINT64_MAX;
    forget_failures(m);
    if (!m->options.reconnect || is_for_good(status)) {
        m->state = CLIENT_IDLE;
        return 0;
    }
    if (status < 0)
        delay_ms = backoff_next(&m->backoff, status == -EAGAIN, draw());
    m->state = CLIENT_WAITING;
    m->deadline_ms = client_deadline_after(m, delay_ms);
    client_arm(m, m->deadline_ms);
    return delay_ms;
}
