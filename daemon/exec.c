#include "daemon/exec.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "daemon/announce.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "daemon/signals.h"

/*
 * The server is opened, then the command is spawned. When the command ends the
 * server drains; when the server has stopped the handles are closed, which
 * ends the loop. A fault in between takes the same way out.
 */

enum { STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

struct exec {
    uv_loop_t loop;
    uv_process_t process;
    struct signals signals;
    struct server *server;
    int status;
    bool is_running; /* the command */
};

const char *const exec_defaults[] = {"listen=ws://127.0.0.1:0",
                                     "log_level=warn", NULL};

/* What the clients read, and what we say of it; NULL: nothing. */
struct variable {
    const char *name;
    const char *value;
};

/* ---- the command's environment ---- */

static bool is_named(const char *entry, const struct variable *variable)
{
    size_t n = strlen(variable->name);
    return strncmp(entry, variable->name, n) == 0 && entry[n] == '=';
}

static bool is_replaced(const char *entry, const struct variable *variables)
{
    for (; variables->name; variables++)
        if (is_named(entry, variables))
            return true;
    return false;
}

/* Frees what make_environment() made: the strings in front are ours. */
static void free_environment(char **environment, size_t n_ours)
{
    for (size_t i = 0; environment && i < n_ours; i++)
        free(environment[i]);
    free(environment);
}

/* @variables first, then of @before what they do not replace; NULL: out of
 * memory. */
static char **make_environment(char *const before[],
                               const struct variable *variables,
                               size_t *n_ours_out)
{
    size_t n_before = 0;
    size_t n = 0;
    while (before[n_before])
        n_before++;
    for (const struct variable *v = variables; v->name; v++)
        n++;
    char **made = calloc(n_before + n + 1, sizeof *made);
    n = 0;
    for (const struct variable *v = variables; made && v->name; v++) {
        if (!v->value)
            continue;
        if (asprintf(&made[n], "%s=%s", v->name, v->value) < 0) {
            free_environment(made, n);
            return NULL;
        }
        n++;
    }
    *n_ours_out = n;
    for (size_t i = 0; made && i < n_before; i++)
        if (!is_replaced(before[i], variables))
            made[n++] = before[i];
    return made;
}

/* ---- the command ---- */

static void on_exit_of_command(uv_process_t *process, int64_t status,
                               int signal_number)
{
    struct exec *exec = process->data;
    exec->is_running = false;
    exec->status = signal_number ? 128 + signal_number : (int)status;
    server_drain(exec->server);
}

static int spawn(struct exec *exec, char *const command[], char **environment)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_INHERIT_FD, .data.fd = STDIN_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    const uv_process_options_t options = {
        .exit_cb = on_exit_of_command,
        .file = command[0],
        .args = (char **)command,
        .env = environment,
        .stdio_count = 3,
        .stdio = stdio,
    };
    return uv_spawn(&exec->loop, &exec->process, &options);
}

/* A command that cannot be run is an outcome, as it is in a shell. */
static int start_command(struct exec *exec, char *const command[],
                         char *const before[], struct errmsg *errmsg)
{
    const char *endpoint = announce_endpoint(exec->server);
    const char *key = announce_key(exec->server);
    const struct variable variables[] = {
        {"monologue_opts__endpoint", endpoint},
        {"monologue_opts__apiKey", key},
        {"MONOLOGUE_ENDPOINT", endpoint},
        {"MONOLOGUE_API_KEY", key},
        {NULL, NULL},
    };
    size_t n_ours = 0;
    char **environment = make_environment(before, variables, &n_ours);
    if (!environment) {
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    int rc = spawn(exec, command, environment);
    free_environment(environment, n_ours);
    exec->is_running = rc == 0;
    if (rc) {
        fprintf(stderr, "monologued: %s: %s\n", command[0], uv_strerror(rc));
        exec->status =
            rc == UV_ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
        server_drain(exec->server);
    }
    return 0;
}

/* ---- the server ---- */

/*
 * Ctrl-C reaches the whole foreground group of a terminal, the command
 * included: passing it on would make it two.
 */
static bool has_terminal_told(int number)
{
    return number == SIGINT && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct exec *exec = handle->data;
    if (!exec->server) /* its opening failed, and is undone */
        return;
    if (!exec->is_running)
        server_stop(exec->server);
    else if (!has_terminal_told(number))
        uv_process_kill(&exec->process, number);
}

static void unwatch(struct exec *exec)
{
    signals_unwatch(&exec->signals);
    if (exec->process.type == UV_PROCESS)
        uv_close((uv_handle_t *)&exec->process, NULL);
}

static void on_stopped(struct server *server, void *data)
{
    (void)server;
    unwatch(data);
}

/* Whether the command can be told how to come in. */
static int check_reachable(const struct server *server, struct errmsg *errmsg)
{
    if (!announce_endpoint(server))
        errmsg_set(errmsg, "exec needs a ws:// or wss:// address in listen");
    else if (!announce_key(server) && server_config(server)->api_key_required)
        errmsg_set(errmsg, "exec needs api_key or no keys_file: the keys in "
                           "the file may be known as digests only");
    else
        return 0;
    return -EINVAL;
}

static int serve(struct exec *exec, struct config *config,
                 char *const command[], char *const environment[],
                 struct errmsg *errmsg)
{
    int rc = signals_watch(&exec->signals, &exec->loop, on_signal, exec);
    if (rc) {
        config_free(config);
        errmsg_set(errmsg, "signals: %s", uv_strerror(rc));
    } else {
        rc = server_open(&exec->loop, config, on_stopped, exec, &exec->server,
                         errmsg);
    }
    if (rc) {
        unwatch(exec);
        uv_run(&exec->loop, UV_RUN_DEFAULT);
        return rc;
    }
    rc = check_reachable(exec->server, errmsg);
    if (!rc)
        rc = announce_write_rc(exec->server, errmsg);
    if (!rc)
        rc = start_command(exec, command, environment, errmsg);
    if (rc)
        server_stop(exec->server);
    uv_run(&exec->loop, UV_RUN_DEFAULT);
    server_free(exec->server);
    return rc;
}

int exec_command(struct config *config, char *const command[],
                 char *const environment[], int *status_out,
                 struct errmsg *errmsg)
{
    struct exec exec = {.is_running = false};
    exec.process.data = &exec;
    int rc = uv_loop_init(&exec.loop);
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
        rc = serve(&exec, config, command, environment, errmsg);
        log_close();
    }
    int busy = uv_loop_close(&exec.loop);
    assert(!busy);
    if (!rc)
        *status_out = exec.status;
    return rc;
}
