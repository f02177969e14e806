#include "client/cli/cli.h"

#include <sysexits.h>

static int prepare(struct cli *cli)
{
    if (cli->n_args > 0)
        return cli_misuse(cli, "whoami takes no arguments");
    return EX_OK;
}

static void start(struct cli *cli)
{
    cli_finish(cli, cli_print_id(cli));
}

const struct verb whoami_verb = {
    .name = "whoami",
    .help = "Usage: monologue whoami [OPTION]...\n"
            "\n"
            "Connects, prints the id the server gave the connection, and\n"
            "leaves. With --json: {\"connectionId\":ID}.\n",
    .prepare = prepare,
    .start = start,
};
