#include "client/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Set while a call is out: the server has refused a packet - ours. */
static bool was_refused;

static int prepare(struct cli *cli)
{
    if (cli->n_args < 2)
        return cli_misuse(cli, "call needs a connection id and a name");
    return EX_OK;
}

static void on_answered(struct monologue *monologue, int status, json_t *ret,
                        void *data)
{
    struct cli *cli = data;
    (void)monologue;
    switch (status) {
    case 0:
        cli_finish(cli, cli_print(ret));
        return;
    case -ETIMEDOUT:
        cli_complain(
            "%s %s: no answer in time (%s)", cli->args[0], cli->args[1],
            was_refused ? "the server could not deliver the call: is the "
                          "callee still connected?"
                        : "does the callee listen to that name? see "
                          "--timeout");
        cli_finish(cli, EX_TEMPFAIL);
        return;
    default: /* the connection has ended: its event says why */
        return;
    }
}

static json_t *make_args(const struct cli *cli)
{
    json_t *args = json_array();
    for (int i = 2; i < cli->n_args; i++) {
        const char *text = cli->args[i];
        if (json_array_append_new(args, cli_parse(text, strlen(text))) < 0) {
            json_decref(args);
            return NULL;
        }
    }
    return args;
}

static void start(struct cli *cli)
{
    const char *to = cli->args[0];
    const char *name = cli->args[1];
    json_t *args = make_args(cli);
    if (!args) {
        cli_complain("an argument is not UTF-8");
        cli_finish(cli, EX_DATAERR);
        return;
    }
    int status =
        monologue_call(cli->monologue, to, name, args, 0, on_answered, cli);
    json_decref(args);
    if (status == 0)
        return;
    cli_complain("%s", monologue_errmsg(cli->monologue));
    cli_finish(cli, cli_exit_status(status));
}

static void notice(struct cli *cli, enum monologue_event_kind event,
                   const char *text)
{
    (void)cli;
    (void)text;
    if (event == MONOLOGUE_EVENT_REFUSED)
        was_refused = true;
}

const struct verb call_verb = {
    .name = "call",
    .help = "Usage: monologue call ID NAME [ARGUMENT]... [OPTION]...\n"
            "\n"
            "Calls NAME of the program with that connection id and prints\n"
            "what it returns, as JSON. Arguments that are JSON are passed as\n"
            "such, others as strings: 1 is a number, '\"1\"' and one are\n"
            "strings.\n",
    .prepare = prepare,
    .start = start,
    .notice = notice,
};
