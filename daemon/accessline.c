#include "daemon/accessline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/nearest.h"
#include "proto/utf8.h"

enum { USER_AGENT_MAX = 256, NAME_CHARS = 60 };

static const char PREFIX[] = "$context.";

/* What API Gateway's console offers. */
static const struct preset {
    const char *name;
    const char *format;
} presets[] = {
    {"clf", "$context.identity.sourceIp - [$context.requestTime] "
            "\"$context.eventType $context.routeKey $context.connectionId\" "
            "$context.status $context.requestId"},
    {"json", "{\"requestId\":\"$context.requestId\","
             "\"ip\":\"$context.identity.sourceIp\","
             "\"apiKeyId\":\"$context.identity.apiKeyId\","
             "\"requestTime\":\"$context.requestTime\","
             "\"eventType\":\"$context.eventType\","
             "\"routeKey\":\"$context.routeKey\","
             "\"status\":\"$context.status\","
             "\"connectionId\":\"$context.connectionId\","
             "\"error\":\"$context.error.message\"}"},
};

enum variable {
    LITERAL, /* no variable, but text of the format */
    NOTHING, /* known, and always "-" */
    CONNECTED_AT,
    CONNECTION_ID,
    DISCONNECT_CODE,
    DISCONNECT_REASON,
    ERROR,
    ERROR_QUOTED,
    EVENT_TYPE,
    EXTENDED_REQUEST_ID,
    INTEGRATION_ERROR,
    INTEGRATION_STATUS,
    KEY_NAME,
    MESSAGE_ID,
    REQUEST_ID,
    REQUEST_TIME,
    REQUEST_TIME_EPOCH,
    ROUTE_KEY,
    SOURCE_IP,
    STAGE,
    STATUS,
    USER_AGENT,
};

static const struct name {
    const char *name;
    enum variable variable;
} names[] = {
    {"apiId", NOTHING},
    {"connectedAt", CONNECTED_AT},
    {"connectionId", CONNECTION_ID},
    {"disconnectReason", DISCONNECT_REASON},
    {"disconnectStatusCode", DISCONNECT_CODE},
    {"domainName", NOTHING},
    {"error.message", ERROR},
    {"error.messageString", ERROR_QUOTED},
    {"error.responseType", NOTHING},
    {"error.validationErrorString", NOTHING},
    {"eventType", EVENT_TYPE},
    {"extendedRequestId", EXTENDED_REQUEST_ID},
    {"identity.accountId", NOTHING},
    {"identity.apiKey", NOTHING},
    {"identity.apiKeyId", KEY_NAME},
    {"identity.caller", NOTHING},
    {"identity.sourceIp", SOURCE_IP},
    {"identity.user", NOTHING},
    {"identity.userAgent", USER_AGENT},
    {"identity.userArn", NOTHING},
    {"integration.error", INTEGRATION_ERROR},
    {"integration.integrationStatus", INTEGRATION_STATUS},
    {"integration.latency", NOTHING},
    {"integration.requestId", NOTHING},
    {"integration.status", INTEGRATION_STATUS},
    {"integrationErrorMessage", INTEGRATION_ERROR},
    {"integrationLatency", NOTHING},
    {"messageId", MESSAGE_ID},
    {"requestId", REQUEST_ID},
    {"requestTime", REQUEST_TIME},
    {"requestTimeEpoch", REQUEST_TIME_EPOCH},
    {"routeKey", ROUTE_KEY},
    {"stage", STAGE},
    {"status", STATUS},
};

/* Whatever follows these is known, and "-". */
static const char *const foreign[] = {"authenticate.", "authorize.",
                                      "authorizer.", "waf."};

struct part {
    enum variable variable;
    const char *text; /* of a LITERAL; in accessline.format */
    size_t n;
};

struct accessline {
    char *format; /* owned */
    size_t n_parts;
    struct part parts[]; /* in order */
};

/* ---- reading a format ---- */

static bool find_variable(const char *name, enum variable *variable_out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0) {
            *variable_out = names[i].variable;
            return true;
        }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strncmp(name, foreign[i], strlen(foreign[i])) == 0 &&
            name[strlen(foreign[i])]) {
            *variable_out = NOTHING;
            return true;
        }
    return false;
}

static int refuse(const char *name, struct errmsg *errmsg)
{
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        nearest_offer(&nearest, names[i].name);
    if (nearest.found)
        errmsg_set(errmsg, "%s%s is not a variable: did you mean %s%s?", PREFIX,
                   name, PREFIX, nearest.found);
    else
        errmsg_set(errmsg, "%s%s is not a variable", PREFIX, name);
    return -EINVAL;
}

/* How long the name at @text is; a dot behind it ends a sentence. */
static size_t measure_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    while (n && text[n - 1] == '.')
        n--;
    return n;
}

static int read_variable(const char *text, size_t n, struct part *part_out,
                         struct errmsg *errmsg)
{
    char name[NAME_CHARS + 1] = "";
    memcpy(name, text, n < NAME_CHARS ? n : NAME_CHARS);
    *part_out = (struct part){.variable = LITERAL};
    return find_variable(name, &part_out->variable) ? 0 : refuse(name, errmsg);
}

static int split(struct accessline *line, struct errmsg *errmsg)
{
    const char *text = line->format;
    int rc = 0;
    while (*text && rc == 0) {
        const char *found = strstr(text, PREFIX);
        size_t n = found ? (size_t)(found - text) : strlen(text);
        if (n)
            line->parts[line->n_parts++] = (struct part){LITERAL, text, n};
        text += n;
        if (!found)
            break;
        text += strlen(PREFIX);
        n = measure_name(text);
        rc = read_variable(text, n, &line->parts[line->n_parts++], errmsg);
        text += n;
    }
    return rc;
}

static const char *find_preset(const char *format)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].name, format) == 0)
            return presets[i].format;
    return format;
}

static size_t count_variables(const char *format)
{
    size_t n = 0;
    while ((format = strstr(format, PREFIX))) {
        format += strlen(PREFIX);
        n++;
    }
    return n;
}

int accessline_compile(const char *format, struct accessline **line_out,
                       struct errmsg *errmsg)
{
    format = find_preset(format);
    if (strlen(format) > ACCESSLINE_FORMAT_MAX) {
        errmsg_set(errmsg, "a format has at most %d characters",
                   ACCESSLINE_FORMAT_MAX);
        return -EINVAL;
    }
    if (count_variables(format) == 0) {
        errmsg_set(errmsg, "use clf, json, or a text with variables such as "
                           "$context.requestId");
        return -EINVAL;
    }
    size_t n_parts = 2 * count_variables(format) + 1;
    struct accessline *line =
        calloc(1, sizeof *line + n_parts * sizeof *line->parts);
    if (!line)
        return -ENOMEM;
    line->format = strdup(format);
    int rc = line->format ? split(line, errmsg) : -ENOMEM;
    if (rc) {
        accessline_free(line);
        return rc;
    }
    *line_out = line;
    return 0;
}

void accessline_free(struct accessline *line)
{
    if (!line)
        return;
    free(line->format);
    free(line);
}

/* ---- writing ---- */

struct writer {
    char *line;
    size_t n;
    bool is_full;
};

/* One byte is kept for the newline. */
static void put(struct writer *w, const char *text, size_t n)
{
    if (n > ACCESSLINE_MAX - 1 - w->n) {
        w->is_full = true;
        return;
    }
    memcpy(w->line + w->n, text, n);
    w->n += n;
}

/* A character as it can stand in JSON, on one line, on a terminal. */
static void put_character(struct writer *w, const uint8_t *text, size_t n)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char escape[8];
    if (n == 0) {
        put(w, replacement, 3);
        return;
    }
    unsigned c1 = n == 2 && text[0] == 0xc2 && text[1] < 0xa0 ? text[1] : 0;
    if (n == 1 && (text[0] == '"' || text[0] == '\\'))
        put(w, "\\", 1);
    if ((n == 1 && (text[0] < ' ' || text[0] == 0x7f)) || c1) {
        snprintf(escape, sizeof escape, "\\u%04x", c1 ? c1 : text[0]);
        put(w, escape, 6);
    } else {
        put(w, (const char *)text, n);
    }
}

/* How many of @n bytes can be written as they are. */
static size_t measure_plain(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' &&
           text[i] != '\\')
        i++;
    return i;
}

static void put_value(struct writer *w, const char *text, size_t n_text)
{
    while (n_text) {
        size_t n = measure_plain(text, n_text);
        if (n) {
            put(w, text, n);
        } else {
            n = utf8_measure((const uint8_t *)text, n_text);
            put_character(w, (const uint8_t *)text, n);
            n = n ? n : 1;
        }
        text += n;
        n_text -= n;
    }
}

static void put_text(struct writer *w, const char *text)
{
    text = text ? text : "-";
    put_value(w, text, strlen(text));
}

static void put_id(struct writer *w, const struct connid *id)
{
    if (id)
        put(w, id->chars, CONNID_CHARS);
    else
        put_text(w, NULL);
}

static void put_number(struct writer *w, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    put_text(w, number ? text : NULL);
}

/* As in the Common Log Format, whatever the locale: without its brackets. */
static void put_time(struct writer *w, uint64_t epoch_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(epoch_ms / 1000);
    char text[60];
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(text, sizeof text, "%02d/%.3s/%04d:%02d:%02d:%02d +0000",
             tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
             tm.tm_min, tm.tm_sec);
    put_text(w, text);
}

static const char *const event_types[] = {
    [ACCESSLINE_CONNECT] = "CONNECT",
    [ACCESSLINE_MESSAGE] = "MESSAGE",
    [ACCESSLINE_DISCONNECT] = "DISCONNECT",
};

static const char *const route_keys[] = {
    [ACCESSLINE_CONNECT] = "$connect",
    [ACCESSLINE_MESSAGE] = "$default",
    [ACCESSLINE_DISCONNECT] = "$disconnect",
};

static void put_variable(struct writer *w, enum variable variable,
                         const struct accessline_facts *facts)
{
    bool is_message = facts->event == ACCESSLINE_MESSAGE;
    switch (variable) {
    case LITERAL:
        return;
    case NOTHING:
        put_text(w, NULL);
        return;
    case CONNECTED_AT:
        put_number(w, facts->connected_ms);
        return;
    case CONNECTION_ID:
        put_id(w, facts->connection);
        return;
    case DISCONNECT_CODE:
        put_number(w, (uint64_t)facts->close_code);
        return;
    case DISCONNECT_REASON:
        put_text(w, facts->end);
        return;
    case ERROR:
        put_text(w, facts->error);
        return;
    case ERROR_QUOTED:
        put(w, "\"", 1);
        put_text(w, facts->error);
        put(w, "\"", 1);
        return;
    case EVENT_TYPE:
        put_text(w, event_types[facts->event]);
        return;
    case EXTENDED_REQUEST_ID:
        put_text(w, facts->extended_request);
        return;
    case INTEGRATION_ERROR:
        put_text(w, is_message ? facts->error : NULL);
        return;
    case INTEGRATION_STATUS:
        put_number(w, is_message ? (uint64_t)facts->status : 0);
        return;
    case KEY_NAME:
        put_text(w, facts->key_name);
        return;
    case MESSAGE_ID:
        put_id(w, facts->message);
        return;
    case REQUEST_ID:
        put_text(w, facts->request);
        return;
    case REQUEST_TIME:
        put_time(w, facts->now_ms);
        return;
    case REQUEST_TIME_EPOCH:
        put_number(w, facts->now_ms);
        return;
    case ROUTE_KEY:
        put_text(w, route_keys[facts->event]);
        return;
    case SOURCE_IP:
        put_text(w, facts->source_ip);
        return;
    case STAGE:
        put_text(w, facts->stage);
        return;
    case STATUS:
        put_number(w, (uint64_t)facts->status);
        return;
    case USER_AGENT:
        if (facts->user_agent)
            put_value(w, facts->user_agent,
                      strnlen(facts->user_agent, USER_AGENT_MAX));
        else
            put_text(w, NULL);
        return;
    }
}

size_t accessline_print(const struct accessline *line,
                        const struct accessline_facts *facts,
                        char line_out[static ACCESSLINE_MAX])
{
    struct writer w = {.line = line_out};
    for (size_t i = 0; i < line->n_parts; i++) {
        const struct part *part = &line->parts[i];
        if (part->variable == LITERAL)
            put(&w, part->text, part->n);
        else
            put_variable(&w, part->variable, facts);
    }
    if (w.is_full)
        return 0;
    line_out[w.n++] = '\n';
    return w.n;
}
