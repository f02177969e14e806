#include "proto/rc_syntax.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The string that a JSON text is; NULL: it is none, or there is no memory. */
static char *read_json_string(const char *text, size_t n)
{
    json_t *value = json_loadb(text, n, JSON_DECODE_ANY, NULL);
    char *string =
        json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    json_decref(value);
    return string;
}

/* Between double quotes stands JSON, between single ones JSON or itself. */
static char *unquoted(const char *value, size_t n)
{
    bool is_single = value[0] == '\'';
    const char *inner = is_single ? value + 1 : value;
    size_t n_inner = is_single ? n - 2 : n;
    char *plain = read_json_string(inner, n_inner);
    return plain ? plain : strndup(inner, n_inner);
}

/* A backslash keeps ; and # from starting a comment, and itself. */
static char *unescaped(const char *value)
{
    char *plain = malloc(strlen(value) + 1);
    if (!plain)
        return NULL;
    char *end = plain;
    for (const char *c = value; *c && *c != ';' && *c != '#'; c++) {
        if (*c == '\\' && c[1] && strchr("\\;#", c[1]))
            c++;
        *end++ = *c;
    }
    while (end > plain && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    return plain;
}

int rc_syntax_unquote(const char *value, char **plain_out,
                      struct errmsg *errmsg)
{
    size_t n = strlen(value);
    char *plain;
    if (value[0] != '"' && value[0] != '\'') {
        plain = unescaped(value);
    } else if (n > 1 && value[n - 1] == value[0]) {
        plain = unquoted(value, n);
    } else {
        /* Or the reader below took what is quoted for a comment. */
        errmsg_set(errmsg,
                   "a value that begins with %c must end with it, and "
                   "hold no ; after a blank",
                   value[0]);
        return -EINVAL;
    }
    if (!plain)
        return -ENOMEM;
    *plain_out = plain;
    return 0;
}

static size_t end_of_string(const char *json, size_t i, size_t n)
{
    for (i++; i < n && json[i] != '"'; i++)
        if (json[i] == '\\')
            i++;
    return i + 1;
}

static size_t end_of_comment(const char *json, size_t i, size_t n)
{
    bool is_block = json[i + 1] == '*';
    for (i += 2; i < n; i++) {
        if (is_block && json[i] == '*' && i + 1 < n && json[i + 1] == '/')
            return i + 2;
        if (!is_block && json[i] == '\n')
            return i;
    }
    return n;
}

void rc_syntax_blank_comments(char *json, size_t n)
{
    size_t i = 0;
    while (i < n) {
        bool is_comment = json[i] == '/' && i + 1 < n &&
                          (json[i + 1] == '/' || json[i + 1] == '*');
        if (json[i] == '"') {
            i = end_of_string(json, i, n);
        } else if (is_comment) {
            for (size_t end = end_of_comment(json, i, n); i < end; i++)
                if (json[i] != '\n')
                    json[i] = ' ';
        } else {
            i++;
        }
    }
}
