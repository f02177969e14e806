#include "client/cli/cli.h"

static int prepare(struct cli *cli)
{
    if (cli->n_args > 0)
        return cli_misuse(cli, "whoami takes no arguments");
    return 0;
}

static void start(struct cli *cli)
{
    cli_finish(cli, cli_print_id(cli));
}

const struct verb whoami_verb = {
    .name = "whoami",
    .summary = "print our connection id",
    .usage = "[OPTION]...",
    .help = "Connects, prints the id that the server gave the connection, and\n"
            "leaves. With --json: {\"connectionId\":ID}.\n",
    .prepare = prepare,
    .start = start,
};
