#include "proto/rc.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/inifile.h"
#include "proto/rc_syntax.h"

/* More than anybody writes by hand; what is larger is another kind of file. */
enum { FILE_MAX = 1 << 20 };

void rc_deinit(struct rc *rc)
{
    free(rc->endpoint);
    free(rc->api_key);
    *rc = RC_EMPTY;
}

static int out_of_memory(struct errmsg *errmsg)
{
    errmsg_set(errmsg, "out of memory");
    return -ENOMEM;
}

int rc_copy(const struct rc *from, struct rc *to_out, struct errmsg *errmsg)
{
    struct rc to = *from;
    to.endpoint = from->endpoint ? strdup(from->endpoint) : NULL;
    to.api_key = from->api_key ? strdup(from->api_key) : NULL;
    if (!to.endpoint != !from->endpoint || !to.api_key != !from->api_key) {
        rc_deinit(&to);
        return out_of_memory(errmsg);
    }
    *to_out = to;
    return 0;
}

/* Values come as texts (INI, environment) or as JSON; NULL: taken back. */

static int set_string(char **string, const char *value, struct errmsg *errmsg)
{
    char *own = NULL;
    if (value && *value && !(own = strdup(value)))
        return out_of_memory(errmsg);
    free(*string);
    *string = own;
    return 0;
}

static int set_timeout(struct rc *rc, const json_t *value,
                       struct errmsg *errmsg)
{
    double timeout_s = value ? json_number_value(value) : 0;
    if ((value && !json_is_number(value)) || timeout_s < 0) {
        errmsg_set(errmsg, "timeout must be a number of seconds, as 15 or 0.5");
        return -EINVAL;
    }
    rc->timeout_s = timeout_s;
    return 0;
}

static int set_listeners(struct rc *rc, const json_t *value,
                         struct errmsg *errmsg)
{
    json_int_t listeners = value ? json_integer_value(value) : 0;
    if ((value && !json_is_integer(value)) || listeners < 0 ||
        listeners > INT_MAX) {
        errmsg_set(errmsg, "listeners must be a whole number, as 10");
        return -EINVAL;
    }
    rc->listeners = (int)listeners;
    return 0;
}

static int set_json(struct rc *rc, const char *key, const json_t *value,
                    struct errmsg *errmsg)
{
    bool is_endpoint = strcmp(key, "endpoint") == 0;
    bool is_null = json_is_null(value);
    if (is_endpoint || strcmp(key, "apiKey") == 0) {
        if (!is_null && !json_is_string(value)) {
            errmsg_set(errmsg, "%s must be a string", key);
            return -EINVAL;
        }
        return set_string(is_endpoint ? &rc->endpoint : &rc->api_key,
                          json_string_value(value), errmsg);
    }
    if (strcmp(key, "timeout") == 0)
        return set_timeout(rc, is_null ? NULL : value, errmsg);
    if (strcmp(key, "listeners") == 0)
        return set_listeners(rc, is_null ? NULL : value, errmsg);
    return 0;
}

/* A number is read as JSON's: strtod() would heed the program's locale. */
int rc_set(struct rc *rc, const char *key, const char *value,
           struct errmsg *errmsg)
{
    if (strcmp(key, "endpoint") == 0)
        return set_string(&rc->endpoint, value, errmsg);
    if (strcmp(key, "apiKey") == 0)
        return set_string(&rc->api_key, value, errmsg);
    json_t *number =
        *value ? json_loads(value, JSON_DECODE_ANY, NULL) : json_null();
    if (!number)
        number = json_true(); /* of the wrong kind for all that follow */
    int status = set_json(rc, key, number, errmsg);
    json_decref(number);
    return status;
}

static int take_entry(const struct inifile_entry *entry, void *data,
                      struct errmsg *errmsg)
{
    char *plain;
    if (strcmp(entry->section, "opts") != 0)
        return 0;
    int status = rc_syntax_unquote(entry->value, &plain, errmsg);
    if (status == -ENOMEM)
        return out_of_memory(errmsg);
    if (status)
        return status;
    status = rc_set(data, entry->name, plain, errmsg);
    free(plain);
    return status;
}

static int parse_ini(const char *text, size_t n, const char *name,
                     struct rc *rc, struct errmsg *errmsg)
{
    if (n == 0)
        return 0; /* which fmemopen() may refuse */
    FILE *file = fmemopen((char *)text, n, "r");
    if (!file)
        return out_of_memory(errmsg);
    int status = inifile_read_stream(file, name, take_entry, rc, errmsg);
    fclose(file);
    return status;
}

static int take_members(const json_t *root, const char *name, struct rc *rc,
                        struct errmsg *errmsg)
{
    json_t *opts = json_object_get(root, "opts");
    const char *key;
    json_t *value;
    if (opts && !json_is_object(opts)) {
        errmsg_set(errmsg, "%s: opts must be an object", name);
        return -EINVAL;
    }
    json_object_foreach(opts, key, value)
    {
        int status = set_json(rc, key, value, errmsg);
        if (status) {
            errmsg_prefix(errmsg, "%s", name);
            return status;
        }
    }
    return 0;
}

static int parse_json(const char *text, size_t n, const char *name,
                      struct rc *rc, struct errmsg *errmsg)
{
    json_error_t error;
    char *bare = malloc(n);
    if (!bare)
        return out_of_memory(errmsg);
    memcpy(bare, text, n);
    rc_syntax_blank_comments(bare, n);
    json_t *root = json_loadb(bare, n, 0, &error);
    free(bare);
    if (!root) {
        errmsg_set(errmsg, "%s:%d: %s", name, error.line, error.text);
        return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM
                                                                   : -EINVAL;
    }
    int status = take_members(root, name, rc, errmsg);
    json_decref(root);
    return status;
}

int rc_parse(const char *text, size_t n, const char *name, struct rc *rc,
             struct errmsg *errmsg)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct rc read;
    if (n >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        n -= 3;
    }
    size_t blank = 0;
    while (blank < n && text[blank] && strchr(" \t\r\n\v\f", text[blank]))
        blank++;
    int status = rc_copy(rc, &read, errmsg);
    if (status)
        return status;
    bool is_json = blank < n && text[blank] == '{';
    status = is_json ? parse_json(text, n, name, &read, errmsg)
                     : parse_ini(text, n, name, &read, errmsg);
    if (status) {
        rc_deinit(&read);
        return status;
    }
    rc_deinit(rc);
    *rc = read;
    return 0;
}

/* Reads all of @file, of which at most FILE_MAX bytes are wanted. */
static int read_all(FILE *file, char **text_out, size_t *n_out)
{
    char *text = malloc(FILE_MAX);
    if (!text)
        return -ENOMEM;
    errno = 0;
    size_t n = fread(text, 1, FILE_MAX, file);
    int status = ferror(file) ? -errno : n == FILE_MAX ? -EINVAL : 0;
    if (status) {
        free(text);
        return status;
    }
    *text_out = text;
    *n_out = n;
    return 0;
}

int rc_read(const char *path, struct rc *rc, struct errmsg *errmsg)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = fopen(path, "re");
    int status = file ? read_all(file, &text, &n) : -errno;
    if (file)
        fclose(file);
    if (status == -EINVAL)
        errmsg_set(errmsg, "%s: larger than such a file may be", path);
    else if (status)
        errmsg_set(errmsg, "%s: %s", path, strerror(-status));
    if (status)
        return status;
    status = rc_parse(text, n, path, rc, errmsg);
    free(text);
    return status;
}
