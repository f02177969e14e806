#include "client/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/*
 * The life of the command: make a client, connect, let the verb work, close,
 * leave. A connection that ends before its time ends the command too: its id
 * is gone, and with it the sense of whatever was told that id.
 */

/* Names and reasons come from others: nothing of them may steer a terminal. */
static void __attribute__((format(printf, 1, 0)))
print_error(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        return;
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "monologue: %s\n", text);
    free(text);
}

void cli_complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_error(format, args);
    va_end(args);
}

int cli_misuse(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (format)
        print_error(format, args);
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
        return EX_NOPERM;
    case -ETIMEDOUT:
        return EX_TEMPFAIL;
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

static int check_output(bool is_fine)
{
    if (is_fine && fflush(stdout) == 0)
        return EX_OK;
    cli_complain("standard output: %s", strerror(errno));
    return EX_IOERR;
}

int cli_print(const json_t *value)
{
    return check_output(
        json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT) == 0 &&
        putchar('\n') != EOF);
}

int cli_print_id(const struct cli *cli)
{
    const char *id = monologue_connection_id(cli->monologue);
    if (!cli->is_json)
        return check_output(puts(id) != EOF);
    json_t *value = json_pack("{s:s}", "connectionId", id);
    int exit_status = cli_print(value);
    json_decref(value);
    return exit_status;
}

json_t *cli_parse(const char *text, size_t size)
{
    json_t *value =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return value ? value : json_stringn(text, size);
}

static void on_closed(struct monologue *monologue, void *data)
{
    struct cli *cli = data;
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
    case -ETIMEDOUT:
        return " (see --timeout)";
    default:
        return "";
    }
}

static void fail(struct cli *cli, int status)
{
    cli_complain("%s%s", monologue_errmsg(cli->monologue), hint(status));
    cli_finish(cli, cli_exit_status(status));
}

static void on_connected(struct monologue *monologue, int status, void *data)
{
    struct cli *cli = data;
    (void)monologue;
    if (status == -ECANCELED)
        return; /* cli_finish() came first: a signal */
    if (status < 0)
        fail(cli, status);
    else
        cli->verb->start(cli);
}

static void on_event(struct monologue *monologue,
                     const struct monologue_event *event, void *data)
{
    struct cli *cli = data;
    (void)monologue;
    switch (event->kind) {
    case MONOLOGUE_EVENT_CONNECTED:
    case MONOLOGUE_EVENT_FAILED:
        return;
    case MONOLOGUE_EVENT_DISCONNECTED:
        if (!event->is_ours)
            fail(cli, event->status);
        return;
    default:
        if (cli->verb->notice)
            cli->verb->notice(cli, event->kind, event->text);
    }
}

int cli_run(struct cli *cli)
{
    cli->options.event_cb = on_event;
    cli->options.event_data = cli;
    if (uv_loop_init(&cli->loop) < 0) {
        cli_complain("no event loop: %s", strerror(errno));
        return EX_OSERR;
    }
    int status = monologue_new(&cli->options, &cli->loop, &cli->monologue);
    if (status < 0) {
        cli_complain("%s", monologue_errmsg(NULL));
        uv_loop_close(&cli->loop);
        return status == -ENOMEM ? EX_OSERR : EX_CONFIG;
    }
    cli->exit_status = cli->verb->prepare(cli);
    if (cli->exit_status == EX_OK) {
        status = monologue_connect(cli->monologue, on_connected, cli);
        if (status < 0)
            fail(cli, status);
    } else {
        monologue_free(cli->monologue);
    }
    uv_run(&cli->loop, UV_RUN_DEFAULT);
    uv_loop_close(&cli->loop);
    return cli->exit_status;
}
