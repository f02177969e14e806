#include "proto/nearest.h"

#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 40 }; /* longer words are near nothing */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool are_swapped(const char *a, const char *b)
{
    return a[-1] == b[0] && a[0] == b[-1];
}

/*
 * Insertions, deletions, replacements, and neighbours that changed places: what
 * fingers do. (Levenshtein's distance, optimal string alignment.)
 */
static unsigned measure(const char *a, size_t n_a, const char *b, size_t n_b)
{
    unsigned edits[WORD_MAX + 1][WORD_MAX + 1]; /* from a's first i to b's k */
    for (size_t i = 0; i <= n_a; i++)
        edits[i][0] = (unsigned)i;
    for (size_t k = 0; k <= n_b; k++)
        edits[0][k] = (unsigned)k;
    for (size_t i = 1; i <= n_a; i++)
        for (size_t k = 1; k <= n_b; k++) {
            unsigned replaced = edits[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            unsigned n = least(edits[i - 1][k], edits[i][k - 1]) + 1;
            n = least(n, replaced);
            if (i > 1 && k > 1 && are_swapped(a + i - 1, b + k - 1))
                n = least(n, edits[i - 2][k - 2] + 1);
            edits[i][k] = n;
        }
    return edits[n_a][n_b];
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
