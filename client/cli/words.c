#include "client/cli/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind a JSON string whose first quote is at @p; NULL: it has no end. */
static const char *skip_string(const char *p)
{
    for (p++; *p != '"'; p++) {
        if (*p == '\\' && p[1])
            p++;
        if (*p == '\0')
            return NULL;
    }
    return p + 1;
}

/*
 * Copies one word to @out, which has room for all of the line. Depth counts
 * brackets of both kinds: whether they match is for the JSON parser to say.
 * Returns what is behind the word, or NULL with what is open in @errmsg.
 */
static const char *copy_word(const char *p, char *out, struct errmsg *errmsg)
{
    unsigned depth = 0;
    for (; *p && (depth > 0 || !is_blank(*p)); p++) {
        if (*p == '\'' && depth == 0) {
            size_t n = strcspn(p + 1, "'");
            if (p[1 + n] == '\0') {
                errmsg_set(errmsg, "a quote (') is not closed");
                return NULL;
            }
            memcpy(out, p + 1, n);
            out += n;
            p += n + 1;
        } else if (*p == '"') {
            const char *end = skip_string(p);
            if (!end) {
                errmsg_set(errmsg, "a quote (\") is not closed");
                return NULL;
            }
            memcpy(out, p, (size_t)(end - p));
            out += end - p;
            p = end - 1;
        } else {
            depth += *p == '{' || *p == '[';
            depth -= depth > 0 && (*p == '}' || *p == ']');
            *out++ = *p;
        }
    }
    *out = '\0';
    if (depth == 0)
        return p;
    errmsg_set(errmsg, "a bracket is not closed");
    return NULL;
}

static int add_word(struct words *words, const char *text)
{
    char **all =
        realloc(words->all, ((size_t)words->n + 2) * sizeof *words->all);
    if (!all)
        return -ENOMEM;
    words->all = all;
    all[words->n] = strdup(text);
    if (!all[words->n])
        return -ENOMEM;
    all[++words->n] = NULL;
    return 0;
}

int words_split(const char *line, struct words *words_out,
                struct errmsg *errmsg)
{
    struct words words = {calloc(1, sizeof(char *)), 0};
    char *word = malloc(strlen(line) + 1);
    int rc = words.all && word ? 0 : -ENOMEM;
    errmsg_set(errmsg, "out of memory");
    while (rc == 0) {
        while (is_blank(*line))
            line++;
        if (*line == '\0' || *line == '#')
            break;
        line = copy_word(line, word, errmsg);
        rc = line ? add_word(&words, word) : -EINVAL;
    }
    free(word);
    if (rc)
        words_deinit(&words);
    else
        *words_out = words;
    return rc;
}

void words_deinit(struct words *words)
{
    for (int i = 0; i < words->n; i++)
        free(words->all[i]);
    free(words->all);
    *words = (struct words){NULL, 0};
}
