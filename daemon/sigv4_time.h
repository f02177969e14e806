/*
 * The time of a signature, as AWS writes it and reads it.
 */
#pragma once

#include <time.h>

enum {
    SIGV4_TIME_CHARS = sizeof "20150830T123600Z" - 1,
    SIGV4_DAY_CHARS = sizeof "20150830" - 1, /* how it begins */
};

/*
 * Reads "20150830T123600Z" or, as the Date of HTTP has it, "Sun, 30 Aug 2015
 * 12:36:00 GMT"; nothing else, and no day that the calendar does not have.
 * Returns 0 or -EINVAL.
 */
int sigv4_time_read(const char *text, time_t *time_out);

/* Writes the first form; a year beyond 9999 becomes a text without meaning. */
void sigv4_time_print(time_t time, char text_out[SIGV4_TIME_CHARS + 1]);
