/*
 * monologued: arguments, exit codes, sub-commands.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/exec.h"
#include "daemon/keygen.h"
#include "daemon/log.h"
#include "daemon/run.h"
#include "daemon/snapshot.h"

static bool is_output_closed; /* from the beginning */

/* The one place where a cause becomes an exit status; see monologued(8). */
static int exit_status(int rc)
{
    switch (-rc) {
    case 0:
        return EX_OK;
    case EADDRINUSE:
    case EADDRNOTAVAIL:
        return EX_UNAVAILABLE;
    case EINVAL:
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case EROFS:
        return EX_CONFIG; /* it names what cannot be had */
    default:
        return EX_OSERR;
    }
}

static int complain(int status, const struct errmsg *errmsg)
{
    fprintf(stderr, "monologued: %s\n", errmsg->text);
    return status;
}

/*
 * What was asked for must not be lost in silence. A reader that has gone away
 * has seen what it wanted. A standard output that was closed is /dev/null by
 * now, which is no matter where the server's life is what was asked for.
 */
static int finish_output(void)
{
    int error = 0;
    if (is_output_closed)
        error = EBADF;
    else if (fflush(stdout))
        error = errno;
    else if (ferror(stdout))
        error = EIO;
    if (error == 0)
        return EX_OK;
    if (error != EPIPE)
        fprintf(stderr, "monologued: standard output: %s\n", strerror(error));
    return EX_OSERR;
}

static void print_usage(FILE *file)
{
    fprintf(file,
            "Usage: monologued [OPTIONS]\n"
            "       monologued exec [OPTIONS] -- COMMAND [ARGS...]\n"
            "       monologued keygen [NAME]\n"
            "\n"
            "Relays RPC packets between WebSocket clients, as API Gateway "
            "does.\n"
            "\n"
            "Options:\n");
    config_print_help(file);
}

/* Takes @config. */
static int check(struct config *config)
{
    struct errmsg errmsg = {""};
    log_set_level(config->log_level);
    log_set_format(config->log_format);
    int rc = snapshot_check(config, &errmsg);
    if (rc)
        return complain(exit_status(rc), &errmsg);
    printf("The settings are valid.\n");
    return finish_output();
}

/* What is left to do when the settings were not read in order to run. */
static int conclude(enum config_outcome outcome, struct config *config,
                    const struct errmsg *errmsg)
{
    switch (outcome) {
    case CONFIG_HELP:
        print_usage(stdout);
        break;
    case CONFIG_VERSION:
        printf("monologued %s\n", MONOLOGUED_VERSION);
        break;
    case CONFIG_CHECK:
        return check(config);
    case CONFIG_PRINT:
        config_print(config, stdout);
        config_free(config);
        break;
    case CONFIG_USAGE:
        return complain(EX_USAGE, errmsg);
    case CONFIG_INVALID:
        return complain(EX_CONFIG, errmsg);
    case CONFIG_RUN:
        break;
    }
    return finish_output();
}

static int run(int argc, char *argv[])
{
    const struct run_source source = {argc, argv, environ};
    struct config *config = NULL;
    struct errmsg errmsg = {""};
    enum config_outcome outcome =
        config_load(argc, argv, environ, &config, &errmsg);
    if (outcome != CONFIG_RUN)
        return conclude(outcome, config, &errmsg);
    int rc = run_daemon(config, &source, &errmsg);
    return rc ? complain(exit_status(rc), &errmsg) : EX_OK;
}

/* @argv: "exec" and what follows it */
static int exec(int argc, char *argv[])
{
    struct config *config = NULL;
    struct errmsg errmsg = {""};
    int status = EX_OK;
    int n_options = 1;
    while (n_options < argc && strcmp(argv[n_options], "--") != 0)
        n_options++;
    enum config_outcome outcome = config_load_over(
        exec_defaults, n_options, argv, environ, &config, &errmsg);
    if (outcome != CONFIG_RUN)
        return conclude(outcome, config, &errmsg);
    if (n_options + 1 >= argc) {
        config_free(config);
        errmsg_set(&errmsg, "exec: no command: use monologued exec [OPTIONS] "
                            "-- COMMAND [ARGS...]");
        return complain(EX_USAGE, &errmsg);
    }
    int rc =
        exec_command(config, argv + n_options + 1, environ, &status, &errmsg);
    return rc ? complain(exit_status(rc), &errmsg) : status;
}

/* @argv: "keygen" and what follows it */
static int keygen(int argc, char *argv[])
{
    struct errmsg errmsg = {""};
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        errmsg_set(&errmsg, "keygen: use monologued keygen [NAME]");
        return complain(EX_USAGE, &errmsg);
    }
    int rc = keygen_print(argc == 2 ? argv[1] : "client", stdout, &errmsg);
    if (rc == 0)
        return finish_output();
    return complain(rc == -EINVAL ? EX_USAGE : EX_OSERR, &errmsg);
}

int main(int argc, char *argv[])
{
    is_output_closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
    int rc = run_prepare();
    if (rc)
        return exit_status(rc);
    if (argc > 1 && strcmp(argv[1], "exec") == 0)
        return exec(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "keygen") == 0)
        return keygen(argc - 1, argv + 1);
    return run(argc, argv);
}
