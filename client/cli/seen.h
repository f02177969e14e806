/*
 * Words that have passed by - ids, names - to be offered for completion.
 */
#pragma once

#include <stddef.h>

enum { SEEN_MAX = 200 };

/* The newest first, each once; beyond SEEN_MAX the oldest are forgotten. */
struct seen {
    char *words[SEEN_MAX]; /* owned */
    size_t n;
};

/* Out of memory it forgets. */
void seen_add(struct seen *seen, const char *word);
void seen_deinit(struct seen *seen);
