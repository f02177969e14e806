/*
 * Answers over HTTP as API Gateway writes them: refusals, and @connections'.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "proto/bytes.h"
#include "proto/connid.h"

/* Ways to refuse, each with a status, an error type and a body. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_BAD_REQUEST,          /* 400 BadRequestException */
    REFUSAL_FORBIDDEN,            /* 403 ForbiddenException: key, stage, path */
    REFUSAL_MISSING_TOKEN,        /* 403 MissingAuthenticationTokenException */
    REFUSAL_ACCESS_DENIED,        /* 403 AccessDeniedException */
    REFUSAL_UNKNOWN_CREDENTIAL,   /* 403 UnrecognizedClientException */
    REFUSAL_INCOMPLETE_SIGNATURE, /* 403 IncompleteSignatureException */
    REFUSAL_INVALID_SIGNATURE,    /* 403 InvalidSignatureException */
    REFUSAL_GONE,                 /* 410 GoneException, and no body */
    REFUSAL_PAYLOAD_TOO_LARGE,    /* 413 PayloadTooLargeException */
    REFUSAL_TARGET_TOO_LONG,      /* 414 */
    REFUSAL_NOT_WEBSOCKET,        /* 426 to a plain GET */
    REFUSAL_VERSION,              /* 426 with Sec-WebSocket-Version: 13 */
    REFUSAL_TOO_MANY_REQUESTS,    /* 429 TooManyRequestsException */
    REFUSAL_LIMIT_EXCEEDED,       /* 429 LimitExceededException */
    REFUSAL_HEAD_TOO_LARGE,       /* 431 */
    REFUSAL_INTERNAL,             /* 500 InternalServerErrorException */
    REFUSAL_UNAVAILABLE,          /* 503 ServiceUnavailableException */
};

/* The HTTP status of @refusal; 101 for REFUSAL_NONE. */
int answer_status(enum refusal refusal);

/* The refusal for a status of http_fault(). */
enum refusal answer_to_fault(int http_status);

/* What the headers of an answer say. */
struct answer_ids {
    time_t now;                   /* for Date */
    char request[UUID_CHARS + 1]; /* x-amzn-RequestId */
    struct connid gateway;        /* x-amz-apigw-id */
};

/*
 * Appends a refusal with its headers and body.
 * @message:    printable ASCII in place of the refusal's own, cut when longer
 *              than 512 bytes; or NULL. A refusal without a body stays without.
 * @keep_alive: whether the connection will take another request; never after
 *              a HEAD, whose sender does not expect the body
 * Returns as bytes_append().
 */
int answer_append_refusal(struct bytes *out, size_t limit, enum refusal refusal,
                          const char *message, bool keep_alive,
                          const struct answer_ids *ids);

/*
 * Appends a 200.
 * @json: the body, NUL-terminated; NULL: none
 * Returns as bytes_append().
 */
int answer_append_ok(struct bytes *out, size_t limit, const char *json,
                     bool keep_alive, const struct answer_ids *ids);

/* Appends a 204. Returns as bytes_append(). */
int answer_append_no_content(struct bytes *out, size_t limit, bool keep_alive,
                             const struct answer_ids *ids);

/* Room for a date and its NUL. */
enum { ANSWER_DATE_SIZE = sizeof "Sun, 06 Nov 1994 08:49:37 GMT" };

/* The value of a Date header: IMF-fixdate of RFC 9110, section 5.6.7, in any
 * locale. @now: in the years 1900 to 9998 */
void answer_write_date(char date_out[ANSWER_DATE_SIZE], time_t now);
