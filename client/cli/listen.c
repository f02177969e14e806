#include "client/cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/command.h"
#include "client/cli/operand.h"
#include "client/cli/report.h"
#include "proto/list.h"

/*
 * Calls wait in a line; up to n_parallel are being answered, each by a run of
 * the command. How many may wait is the library's bound (max_requests): callers
 * beyond it are told on standard error and by their own timeout.
 */
static unsigned n_parallel = 16;

static const struct switch_row switches[] = {
    {"parallel", 0, "N", "how many commands may run at once (16)", SWITCH_COUNT,
     &n_parallel, 1, 1000},
    {0},
};

struct job {
    struct list link; /* in waiting or running */
    struct monologue_request *request;
    struct command *command; /* while running */
    char *input;             /* while waiting; owned */
};

struct listening {
    struct cli *cli;
    struct list waiting;
    struct list running;
    unsigned n_running;
};

static struct listening listening;

static void discard(struct job *job)
{
    list_remove(&job->link);
    free(job->input);
    free(job);
}

static void decline(struct job *job, const char *why)
{
    output_complain("%s: not answered: %s",
                    monologue_request_from(job->request), why);
    monologue_decline(job->request);
    discard(job);
}

static void run_waiting(void);

static void on_ended(int status, const char *why, const char *text, size_t size,
                     void *data)
{
    struct job *job = data;
    json_t *ret = status == 0 ? operand_parse_output(text, size) : NULL;
    listening.n_running--;
    if (ret) {
        status = monologue_reply(job->request, ret);
        if (status < 0)
            output_complain("not answered: %s", monologue_strerror(status));
        discard(job);
    } else {
        decline(job, status < 0 ? why : "the output is not UTF-8");
    }
    run_waiting();
}

static void run_job(struct job *job)
{
    struct cli *cli = listening.cli;
    char *input = job->input;
    job->input = NULL;
    /* Read by the child alone; the loop is ours and forks at once. */
    setenv("MONOLOGUE_FROM", monologue_request_from(job->request), 1);
    int status =
        command_run(&cli->loop, cli->args + 1, input, MONOLOGUE_MAX_PACKET,
                    on_ended, job, &job->command);
    if (status < 0) {
        decline(job, monologue_strerror(status));
        return;
    }
    list_move(&listening.running, &job->link);
    listening.n_running++;
}

static void run_waiting(void)
{
    while (listening.n_running < n_parallel &&
           !list_is_empty(&listening.waiting))
        run_job(list_entry(listening.waiting.next, struct job, link));
}

static int run_command(struct monologue_request *request, const json_t *args,
                       json_t **ret_out, void *data)
{
    char *input = json_dumps(args, JSON_COMPACT);
    struct job *job = calloc(1, sizeof *job);
    (void)ret_out;
    (void)data;
    if (!input || !job) {
        free(input);
        free(job);
        return -ENOMEM;
    }
    job->request = request;
    job->input = input;
    list_init(&job->link);
    list_append(&listening.waiting, &job->link);
    run_waiting();
    return MONOLOGUE_LATER;
}

static int print_call(struct monologue_request *request, const json_t *args,
                      json_t **ret_out, void *data)
{
    struct cli *cli = data;
    int exit_status = report_request(request, args);
    if (exit_status != EX_OK)
        cli_finish(cli, exit_status);
    *ret_out = json_null();
    return 0;
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
    return EX_OK;
}

/* Whoever measures the way to us finds somebody who answers. */
static int add_handlers(struct cli *cli)
{
    const char *name = cli->args[0];
    int status = monologue_on(cli->monologue, name,
                              cli->n_args > 1 ? run_command : print_call, cli);
    if (status == 0 && strcmp(name, CLI_PING) != 0)
        status = monologue_on(cli->monologue, CLI_PING, cli_answer_ping, NULL);
    if (status == 0)
        return EX_OK;
    output_complain("cannot listen to \"%s\": %s", name,
                    monologue_strerror(status));
    return cli_exit_status(status);
}

static void start(struct cli *cli)
{
    listening.cli = cli;
    list_init(&listening.waiting);
    list_init(&listening.running);
    int exit_status = add_handlers(cli);
    if (exit_status == EX_OK)
        exit_status = cli_print_id(cli);
    if (exit_status != EX_OK)
        cli_finish(cli, exit_status);
    else if (output_is_for_people())
        report_hint("%s is open for calls: monologue call %s %s ...",
                    cli->args[0], monologue_connection_id(cli->monologue),
                    cli->args[0]);
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
    if (!listening.cli)
        return; /* never connected */
    list_for_each (node, next, &listening.waiting)
        decline(list_entry(node, struct job, link), "leaving");
    list_for_each (node, next, &listening.running)
        command_kill(list_entry(node, struct job, link)->command, SIGTERM);
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
        "the caller. If it fails the call is not answered. Without a\n"
        "command each call is printed, as a line of JSON where standard\n"
        "output is not a terminal, and answered with null. Calls of \"ping\"\n"
        "are answered as well: see monologue ping.\n",
    .switches = switches,
    .prepare = prepare,
    .start = start,
    .notice = notice,
    .interrupt = interrupt,
    .end = end,
};
