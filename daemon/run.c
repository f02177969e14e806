#include "daemon/run.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "daemon/announce.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/notify.h"
#include "daemon/server.h"
#include "daemon/signals.h"

/*
 * The server is opened; watches are set on signals and on time; the world is
 * told. SIGTERM drains the server, and when it has stopped the watches are
 * closed, which ends the loop. A fault after the server was opened takes the
 * same way out, faster.
 */

enum {
    KEPT_MEMORY = 8 << 20, /* bytes that are free and stay ours, per thread */
};

struct run {
    uv_loop_t loop;
    struct signals signals;
    uv_timer_t watchdog;
    struct server *server;
    const struct run_source *source;
    bool is_stopping;
};

/*
 * What a busy turn has freed serves the next one. By default malloc hands back
 * to the kernel whatever lies free at the top above 128 KiB, and then most of
 * what relaying costs is page faults: ten times the rest with packets of 16
 * KiB.
 */
static void keep_freed_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
    mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY / 2);
#endif
}

int run_prepare(void)
{
    int fd;
    keep_freed_memory();
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        if (fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0))
            return -errno;
    } while (fd <= STDERR_FILENO);
    close(fd);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

/* Each connection is a descriptor: take what the system lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur == files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files))
        log_warn("descriptor limit not raised error=\"%s\"", strerror(errno));
}

static void tell_ready(const struct run *run)
{
    char status[300];
    const char *endpoint = server_endpoint(run->server, 0);
    snprintf(status, sizeof status, "Serving %s", endpoint ? endpoint : "");
    notify_ready(status);
}

static void stop(struct run *run)
{
    if (run->is_stopping) {
        server_stop(run->server);
        return;
    }
    run->is_stopping = true;
    notify_stopping();
    server_drain(run->server);
}

static void reload(struct run *run)
{
    const struct run_source *source = run->source;
    struct config *config = NULL;
    struct errmsg errmsg = {""};
    int rc = -EINVAL;
    if (run->is_stopping)
        return;
    notify_reloading();
    if (config_load(source->argc, source->argv, source->environment, &config,
                    &errmsg) == CONFIG_RUN)
        rc = server_reload(run->server, config, &errmsg);
    metrics_add(server_metrics(run->server),
                rc ? METRIC_RELOAD_REFUSED : METRIC_RELOADED, 1);
    if (rc)
        log_error("reload refused, the old settings stay: %s", errmsg.text);
    else
        log_set_format(server_config(run->server)->log_format);
    tell_ready(run);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;
    if (!run->server) /* its opening failed, and is undone */
        return;
    log_info("signal number=%d", number);
    if (number == SIGHUP)
        reload(run);
    else
        stop(run);
}

/* A worker that hangs is as bad as a main loop that does. */
static void on_watchdog(uv_timer_t *timer)
{
    struct run *run = timer->data;
    if (server_is_alive(run->server))
        notify_alive();
    else
        log_error("watchdog not fed reason=\"a worker hangs\"");
}

static void unwatch(struct run *run)
{
    signals_unwatch(&run->signals);
    uv_close((uv_handle_t *)&run->watchdog, NULL);
}

static void on_stopped(struct server *server, void *data)
{
    (void)server;
    unwatch(data);
}

static int watch(struct run *run)
{
    uv_timer_init(&run->loop, &run->watchdog);
    run->watchdog.data = run;
    return signals_watch(&run->signals, &run->loop, on_signal, run);
}

static void tell_world(const struct run *run)
{
    const struct config *config = server_config(run->server);
    if (config->tls_self_signed)
        log_info("the certificate is self-signed, clients trust it by "
                 "ca_file=\"%s\"",
                 config->tls_certificate);
    announce_print(run->server, stdout);
    tell_ready(run);
}

static void start_watchdog(struct run *run)
{
    uint64_t beat_ms = notify_watchdog_ms() / 2;
    if (beat_ms)
        uv_timer_start(&run->watchdog, on_watchdog, beat_ms, beat_ms);
}

static int serve(struct run *run, struct config *config, struct errmsg *errmsg)
{
    int rc = watch(run);
    if (rc) {
        config_free(config);
        errmsg_set(errmsg, "signals: %s", uv_strerror(rc));
    } else {
        rc = server_open(&run->loop, config, on_stopped, run, &run->server,
                         errmsg);
    }
    if (rc) {
        unwatch(run);
        uv_run(&run->loop, UV_RUN_DEFAULT);
        return rc;
    }
    rc = announce_write_rc(run->server, errmsg);
    if (rc) {
        server_stop(run->server);
    } else {
        start_watchdog(run);
        tell_world(run);
    }
    uv_run(&run->loop, UV_RUN_DEFAULT);
    server_free(run->server);
    return rc;
}

int run_daemon(struct config *config, const struct run_source *source,
               struct errmsg *errmsg)
{
    struct run run = {.source = source};
    int rc = uv_loop_init(&run.loop);
    if (rc) {
        config_free(config);
        errmsg_set(errmsg, "event loop: %s", uv_strerror(rc));
        return rc;
    }
    rc = log_open((enum log_level)config->log_level, config->log_format);
    if (rc) {
        config_free(config);
        errmsg_set(errmsg, "log: %s", strerror(-rc));
    } else {
        raise_descriptor_limit();
        rc = serve(&run, config, errmsg);
        log_close();
    }
    int busy = uv_loop_close(&run.loop);
    assert(!busy);
    return rc;
}
