#include "client/cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "client/cli/actions.h"
#include "client/cli/dialog.h"
#include "client/cli/prompt.h"

/*
 * Read a line, do what it says, and again. People get a prompt, and go on after
 * a failure; so does a script, but then the exit status is that of the first
 * one.
 */

static struct dialog dialog;
static uv_signal_t interrupt;
static uv_signal_t terminate;
static bool shows_packets;

static const struct switch_row switches[] = {
    {"packets", 0, NULL, "show packets as they pass", SWITCH_FLAG,
     &shows_packets, 0, 0},
    {0},
};

static const char *prompt_text(void)
{
    const struct monologue *m = dialog.cli->monologue;
    return m && monologue_connection_id(m) ? "monologue> " : "(offline)> ";
}

/* @first_failure: the exit status so far */
static int read_lines(int first_failure)
{
    const char *line = NULL;
    while (!dialog.is_over) {
        int rc = prompt_read(prompt_text(), &line);
        if (rc == -EINTR)
            continue;
        if (rc <= 0) {
            if (rc < 0)
                output_complain("standard input: %s", monologue_strerror(rc));
            break;
        }
        int exit_status = actions_do(line);
        if (exit_status == EX_IOERR)
            return exit_status; /* nobody sees what we print */
        if (first_failure == EX_OK)
            first_failure = exit_status;
    }
    return prompt_is_for_people() ? EX_OK : first_failure;
}

/* ---- the whole ---- */

/* $XDG_STATE_HOME/monologue/history, for its owner only. Static; or NULL. */
static const char *history_path(void)
{
    static char path[4096];
    char folder[3000];
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && *state == '/')
        snprintf(folder, sizeof folder, "%s", state);
    else if (home && *home == '/')
        snprintf(folder, sizeof folder, "%s/.local/state", home);
    else
        return NULL;
    (void)mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/monologue", folder);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/monologue/history", folder);
    return path;
}

/* A person drops the line, or what is waited for; a script ends. */
static void on_interrupt(uv_signal_t *watcher, int signal)
{
    uv_stop(watcher->loop);
    dialog.is_interrupted = true;
    if (signal == SIGTERM || !prompt_is_for_people())
        dialog.is_over = true;
    prompt_interrupt();
}

static void watch_signals(uv_loop_t *loop)
{
    uv_signal_init(loop, &interrupt);
    uv_signal_init(loop, &terminate);
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    uv_signal_start(&terminate, on_interrupt, SIGTERM);
}

static int prepare(struct cli *cli)
{
    if (cli->n_args > 0)
        return cli_misuse(cli, "repl takes no arguments: it reads them");
    return EX_OK;
}

/* Who has said where the server is wants to be connected; who has not may say
 * so yet. Returns an exit status. */
static int begin(void)
{
    if (prompt_is_for_people())
        (void)output_line("monologue %s: help lists the verbs, Tab completes, "
                          "Ctrl-D leaves",
                          monologue_version());
    int exit_status = dialog_connect(&dialog, NULL);
    if (exit_status == EX_OK && prompt_is_for_people())
        (void)output_line("%s", dialog_id(&dialog));
    return exit_status == EX_CONFIG ? EX_OK : exit_status;
}

static int run(struct cli *cli)
{
    watch_signals(&cli->loop);
    dialog_init(&dialog, cli);
    dialog.shows_packets = shows_packets;
    actions_open(&dialog);
    int exit_status = EX_OSERR;
    int rc = prompt_open(&cli->loop, history_path(), actions_complete);
    if (rc < 0) {
        output_complain("no prompt: %s", monologue_strerror(rc));
    } else {
        exit_status = read_lines(begin());
    }
    prompt_close();
    uv_close((uv_handle_t *)&interrupt, NULL);
    uv_close((uv_handle_t *)&terminate, NULL);
    dialog_deinit(&dialog);
    return exit_status;
}

const struct verb repl_verb = {
    .name = "repl",
    .summary = "a prompt: connect, call, listen, watch packets",
    .usage = "[OPTION]...",
    .help =
        "Reads verbs from standard input, a line each, and does what they\n"
        "say: help lists them. On a terminal with editing, history and\n"
        "completion; calls that come in are shown above the line that is\n"
        "being typed. JSON needs no quotes: call ID add {\"n\": 1} [2, 3]\n",
    .switches = switches,
    .prepare = prepare,
    .run = run,
};
