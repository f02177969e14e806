/*
 * Options of the command line: a row each, read and explained by the table.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/errmsg.h"

enum switch_kind {
    SWITCH_FLAG,    /* bool: true when it is there */
    SWITCH_TEXT,    /* const char *: borrowed of the arguments */
    SWITCH_COUNT,   /* unsigned, from least to most */
    SWITCH_SECONDS, /* uint32_t of milliseconds, above 0, rounded up */
};

struct switch_row {
    const char *name;  /* without the dashes; NULL ends a table */
    char letter;       /* the short form; 0: there is none */
    const char *value; /* what stands for its value in the help; NULL: it takes
                          none, as flags do */
    const char *help;
    enum switch_kind kind;
    void *target;
    unsigned least;
    unsigned most;
};

/*
 * Reads options and sets their targets; of one that is repeated the last
 * counts. "--" ends them. What only looks like an option - a negative number, a
 * connection id that begins with a dash, a dash alone - is none.
 * @tables:       NULL-terminated
 * @args:         NULL-terminated; what is not an option moves to its front, in
 *                order, NULL-terminated again
 * @stops:        at the first argument that is not an option: from there on
 *                nothing is read
 * @n_before_out: how many of them stand before "--", or all; may be NULL
 * Returns 0, or -EINVAL with a text that says what would be right.
 */
int switches_read(const struct switch_row *const tables[], char **args,
                  bool stops, int *n_before_out, struct errmsg *errmsg);

/* Prints a line or more for each row. */
void switches_explain(const struct switch_row *table, FILE *out);
