#include "daemon/logline.h"

#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"

enum { TIME_CHARS = 32, ESCAPED_MAX = 4 * LOGLINE_TEXT_MAX + 1 };

/* Of syslog(3), by our level. */
static const int priorities[] = {
    [LOG_ERROR] = 3, [LOG_WARN] = 4,  [LOG_INFO] = 6,
    [LOG_DEBUG] = 7, [LOG_TRACE] = 7,
};

/* C0, DEL, and C1, which terminals obey as well. */
static bool is_control(const uint8_t *text, size_t n)
{
    return (n == 1 && (text[0] < ' ' || text[0] == 0x7f)) ||
           (n == 2 && text[0] == 0xc2 && text[1] < 0xa0);
}

static size_t escape(const char *text, char escaped_out[static ESCAPED_MAX])
{
    const uint8_t *rest = (const uint8_t *)text;
    size_t n_rest = strnlen(text, LOGLINE_TEXT_MAX);
    size_t n_out = 0;
    while (n_rest) {
        size_t n = utf8_measure(rest, n_rest);
        if (n && !is_control(rest, n)) {
            memcpy(escaped_out + n_out, rest, n);
            n_out += n;
        } else {
            n = 1;
            n_out += (size_t)sprintf(escaped_out + n_out, "\\x%02x", *rest);
        }
        rest += n;
        n_rest -= n;
    }
    escaped_out[n_out] = '\0';
    return n_out;
}

/* ISO 8601, UTC, milliseconds. */
static void print_time(const struct timespec *now,
                       char time_out[static TIME_CHARS])
{
    struct tm tm;
    gmtime_r(&now->tv_sec, &tm);
    size_t n = strftime(time_out, TIME_CHARS, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(time_out + n, TIME_CHARS - n, ".%03dZ",
             (int)(now->tv_nsec / 1000000));
}

/* What "key=" at the start of @word measures without the sign; 0: none. */
static size_t measure_key(const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return word[n] == '=' ? n : 0;
}

/* Takes a value off @rest: up to a blank, or what stands in quotes. */
static json_t *take_value(const char **rest)
{
    const char *value = *rest;
    const char *end = value[0] == '"' ? strchr(value + 1, '"') : NULL;
    if (end && (end[1] == ' ' || end[1] == '\0')) {
        *rest = end + 1;
        return json_stringn(value + 1, (size_t)(end - value) - 1);
    }
    size_t n = strcspn(value, " ");
    *rest = value + n;
    return json_stringn(value, n);
}

/* Moves the pairs of @text into @line and its other words into @event. */
static int split(const char *text, json_t *line, char *event)
{
    char key[LOGLINE_TEXT_MAX + 1];
    size_t n_event = 0;
    while (*(text += strspn(text, " "))) {
        size_t n = measure_key(text);
        if (n) {
            memcpy(key, text, n);
            key[n] = '\0';
            text += n + 1;
            json_t *value = take_value(&text);
            /* Nobody gives the line another time or level. */
            if (json_object_get(line, key))
                json_decref(value);
            else if (json_object_set_new(line, key, value))
                return -1;
        } else {
            n = strcspn(text, " ");
            if (n_event)
                event[n_event++] = ' ';
            memcpy(event + n_event, text, n);
            n_event += n;
            text += n;
        }
    }
    event[n_event] = '\0';
    return 0;
}

static size_t print_json(const char *time, enum log_level level,
                         const char *text, char *line_out, size_t capacity)
{
    char event[ESCAPED_MAX];
    json_t *line = json_pack("{s:s, s:s, s:s}", "time", time, "level",
                             log_level_name(level), "event", "");
    size_t n = 0;
    if (line && split(text, line, event) == 0 &&
        json_object_set_new(line, "event", json_string(event)) == 0)
        n = json_dumpb(line, line_out, capacity, JSON_COMPACT);
    json_decref(line);
    assert(n < capacity);
    return n;
}

size_t logline_print(enum log_level level, enum log_format format,
                     bool is_journal, const struct timespec *now,
                     const char *text, char line_out[static LOGLINE_MAX])
{
    char escaped[ESCAPED_MAX];
    char time[TIME_CHARS];
    size_t n = 0;
    size_t n_text = escape(text, escaped);
    print_time(now, time);
    if (is_journal)
        n = (size_t)sprintf(line_out, "<%d>", priorities[level]);
    if (format == LOG_JSON) {
        size_t n_json =
            print_json(time, level, escaped, line_out + n, LOGLINE_MAX - n - 1);
        if (n_json == 0)
            return 0;
        n += n_json;
    } else {
        if (!is_journal)
            n = (size_t)sprintf(line_out, "%s %s ", time,
                                log_level_name(level));
        memcpy(line_out + n, escaped, n_text);
        n += n_text;
    }
    line_out[n++] = '\n';
    return n;
}
