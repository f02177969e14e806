#include "client/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/operand.h"

static bool is_raw;
static char *args;       /* a JSON array; owned, from prepare() on */
static bool was_refused; /* the server has refused a packet - ours */

static const struct switch_row switches[] = {
    {"raw", 'r', NULL, "print a string as it is, without quotes", SWITCH_FLAG,
     &is_raw, 0, 0},
    {0},
};

static int prepare(struct cli *cli)
{
    struct errmsg errmsg;
    if (cli->n_args < 2)
        return cli_misuse(cli, "call needs a connection id and a name");
    int exit_status = cli_check_id(cli, cli->args[0]);
    if (exit_status == EX_OK)
        exit_status = cli_check_name(cli, cli->args[1]);
    if (exit_status != EX_OK)
        return exit_status;
    int rc = operand_read_all(cli->args + 2, &args, &errmsg);
    if (rc == -EINVAL)
        return cli_misuse(cli, "%s", errmsg.text);
    if (rc == 0)
        return EX_OK;
    output_complain("%s", errmsg.text);
    if (rc == -ENOMEM)
        return EX_OSERR;
    return rc == -EILSEQ || rc == -EMSGSIZE ? EX_DATAERR : EX_NOINPUT;
}

/* A string without its quotes; of anything else the JSON. */
static int print_raw(const char *text, size_t size)
{
    json_t *string =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!json_is_string(string)) {
        json_decref(string);
        return output_json_text(text, size);
    }
    fwrite(json_string_value(string), 1, json_string_length(string), stdout);
    json_decref(string);
    return output_line("%s", "");
}

static void on_answered(struct monologue *monologue, int status,
                        const char *ret, size_t size, void *data)
{
    struct cli *cli = data;
    (void)monologue;
    if (status == 0)
        cli_finish(cli,
                   is_raw ? print_raw(ret, size) : output_json_text(ret, size));
    else if (status != -ECONNRESET) /* its event says why */
        cli_finish(cli, cli_explain_call(cli, status, cli->args[0],
                                         cli->args[1], was_refused));
}

static void start(struct cli *cli)
{
    int status =
        monologue_call_raw(cli->monologue, cli->args[0], cli->args[1], args,
                           strlen(args), 0, on_answered, cli, NULL);
    if (status < 0)
        cli_finish(cli, cli_explain_call(cli, status, cli->args[0],
                                         cli->args[1], false));
}

static void notice(struct cli *cli, const struct monologue_event *event)
{
    (void)cli;
    if (event->kind == MONOLOGUE_EVENT_REFUSED)
        was_refused = true;
}

static void end(struct cli *cli)
{
    (void)cli;
    free(args);
}

const struct verb call_verb = {
    .name = "call",
    .summary = "call a method of another program, print what it returns",
    .usage = "ID NAME [ARGUMENT]... [OPTION]...",
    .help =
        "Calls NAME of the program with that connection id and prints what\n"
        "it returns, as JSON. Arguments that are JSON are passed as such,\n"
        "others as strings: 1 is a number, '\"1\"' and one are strings.\n"
        "@FILE is what the file holds, - what standard input holds.\n",
    .switches = switches,
    .prepare = prepare,
    .start = start,
    .notice = notice,
    .end = end,
};
