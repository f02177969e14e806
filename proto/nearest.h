/*
 * Did you mean ...? The candidate that a mistyped word resembles most.
 */
#pragma once

struct nearest {
    const char *word;
    const char *found; /* the best candidate so far; NULL: none is near */
    unsigned distance; /* edits from word to found */
};

/*
 * @word is borrowed, as is each candidate. A letter too many, one too few, a
 * wrong one, and two neighbours that changed places are an edit each; a third
 * of the word may be wrong, as "pign" is for "ping".
 */
void nearest_init(struct nearest *nearest, const char *word);

void nearest_offer(struct nearest *nearest, const char *candidate);
