#include "client/cli/switches.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/connid.h"
#include "proto/nearest.h"

enum { SECONDS_MAX = 864000, HELP_COLUMN = 26 };

typedef const struct switch_row *const *tables_t;

#define each_row(row, table, tables)                 \
    for (tables_t table = (tables); *table; table++) \
        for (const struct switch_row *row = *table; row->name; row++)

static bool is_operand(const char *arg)
{
    struct connid id;
    char *end = NULL;
    strtod(arg, &end);
    return *arg != '-' || arg[1] == '\0' || (end != arg && *end == '\0') ||
           connid_parse(arg, strlen(arg), &id) == 0;
}

static int set_count(const struct switch_row *row, const char *value,
                     struct errmsg *errmsg)
{
    char *end = NULL;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 ||
        n < row->least || n > row->most) {
        errmsg_set(errmsg, "--%s %s: give a number from %u to %u", row->name,
                   value, row->least, row->most);
        return -EINVAL;
    }
    *(unsigned *)row->target = (unsigned)n;
    return 0;
}

static int set_seconds(const struct switch_row *row, const char *value,
                       struct errmsg *errmsg)
{
    char *end = NULL;
    double seconds = strtod(value, &end);
    if (end == value || *end != '\0' ||
        !(seconds > 0 && seconds <= SECONDS_MAX)) {
        errmsg_set(errmsg,
                   "--%s %s: give a number of seconds, such as 1.5, up to %d",
                   row->name, value, SECONDS_MAX);
        return -EINVAL;
    }
    /* Rounded up: zero would mean the default. */
    *(uint32_t *)row->target = (uint32_t)(seconds * 1000 + 0.999);
    return 0;
}

static int set(const struct switch_row *row, const char *value,
               struct errmsg *errmsg)
{
    assert(value || row->kind == SWITCH_FLAG);
    switch (row->kind) {
    case SWITCH_FLAG:
        *(bool *)row->target = true;
        return 0;
    case SWITCH_TEXT:
        *(const char **)row->target = value;
        return 0;
    case SWITCH_COUNT:
        return set_count(row, value, errmsg);
    case SWITCH_SECONDS:
        return set_seconds(row, value, errmsg);
    }
    return 0;
}

static const struct switch_row *find_name(tables_t tables, const char *name,
                                          size_t n)
{
    each_row(row, table, tables) if (strncmp(row->name, name, n) == 0 &&
                                     row->name[n] == '\0') return row;
    return NULL;
}

static const struct switch_row *find_letter(tables_t tables, char letter)
{
    each_row(row, table, tables) if (row->letter == letter) return row;
    return NULL;
}

static int refuse_unknown(tables_t tables, const char *arg,
                          struct errmsg *errmsg)
{
    char name[41]; /* longer ones are near nothing */
    struct nearest nearest;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
    nearest_init(&nearest, name);
    each_row(row, table, tables)
    {
        nearest_offer(&nearest, row->name);
        if (*name && !nearest.found &&
            strncmp(row->name, name, strlen(name)) == 0)
            nearest.found = row->name; /* shortened */
    }
    if (nearest.found)
        errmsg_set(errmsg, "there is no option --%s: did you mean --%s?", name,
                   nearest.found);
    else
        errmsg_set(errmsg, "there is no option --%s", name);
    return -EINVAL;
}

/* The value of an option, as a part of its argument or as the next one. */
static int take_value(const struct switch_row *row, char *attached,
                      char ***next, char **value_out, struct errmsg *errmsg)
{
    *value_out = attached;
    if (!row->value && attached) {
        errmsg_set(errmsg, "--%s takes no value", row->name);
        return -EINVAL;
    }
    if (row->value && !attached) {
        if (!**next) {
            errmsg_set(errmsg, "--%s needs a value: %s", row->name, row->value);
            return -EINVAL;
        }
        *value_out = *(*next)++;
    }
    return 0;
}

/* @next: behind @arg; moves on when a value is taken from there. */
static int read_long(tables_t tables, char *arg, char ***next,
                     struct errmsg *errmsg)
{
    char *equals = strchr(arg, '=');
    char *value = NULL;
    size_t n = equals ? (size_t)(equals - arg) - 2 : strlen(arg + 2);
    const struct switch_row *row = find_name(tables, arg + 2, n);
    if (!row)
        return refuse_unknown(tables, arg, errmsg);
    int rc = take_value(row, equals ? equals + 1 : NULL, next, &value, errmsg);
    return rc ? rc : set(row, value, errmsg);
}

/* Letters may stand together: -qc5. */
static int read_letters(tables_t tables, char *arg, char ***next,
                        struct errmsg *errmsg)
{
    for (char *p = arg + 1; *p; p++) {
        const struct switch_row *row = find_letter(tables, *p);
        char *value = NULL;
        if (!row) {
            errmsg_set(errmsg, "there is no option -%c", *p);
            return -EINVAL;
        }
        char *attached = row->value && p[1] ? p + 1 : NULL;
        int rc = take_value(row, attached, next, &value, errmsg);
        if (rc == 0)
            rc = set(row, value, errmsg);
        if (rc || row->value)
            return rc;
    }
    return 0;
}

static int read_one(tables_t tables, char *arg, char ***next,
                    struct errmsg *errmsg)
{
    return arg[1] == '-' ? read_long(tables, arg, next, errmsg)
                         : read_letters(tables, arg, next, errmsg);
}

int switches_read(const struct switch_row *const tables[], char **args,
                  bool stops, int *n_before_out, struct errmsg *errmsg)
{
    char **next = args;
    char **kept = args;
    int n_before = -1;
    while (*next && n_before < 0) {
        char *arg = *next++;
        if (strcmp(arg, "--") == 0) {
            n_before = (int)(kept - args);
        } else if (!is_operand(arg)) {
            int rc = read_one(tables, arg, &next, errmsg);
            if (rc)
                return rc;
        } else {
            *kept++ = arg;
            if (stops)
                break;
        }
    }
    while (*next)
        *kept++ = *next++;
    *kept = NULL;
    if (n_before_out)
        *n_before_out = n_before < 0 ? (int)(kept - args) : n_before;
    return 0;
}

void switches_explain(const struct switch_row *table, FILE *out)
{
    for (const struct switch_row *row = table; row->name; row++) {
        char letter[5] = "    ";
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        int n = fprintf(out, "  %s--%s%s%s", letter, row->name,
                        row->value ? " " : "", row->value ? row->value : "");
        if (n >= HELP_COLUMN - 1)
            n = fprintf(out, "\n") - 1;
        fprintf(out, "%*s%s\n", HELP_COLUMN - n, "", row->help);
    }
}
