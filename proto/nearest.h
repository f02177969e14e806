/*
 * Did you mean ...? The candidate that a mistyped word resembles most.
 */
#pragma once

struct nearest {
    const char *word;
    const char *found; /* the best candidate so far; NULL: none is near */
    unsigned distance; /* edits from word to found */
};

/* @word is borrowed, as is each candidate. */
void nearest_init(struct nearest *nearest, const char *word);

void nearest_offer(struct nearest *nearest, const char *candidate);
