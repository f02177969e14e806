/*
 * HTTP in tests: reads whole messages, compares what was written.
 */
#pragma once

#include <check.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/http.h"

enum { WIRE_LIMIT = 4096 }; /* bytes that a test writes at most */

static inline struct http_reader *wire_reader(enum http_role role)
{
    const struct http_limits limits = {.head_size = 8192,
                                       .target_size = 4096,
                                       .n_headers = 64,
                                       .body_size = 1024};
    return http_reader_new(role, &limits);
}

/* Reads one whole message, which ends where @text does. */
static inline struct http_reader *wire_read_message(enum http_role role,
                                                    const void *text, size_t n)
{
    struct http_reader *reader = wire_reader(role);
    enum http_event event;
    size_t total = 0, used;
    do {
        event =
            http_read(reader, (const uint8_t *)text + total, n - total, &used);
        total += used;
    } while (event == HTTP_EVENT_HEAD);
    ck_assert_int_eq(event, HTTP_EVENT_MESSAGE);
    ck_assert_uint_eq(total, n);
    return reader;
}

/* Takes and frees what @out holds. */
static inline void wire_expect_text(struct bytes *out, const char *expected)
{
    char text[WIRE_LIMIT + 1];
    size_t n = bytes_size(out);
    memcpy(text, bytes_begin(out), n);
    text[n] = '\0';
    ck_assert_str_eq(text, expected);
    bytes_deinit(out);
}
