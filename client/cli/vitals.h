/*
 * What a server's metrics say of how it is doing.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * Reads the Prometheus text format. A family without labels is a number, one
 * with labels an object of numbers, by the values of its labels with a blank
 * between them: {"up_total": 3, "requests_total": {"GET 200": 1}}. Lines that
 * make no sense are skipped.
 * Returns a new reference; NULL: no memory.
 */
json_t *vitals_parse(const char *text, size_t size);

/*
 * Compares two readings.
 * @before:  borrowed; NULL: there is none, so there are no rates
 * @seconds: between the two, above 0
 * Returns a new reference, NULL: no memory:
 *   version, uptimeSeconds, connections, sockets
 *   perSecond: connects, disconnects, messagesIn, messagesOut, bytesIn,
 *     bytesOut, refusals, undelivered; all null without @before
 *   refusals, undelivered, disconnects: totals by status, cause, reason; those
 *     that are zero are left out
 *   keys: by name, connects, messages, messagesPerSecond
 */
json_t *vitals_compare(const json_t *before, const json_t *now, double seconds);
