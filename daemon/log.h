/*
 * The log: one line per event on standard error, key=value or JSON.
 *
 * Any thread may log. A line is put into a bounded queue and written by a
 * thread of the log's own, so that a full disk or a stopped terminal costs
 * lines - the next one written tells how many - but never time.
 *
 *   log_info("connection=%.*s closed reason=%s code=%d", ...)
 *
 * A line is words and key=value pairs; a value with blanks stands in double
 * quotes. As JSON the pairs become members and the words "event".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/config.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/*
 * Starts the log. Before that, and after log_close(), lines are written
 * directly. When the journal reads standard error (JOURNAL_STREAM) a line
 * starts with its syslog priority in place of the time.
 * Returns 0 or a negative errno.
 */
int log_open(enum log_level level, enum log_format format);

/* Writes what is queued, for at most a second, and ends the thread. */
void log_close(void);

/* Safe from any thread, at any time, as is all that follows. */
void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
bool log_is_enabled(enum log_level level);

/* How many lines could not be written so far. */
uint64_t log_count_lost(void);

void log_write(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define LOG_AT(level, ...)                 \
    do {                                   \
        if (log_is_enabled(level))         \
            log_write(level, __VA_ARGS__); \
    } while (0)

#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) LOG_AT(LOG_TRACE, __VA_ARGS__)

/* "error" ... "trace"; "text", "json"; NULL behind the last. */
const char *log_level_name(enum log_level level);
const char *log_format_name(enum log_format format);
