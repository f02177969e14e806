#include "proto/answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 512 }; /* bytes */

static void put_two_digits(char *at, int n)
{
    at[0] = (char)('0' + n / 10);
    at[1] = (char)('0' + n % 10);
}

/* Every answer has one: printf() would be a sixth of a handshake. */
void answer_write_date(char date_out[ANSWER_DATE_SIZE], time_t now)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    bool is_known = gmtime_r(&now, &tm) != NULL;
    assert(is_known && tm.tm_year >= 0 && tm.tm_year <= 9999 - 1900);
    memcpy(date_out, "Thu, 01 Jan 1970 00:00:00 GMT", ANSWER_DATE_SIZE);
    memcpy(date_out, days + 3 * tm.tm_wday, 3);
    put_two_digits(date_out + 5, tm.tm_mday);
    memcpy(date_out + 8, months + 3 * tm.tm_mon, 3);
    put_two_digits(date_out + 12, (tm.tm_year + 1900) / 100);
    put_two_digits(date_out + 14, tm.tm_year % 100);
    put_two_digits(date_out + 17, tm.tm_hour);
    put_two_digits(date_out + 20, tm.tm_min);
    put_two_digits(date_out + 23, tm.tm_sec);
}

/*
 * What AWS is known to say stands in docs/compatibility; where nothing is
 * known, the reason phrase serves as message and there is no error type.
 */
static const struct answer {
    int status;
    const char *reason;
    const char *type;    /* x-amzn-ErrorType; NULL: no such header */
    const char *message; /* of the body; NULL: no body */
    const char *headers; /* further ones; "" */
} answers[] = {
    [REFUSAL_BAD_REQUEST] = {400, "Bad Request", "BadRequestException",
                             "Bad Request", ""},
    [REFUSAL_FORBIDDEN] = {403, "Forbidden", "ForbiddenException", "Forbidden",
                           ""},
    [REFUSAL_MISSING_TOKEN] = {403, "Forbidden",
                               "MissingAuthenticationTokenException",
                               "Missing Authentication Token", ""},
    [REFUSAL_ACCESS_DENIED] = {403, "Forbidden", "AccessDeniedException",
                               "Forbidden", ""},
    [REFUSAL_UNKNOWN_CREDENTIAL] =
        {403, "Forbidden", "UnrecognizedClientException",
         "The security token included in the request is invalid.", ""},
    [REFUSAL_INCOMPLETE_SIGNATURE] = {403, "Forbidden",
                                      "IncompleteSignatureException",
                                      "The Authorization header is incomplete.",
                                      ""},
    [REFUSAL_INVALID_SIGNATURE] =
        {403, "Forbidden", "InvalidSignatureException",
         "The request signature we calculated does not match the signature "
         "you provided. Check your AWS Secret Access Key and signing method. "
         "Consult the service documentation for details.",
         ""},
    [REFUSAL_GONE] = {410, "Gone", "GoneException", NULL, ""},
    [REFUSAL_PAYLOAD_TOO_LARGE] = {413, "Request Entity Too Large",
                                   "PayloadTooLargeException",
                                   "Payload Too Large", ""},
    [REFUSAL_TARGET_TOO_LONG] = {414, "URI Too Long", NULL, "URI Too Long", ""},
    [REFUSAL_NOT_WEBSOCKET] = {426, "Upgrade Required", NULL, NULL,
                               "Upgrade: websocket\r\n"},
    [REFUSAL_VERSION] = {426, "Upgrade Required", NULL, NULL,
                         "Upgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\n"},
    [REFUSAL_TOO_MANY_REQUESTS] = {429, "Too Many Requests",
                                   "TooManyRequestsException",
                                   "Too Many Requests", ""},
    [REFUSAL_LIMIT_EXCEEDED] = {429, "Too Many Requests",
                                "LimitExceededException", "Limit Exceeded", ""},
    [REFUSAL_HEAD_TOO_LARGE] = {431, "Request Header Fields Too Large", NULL,
                                "Request Header Fields Too Large", ""},
    [REFUSAL_INTERNAL] = {500, "Internal Server Error",
                          "InternalServerErrorException",
                          "Internal server error", ""},
    [REFUSAL_UNAVAILABLE] = {503, "Service Unavailable",
                             "ServiceUnavailableException",
                             "Service Unavailable", ""},
};

int answer_status(enum refusal refusal)
{
    return refusal == REFUSAL_NONE ? 101 : answers[refusal].status;
}

enum refusal answer_to_fault(int http_status)
{
    switch (http_status) {
    case 413:
        return REFUSAL_PAYLOAD_TOO_LARGE;
    case 414:
        return REFUSAL_TARGET_TOO_LONG;
    case 431:
        return REFUSAL_HEAD_TOO_LARGE;
    case 500:
        return REFUSAL_INTERNAL;
    default: /* 400, 501 and 505: AWS is not known to tell them apart */
        return REFUSAL_BAD_REQUEST;
    }
}

/* What every answer has: from the status line to the end of the head. */
static int append(struct bytes *out, size_t limit, int status,
                  const char *reason, const char *type, const char *headers,
                  const char *body, bool keep_alive,
                  const struct answer_ids *ids)
{
    char date[ANSWER_DATE_SIZE];
    char length[40] = "";
    answer_write_date(date, ids->now);
    if (status != 204) /* RFC 9110, section 8.6 */
        snprintf(length, sizeof length, "Content-Length: %zu\r\n",
                 strlen(body));
    return bytes_append_format(
        out, limit,
        "HTTP/1.1 %d %s\r\n"
        "Date: %s\r\n"
        "%s"
        "%s"
        "Connection: %s%s\r\n"
        "x-amzn-RequestId: %s\r\n"
        "%s%s%s"
        "x-amz-apigw-id: %.*s\r\n"
        "%s\r\n"
        "%s",
        status, reason, date, *body ? "Content-Type: application/json\r\n" : "",
        length, status == 426 ? "upgrade, " : "",
        keep_alive ? "keep-alive" : "close", ids->request,
        type ? "x-amzn-ErrorType: " : "", type ? type : "", type ? "\r\n" : "",
        CONNID_PRINT(&ids->gateway), headers, body);
}

/* Compact, as API Gateway's. @message: printable ASCII */
static void write_body(char *body_out, const char *message)
{
    char *at = stpcpy(body_out, "{\"message\":\"");
    for (size_t i = 0; message[i] && i < MESSAGE_MAX; i++) {
        if (message[i] == '"' || message[i] == '\\')
            *at++ = '\\';
        *at++ = message[i];
    }
    strcpy(at, "\"}");
}

int answer_append_refusal(struct bytes *out, size_t limit, enum refusal refusal,
                          const char *message, bool keep_alive,
                          const struct answer_ids *ids)
{
    assert(refusal != REFUSAL_NONE);
    const struct answer *answer = &answers[refusal];
    char body[2 * MESSAGE_MAX + sizeof "{\"message\":\"\"}"] = "";
    if (answer->message)
        write_body(body, message ? message : answer->message);
    return append(out, limit, answer->status, answer->reason, answer->type,
                  answer->headers, body, keep_alive, ids);
}

int answer_append_ok(struct bytes *out, size_t limit, const char *json,
                     bool keep_alive, const struct answer_ids *ids)
{
    return append(out, limit, 200, "OK", NULL, "", json ? json : "", keep_alive,
                  ids);
}

int answer_append_no_content(struct bytes *out, size_t limit, bool keep_alive,
                             const struct answer_ids *ids)
{
    return append(out, limit, 204, "No Content", NULL, "", "", keep_alive, ids);
}
