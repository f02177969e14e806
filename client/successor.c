#include "client/successor.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "client/client.h"
#include "proto/connid.h"

static void greet(struct monologue *m)
{
    static const char whoami[] = "whoami";
    int status = channel_send(m->successor.channel, whoami, sizeof whoami - 1);
    if (status < 0)
        channel_abort(m->successor.channel, status);
    else
        client_show(m, MONOLOGUE_SENT, whoami, sizeof whoami - 1);
}

/* There is nothing but the answer to whoami: nobody else knows the id. */
static void hear(struct monologue *m, const char *text, size_t size)
{
    struct successor *successor = &m->successor;
    struct connid id;
    client_show(m, MONOLOGUE_RECEIVED, text, size);
    if (successor_is_ready(m))
        return;
    if (connid_parse(text, size, &id) < 0) {
        channel_abort(successor->channel, -EPROTO);
        return;
    }
    memcpy(successor->id, id.chars, CONNID_CHARS);
    successor->due_ms = UINT64_MAX;
    client_arm(m, uv_now(m->loop));
}

static void fail(struct monologue *m, int status)
{
    m->successor = (struct successor){.status = status, .due_ms = UINT64_MAX};
    client_arm(m, uv_now(m->loop));
}

static void on_event(const struct channel_event *event, void *data)
{
    struct monologue *m = data;
    switch (event->kind) {
    case CHANNEL_EVENT_OPEN:
        greet(m);
        return;
    case CHANNEL_EVENT_MESSAGE:
        hear(m, event->text, event->size);
        return;
    case CHANNEL_EVENT_CLOSED:
        fail(m, event->status < 0 ? event->status : -ECONNRESET);
        return;
    }
}

void successor_open(struct monologue *m)
{
    assert(!m->successor.channel);
    int status = client_open_channel(m, on_event, &m->successor.channel);
    if (status < 0) {
        fail(m, status);
        return;
    }
    m->successor.due_ms = client_deadline_after(m, m->options.timeout_ms);
}

void successor_give_up(struct monologue *m)
{
    m->successor.due_ms = UINT64_MAX;
    channel_abort(m->successor.channel, -ETIMEDOUT);
}

bool successor_is_ready(const struct monologue *m)
{
    return m->successor.id[0] != '\0';
}

void successor_take_over(struct monologue *m, channel_cb cb)
{
    assert(successor_is_ready(m));
    m->channel = m->successor.channel;
    memcpy(m->id, m->successor.id, sizeof m->id);
    m->successor = (struct successor){.due_ms = UINT64_MAX};
    channel_hand_over(m->channel, cb, m);
}

void successor_drop(struct monologue *m)
{
    if (m->successor.channel)
        channel_discard(m->successor.channel);
    m->successor = (struct successor){.due_ms = UINT64_MAX};
}
