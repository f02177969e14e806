#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/draft.h"
#include "proto/rc.h"

/* A line of the file, and so a value, is far shorter than this; see inih. */
enum { LINE_CHARS = 512 };

/* Whether our own reader finds @value behind @key on @line. */
static bool reads_back(const char *line, const char *key, const char *value)
{
    char text[LINE_CHARS + sizeof "[opts]\n"];
    struct rc rc = RC_EMPTY;
    int n = snprintf(text, sizeof text, "[opts]\n%s", line);
    if (rc_parse(text, (size_t)n, "", &rc, NULL))
        return false;
    const char *read = strcmp(key, "endpoint") == 0 ? rc.endpoint : rc.api_key;
    bool is_same = read && strcmp(read, value) == 0;
    rc_deinit(&rc);
    return is_same;
}

static bool print_line(const char *key, const char *value,
                       char line[LINE_CHARS])
{
    int n = snprintf(line, LINE_CHARS, "%s = %s\n", key, value);
    return n > 0 && n < LINE_CHARS;
}

/*
 * Prints "key = value", in JSON's quotes where the plain value would be read
 * as something else. No line when there is no value.
 */
static int make_line(const char *key, const char *value, char line[LINE_CHARS],
                     struct errmsg *errmsg)
{
    line[0] = '\0';
    if (!value)
        return 0;
    if (print_line(key, value, line) && reads_back(line, key, value))
        return 0;
    json_t *string = json_string(value);
    char *quoted = json_dumps(string, JSON_ENCODE_ANY);
    bool is_made =
        quoted && print_line(key, quoted, line) && reads_back(line, key, value);
    json_decref(string);
    free(quoted);
    if (is_made)
        return 0;
    errmsg_set(errmsg,
               "%s cannot be kept in an INI file: it is empty, too long, not "
               "UTF-8 or has a ; after a blank",
               key);
    return -EINVAL;
}

static int replace(const char *path, const char *endpoint_line,
                   const char *api_key_line)
{
    struct draft draft;
    int status = draft_open(&draft, path);
    if (status)
        return status;
    fprintf(draft.file, "[opts]\n%s%s", endpoint_line, api_key_line);
    return draft_keep(&draft);
}

int rc_write(const char *path, const char *endpoint, const char *api_key,
             struct errmsg *errmsg)
{
    char endpoint_line[LINE_CHARS];
    char api_key_line[LINE_CHARS];
    int status = make_line("endpoint", endpoint, endpoint_line, errmsg);
    if (!status)
        status = make_line("apiKey", api_key, api_key_line, errmsg);
    if (status)
        return status;
    status = replace(path, endpoint_line, api_key_line);
    if (status)
        errmsg_set(errmsg, "cannot write %s: %s", path, strerror(-status));
    return status;
}
