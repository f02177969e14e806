#include "daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/drain.h"
#include "daemon/errand.h"
#include "daemon/log.h"
#include "daemon/management.h"

/* ---- mail to others ---- */

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

/* ---- mail to us ---- */

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
        courier_deliver(w, mail);
        break;
    case MAIL_RETURNS:
        courier_bounce(w, mail);
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

/* When something is due next, which may be in the past. */
static uint64_t find_due(const struct worker *w)
{
    uint64_t next_ms = newcomers_due_ms(&w->newcomers);
    for (int i = 0; i < N_DEADLINES; i++) {
        uint64_t due_ms = deadlines_next(&w->deadlines[i]);
        if (due_ms < next_ms)
            next_ms = due_ms;
    }
    return next_ms;
}

/* In milliseconds, as epoll_wait() has it; -1: for ever. */
static int time_until(uint64_t due_ms, uint64_t now_ms)
{
    if (due_ms == DEADLINE_NEVER)
        return -1;
    if (due_ms <= now_ms)
        return 0;
    return due_ms - now_ms < INT32_MAX ? (int)(due_ms - now_ms) : INT32_MAX;
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
    courier_leave(w);
    flush_all(w);
    free_dead(w);
}

/* Gives the turn to whoever wants it meanwhile. */
static void await(struct worker *w)
{
    w->awake_ms = mailbox_may_sleep(&w->mailbox) ? find_due(w) : 0;
    int timeout_ms = time_until(w->awake_ms, w->now_ms);
    uv_mutex_unlock(&w->turn);
    socket_set_wait(&w->sockets, timeout_ms);
    uv_mutex_lock(&w->turn);
    update_now(w);
}

static void run_turn(struct worker *w)
{
    await(w);
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

/* ---- a visit ---- */

bool worker_enter(struct worker *host, uint64_t now_ms)
{
    if (uv_mutex_trylock(&host->turn))
        return false;
    /* What was posted before has to be delivered before. */
    if (host->is_draining || mailbox_has_mail(&host->mailbox)) {
        uv_mutex_unlock(&host->turn);
        return false;
    }
    host->is_lent = true;
    if (now_ms > host->now_ms)
        host->now_ms = now_ms;
    return true;
}

void worker_leave(struct worker *host)
{
    flush_all(host);
    host->is_lent = false;
    list_splice(&host->dirty, &host->unsent);
    if (!list_is_empty(&host->dirty) || find_due(host) < host->awake_ms)
        mailbox_ring(&host->mailbox);
    uv_mutex_unlock(&host->turn);
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
    uv_mutex_lock(&w->turn);
    do
        run_turn(w);
    while (!is_done(w) || !mailbox_close(&w->mailbox));
    uv_mutex_unlock(&w->turn);
    atomic_store(&w->has_ended, true);
    uv_async_send(w->ended);
}

int worker_start(struct worker *worker)
{
    sigset_t all, before;
    uv_mutex_lock(&worker->turn); /* others may have begun */
    int rc = newcomers_open(&worker->newcomers, worker);
    uv_mutex_unlock(&worker->turn);
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
    list_init(&w->unsent);
    list_init(&w->dead);
    connid_source_init(&w->ids);
    init_deadlines(w);
    use_snapshot(w, snapshot_ref(snapshot));
    int rc = uv_mutex_init(&w->turn);
    if (rc)
        goto fail;
    rc = courier_init(&w->courier, pool->n_workers);
    if (rc)
        goto fail_turn;
    w->metrics = metrics_new();
    rc = w->metrics ? registry_init(&w->registry) : -ENOMEM;
    if (rc)
        goto fail_metrics;
    rc = init_waiting(w);
    if (rc)
        goto fail_registry;
    return 0;
fail_registry:
    registry_deinit(&w->registry);
fail_metrics:
    metrics_free(w->metrics);
    courier_deinit(&w->courier, pool->n_workers);
fail_turn:
    uv_mutex_destroy(&w->turn);
fail:
    snapshot_unref(w->snapshot);
    return rc;
}

void worker_join(struct worker *worker)
{
    uv_thread_join(&worker->thread);
}

void worker_deinit(struct worker *worker)
{
    struct worker *w = worker;
    newcomers_close(&w->newcomers);
    mailbox_deinit(&w->mailbox);
    socket_set_deinit(&w->sockets);
    registry_deinit(&w->registry);
    metrics_free(w->metrics);
    courier_deinit(&w->courier, w->pool->n_workers);
    uv_mutex_destroy(&w->turn);
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
