/*
 * A line of the prompt taken apart into words, as a shell does, but for JSON,
 * which needs no quotes.
 */
#pragma once

#include "proto/errmsg.h"

struct words {
    char **all; /* NULL-terminated; owned */
    int n;
};

/*
 * Blanks separate words. 'in quotes' they do not, and the quotes are dropped.
 * What is within "quotes", {braces} and [brackets], as JSON has them, stays
 * together, quotes and all: "a b" is the JSON string, {"a": 1} the object. A #
 * at the start of a word begins a comment.
 * Returns 0, or with @words_out unchanged:
 *   -EINVAL  something is not closed; @errmsg says what
 *   -ENOMEM
 */
int words_split(const char *line, struct words *words_out,
                struct errmsg *errmsg);
void words_deinit(struct words *words);
