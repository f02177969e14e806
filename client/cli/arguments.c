#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/cli.h"
#include "proto/connid.h"

static const char usage[] =
    "Usage: monologue [OPTION]... VERB [ARGUMENT]...\n"
    "\n"
    "Call programs on other machines through a monologued server, and let\n"
    "them call you.\n"
    "\n"
    "  whoami                          print our connection id\n"
    "  call ID NAME [ARGUMENT]...      call a method, print what it returns\n"
    "  listen NAME [-- COMMAND]...     answer calls\n"
    "\n";

static const char options_help[] =
    "  --endpoint URL     where the server is, such as wss://host/latest\n"
    "  --api-key KEY      the key it asks for\n"
    "  --timeout SECONDS  how long to wait for an answer (15)\n"
    "  --ca FILE          trust the authorities in this PEM file instead\n"
    "  --insecure         trust any certificate (for tests only)\n"
    "  --json             print JSON only\n"
    "  --help             print this, or with a verb what it does\n"
    "  --version          print the version\n"
    "\n"
    "Endpoint and key may also come from MONOLOGUE_ENDPOINT and\n"
    "MONOLOGUE_API_KEY, or from .monologuerc. See monologue(1).\n";

static const struct verb *const verbs[] = {&whoami_verb, &call_verb,
                                           &listen_verb, NULL};

enum {
    OPTION_API_KEY = 256,
    OPTION_CA,
    OPTION_ENDPOINT,
    OPTION_HELP,
    OPTION_INSECURE,
    OPTION_JSON,
    OPTION_TIMEOUT,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"api-key", required_argument, NULL, OPTION_API_KEY},
    {"ca", required_argument, NULL, OPTION_CA},
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"help", no_argument, NULL, OPTION_HELP},
    {"insecure", no_argument, NULL, OPTION_INSECURE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

/*
 * A connection id, and a negative number, may start with a dash. getopt would
 * take them for options, so they go past it behind a mark.
 */
enum { MARK = '\1' };

static bool only_looks_like_option(const char *arg)
{
    struct connid id;
    char *end = NULL;
    strtod(arg, &end);
    return *arg == '-' && ((end != arg && *end == '\0') ||
                           connid_parse(arg, strlen(arg), &id) == 0);
}

/* The copies live as long as the process. */
static void mark(char **argv)
{
    for (; *argv; argv++) {
        char *marked = NULL;
        if (only_looks_like_option(*argv) &&
            asprintf(&marked, "%c%s", MARK, *argv) >= 0)
            *argv = marked;
    }
}

static char *unmark(char *arg)
{
    return *arg == MARK ? arg + 1 : arg;
}

static int read_timeout(struct cli *cli, const char *text)
{
    char *end = NULL;
    double timeout_s = strtod(text, &end);
    if (end == text || *end != '\0' || !(timeout_s > 0 && timeout_s <= 864000))
        return cli_misuse(cli, "--timeout %s: give a number of seconds", text);
    /* Rounded up: zero would mean the default. */
    cli->options.timeout_ms = (uint32_t)(timeout_s * 1000 + 0.999);
    return EX_OK;
}

static void print_help(const struct cli *cli)
{
    printf("%s%s%s", cli->verb ? cli->verb->help : usage,
           cli->verb ? "\nOptions:\n" : "", options_help);
}

static const struct verb *find_verb(const char *name)
{
    const struct verb *const *verb = verbs;
    while (*verb && strcmp((*verb)->name, name) != 0)
        verb++;
    return *verb;
}

/* What the command line asks for, besides a verb. */
enum wish { WISH_RUN, WISH_HELP, WISH_VERSION };

/* Reads one option. Returns 0 or an exit status. */
static int read_option(struct cli *cli, int option, enum wish *wish)
{
    switch (option) {
    case OPTION_API_KEY:
        cli->options.api_key = unmark(optarg);
        return EX_OK;
    case OPTION_CA:
        cli->options.ca_file = unmark(optarg);
        return EX_OK;
    case OPTION_ENDPOINT:
        cli->options.endpoint = unmark(optarg);
        return EX_OK;
    case OPTION_HELP:
        *wish = WISH_HELP;
        return EX_OK;
    case OPTION_INSECURE:
        cli->options.is_insecure = true;
        return EX_OK;
    case OPTION_JSON:
        cli->is_json = true;
        return EX_OK;
    case OPTION_TIMEOUT:
        return read_timeout(cli, unmark(optarg));
    case OPTION_VERSION:
        *wish = WISH_VERSION;
        return EX_OK;
    default: /* getopt has complained */
        return cli_misuse(cli, NULL);
    }
}

/* Returns 0 or an exit status. */
static int read_arguments(struct cli *cli, int argc, char **argv,
                          enum wish *wish)
{
    int option = 0;
    mark(argv);
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int exit_status = read_option(cli, option, wish);
        if (exit_status != EX_OK)
            return exit_status;
    }
    for (int i = optind; i < argc; i++)
        argv[i] = unmark(argv[i]);
    if (optind < argc) {
        cli->verb = find_verb(argv[optind]);
        if (!cli->verb)
            return cli_misuse(cli, "there is no verb \"%s\"", argv[optind]);
        cli->args = argv + optind + 1;
        cli->n_args = argc - optind - 1;
    } else if (*wish == WISH_RUN) {
        return cli_misuse(cli, "a verb is missing");
    }
    return EX_OK;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    enum wish wish = WISH_RUN;
    signal(SIGPIPE, SIG_IGN);
    int exit_status = read_arguments(&cli, argc, argv, &wish);
    if (exit_status != EX_OK)
        return exit_status;
    switch (wish) {
    case WISH_HELP:
        print_help(&cli);
        return EX_OK;
    case WISH_VERSION:
        printf("monologue %s\n", monologue_version());
        return EX_OK;
    case WISH_RUN:
        break;
    }
    return cli_run(&cli);
}
