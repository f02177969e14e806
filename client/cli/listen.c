#include "client/cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/command.h"
#include "proto/list.h"

/*
 * Calls wait in a line; up to MAX_COMMANDS are being answered, each by a run
 * of the command. How many may wait is the library's bound (max_requests):
 * callers beyond it are told on standard error and by their own timeout.
 */
enum { MAX_COMMANDS = 16 };

struct job {
    struct list link; /* in waiting or running */
    struct monologue_request *request;
    struct command *command; /* while running */
    char *input;             /* while waiting; owned */
};

struct listening {
    struct cli *cli;
    uv_signal_t interrupt;
    uv_signal_t terminate;
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
    cli_complain("%s: not answered: %s", monologue_request_from(job->request),
                 why);
    monologue_decline(job->request);
    discard(job);
}

/* A line of output ends with a line break that is not part of the value. */
static json_t *parse_output(const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n')
        size--;
    return cli_parse(text ? text : "", size);
}

static void run_waiting(void);

static void on_ended(int status, const char *why, const char *text, size_t size,
                     void *data)
{
    struct job *job = data;
    json_t *ret = status == 0 ? parse_output(text, size) : NULL;
    listening.n_running--;
    if (ret) {
        status = monologue_reply(job->request, ret);
        if (status < 0)
            cli_complain("not answered: %s", monologue_strerror(status));
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
    while (listening.n_running < MAX_COMMANDS &&
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
    json_t *line =
        json_pack("{s:s, s:s, s:O}", "from", monologue_request_from(request),
                  "name", monologue_request_name(request), "args", args);
    int exit_status = cli_print(line);
    json_decref(line);
    if (exit_status != EX_OK)
        cli_finish(cli, exit_status);
    *ret_out = json_null();
    return 0;
}

static void on_signal(uv_signal_t *handle, int signal)
{
    (void)handle;
    (void)signal;
    cli_finish(listening.cli, EX_OK);
}

static int prepare(struct cli *cli)
{
    if (cli->n_args < 1)
        return cli_misuse(cli, "listen needs a name");
    listening.cli = cli;
    list_init(&listening.waiting);
    list_init(&listening.running);
    int status = monologue_on(cli->monologue, cli->args[0],
                              cli->n_args > 1 ? run_command : print_call, cli);
    if (status < 0)
        return cli_misuse(cli, "cannot listen to \"%s\": %s", cli->args[0],
                          monologue_strerror(status));
    uv_signal_init(&cli->loop, &listening.interrupt);
    uv_signal_init(&cli->loop, &listening.terminate);
    uv_signal_start(&listening.interrupt, on_signal, SIGINT);
    uv_signal_start(&listening.terminate, on_signal, SIGTERM);
    return EX_OK;
}

static void start(struct cli *cli)
{
    int exit_status = cli_print_id(cli);
    if (exit_status != EX_OK)
        cli_finish(cli, exit_status);
}

static void notice(struct cli *cli, enum monologue_event_kind event,
                   const char *text)
{
    (void)cli;
    switch (event) {
    case MONOLOGUE_EVENT_OVERLOAD:
        cli_complain("a call of %s was dropped: too many are waiting", text);
        return;
    case MONOLOGUE_EVENT_UNKNOWN:
        cli_complain("a call of %s was dropped: no such method", text);
        return;
    case MONOLOGUE_EVENT_REFUSED:
        cli_complain("an answer was not delivered: %s", text);
        return;
    case MONOLOGUE_EVENT_STRAY:
        cli_complain("a message was dropped: %s", text);
        return;
    case MONOLOGUE_EVENT_CONNECTED: /* these never come here */
    case MONOLOGUE_EVENT_DISCONNECTED:
    case MONOLOGUE_EVENT_FAILED:
        return;
    }
}

/* A second signal then ends the process the hard way. */
static void end(struct cli *cli)
{
    (void)cli;
    uv_close((uv_handle_t *)&listening.interrupt, NULL);
    uv_close((uv_handle_t *)&listening.terminate, NULL);
    list_for_each (node, next, &listening.waiting)
        decline(list_entry(node, struct job, link), "leaving");
    list_for_each (node, next, &listening.running)
        command_kill(list_entry(node, struct job, link)->command, SIGTERM);
}

const struct verb listen_verb = {
    .name = "listen",
    .help = "Usage: monologue listen NAME [OPTION]... [-- COMMAND [ARG]...]\n"
            "\n"
            "Prints our connection id, then answers calls of NAME until it is\n"
            "interrupted. The command is run for each call: it reads the\n"
            "arguments as a JSON array and what it writes is the answer, as\n"
            "JSON if it is that, else as a string. MONOLOGUE_FROM is the id\n"
            "of the caller. If it fails the call is not answered. Without a\n"
            "command each call is printed as a line of JSON and answered with\n"
            "null.\n",
    .prepare = prepare,
    .start = start,
    .notice = notice,
    .end = end,
};
