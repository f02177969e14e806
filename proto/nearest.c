#include "proto/nearest.h"

#include <string.h>

enum { WORD_MAX = 40 }; /* longer words are near nothing */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions and replacements (Levenshtein), row by row. */
static unsigned measure(const char *a, size_t n_a, const char *b, size_t n_b)
{
    unsigned row[WORD_MAX + 1];
    for (size_t k = 0; k <= n_b; k++)
        row[k] = (unsigned)k;
    for (size_t i = 1; i <= n_a; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= n_b; k++) {
            unsigned replaced = diagonal + (a[i - 1] != b[k - 1]);
            diagonal = row[k];
            row[k] = least(replaced, least(row[k], row[k - 1]) + 1);
        }
    }
    return row[n_b];
}

void nearest_init(struct nearest *nearest, const char *word)
{
    /* Up to a third of the word may be wrong. */
    *nearest = (struct nearest){.word = word,
                                .found = NULL,
                                .distance = (unsigned)strlen(word) / 3 + 1};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t n_word = strlen(nearest->word);
    size_t n_candidate = strlen(candidate);
    if (n_word > WORD_MAX || n_candidate > WORD_MAX)
        return;
    unsigned distance = measure(nearest->word, n_word, candidate, n_candidate);
    if (distance >= nearest->distance)
        return;
    nearest->found = candidate;
    nearest->distance = distance;
}
