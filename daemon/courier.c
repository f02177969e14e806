#include "daemon/courier.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/log.h"
#include "daemon/session.h"
#include "daemon/worker.h"
#include "proto/nak.h"

/* What is delivered in the place of others in one turn, at most: the more there
 * is, the less it costs to wake whose it is, who may have a CPU of their own.
 */
enum {
    VISIT_RECORDS_MAX = 32,
    VISIT_BYTES_MAX = 32768,
};

int courier_init(struct courier *courier, unsigned n_workers)
{
    courier->packets = calloc(n_workers, sizeof *courier->packets);
    courier->returns = calloc(n_workers, sizeof *courier->returns);
    if (courier->packets && courier->returns)
        return 0;
    courier_deinit(courier, 0);
    return -ENOMEM;
}

void courier_deinit(struct courier *courier, unsigned n_workers)
{
    for (unsigned i = 0; i < n_workers; i++) {
        mail_free(courier->packets[i]);
        mail_free(courier->returns[i]);
    }
    free(courier->packets);
    free(courier->returns);
    *courier = (struct courier){0};
}

/* ---- to others ---- */

static struct mail *mail_for(struct worker *w, struct mail **mails,
                             enum mail_kind kind, unsigned slot)
{
    if (!mails[slot]) {
        mails[slot] = mail_new(kind);
        if (mails[slot])
            mails[slot]->origin = w->slot;
    }
    return mails[slot];
}

int courier_take(struct worker *worker, unsigned slot, const struct connid *to,
                 const struct connid *from, const void *payload, size_t size)
{
    struct mail *mail =
        mail_for(worker, worker->courier.packets, MAIL_PACKETS, slot);
    if (!mail)
        return -ENOMEM;
    return mail_append(mail, to, from, payload, size,
                       worker->snapshot->config->mailbox_limit);
}

/* Tells a sender of ours that the packet in @record, which nobody took, failed.
 */
static void bounce_packet(struct worker *w, struct connection *sender,
                          const struct mail_record *record,
                          const uint8_t *payload, int cause)
{
    char nak[NAK_MAX];
    metrics_count_undelivered(w->metrics, cause == -ENOBUFS
                                              ? METRIC_UNDELIVERED_MAILBOX_FULL
                                              : metrics_cause(cause));
    if (!sender)
        return;
    size_t size = nak_answer(nak, &record->to, (const char *)payload,
                             record->size, cause);
    session_refuse(sender, nak, size);
}

/* Tells each sender of ours in @mail, which nobody took, that it failed. Of
 * returns the other worker has counted why, and written what they say.
 * @cause: of packets */
static void bounce(struct worker *w, const struct mail *mail, int cause)
{
    struct mail_record record;
    const uint8_t *payload;
    size_t offset = 0;
    while (mail_next(mail, &offset, &record, &payload)) {
        struct connection *sender = registry_find(&w->registry, &record.from);
        log_debug("connection=%.*s packet refused verdict=undelivered",
                  CONNID_PRINT(&record.from));
        if (mail->kind == MAIL_PACKETS)
            bounce_packet(w, sender, &record, payload, cause);
        else if (sender)
            session_refuse(sender, payload, record.size);
    }
}

void courier_bounce(struct worker *worker, const struct mail *mail)
{
    bounce(worker, mail, 0);
}

static void post(struct worker *w, unsigned slot, struct mail *mail)
{
    int rc = mailbox_post(&w->pool->workers[slot].mailbox, mail);
    if (rc == 0)
        return;
    if (mail->kind == MAIL_PACKETS)
        bounce(w, mail, rc == -EPIPE ? -ENOENT : rc);
    mail_free(mail);
}

/* ---- for others ---- */

/* Returns a packet that was not delivered, as what its sender may be told. */
static void send_back(struct worker *w, unsigned origin,
                      const struct mail_record *record, const uint8_t *payload,
                      int cause)
{
    char nak[NAK_MAX];
    size_t size = nak_answer(nak, &record->to, (const char *)payload,
                             record->size, cause);
    struct mail *back = mail_for(w, w->courier.returns, MAIL_RETURNS, origin);
    if (!back ||
        mail_append(back, &record->to, &record->from, nak, size, INT32_MAX))
        log_error("connection=%.*s error frame lost reason=no_memory",
                  CONNID_PRINT(&record->from));
}

void courier_deliver(struct worker *worker, const struct mail *mail)
{
    struct mail_record record;
    const uint8_t *payload;
    size_t offset = 0;
    while (mail_next(mail, &offset, &record, &payload)) {
        struct connection *receiver =
            registry_find(&worker->registry, &record.to);
        int rc = receiver ? session_deliver(receiver, &record.from, payload,
                                            record.size)
                          : -ENOENT;
        if (rc == 0) {
            metrics_add(worker->metrics, METRIC_RELAYED_REMOTE, 1);
            continue;
        }
        metrics_count_undelivered(worker->metrics, metrics_cause(rc));
        send_back(worker, mail->origin, &record, payload, rc);
    }
}

/* ---- the end of a turn ---- */

static struct mail *take(struct mail **mails, unsigned slot)
{
    struct mail *mail = mails[slot];
    mails[slot] = NULL;
    return mail;
}

/* What is left of the bounds above. */
struct budget {
    size_t n_records;
    size_t n_bytes;
};

/* Delivers @mail in the place of the worker @slot, and hears at once what
 * nobody took. Returns false if that one should do it. */
static bool visit(struct worker *w, unsigned slot, struct mail *mail,
                  struct budget *budget)
{
    struct worker *host = &w->pool->workers[slot];
    size_t n_bytes = bytes_size(&mail->records);
    if (mail->n_records > budget->n_records || n_bytes > budget->n_bytes ||
        !worker_enter(host, w->now_ms))
        return false;
    budget->n_records -= mail->n_records;
    budget->n_bytes -= n_bytes;
    courier_deliver(host, mail);
    struct mail *back = take(host->courier.returns, w->slot);
    worker_leave(host);
    mail_free(mail);
    if (back)
        courier_bounce(w, back);
    mail_free(back);
    return true;
}

void courier_leave(struct worker *worker)
{
    struct budget budget = {VISIT_RECORDS_MAX, VISIT_BYTES_MAX};
    for (unsigned i = 0; i < worker->pool->n_workers; i++) {
        struct mail *packets = take(worker->courier.packets, i);
        struct mail *returns = take(worker->courier.returns, i);
        if (packets && !visit(worker, i, packets, &budget))
            post(worker, i, packets);
        if (returns)
            post(worker, i, returns);
    }
}
