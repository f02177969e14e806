#include "daemon/session.h"

#include <errno.h>
#include <string.h>

#include "daemon/access.h"
#include "daemon/charge.h"
#include "daemon/courier.h"
#include "daemon/log.h"
#include "daemon/route.h"
#include "daemon/worker.h"
#include "proto/frame.h"
#include "proto/nak.h"
#include "proto/packet.h"

int session_deliver(struct connection *receiver, const struct connid *from,
                    const void *payload, size_t size)
{
    char head[PACKET_HEAD_SIZE];
    packet_write_head(head, from);
    const struct iovec parts[] = {
        {head, sizeof head},
        {(void *)payload, size},
        {(char *)PACKET_TAIL, PACKET_TAIL_SIZE},
    };
    return connection_send(receiver, parts, 3);
}

/* An answer that the peer must get: without room for it, it loses the link
 * rather than the answer. */
static void answer(struct connection *c, const void *text, size_t size)
{
    const struct iovec part = {(void *)text, size};
    int rc = connection_send(c, &part, 1);
    if (rc)
        connection_drop(c, rc == -ENOMEM ? END_NO_MEMORY : END_QUEUE_FULL);
}

static void send_error(struct connection *sender, const char *message,
                       const struct connid *request)
{
    char text[PACKET_ERROR_MAX];
    metrics_add(sender->worker->metrics, METRIC_ERROR_FRAMES, 1);
    answer(sender, text,
           packet_write_error(text, message, &sender->id, request));
}

static void send_nak(struct connection *sender, const void *nak, size_t size)
{
    metrics_add(sender->worker->metrics, METRIC_NAKS, 1);
    answer(sender, nak, size);
}

/* @nak: as session_refuse(); for the log both ways are the same. */
static void complain(struct connection *sender, int status, const char *message,
                     const void *nak, size_t nak_size)
{
    struct connid request;
    connid_mint_request(&sender->worker->ids, &request);
    if (sender->state == CONNECTION_OPEN && access_is_on(sender))
        access_failed(sender, status, message, &request);
    if (sender->wants_nak && nak_size > 0)
        send_nak(sender, nak, nak_size);
    else
        send_error(sender, message, &request);
}

void session_refuse(struct connection *sender, const void *nak, size_t nak_size)
{
    complain(sender, 500, "Internal server error", nak, nak_size);
}

/*
 * What @c is told of a packet that got nowhere. Only who asked pays for looking
 * at the packet once more, and only what has the shape of an id can be told
 * from. Returns the size; 0: nothing.
 */
static size_t write_nak(const struct connection *c, char text_out[NAK_MAX],
                        const struct packet *packet, int status)
{
    struct connid to;
    if (!c->wants_nak || packet->to_size != CONNID_CHARS ||
        connid_parse(packet->to, CONNID_CHARS, &to) < 0)
        return 0;
    return nak_answer(text_out, &to, packet->payload, packet->payload_size,
                      status);
}

/* Returns whether the sender may say one more; otherwise it has been told. */
static bool charge(struct connection *c, const struct frame *frame)
{
    char nak[NAK_MAX];
    struct packet packet;
    size_t nak_size = 0;
    const char *excess = charge_message(c);
    if (!excess)
        return true;
    log_debug("connection=%.*s message refused why=\"%s\"",
              CONNID_PRINT(&c->id), excess);
    metrics_count_undelivered(c->worker->metrics, METRIC_UNDELIVERED_THROTTLED);
    if (c->wants_nak && packet_scan((const char *)frame->data, frame->size,
                                    &packet) == PACKET_RELAY)
        nak_size = write_nak(c, nak, &packet, -EAGAIN);
    complain(c, 429, excess, nak, nak_size);
    return false;
}

static const char *verdict_name(enum route_verdict verdict)
{
    static const char *const names[] = {
        [ROUTE_WHOAMI] = "whoami",       [ROUTE_LOCAL] = "local",
        [ROUTE_REMOTE] = "remote",       [ROUTE_GONE] = "gone",
        [ROUTE_MALFORMED] = "malformed", [ROUTE_TOO_LONG] = "too_long",
    };
    return names[verdict];
}

static void count_received(struct connection *c, size_t size)
{
    metrics_add(c->worker->metrics, METRIC_MESSAGES_IN, 1);
    metrics_add(c->worker->metrics, METRIC_BYTES_IN, size);
    metrics_count(&c->tally->n_messages, 1);
}

/* What became of a message that was none, or did not get to its receiver. */
static enum metric find_cause(enum route_verdict verdict, int rc)
{
    switch (verdict) {
    case ROUTE_MALFORMED:
        return METRIC_UNDELIVERED_MALFORMED;
    case ROUTE_TOO_LONG:
        return METRIC_UNDELIVERED_TOO_LONG;
    case ROUTE_REMOTE:
        return rc == -ENOBUFS ? METRIC_UNDELIVERED_MAILBOX_FULL
                              : metrics_cause(rc);
    case ROUTE_WHOAMI:
    case ROUTE_LOCAL:
    case ROUTE_GONE:
        break;
    }
    return metrics_cause(rc);
}

static void refuse(struct connection *c, enum route_verdict verdict, int rc,
                   const struct packet *packet)
{
    char nak[NAK_MAX];
    size_t nak_size = 0;
    metrics_count_undelivered(c->worker->metrics, find_cause(verdict, rc));
    log_debug("connection=%.*s packet refused verdict=%s errno=%d",
              CONNID_PRINT(&c->id), verdict_name(verdict), -rc);
    if (verdict != ROUTE_MALFORMED)
        nak_size = write_nak(c, nak, packet,
                             verdict == ROUTE_TOO_LONG ? -EMSGSIZE : rc);
    session_refuse(c, nak, nak_size);
}

/* What goes to another worker is counted where it is delivered. */
static void note_relayed(struct connection *c, enum route_verdict verdict)
{
    if (verdict == ROUTE_LOCAL)
        metrics_add(c->worker->metrics, METRIC_RELAYED_LOCAL, 1);
    if (access_is_on(c))
        access_relayed(c);
}

static void on_message(struct connection *c, const struct frame *frame)
{
    struct worker *w = c->worker;
    const struct config *config = w->snapshot->config;
    const struct route_table table = {
        .registry = &w->registry,
        .own_slot = w->slot,
        .n_slots = w->pool->n_workers,
        .max_message = config->message_limit,
    };
    struct route route;
    int rc = -ENOENT;
    connection_is_active(c);
    count_received(c, frame->size);
    if (charge_has_limits(c) && !charge(c, frame))
        return;
    enum route_verdict verdict =
        route_message(&table, (const char *)frame->data, frame->size, &route);
    log_trace("connection=%.*s message size=%zu verdict=%s",
              CONNID_PRINT(&c->id), frame->size, verdict_name(verdict));
    switch (verdict) {
    case ROUTE_WHOAMI:
        if (access_is_on(c))
            access_relayed(c);
        answer(c, c->id.chars, CONNID_CHARS);
        return;
    case ROUTE_LOCAL:
        rc = session_deliver(route.receiver, &c->id, route.packet.payload,
                             route.packet.payload_size);
        break;
    case ROUTE_REMOTE:
        rc = courier_take(w, route.slot, &route.to, &c->id,
                          route.packet.payload, route.packet.payload_size);
        break;
    case ROUTE_GONE:
    case ROUTE_MALFORMED:
    case ROUTE_TOO_LONG:
        break;
    }
    if (rc)
        refuse(c, verdict, rc, &route.packet);
    else
        note_relayed(c, verdict);
}

static void on_ping(struct connection *c, const struct frame *frame)
{
    const struct iovec part = {(void *)frame->data, frame->size};
    int rc = frame_append(&c->socket.outbox,
                          c->worker->snapshot->config->send_queue_limit,
                          FRAME_PONG, &part, 1, FRAME_CONTROL_MAX);
    if (rc)
        connection_drop(c, rc == -ENOMEM ? END_NO_MEMORY : END_QUEUE_FULL);
    else
        connection_has_output(c);
}

static void on_frame(struct connection *c, enum frame_event event,
                     const struct frame *frame)
{
    bool is_open = c->state == CONNECTION_OPEN;
    switch (event) {
    case FRAME_EVENT_MORE: /* session_read() keeps it */
    case FRAME_EVENT_PONG:
        return;
    case FRAME_EVENT_MESSAGE:
        if (is_open)
            on_message(c, frame);
        return;
    case FRAME_EVENT_PING:
        if (is_open)
            on_ping(c, frame);
        return;
    case FRAME_EVENT_CLOSE:
        connection_close_last(c, END_CLIENT, frame->code,
                              (const char *)frame->data, frame->size);
        return;
    case FRAME_EVENT_FAULT:
        connection_close_last(c, END_FAULT, frame->code, frame->reason,
                              strlen(frame->reason));
        return;
    }
}

void session_read(struct connection *c, uint8_t *in, size_t n)
{
    while (!c->is_input_over) {
        struct frame frame;
        size_t used;
        if (n && connection_must_wait(c)) {
            connection_set_aside(c, in, n);
            return;
        }
        if (c->is_input_over)
            return;
        enum frame_event event =
            frame_read(&c->partial, &c->worker->snapshot->frame_rules, in, n,
                       &used, &frame);
        if (event == FRAME_EVENT_MORE)
            return;
        in += used;
        n -= used;
        on_frame(c, event, &frame);
    }
}
