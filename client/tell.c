#include "client/tell.h"

#include "client/client.h"
#include "proto/frame.h"

/* Who is told once is forgotten first: the callback may wait again. */
void tell_connect(struct monologue *m, int status)
{
    monologue_connect_cb cb = m->connect_cb;
    m->connect_cb = NULL;
    if (cb)
        cb(m, status, m->connect_data);
}

void tell_close(struct monologue *m)
{
    monologue_close_cb cb = m->close_cb;
    m->close_cb = NULL;
    if (cb)
        cb(m, m->close_data);
}

void tell_event(struct monologue *m, const struct monologue_event *event)
{
    if (m->event_cb && m->state != CLIENT_DEAD)
        m->event_cb(m, event, m->event_data);
}

void tell_connected(struct monologue *m)
{
    tell_connect(m, 0);
    if (m->state != CLIENT_OPEN)
        return;
    tell_event(m, &(struct monologue_event){.kind = MONOLOGUE_EVENT_CONNECTED,
                                            .text = "connected",
                                            .id = m->id});
}

void tell_failed(struct monologue *m, int status, uint32_t delay_ms)
{
    if (m->connect_cb) {
        tell_connect(m, status);
        return;
    }
    tell_event(m, &(struct monologue_event){.kind = MONOLOGUE_EVENT_FAILED,
                                            .status = status,
                                            .text = m->errmsg.text,
                                            .will_reconnect =
                                                m->state == CLIENT_WAITING,
                                            .delay_ms = delay_ms});
}

void tell_disconnected(struct monologue *m, const char *id, int status,
                       uint16_t code, bool is_ours, uint32_t delay_ms)
{
    tell_event(m, &(struct monologue_event){
                      .kind = MONOLOGUE_EVENT_DISCONNECTED,
                      .status = status,
                      .text = is_ours ? "closed by us" : m->errmsg.text,
                      .id = id,
                      .code = code ? code : CLOSE_ABNORMAL,
                      .is_ours = is_ours,
                      .will_reconnect = m->state == CLIENT_WAITING ||
                                        m->state == CLIENT_LEAVING,
                      .delay_ms = delay_ms});
}
