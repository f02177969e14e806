/*
 * The monologue command: what its verbs share.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "client/cli/output.h"
#include "client/cli/switches.h"
#include "client/monologue.h"

struct cli {
    uv_loop_t loop;
    struct monologue *monologue;
    struct monologue_options options;
    bool is_json; /* --json */
    const struct verb *verb;
    char **args; /* behind the verb, those behind "--" included */
    int n_args;
    int n_words;     /* of them before "--" */
    int exit_status; /* of sysexits.h */
    bool is_started; /* the verb, by its first connection */
};

struct verb {
    const char *name;
    const char *summary;               /* a line, for the list of verbs */
    const char *usage;                 /* its arguments */
    const char *help;                  /* what it does, in lines of 76 */
    const struct switch_row *switches; /* its own; may be NULL */
    /* Checks the arguments, before connecting. Returns 0 or an exit status. */
    int (*prepare)(struct cli *cli);
    /* Connected. Ends with cli_finish(). */
    void (*start)(struct cli *cli);
    /* Connected again, with options.reconnect; NULL unless that may be. */
    void (*again)(struct cli *cli);
    /* An event that is not of the connection's life: cli_finish() follows the
     * end of that by itself. May be NULL. */
    void (*notice)(struct cli *cli, const struct monologue_event *event);
    /* SIGINT or SIGTERM; NULL: they end the process the hard way. After the
     * first one the second does so, too. */
    void (*interrupt)(struct cli *cli);
    /* The connection is closed, before the loop runs dry; may be NULL. */
    void (*end)(struct cli *cli);
    /* Does everything by itself, without a connection, in place of start() and
     * what follows. Returns the exit status. */
    int (*run)(struct cli *cli);
};

extern const struct verb bench_verb;
extern const struct verb call_verb;
extern const struct verb listen_verb;
extern const struct verb ping_verb;
extern const struct verb repl_verb;
extern const struct verb top_verb;
extern const struct verb whoami_verb;

/* All verbs, in the order of the help; the last one is NULL. */
extern const struct verb *const cli_verbs[];
const struct verb *cli_find_verb(const char *name);
/* The verb that @name resembles, or NULL. */
const char *cli_suggest_verb(const char *name);

/* What every client answers to, so that others can measure the way to it. */
#define CLI_PING "ping"
int cli_answer_ping(struct monologue_request *request, const json_t *args,
                    json_t **ret_out, void *data);

/* Complains, unless @format is NULL, and says where help is: EX_USAGE. */
int cli_misuse(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns 0, or complains that @text is not a connection id. */
int cli_check_id(const struct cli *cli, const char *text);

/* The same of what nothing can be called. */
int cli_check_name(const struct cli *cli, const char *text);

/* The exit status for what a function of the library returned. */
int cli_exit_status(int status);

/* Prints our connection id, in the form that was asked for. As output_line().
 */
int cli_print_id(const struct cli *cli);

/* Why a call failed, in a few words: static text. */
const char *cli_reason(int status);

/* Complains of a call that failed. Returns the exit status. */
int cli_explain_call(const struct cli *cli, int status, const char *to,
                     const char *name, bool was_refused);

/* Connects and lets the verb do its work. Returns the exit status. */
int cli_run(struct cli *cli);

/* Closes the connection; the process ends with @exit_status, or with that of
 * the first such call. */
void cli_finish(struct cli *cli, int exit_status);
