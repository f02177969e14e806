#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "proto/nearest.h"

/*
 * monologue [OPTION]... VERB [ARGUMENT | OPTION]...: what all verbs know may
 * stand before the verb, too; what is the verb's own, behind it only.
 */

const struct verb *const cli_verbs[] = {&whoami_verb, &call_verb, &listen_verb,
                                        &repl_verb,   &ping_verb, &bench_verb,
                                        &top_verb,    NULL};

static struct cli cli;
static const char *colours;
static bool wants_help;
static bool wants_version;

static const struct switch_row common[] = {
    {"endpoint", 0, "URL", "where the server is, such as wss://host/latest",
     SWITCH_TEXT, &cli.options.endpoint, 0, 0},
    {"api-key", 0, "KEY", "the key it asks for", SWITCH_TEXT,
     &cli.options.api_key, 0, 0},
    {"timeout", 0, "SECONDS", "how long to wait for an answer (15)",
     SWITCH_SECONDS, &cli.options.timeout_ms, 0, 0},
    {"ca", 0, "FILE", "trust the authorities in this PEM file instead",
     SWITCH_TEXT, &cli.options.ca_file, 0, 0},
    {"cert", 0, "FILE", "our certificate (PEM), where servers ask for it",
     SWITCH_TEXT, &cli.options.cert_file, 0, 0},
    {"cert-key", 0, "FILE", "its private key, if not in the same file",
     SWITCH_TEXT, &cli.options.key_file, 0, 0},
    {"proxy", 0, "URL", "http://HOST:PORT to go through; \"\": none",
     SWITCH_TEXT, &cli.options.proxy, 0, 0},
    {"insecure", 0, NULL, "trust any certificate (for tests only)", SWITCH_FLAG,
     &cli.options.is_insecure, 0, 0},
    {"json", 0, NULL, "print JSON only, a line each, on terminals as well",
     SWITCH_FLAG, &cli.is_json, 0, 0},
    {"color", 0, "WHEN", "auto, always or never", SWITCH_TEXT, &colours, 0, 0},
    {"help", 'h', NULL, "print this, or with a verb what it does", SWITCH_FLAG,
     &wants_help, 0, 0},
    {"version", 'V', NULL, "print the version", SWITCH_FLAG, &wants_version, 0,
     0},
    {0},
};

static int print_help(void)
{
    printf("Usage: monologue [OPTION]... VERB [ARGUMENT]...\n\n"
           "Call programs on other machines through a monologued server, and\n"
           "let them call you.\n\n");
    for (const struct verb *const *verb = cli_verbs; *verb; verb++)
        printf("  %-8s%s\n", (*verb)->name, (*verb)->summary);
    printf("  %-8s%s\n\n", "help", "explain a verb: monologue help VERB");
    switches_explain(common, stdout);
    printf("\nEndpoint and key may also come from MONOLOGUE_ENDPOINT and\n"
           "MONOLOGUE_API_KEY, or from .monologuerc. See monologue(1).\n");
    return output_flush();
}

static int print_verb_help(const struct verb *verb)
{
    printf("Usage: monologue %s %s\n\n%s\n", verb->name, verb->usage,
           verb->help);
    if (verb->switches) {
        switches_explain(verb->switches, stdout);
        printf("\n");
    }
    printf("Options of all verbs:\n");
    switches_explain(common, stdout);
    return output_flush();
}

const struct verb *cli_find_verb(const char *name)
{
    const struct verb *const *verb = cli_verbs;
    while (*verb && strcmp((*verb)->name, name) != 0)
        verb++;
    return *verb;
}

const char *cli_suggest_verb(const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++)
        nearest_offer(&nearest, (*verb)->name);
    nearest_offer(&nearest, "help");
    return nearest.found;
}

static int refuse_verb(const char *name)
{
    const char *meant = cli_suggest_verb(name);
    if (meant)
        return cli_misuse(&cli, "there is no verb \"%s\": did you mean %s?",
                          name, meant);
    return cli_misuse(&cli, "there is no verb \"%s\"", name);
}

/* monologue help [VERB] is what --help is. */
static int help_verb(char **args)
{
    wants_help = true;
    if (!args[0] || strcmp(args[0], "help") == 0)
        return EX_OK;
    cli.verb = cli_find_verb(args[0]);
    return cli.verb ? EX_OK : refuse_verb(args[0]);
}

static int count(char **args)
{
    int n = 0;
    while (args[n])
        n++;
    return n;
}

/* Returns 0 or an exit status. */
static int read_verb(char **args)
{
    static const struct switch_row none[] = {{0}};
    struct errmsg errmsg;
    if (strcmp(args[0], "help") == 0)
        return help_verb(args + 1);
    cli.verb = cli_find_verb(args[0]);
    if (!cli.verb)
        return refuse_verb(args[0]);
    const struct switch_row *const tables[] = {
        common, cli.verb->switches ? cli.verb->switches : none, NULL};
    cli.args = args + 1;
    if (switches_read(tables, cli.args, false, &cli.n_words, &errmsg) < 0)
        return cli_misuse(&cli, "%s", errmsg.text);
    cli.n_args = count(cli.args);
    return EX_OK;
}

/* Returns 0 or an exit status. */
static int read_arguments(char **args)
{
    static const struct switch_row *const tables[] = {common, NULL};
    struct errmsg errmsg;
    if (switches_read(tables, args, true, NULL, &errmsg) < 0)
        return cli_misuse(&cli, "%s", errmsg.text);
    if (args[0]) {
        int exit_status = read_verb(args);
        if (exit_status != EX_OK)
            return exit_status;
    }
    if (output_open(cli.is_json, colours, &errmsg) < 0)
        return cli_misuse(&cli, "%s", errmsg.text);
    if (!cli.verb && !wants_help && !wants_version)
        return cli_misuse(&cli, "a verb is missing, such as whoami");
    return EX_OK;
}

/*
 * A descriptor that we were started without would be that of a socket later,
 * and written to. Standard output that is not there shall be an error as soon
 * as it is used: it is opened for reading.
 */
static void fill_standard_descriptors(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            exit(EX_OSERR);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    if (argc < 1)
        return EX_USAGE;
    int exit_status = read_arguments(argv + 1);
    if (exit_status != EX_OK)
        return exit_status;
    if (wants_help)
        return cli.verb ? print_verb_help(cli.verb) : print_help();
    if (wants_version)
        return output_line("monologue %s", monologue_version());
    return cli_run(&cli);
}
