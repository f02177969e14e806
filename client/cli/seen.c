#include "client/cli/seen.h"

#include <stdlib.h>
#include <string.h>

/* Where @word is, or where the one is that makes room for it. */
static size_t find(const struct seen *seen, const char *word)
{
    size_t i = 0;
    while (i < seen->n && strcmp(seen->words[i], word) != 0)
        i++;
    return i < SEEN_MAX ? i : SEEN_MAX - 1;
}

void seen_add(struct seen *seen, const char *word)
{
    size_t i = find(seen, word);
    char *copy = strdup(word);
    if (!copy)
        return;
    if (i == seen->n)
        seen->n++;
    else
        free(seen->words[i]);
    memmove(seen->words + 1, seen->words, i * sizeof *seen->words);
    seen->words[0] = copy;
}

void seen_deinit(struct seen *seen)
{
    for (size_t i = 0; i < seen->n; i++)
        free(seen->words[i]);
    seen->n = 0;
}
