#include "daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/drain.h"
#include "daemon/errand.h"
#include "daemon/log.h"
#include "daemon/management.h"
#include "daemon/session.h"
#include "proto/nak.h"

/* ---- mail to others ---- */

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

int worker_forward(struct worker *worker, unsigned slot,
                   const struct connid *to, const struct connid *from,
                   const void *payload, size_t size)
{
    struct mail *mail = mail_for(worker, worker->packets, MAIL_PACKETS, slot);
    if (!mail)
        return -ENOMEM;
    return mail_append(mail, to, from, payload, size,
                       worker->snapshot->config->mailbox_limit);
}

int worker_send_errand(struct worker *worker, unsigned slot,
                       struct errand *errand)
{
    struct mail *mail = mail_new(MAIL_ERRAND);
    if (!mail)
        return -ENOMEM;
    mail->origin = worker->slot;
    mail->errand = errand;
    int rc = mailbox_post(&worker->pool->workers[slot].mailbox, mail);
    if (rc) {
        mail->errand = NULL;
        mail_free(mail);
    }
    return rc;
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

static void post_all(struct worker *w, struct mail **mails)
{
    for (unsigned i = 0; i < w->pool->n_workers; i++) {
        struct mail *mail = mails[i];
        mails[i] = NULL;
        int rc = mail ? mailbox_post(&w->pool->workers[i].mailbox, mail) : 0;
        if (rc == 0)
            continue;
        if (mail->kind == MAIL_PACKETS)
            bounce(w, mail, rc == -EPIPE ? -ENOENT : rc);
        mail_free(mail);
    }
}

/* ---- mail to us ---- */

/* Returns a packet that was not delivered, as what its sender may be told. */
static void send_back(struct worker *w, unsigned origin,
                      const struct mail_record *record, const uint8_t *payload,
                      int cause)
{
    char nak[NAK_MAX];
    size_t size = nak_answer(nak, &record->to, (const char *)payload,
                             record->size, cause);
    struct mail *back = mail_for(w, w->returns, MAIL_RETURNS, origin);
    if (!back ||
        mail_append(back, &record->to, &record->from, nak, size, INT32_MAX))
        log_error("connection=%.*s error frame lost reason=no_memory",
                  CONNID_PRINT(&record->from));
}

static void deliver(struct worker *w, const struct mail *mail)
{
    struct mail_record record;
    const uint8_t *payload;
    size_t offset = 0;
    while (mail_next(mail, &offset, &record, &payload)) {
        struct connection *receiver = registry_find(&w->registry, &record.to);
        int rc = receiver ? session_deliver(receiver, &record.from, payload,
                                            record.size)
                          : -ENOENT;
        if (rc == 0) {
            metrics_add(w->metrics, METRIC_RELAYED_REMOTE, 1);
            continue;
        }
        metrics_count_undelivered(w->metrics, metrics_cause(rc));
        send_back(w, mail->origin, &record, payload, rc);
    }
}

/* Carries out an errand and sends it back in the mail it came in. */
static void return_errand(struct worker *w, struct mail *mail)
{
    errand_run(mail->errand, w);
    mail->kind = MAIL_ERRAND_DONE;
    if (mailbox_post(&w->pool->workers[mail->origin].mailbox, mail))
        mail_free(mail); /* the asker's worker has ended, and so has it */
}

/* What the asker sent meanwhile was set aside. */
static void conclude_errand(const struct errand *errand)
{
    struct connection *c = errand->asker;
    management_conclude(errand);
    if (c && c->state != CONNECTION_CLOSED)
        connection_resume(c);
}

static void use_snapshot(struct worker *w, struct snapshot *snapshot)
{
    const struct config *config = snapshot->config;
    const uint64_t durations_ms[N_DEADLINES] = {
        [DEADLINE_HANDSHAKE] = config->handshake_timeout_ms,
        [DEADLINE_KEEPALIVE] = config->keepalive_timeout_ms,
        [DEADLINE_SESSION] = config->session_limit_ms,
        [DEADLINE_CLOSING] = config->close_timeout_ms,
        [DEADLINE_IDLE] = config->idle_timeout_ms,
        [DEADLINE_SEND] = config->send_timeout_ms,
    };
    snapshot_unref(w->snapshot);
    w->snapshot = snapshot;
    ration_init(&w->ration);
    for (int i = 0; i < N_DEADLINES; i++)
        deadlines_set_duration(&w->deadlines[i], durations_ms[i]);
}

static void flush_all(struct worker *w)
{
    while (!list_is_empty(&w->dirty)) {
        struct connection *c =
            list_entry(w->dirty.next, struct connection, dirty);
        list_remove(&c->dirty);
        connection_flush(c);
    }
}

static void begin_draining(struct worker *w)
{
    w->is_draining = true;
    newcomers_close(&w->newcomers);
}

static void on_mail(struct mail *mail, void *data)
{
    struct worker *w = data;
    switch (mail->kind) {
    case MAIL_ACCEPTED:
        connection_new(w, mail->socket);
        mail->socket.fd = -1;
        if (w->is_stopping)
            drain_drop_all(w);
        else if (w->is_draining)
            drain_close_all(w);
        break;
    case MAIL_PACKETS:
        deliver(w, mail);
        break;
    case MAIL_RETURNS:
        bounce(w, mail, 0);
        break;
    case MAIL_ERRAND:
        return_errand(w, mail);
        return;
    case MAIL_ERRAND_DONE:
        conclude_errand(mail->errand);
        break;
    case MAIL_SNAPSHOT:
        use_snapshot(w, mail->snapshot);
        mail->snapshot = NULL;
        break;
    case MAIL_PING:
        atomic_fetch_add(&w->n_pings, 1);
        break;
    case MAIL_DRAIN:
        begin_draining(w);
        drain_close_all(w);
        break;
    case MAIL_STOP:
        begin_draining(w);
        w->is_stopping = true;
        flush_all(w); /* a MAIL_DRAIN may have come in the same turn */
        drain_drop_all(w);
        break;
    }
    mail_free(mail);
}

/* ---- a turn ---- */

static void free_dead(struct worker *w)
{
    list_for_each (node, after, &w->dead)
        connection_free(list_entry(node, struct connection, dirty));
    list_init(&w->dead);
}

static void update_now(struct worker *w)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    w->now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* For how long nothing is due, in milliseconds; -1: for ever. */
static int spare_time(const struct worker *w)
{
    uint64_t next_ms = newcomers_due_ms(&w->newcomers);
    for (int i = 0; i < N_DEADLINES; i++) {
        uint64_t due_ms = deadlines_next(&w->deadlines[i]);
        if (due_ms < next_ms)
            next_ms = due_ms;
    }
    if (next_ms == DEADLINE_NEVER)
        return -1;
    if (next_ms <= w->now_ms)
        return 0;
    return next_ms - w->now_ms < INT32_MAX ? (int)(next_ms - w->now_ms)
                                           : INT32_MAX;
}

static void pass_deadlines(struct worker *w)
{
    newcomers_resume(w);
    for (int i = 0; i < N_DEADLINES; i++) {
        struct deadline *due;
        while ((due = deadlines_take_due(&w->deadlines[i], w->now_ms)))
            connection_on_deadline((enum connection_deadline)i, due);
    }
}

static void end_turn(struct worker *w)
{
    post_all(w, w->packets);
    post_all(w, w->returns);
    flush_all(w);
    free_dead(w);
}

static void run_turn(struct worker *w)
{
    socket_set_wait(&w->sockets,
                    mailbox_may_sleep(&w->mailbox) ? spare_time(w) : 0);
    update_now(w);
    socket_set_tell(&w->sockets);
    mailbox_drain(&w->mailbox);
    pass_deadlines(w);
    end_turn(w);
}

static void on_ready(struct socket *socket, bool is_readable, bool is_writable)
{
    if (socket->input == SOCKET_NEWCOMERS)
        newcomers_accept(list_entry(socket->set, struct worker, sockets),
                         socket);
    else
        connection_on_ready(socket, is_readable, is_writable);
}

/* ---- the thread ---- */

static bool is_done(const struct worker *w)
{
    return w->is_draining &&
           atomic_load_explicit(&w->n_connections, memory_order_relaxed) == 0;
}

static void run(void *data)
{
    struct worker *w = data;
    char name[16];
    snprintf(name, sizeof name, "worker %u", w->slot);
    pthread_setname_np(pthread_self(), name);
    do
        run_turn(w);
    while (!is_done(w) || !mailbox_close(&w->mailbox));
    atomic_store(&w->has_ended, true);
    uv_async_send(w->ended);
}

int worker_start(struct worker *worker)
{
    sigset_t all, before;
    int rc = newcomers_open(&worker->newcomers, worker);
    if (rc)
        return rc;
    sigfillset(&all); /* signals are main's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = uv_thread_create(&worker->thread, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void init_deadlines(struct worker *w)
{
    for (int i = 0; i < N_DEADLINES; i++)
        deadlines_init(&w->deadlines[i], 0, i == DEADLINE_IDLE);
}

static int init_waiting(struct worker *w)
{
    int rc = socket_set_init(&w->sockets, on_ready);
    if (rc)
        return rc;
    rc = mailbox_init(&w->mailbox, w->snapshot->config->mailbox_limit, on_mail,
                      w);
    if (rc) {
        socket_set_deinit(&w->sockets);
        return rc;
    }
    rc = socket_set_add_waker(&w->sockets, w->mailbox.wake_fd);
    if (rc) {
        mailbox_deinit(&w->mailbox);
        socket_set_deinit(&w->sockets);
    }
    return rc;
}

int worker_init(struct worker *worker, const struct worker_pool *pool,
                unsigned slot, struct snapshot *snapshot, uv_async_t *ended)
{
    struct worker *w = worker;
    *w = (struct worker){.slot = slot, .pool = pool, .ended = ended};
    update_now(w);
    list_init(&w->dirty);
    list_init(&w->dead);
    connid_source_init(&w->ids);
    init_deadlines(w);
    use_snapshot(w, snapshot_ref(snapshot));
    w->packets = calloc(pool->n_workers, sizeof *w->packets);
    w->returns = calloc(pool->n_workers, sizeof *w->returns);
    w->metrics = metrics_new();
    int rc = -ENOMEM;
    if (!w->packets || !w->returns || !w->metrics)
        goto fail_memory;
    rc = registry_init(&w->registry);
    if (rc)
        goto fail_memory;
    rc = init_waiting(w);
    if (rc)
        goto fail_registry;
    return 0;
fail_registry:
    registry_deinit(&w->registry);
fail_memory:
    metrics_free(w->metrics);
    free(w->packets);
    free(w->returns);
    snapshot_unref(w->snapshot);
    return rc;
}

void worker_deinit(struct worker *worker, bool was_started)
{
    struct worker *w = worker;
    if (was_started)
        uv_thread_join(&w->thread);
    newcomers_close(&w->newcomers);
    mailbox_deinit(&w->mailbox);
    socket_set_deinit(&w->sockets);
    registry_deinit(&w->registry);
    metrics_free(w->metrics);
    free(w->packets);
    free(w->returns);
    snapshot_unref(w->snapshot);
}

/* ---- from other threads ---- */

void worker_tell(struct worker *worker, enum mail_kind kind,
                 struct snapshot *snapshot)
{
    struct mail *mail = mail_new(kind);
    if (!mail) {
        log_error("worker=%u cannot be told reason=no_memory", worker->slot);
        abort();
    }
    if (snapshot)
        mail->snapshot = snapshot_ref(snapshot);
    if (mailbox_post(&worker->mailbox, mail))
        mail_free(mail); /* it has ended */
}

int worker_hand_over(struct worker *worker, struct mail_socket socket)
{
    struct mail *mail = mail_new(MAIL_ACCEPTED);
    if (!mail)
        return -ENOMEM;
    mail->socket = socket;
    int rc = mailbox_post(&worker->mailbox, mail);
    if (rc) {
        mail->socket.fd = -1;
        mail_free(mail);
    }
    return rc;
}

void worker_miss(struct worker *worker)
{
    atomic_fetch_sub_explicit(&worker->n_connections, 1, memory_order_relaxed);
    mailbox_ring(&worker->mailbox); /* to end it may wait for this one */
}
