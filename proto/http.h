/*
 * HTTP/1.1 messages read from bytes: heads and bodies, both roles, bounded.
 *
 * The parser library stays behind this header. The reader lives as long as a
 * handshake (or, on the management API, as long as its connection), so it owns
 * what it reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_role { HTTP_REQUESTS, HTTP_RESPONSES }; /* what is read */

/* Beyond a limit the message is refused, never cut. */
struct http_limits {
    uint32_t head_size;   /* bytes of start line and headers; up to 64 KiB */
    uint32_t target_size; /* bytes of the request target */
    uint32_t n_headers;
    uint32_t body_size; /* bytes; < 2^31; a body over it is a 413 */
};

enum http_event {
    HTTP_EVENT_MORE,    /* all input is used up; come again with more */
    HTTP_EVENT_HEAD,    /* the head is complete and a body will follow */
    HTTP_EVENT_MESSAGE, /* the message is complete */
    HTTP_EVENT_FAULT,   /* not HTTP, or over a limit: see http_fault() */
};

struct http_reader;

/* Returns a reader that expects the start of a message, or NULL: no memory. */
struct http_reader *http_reader_new(enum http_role role,
                                    const struct http_limits *limits);
void http_reader_free(struct http_reader *reader);

/*
 * Reads up to the next event. Events, and where they come, do not depend on
 * how the input is cut.
 * @used_out: always set: how many bytes of @in are done with. What follows a
 *            message - frames after an upgrade, the next request - is left.
 *
 * After a message the next byte starts the next one, also after an upgrade
 * (which may have been refused): whoever switches protocols reads no more.
 * After a fault http_read() must not be called again.
 *
 * Complete with its head is an upgrade, a CONNECT, and a response without
 * Content-Length or chunked coding: what follows it until the end of the
 * stream is left to the caller. Responses 100 to 199, but for 101, are skipped
 * and count as part of the head of the response that they announce.
 *
 * Refused with HTTP_EVENT_FAULT: CR or LF other than together, obs-fold, NUL
 * and other control bytes, a blank before a colon, more than one
 * Content-Length, Transfer-Encoding together with Content-Length, in HTTP/1.0
 * or other than chunked, an upgrade or CONNECT with a body, versions other
 * than 1.0 and 1.1, a request of 1.1 without exactly one Host. The sizes and
 * extensions of chunks may cost a head_size and eight times the body, trailers
 * (which are checked and dropped) a head_size.
 */
enum http_event http_read(struct http_reader *reader, const uint8_t *in,
                          size_t n, size_t *used_out);

/*
 * The fault as an HTTP status: 400, 413, 414, 431, 500 (no memory), 501
 * (unknown method or coding) or 505 (version).
 * @why_out: what was wrong, for a log; static text; may be NULL
 */
int http_fault(const struct http_reader *reader, const char **why_out);

/* The following are valid from HTTP_EVENT_HEAD on, until the next message. */

/* Of a request, as sent: "GET", ... and path and query, an URL or "*". */
const char *http_method(const struct http_reader *reader);
const char *http_target(const struct http_reader *reader);

int http_status(const struct http_reader *reader);        /* of a response */
int http_minor_version(const struct http_reader *reader); /* 0 or 1 */

/*
 * Whether a request of HTTP/1.1 has an Upgrade header and the option "upgrade"
 * in Connection; whether a response has status 101.
 */
bool http_is_upgrade(const struct http_reader *reader);

/* Whether another message may follow, as far as this side has a say. */
bool http_keeps_alive(const struct http_reader *reader);

/*
 * The value of the first header called @name (case does not matter), blanks
 * around it removed; NULL when there is none.
 * @n_out: how many headers have that name; may be NULL
 */
const char *http_header(const struct http_reader *reader, const char *name,
                        size_t *n_out);

/*
 * The @index-th header as sent, in order.
 * Returns false when there are not that many.
 */
bool http_header_at(const struct http_reader *reader, size_t index,
                    const char **name_out, const char **value_out);

/*
 * Whether @token is in the comma-separated list that the headers called @name
 * make together (RFC 9110, section 5.6.1). Case does not matter.
 */
bool http_has_token(const struct http_reader *reader, const char *name,
                    const char *token);

/* The body, NULL if empty; valid from HTTP_EVENT_MESSAGE to the next message.
 */
const uint8_t *http_body(const struct http_reader *reader, size_t *size_out);
