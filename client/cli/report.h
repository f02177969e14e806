/*
 * What others did to us, told as it happens: for people, or as JSON lines.
 */
#pragma once

#include <stddef.h>

#include "client/monologue.h"

/* A call that came in: {"from":ID,"name":NAME,"args":ARRAY}. Returns as
 * output_line(). */
int report_request(const struct monologue_request *request, const char *args,
                   size_t size);

/* An event of a client, on standard error; none of its connection's life. */
void report_event(const struct monologue_event *event);

/* A line on standard error for whoever sits at the terminal. */
void report_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The time of day, "12:03:04.123". */
enum { REPORT_TIME_SIZE = 16 };
void report_time(char text_out[REPORT_TIME_SIZE]);
