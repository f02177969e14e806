#include "daemon/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/access.h"
#include "daemon/admin.h"
#include "daemon/entrances.h"
#include "daemon/gate.h"
#include "daemon/keys.h"
#include "daemon/ledger.h"
#include "daemon/limits.h"
#include "daemon/log.h"
#include "daemon/ration.h"
#include "daemon/scrape.h"
#include "daemon/snapshot.h"
#include "daemon/usage.h"
#include "daemon/worker.h"
#include "proto/tls.h"

enum {
    DESCRIPTORS_BASE = 64, /* for ourselves: loops, listeners, files, log */
};

struct server {
    uv_loop_t *loop;
    server_cb stopped;
    void *data;
    struct snapshot *snapshot;
    struct worker_pool pool;
    struct ration_pool rations;
    struct gate gate;    /* pool.gate, once it is initialised */
    unsigned n_prepared; /* workers of the pool that are initialised */
    unsigned n_started;  /* and whose threads run */
    struct entrances entrances;
    char *fresh_key; /* or NULL */
    struct scrape scrape;
    struct admin *admin;     /* or NULL */
    uv_async_t worker_ended; /* a worker's thread is about to end */
    uv_timer_t drain_timer;
    struct ledger ledger; /* pool.usage is its */
    unsigned n_pings;     /* sent to each worker */
    unsigned n_closing;   /* handles of ours that the loop still closes */
    bool is_draining;
};

/* ---- ending ---- */

static void on_closed(uv_handle_t *handle)
{
    struct server *s = handle->data;
    if (--s->n_closing)
        return;
    s->stopped(s, s->data);
}

static void close_handles(struct server *s, uv_close_cb cb)
{
    s->n_closing = 3;
    admin_close(s->admin);
    s->admin = NULL;
    uv_close((uv_handle_t *)&s->worker_ended, cb);
    uv_close((uv_handle_t *)&s->ledger.timer, cb);
    uv_close((uv_handle_t *)&s->drain_timer, cb);
}

static void free_workers(struct server *s)
{
    for (unsigned i = 0; i < s->n_started; i++)
        worker_join(&s->pool.workers[i]);
    for (unsigned i = 0; i < s->n_prepared; i++)
        worker_deinit(&s->pool.workers[i]);
    free(s->pool.workers);
    s->pool.workers = NULL;
    s->n_prepared = 0;
    s->n_started = 0;
}

static void on_worker_ended(uv_async_t *async)
{
    struct server *s = async->data;
    for (unsigned i = 0; i < s->pool.n_workers; i++)
        if (!atomic_load(&s->pool.workers[i].has_ended))
            return;
    free_workers(s); /* joined before the handle that they ring is closed */
    ledger_save(&s->ledger);
    log_info("server stopped");
    close_handles(s, on_closed);
}

static void tell_workers(struct server *s, enum mail_kind kind,
                         struct snapshot *snapshot)
{
    for (unsigned i = 0; i < s->n_started; i++)
        worker_tell(&s->pool.workers[i], kind, snapshot);
}

static void on_drain_over(uv_timer_t *timer)
{
    struct server *s = timer->data;
    log_warn("drain ended by force timeout_ms=%llu",
             (unsigned long long)s->snapshot->config->drain_timeout_ms);
    tell_workers(s, MAIL_STOP, NULL);
}

void server_drain(struct server *server)
{
    if (server->is_draining)
        return;
    log_info("server draining");
    server->is_draining = true;
    entrances_stop(&server->entrances);
    tell_workers(server, MAIL_DRAIN, NULL);
    uv_timer_start(&server->drain_timer, on_drain_over,
                   server->snapshot->config->drain_timeout_ms, 0);
}

void server_stop(struct server *server)
{
    server_drain(server);
    tell_workers(server, MAIL_STOP, NULL);
}

void server_free(struct server *server)
{
    struct server *s = server;
    if (!s)
        return;
    free_workers(s);
    if (s->pool.rations)
        ration_pool_deinit(s->pool.rations);
    if (s->pool.gate)
        gate_deinit(s->pool.gate);
    ledger_deinit(&s->ledger);
    entrances_deinit(&s->entrances);
    free(s->fresh_key);
    snapshot_unref(s->snapshot);
    scrape_deinit(&s->scrape);
    access_close();
    free(s);
}

/* ---- beginning ---- */

/* Whether nobody could connect unless we made a key. */
static bool needs_fresh_key(const struct config *config)
{
    return config->api_key_required && !config->api_key && !config->keys_file;
}

static int make_fresh_key(struct server *s, const struct config *config,
                          struct errmsg *errmsg)
{
    if (!needs_fresh_key(config))
        return 0;
    s->fresh_key = malloc(KEY_CHARS + 1);
    if (!s->fresh_key)
        return -ENOMEM;
    int rc = keys_generate(s->fresh_key);
    if (rc)
        errmsg_set(errmsg, "no randomness for a fresh key");
    return rc;
}

static void set_limits(struct server *s)
{
    const struct config *config = s->snapshot->config;
    struct rlimit files = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &files);
    gate_set(&s->gate,
             limits_max_connections(config->max_connections, files.rlim_cur,
                                    DESCRIPTORS_BASE + 8 * s->pool.n_workers),
             config->connect_rate, config->connect_burst);
}

static int open_usage(struct server *s, struct errmsg *errmsg)
{
    const struct snapshot *snapshot = s->snapshot;
    int rc = ledger_open(&s->ledger, snapshot->config->usage_file, errmsg);
    if (rc)
        return rc;
    s->pool.usage = s->ledger.usage;
    return usage_set_plans(s->pool.usage, snapshot->keys, uv_now(s->loop));
}

static int open_gate(struct server *s)
{
    const struct config *config = s->snapshot->config;
    int rc = gate_init(&s->gate, config->connect_rate, config->connect_burst,
                       uv_now(s->loop));
    if (rc == 0)
        s->pool.gate = &s->gate;
    return rc;
}

static int open_workers(struct server *s)
{
    unsigned n = s->snapshot->config->workers;
    if (n == 0)
        n = uv_available_parallelism();
    s->pool.workers = calloc(n, sizeof *s->pool.workers);
    if (!s->pool.workers)
        return -ENOMEM;
    s->pool.n_workers = n;
    s->pool.entrances = &s->entrances;
    s->pool.rations = &s->rations;
    ration_pool_init(&s->rations, s->snapshot->config->request_rate,
                     s->snapshot->config->request_burst, n, uv_now(s->loop));
    for (unsigned i = 0; i < n; i++) {
        int rc = worker_init(&s->pool.workers[i], &s->pool, i, s->snapshot,
                             &s->worker_ended);
        if (rc)
            return rc;
        s->n_prepared++;
    }
    return 0;
}

static int open_counters(struct server *s)
{
    int rc = scrape_init(&s->scrape, s->loop, &s->pool);
    return rc ? rc : snapshot_count_keys(s->snapshot, s->scrape.tallies);
}

static bool is_ready(void *data)
{
    struct server *s = data;
    return !s->is_draining;
}

static int append_metrics(struct bytes *out, size_t limit, void *data)
{
    const struct server *s = data;
    return scrape_append(&s->scrape, out, limit);
}

static int open_admin(struct server *s, struct errmsg *errmsg)
{
    const char *address = s->snapshot->config->admin_listen;
    const struct admin_source source = {is_ready, append_metrics, s};
    return address ? admin_open(s->loop, address, source, &s->admin, errmsg)
                   : 0;
}

static int start(struct server *s)
{
    for (unsigned i = 0; i < s->pool.n_workers; i++) {
        int rc = worker_start(&s->pool.workers[i]);
        if (rc)
            return rc;
        s->n_started++;
    }
    return 0;
}

static int open_all(struct server *s, struct config *config,
                    struct errmsg *errmsg)
{
    if (!config->tls_certificate)
        tls_do_without();
    int rc = make_fresh_key(s, config, errmsg);
    if (rc) {
        config_free(config);
        return rc;
    }
    rc = snapshot_new(config, s->fresh_key, &s->snapshot, errmsg);
    if (rc)
        return rc;
    rc = open_gate(s);
    if (rc)
        return rc;
    rc = open_usage(s, errmsg);
    if (rc)
        return rc;
    rc = open_workers(s);
    if (rc)
        return rc;
    set_limits(s);
    rc = open_counters(s);
    if (!rc)
        rc = access_open(s->snapshot->config->access_log, errmsg);
    if (!rc)
        rc = entrances_open(&s->entrances, s->snapshot->config, errmsg);
    if (!rc)
        rc = open_admin(s, errmsg);
    return rc ? rc : start(s);
}

static void on_undone(uv_handle_t *handle)
{
    struct server *s = handle->data;
    s->n_closing--;
}

/* Undoes a half-opened server; the loop closes our handles meanwhile. */
static void undo(struct server *s)
{
    entrances_stop(&s->entrances);
    tell_workers(s, MAIL_STOP, NULL);
    free_workers(s);
    close_handles(s, on_undone);
    while (s->n_closing)
        uv_run(s->loop, UV_RUN_NOWAIT);
    server_free(s);
}

int server_open(uv_loop_t *loop, struct config *config, server_cb stopped,
                void *data, struct server **server_out, struct errmsg *errmsg)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s) {
        config_free(config);
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    s->loop = loop;
    s->stopped = stopped;
    s->data = data;
    uv_async_init(loop, &s->worker_ended, on_worker_ended);
    s->worker_ended.data = s;
    uv_timer_init(loop, &s->drain_timer);
    s->drain_timer.data = s;
    ledger_init(&s->ledger, loop);
    s->ledger.timer.data = s;
    errmsg_set(errmsg, "%s", "");
    int rc = open_all(s, config, errmsg);
    if (rc) {
        if (errmsg->text[0] == '\0')
            errmsg_set(errmsg, "cannot start: %s", strerror(-rc));
        undo(s);
        return rc;
    }
    *server_out = s;
    return 0;
}

/* ---- questions and changes ---- */

const char *server_endpoint(const struct server *server, size_t index)
{
    return entrances_endpoint(&server->entrances, index);
}

const char *server_admin_endpoint(const struct server *server)
{
    return server->admin ? admin_endpoint(server->admin) : NULL;
}

struct metrics *server_metrics(const struct server *server)
{
    return server->scrape.metrics;
}

const struct config *server_config(const struct server *server)
{
    return server->snapshot->config;
}

const char *server_fresh_key(const struct server *server)
{
    return server->fresh_key;
}

bool server_is_alive(struct server *server)
{
    bool is_alive = true;
    for (unsigned i = 0; i < server->n_started; i++) {
        struct worker *worker = &server->pool.workers[i];
        is_alive &= atomic_load(&worker->has_ended) ||
                    atomic_load(&worker->n_pings) == server->n_pings;
    }
    if (is_alive) {
        server->n_pings++;
        tell_workers(server, MAIL_PING, NULL);
    }
    return is_alive;
}

int server_reload(struct server *server, struct config *config,
                  struct errmsg *errmsg)
{
    struct server *s = server;
    struct snapshot *snapshot;
    const char *fresh_key = needs_fresh_key(config) ? s->fresh_key : NULL;
    int rc = config_check_reload(s->snapshot->config, config, errmsg);
    if (rc == 0 && needs_fresh_key(config) && !fresh_key) {
        errmsg_set(errmsg, "no key is left that could connect: set api_key "
                           "or keys_file, or api_key_required = false");
        rc = -EINVAL;
    }
    if (rc) {
        config_free(config);
        return rc;
    }
    rc = snapshot_new(config, fresh_key, &snapshot, errmsg);
    if (rc)
        return rc;
    rc = snapshot_count_keys(snapshot, s->scrape.tallies);
    if (!rc)
        rc = access_open(config->access_log, errmsg);
    if (!rc)
        rc = usage_set_plans(s->pool.usage, snapshot->keys, uv_now(s->loop));
    if (rc) {
        if (rc == -ENOMEM)
            errmsg_set(errmsg, "out of memory");
        snapshot_unref(snapshot);
        return rc;
    }
    snapshot_unref(s->snapshot);
    s->snapshot = snapshot;
    ration_pool_change(&s->rations, config->request_rate,
                       config->request_burst);
    set_limits(s);
    log_set_level((enum log_level)config->log_level);
    tell_workers(s, MAIL_SNAPSHOT, snapshot);
    log_info("server reloaded");
    return 0;
}
