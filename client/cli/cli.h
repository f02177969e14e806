/*
 * The monologue command: what its verbs share.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "client/monologue.h"

struct cli {
    uv_loop_t loop;
    struct monologue *monologue;
    struct monologue_options options;
    const struct verb *verb;
    char **args; /* behind the verb */
    int n_args;
    bool is_json;
    int exit_status; /* of sysexits.h */
    void *data;      /* the verb's */
};

struct verb {
    const char *name;
    const char *help; /* what --help prints */
    /* Checks the arguments, before connecting. Returns 0 or an exit status. */
    int (*prepare)(struct cli *cli);
    /* Connected. Ends with cli_finish(). */
    void (*start)(struct cli *cli);
    /* An event that is not of the connection's life: cli_finish() follows the
     * end of that by itself. */
    void (*notice)(struct cli *cli, enum monologue_event_kind event,
                   const char *text);
    /* The connection is closed, before the loop runs dry; may be NULL. */
    void (*end)(struct cli *cli);
};

extern const struct verb call_verb;
extern const struct verb listen_verb;
extern const struct verb whoami_verb;

/* Prints "monologue: ..." on stderr. */
void cli_complain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Complains, unless @format is NULL, and says where help is: EX_USAGE. */
int cli_misuse(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit status for what a function of the library returned. */
int cli_exit_status(int status);

/* Prints a value as one line of JSON. Returns 0, or EX_IOERR and complains. */
int cli_print(const json_t *value);

/* Prints our connection id, in the form that was asked for. As cli_print(). */
int cli_print_id(const struct cli *cli);

/* Connects and lets the verb do its work. Returns the exit status. */
int cli_run(struct cli *cli);

/* Closes the connection; the process ends with @exit_status. */
void cli_finish(struct cli *cli, int exit_status);

/* Reads JSON; what is not JSON is a string. A new reference; NULL: no memory
 * or not UTF-8. */
json_t *cli_parse(const char *text, size_t size);
