#include "client/cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "proto/connid.h"

/*
 * The life of the command: make a client, connect, let the verb work, close,
 * leave. A connection that ends before its time ends the command too: its id
 * is gone, and with it the sense of whatever was told that id.
 */

enum { N_SIGNALS = 2 };
static const int signals[N_SIGNALS] = {SIGINT, SIGTERM};
static uv_signal_t watchers[N_SIGNALS]; /* active if the verb minds signals */
static bool has_watchers;

int cli_misuse(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (format)
        output_complain_v(format, args);
    va_end(args);
    fprintf(stderr, "Try \"monologue%s%s --help\".\n", cli->verb ? " " : "",
            cli->verb ? cli->verb->name : "");
    return EX_USAGE;
}

int cli_exit_status(int status)
{
    switch (status) {
    case 0:
        return EX_OK;
    case -EKEYREJECTED:
    case -EACCES:
        return EX_NOPERM;
    case -ETIMEDOUT:
    case -EBUSY:
    case -ENOBUFS:
    case -EAGAIN:
        return EX_TEMPFAIL;
    case -ENOENT:
        return EX_NOHOST;
    case -ENOSYS:
        return EX_NOUSER;
    case -EPROTO:
    case -EREMOTEIO:
    case -ECONNABORTED:
        return EX_PROTOCOL;
    case -EMSGSIZE:
        return EX_DATAERR;
    case -EINVAL:
        return EX_USAGE;
    case -ENOMEM:
        return EX_OSERR;
    default:
        return EX_UNAVAILABLE;
    }
}

int cli_check_id(const struct cli *cli, const char *text)
{
    struct connid id;
    if (connid_parse(text, strlen(text), &id) == 0)
        return EX_OK;
    return cli_misuse(cli,
                      "\"%.40s\" is not a connection id: they look like "
                      "q1vQy0qDk2kCAAA=, as whoami and listen print them",
                      text);
}

int cli_check_name(const struct cli *cli, const char *text)
{
    if (*text)
        return EX_OK;
    return cli_misuse(cli, "\"\" is not a name: one has at least a character");
}

int cli_print_id(const struct cli *cli)
{
    const char *id = monologue_connection_id(cli->monologue);
    if (!cli->is_json)
        return output_line("%s", id);
    return output_take_json(json_pack("{s:s}", "connectionId", id));
}

const char *cli_reason(int status)
{
    switch (status) {
    case -ENOENT:
        return "no open connection has that id";
    case -ETIMEDOUT:
        return "no answer in time";
    default:
        return monologue_strerror(status);
    }
}

int cli_explain_call(const struct cli *cli, int status, const char *to,
                     const char *name, bool was_refused)
{
    if (status != -ETIMEDOUT)
        output_complain("%s", monologue_errmsg(cli->monologue));
    else
        output_complain("%s %s: no answer in time (%s)", to, name,
                        was_refused
                            ? "the server could not deliver the call: is the "
                              "callee still connected?"
                            : "does the callee listen to that name? see "
                              "--timeout");
    /* Here it is the callee that failed, not the server. */
    return status == -EREMOTEIO ? EX_SOFTWARE : cli_exit_status(status);
}

int cli_answer_ping(struct monologue_request *request, const json_t *args,
                    json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)data;
    *ret_out = json_null();
    return 0;
}

static void stop_watching(void)
{
    for (int i = 0; has_watchers && i < N_SIGNALS; i++)
        uv_close((uv_handle_t *)&watchers[i], NULL);
    has_watchers = false;
}

static void on_signal(uv_signal_t *watcher, int signal)
{
    struct cli *cli = watcher->data;
    (void)signal;
    stop_watching();
    cli->verb->interrupt(cli);
}

static void watch_signals(struct cli *cli)
{
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(&cli->loop, &watchers[i]);
        watchers[i].data = cli;
        uv_signal_start(&watchers[i], on_signal, signals[i]);
    }
    has_watchers = true;
}

static void on_closed(struct monologue *monologue, void *data)
{
    struct cli *cli = data;
    stop_watching();
    if (cli->verb->end)
        cli->verb->end(cli);
    monologue_free(monologue);
}

void cli_finish(struct cli *cli, int exit_status)
{
    if (monologue_close(cli->monologue, on_closed, cli) == 0)
        cli->exit_status = exit_status;
}

/* What the library cannot know: how its options are called here. */
static const char *hint(int status)
{
    switch (status) {
    case -EKEYREJECTED:
        return " (see --api-key and the path of --endpoint)";
    case -ECONNABORTED:
        return " (use --ca FILE to trust another authority)";
    case -ECONNREFUSED:
        return " (is a server running there? see --endpoint)";
    case -ETIMEDOUT:
        return " (see --timeout)";
    default:
        return "";
    }
}

static void fail(struct cli *cli, int status)
{
    output_complain("%s%s", monologue_errmsg(cli->monologue), hint(status));
    cli_finish(cli, cli_exit_status(status));
}

static void tell_retry(const char *why)
{
    output_complain("%s; trying again", why);
}

/* The CONNECTED event, which follows, starts the verb. */
static void on_connected(struct monologue *monologue, int status, void *data)
{
    struct cli *cli = data;
    if (status == -ECANCELED || status == 0)
        return; /* -ECANCELED: cli_finish() came first: a signal */
    if (monologue_state(monologue) == MONOLOGUE_STATE_WAITING)
        tell_retry(monologue_errmsg(monologue));
    else
        fail(cli, status);
}

static void start(struct cli *cli)
{
    if (cli->is_started)
        cli->verb->again(cli);
    else
        cli->verb->start(cli);
    cli->is_started = true;
}

/* An end that we wished is none, nor is one for a better beginning. */
static void take_end(struct cli *cli, const struct monologue_event *event)
{
    if (event->will_reconnect && event->status < 0)
        tell_retry(event->text);
    else if (!event->will_reconnect && !event->is_ours)
        fail(cli, event->status);
}

static void on_event(struct monologue *monologue,
                     const struct monologue_event *event, void *data)
{
    struct cli *cli = data;
    (void)monologue;
    switch (event->kind) {
    case MONOLOGUE_EVENT_CONNECTED:
        start(cli);
        return;
    case MONOLOGUE_EVENT_FAILED:
    case MONOLOGUE_EVENT_DISCONNECTED:
        take_end(cli, event);
        return;
    default:
        if (cli->verb->notice)
            cli->verb->notice(cli, event);
    }
}

static int make_client(struct cli *cli)
{
    cli->options.event_cb = on_event;
    cli->options.event_data = cli;
    int status = monologue_new(&cli->options, &cli->loop, &cli->monologue);
    if (status == 0)
        return EX_OK;
    output_complain("%s%s", monologue_errmsg(NULL),
                    strncmp(monologue_errmsg(NULL), "no endpoint", 11) == 0
                        ? ", or give --endpoint URL"
                        : "");
    return status == -ENOMEM ? EX_OSERR : EX_CONFIG;
}

static int connect_and_work(struct cli *cli)
{
    cli->exit_status = make_client(cli);
    if (cli->exit_status != EX_OK)
        return cli->exit_status;
    if (cli->verb->interrupt)
        watch_signals(cli);
    int status = monologue_connect(cli->monologue, on_connected, cli);
    if (status < 0)
        fail(cli, status);
    uv_run(&cli->loop, UV_RUN_DEFAULT);
    return cli->exit_status;
}

int cli_run(struct cli *cli)
{
    int status = uv_loop_init(&cli->loop);
    if (status < 0) {
        output_complain("no event loop: %s", monologue_strerror(status));
        return EX_OSERR;
    }
    int exit_status = cli->verb->prepare(cli);
    if (exit_status == EX_OK)
        exit_status =
            cli->verb->run ? cli->verb->run(cli) : connect_and_work(cli);
    uv_loop_close(&cli->loop);
    return exit_status;
}
