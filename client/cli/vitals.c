#include "client/cli/vitals.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 128, LABELS_SIZE = 512 };

/* ---- the text format ---- */

/* NAME{LABEL="VALUE",...} NUMBER */
struct sample {
    char name[NAME_SIZE];
    char labels[LABELS_SIZE]; /* their values, blanks between them */
    int n_labels;
    double value;
};

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Reads a quoted value behind its quote; returns what is behind, or NULL. */
static const char *read_label(const char *p, struct sample *sample, size_t *n)
{
    for (; *p != '"'; p++) {
        bool is_escaped = *p == '\\';
        p += is_escaped;
        if (*p == '\0' || *n + 2 > sizeof sample->labels)
            return NULL;
        sample->labels[(*n)++] = is_escaped && *p == 'n' ? '\n' : *p;
    }
    sample->labels[*n] = '\0';
    return p + 1;
}

static const char *read_labels(const char *p, struct sample *sample)
{
    size_t n = 0;
    while (*p != '}') {
        p += strcspn(p, "\"");
        if (*p == '\0')
            return NULL;
        if (sample->n_labels++ > 0 && n + 1 < sizeof sample->labels)
            sample->labels[n++] = ' ';
        p = read_label(p + 1, sample, &n);
        if (!p)
            return NULL;
        p = skip_blanks(p);
        if (*p == ',')
            p = skip_blanks(p + 1);
    }
    return p + 1;
}

/* @line: NUL-terminated. Returns whether it is a sample. */
static bool read_sample(const char *line, struct sample *sample)
{
    size_t n = strcspn(line, "{ \t");
    const char *p = line + n;
    char *end = NULL;
    *sample = (struct sample){.n_labels = 0};
    if (*line == '#' || n == 0 || n >= sizeof sample->name)
        return false;
    memcpy(sample->name, line, n);
    if (*p == '{')
        p = read_labels(p + 1, sample);
    if (!p)
        return false;
    p = skip_blanks(p);
    sample->value = strtod(p, &end);
    return end != p && isfinite(sample->value);
}

static void keep(json_t *families, const struct sample *sample)
{
    if (sample->n_labels == 0) {
        json_object_set_new(families, sample->name, json_real(sample->value));
        return;
    }
    json_t *family = json_object_get(families, sample->name);
    if (!family) {
        family = json_object();
        json_object_set_new(families, sample->name, family);
    }
    json_object_set_new(family, sample->labels, json_real(sample->value));
}

json_t *vitals_parse(const char *text, size_t size)
{
    char *copy = strndup(text, size);
    json_t *families = json_object();
    char *rest = copy;
    char *line = NULL;
    struct sample sample;
    if (!copy || !families) {
        free(copy);
        json_decref(families);
        return NULL;
    }
    while ((line = strsep(&rest, "\n")))
        if (read_sample(line, &sample))
            keep(families, &sample);
    free(copy);
    return families;
}

/* ---- what it means ---- */

/* A family's number, or one of its numbers, or the sum of all: @label NULL. */
static double total(const json_t *families, const char *name, const char *label)
{
    json_t *family = json_object_get(families, name);
    const char *key;
    json_t *value;
    double sum = json_number_value(family);
    if (label)
        return json_number_value(json_object_get(family, label));
    json_object_foreach(family, key, value) sum += json_number_value(value);
    return sum;
}

/* A server that has started anew counts from zero. */
static double rate(double before, double now, double seconds)
{
    double grown = now < before ? now : now - before;
    return round(grown / seconds * 10) / 10;
}

static const struct flow {
    const char *name;
    const char *family;
    const char *label; /* NULL: all */
} flows[] = {
    {"connects", "monologued_connect_total", NULL},
    {"disconnects", "monologued_disconnect_total", NULL},
    {"messagesIn", "monologued_messages_total", "in"},
    {"messagesOut", "monologued_messages_total", "out"},
    {"bytesIn", "monologued_message_bytes_total", "in"},
    {"bytesOut", "monologued_message_bytes_total", "out"},
    {"refusals", "monologued_refusals_total", NULL},
    {"undelivered", "monologued_undelivered_total", NULL},
};

static json_t *pack_flows(const json_t *before, const json_t *now,
                          double seconds)
{
    json_t *rates = json_object();
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        const struct flow *f = &flows[i];
        json_object_set_new(
            rates, f->name,
            before ? json_real(rate(total(before, f->family, f->label),
                                    total(now, f->family, f->label), seconds))
                   : json_null());
    }
    return rates;
}

static json_t *pack_totals(const json_t *now, const char *name)
{
    json_t *totals = json_object();
    const char *label;
    json_t *value;
    json_object_foreach(json_object_get(now, name), label,
                        value) if (json_number_value(value) > 0)
        json_object_set_new(totals, label,
                            json_integer((json_int_t)json_number_value(value)));
    return totals;
}

static json_t *pack_key(const json_t *before, const json_t *now,
                        const char *key, double seconds)
{
    static const char connects[] = "monologued_key_connect_total";
    static const char messages[] = "monologued_key_messages_total";
    double n = total(now, messages, key);
    return json_pack(
        "{s:I, s:I, s:o}", "connects", (json_int_t)total(now, connects, key),
        "messages", (json_int_t)n, "messagesPerSecond",
        before ? json_real(rate(total(before, messages, key), n, seconds))
               : json_null());
}

static json_t *pack_keys(const json_t *before, const json_t *now,
                         double seconds)
{
    json_t *keys = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(now, "monologued_key_connect_total"),
                        key, value)
        json_object_set_new(keys, key, pack_key(before, now, key, seconds));
    return keys;
}

static const char *version(const json_t *now)
{
    json_t *build = json_object_get(now, "monologued_build_info");
    void *first = json_object_iter(build);
    return first ? json_object_iter_key(first) : "?";
}

json_t *vitals_compare(const json_t *before, const json_t *now, double seconds)
{
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "version",
        version(now), "uptimeSeconds",
        (json_int_t)total(now, "monologued_uptime_seconds", NULL),
        "connections",
        (json_int_t)total(now, "monologued_connections_open", NULL), "sockets",
        (json_int_t)total(now, "monologued_sockets", NULL), "perSecond",
        pack_flows(before, now, seconds), "refusals",
        pack_totals(now, "monologued_refusals_total"), "undelivered",
        pack_totals(now, "monologued_undelivered_total"), "disconnects",
        pack_totals(now, "monologued_disconnect_total"), "keys",
        pack_keys(before, now, seconds));
}
