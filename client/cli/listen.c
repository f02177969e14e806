#include "client/cli/cli.h"

#include <string.h>
#include <sysexits.h>

#include "client/cli/jobs.h"
#include "client/cli/report.h"

static unsigned n_parallel = 16;
static bool reconnects;

static const struct switch_row switches[] = {
    {"parallel", 0, "N", "how many commands may run at once (16)", SWITCH_COUNT,
     &n_parallel, 1, 1000},
    {"reconnect", 0, NULL, "when disconnected, connect again; print the new id",
     SWITCH_FLAG, &reconnects, 0, 0},
    {0},
};

static struct jobs jobs;

static int print_call(struct monologue_request *request, const char *args,
                      size_t size, void *data)
{
    static const char nothing[] = "null";
    struct cli *cli = data;
    int exit_status = report_request(request, args, size);
    (void)monologue_reply_raw(request, nothing, sizeof nothing - 1);
    if (exit_status != EX_OK)
        cli_finish(cli, exit_status);
    return MONOLOGUE_LATER;
}

static int prepare(struct cli *cli)
{
    if (cli->n_args < 1)
        return cli_misuse(cli, "listen needs a name");
    if (cli->n_words > 1)
        return cli_misuse(cli, "listen takes one name: put -- before a command "
                               "that answers");
    if (cli->n_args == 1 && cli->n_words == 0)
        return cli_misuse(cli, "listen needs a name before the --");
    cli->options.reconnect = reconnects;
    return cli_check_name(cli, cli->args[0]);
}

/* Whoever measures the way to us finds somebody who answers. */
static int add_handlers(struct cli *cli)
{
    const char *name = cli->args[0];
    int status = monologue_on_raw(cli->monologue, name,
                                  cli->n_args > 1 ? jobs_serve : print_call,
                                  cli->n_args > 1 ? (void *)&jobs : cli);
    if (status == 0 && strcmp(name, CLI_PING) != 0)
        status = monologue_on(cli->monologue, CLI_PING, cli_answer_ping, NULL);
    if (status == 0)
        return EX_OK;
    output_complain("cannot listen to \"%s\": %s", name,
                    monologue_strerror(status));
    return cli_exit_status(status);
}

static void print_id(struct cli *cli)
{
    int exit_status = cli_print_id(cli);
    if (exit_status != EX_OK)
        cli_finish(cli, exit_status);
    else if (output_is_for_people())
        report_hint("%s is open for calls: monologue call %s %s ...",
                    cli->args[0], monologue_connection_id(cli->monologue),
                    cli->args[0]);
}

static void start(struct cli *cli)
{
    jobs_init(&jobs, &cli->loop, cli->args + 1, n_parallel);
    int exit_status = add_handlers(cli);
    if (exit_status == EX_OK)
        print_id(cli);
    else
        cli_finish(cli, exit_status);
}

static void notice(struct cli *cli, const struct monologue_event *event)
{
    (void)cli;
    report_event(event);
}

static void interrupt(struct cli *cli)
{
    cli_finish(cli, EX_OK);
}

static void end(struct cli *cli)
{
    (void)cli;
    if (jobs.loop) /* it was connected */
        jobs_stop(&jobs);
}

const struct verb listen_verb = {
    .name = "listen",
    .summary = "answer calls, by a command",
    .usage = "NAME [OPTION]... [-- COMMAND [ARG]...]",
    .help =
        "Prints our connection id, then answers calls of NAME until it is\n"
        "interrupted. The command is run for each call: it reads the\n"
        "arguments as a JSON array and what it writes is the answer, as\n"
        "JSON if it is that, else as a string. MONOLOGUE_FROM is the id of\n"
        "the caller. If it fails, the call fails. Without a\n"
        "command each call is printed, as a line of JSON where standard\n"
        "output is not a terminal, and answered with null. Calls of \"ping\"\n"
        "are answered as well: see monologue ping.\n",
    .switches = switches,
    .prepare = prepare,
    .start = start,
    .again = print_id,
    .notice = notice,
    .interrupt = interrupt,
    .end = end,
};
