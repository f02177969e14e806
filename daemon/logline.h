/*
 * One line of the log: from what the daemon says to what is written.
 *
 * Whatever the text holds, it becomes one line of valid UTF-8: control
 * characters and broken UTF-8 are written as \xNN.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "daemon/log.h"

enum {
    LOGLINE_TEXT_MAX = 750, /* bytes of a text; what is longer is cut */
    LOGLINE_MAX = 8192,     /* what it may grow to */
};

/*
 * Writes "TIME LEVEL TEXT\n", or a JSON object of time, level, the words of
 * @text as event, and its key=value pairs.
 * @text:       NUL-terminated
 * @is_journal: start with "<priority>" for the journal, in place of the time
 * Returns how many bytes were written, without a NUL; 0: out of memory.
 */
size_t logline_print(enum log_level level, enum log_format format,
                     bool is_journal, const struct timespec *now,
                     const char *text, char line_out[static LOGLINE_MAX]);
