#include "proto/upgrade.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/http_line.h"

/* RFC 6455, section 1.3 */
#define ACCEPT_SALT "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum {
    NONCE_SIZE = 16, /* bytes behind a key */
    SHA1_SIZE = 20,
    DATE_SIZE = sizeof "Sun, 06 Nov 1994 08:49:37 GMT",
};

int upgrade_accept(const char key[UPGRADE_KEY_CHARS],
                   char accept_out[UPGRADE_ACCEPT_CHARS + 1])
{
    char salted[UPGRADE_KEY_CHARS + sizeof ACCEPT_SALT - 1];
    unsigned char digest[SHA1_SIZE];
    memcpy(salted, key, UPGRADE_KEY_CHARS);
    memcpy(salted + UPGRADE_KEY_CHARS, ACCEPT_SALT, sizeof ACCEPT_SALT - 1);
    if (!EVP_Digest(salted, sizeof salted, digest, NULL, EVP_sha1(), NULL))
        return -ENOMEM;
    EVP_EncodeBlock((unsigned char *)accept_out, digest, SHA1_SIZE);
    return 0;
}

int upgrade_make_key(char key_out[UPGRADE_KEY_CHARS + 1])
{
    unsigned char nonce[NONCE_SIZE];
    if (RAND_bytes(nonce, NONCE_SIZE) != 1)
        return -EIO;
    EVP_EncodeBlock((unsigned char *)key_out, nonce, NONCE_SIZE);
    return 0;
}

/* IMF-fixdate of RFC 9110, section 5.6.7, in any locale. */
static void write_date(char date_out[DATE_SIZE], time_t now)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    bool is_known = gmtime_r(&now, &tm) != NULL;
    assert(is_known && tm.tm_year >= 0 && tm.tm_year < 9999 - 1900);
    snprintf(date_out, DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
             days + 3 * tm.tm_wday, (unsigned)tm.tm_mday % 100,
             months + 3 * tm.tm_mon, (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
             (unsigned)tm.tm_sec % 100);
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
    [REFUSAL_TIMEOUT] = {408, "Request Timeout", "RequestTimeoutException",
                         "Request Timeout", ""},
    [REFUSAL_BODY_TOO_LARGE] = {413, "Request Entity Too Large",
                                "RequestEntityTooLargeException",
                                "Request Entity Too Large", ""},
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

int upgrade_refusal_status(enum refusal refusal)
{
    return refusal == REFUSAL_NONE ? 101 : answers[refusal].status;
}

enum refusal upgrade_refusal_of_fault(int http_status)
{
    switch (http_status) {
    case 413:
        return REFUSAL_BODY_TOO_LARGE;
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

/* Appends a text, or nothing. */
__attribute__((format(printf, 3, 4))) static int
append(struct bytes *out, size_t limit, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t n = (size_t)vsnprintf(NULL, 0, format, args);
    uint8_t *tail;
    /* The NUL needs room, but is never counted. */
    int rc = bytes_reserve(out, n + 1, limit + 1, &tail);
    if (rc == 0) {
        vsnprintf((char *)tail, n + 1, format, again);
        bytes_commit(out, n);
    }
    va_end(again);
    va_end(args);
    return rc;
}

int upgrade_append_101(struct bytes *out, size_t limit, time_t now,
                       const char accept[UPGRADE_ACCEPT_CHARS + 1])
{
    char date[DATE_SIZE];
    write_date(date, now);
    return append(out, limit,
                  "HTTP/1.1 101 Switching Protocols\r\n"
                  "Date: %s\r\n"
                  "Connection: upgrade\r\n"
                  "upgrade: websocket\r\n"
                  "sec-websocket-accept: %s\r\n\r\n",
                  date, accept);
}

int upgrade_append_refusal(struct bytes *out, size_t limit,
                           enum refusal refusal, bool keep_alive,
                           const struct refusal_ids *ids)
{
    assert(refusal != REFUSAL_NONE);
    const struct answer *answer = &answers[refusal];
    const char *type = answer->type;
    const char *message = answer->message;
    const char before[] = "{\"message\":\"", after[] = "\"}";
    size_t size =
        message ? strlen(before) + strlen(message) + strlen(after) : 0;
    char date[DATE_SIZE];
    write_date(date, ids->now);
    return append(out, limit,
                  "HTTP/1.1 %d %s\r\n"
                  "Date: %s\r\n"
                  "%s"
                  "Content-Length: %zu\r\n"
                  "Connection: %s%s\r\n"
                  "x-amzn-RequestId: %s\r\n"
                  "%s%s%s"
                  "x-amz-apigw-id: %.*s\r\n"
                  "%s\r\n"
                  "%s%s%s",
                  answer->status, answer->reason, date,
                  message ? "Content-Type: application/json\r\n" : "", size,
                  answer->status == 426 ? "upgrade, " : "",
                  keep_alive ? "keep-alive" : "close", ids->request,
                  type ? "x-amzn-ErrorType: " : "", type ? type : "",
                  type ? "\r\n" : "", CONNID_PRINT(&ids->gateway),
                  answer->headers, message ? before : "",
                  message ? message : "", message ? after : "");
}

/* 16 bytes in base64, and not one bit beside them. */
static bool is_key(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    return strspn(text, alphabet) == UPGRADE_KEY_CHARS - 2 &&
           strcmp(text + UPGRADE_KEY_CHARS - 2, "==") == 0 &&
           strchr("AQgw", text[UPGRADE_KEY_CHARS - 3]);
}

/* The value of the one header called @name; NULL if there is none or more. */
static const char *only(const struct http_reader *message, const char *name)
{
    size_t n;
    const char *value = http_header(message, name, &n);
    return n == 1 ? value : NULL;
}

enum refusal upgrade_check_request(const struct http_reader *request,
                                   char accept_out[UPGRADE_ACCEPT_CHARS + 1])
{
    if (strcmp(http_method(request), "GET") != 0)
        return REFUSAL_MISSING_TOKEN;
    if (!http_has_token(request, "Upgrade", "websocket") ||
        !http_has_token(request, "Connection", "upgrade"))
        return REFUSAL_NOT_WEBSOCKET;
    if (http_minor_version(request) == 0)
        return REFUSAL_BAD_REQUEST;
    const char *version = only(request, "Sec-WebSocket-Version");
    if (!version || strcmp(version, "13") != 0)
        return REFUSAL_VERSION;
    const char *key = only(request, "Sec-WebSocket-Key");
    if (!key || !is_key(key))
        return REFUSAL_BAD_REQUEST;
    return upgrade_accept(key, accept_out) ? REFUSAL_INTERNAL : REFUSAL_NONE;
}

/* Path and query, as they can stand in a request line. */
static bool is_target(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return text[0] == '/';
}

/* Lines of headers, each with its CRLF; none at all are fine. */
static bool are_headers(const char *text)
{
    while (*text) {
        struct http_line_header unused;
        size_t n = 0;
        while (text[n] == '\t' || (unsigned char)text[n] >= ' ')
            if (text[n++] == 0x7f)
                return false;
        if (strncmp(text + n, "\r\n", 2) != 0 ||
            http_line_split_header(text, n + 2, &unused).status)
            return false;
        text += n + 2;
    }
    return true;
}

int upgrade_append_request(struct bytes *out, size_t limit, const char *host,
                           const char *target,
                           const char key[UPGRADE_KEY_CHARS + 1],
                           const char *headers)
{
    if (!*host || !http_line_is_host(host) || !is_target(target) ||
        !are_headers(headers))
        return -EINVAL;
    return append(out, limit,
                  "GET %s HTTP/1.1\r\n"
                  "Host: %s\r\n"
                  "Upgrade: websocket\r\n"
                  "Connection: Upgrade\r\n"
                  "Sec-WebSocket-Key: %s\r\n"
                  "Sec-WebSocket-Version: 13\r\n"
                  "%s\r\n",
                  target, host, key, headers);
}

static int error_of(int http_status)
{
    switch (http_status) {
    case 401:
    case 403:
        return -EKEYREJECTED;
    case 429:
    case 503:
        return -EAGAIN;
    default:
        return -ECONNREFUSED;
    }
}

int upgrade_check_response(const struct http_reader *response,
                           const char key[UPGRADE_KEY_CHARS + 1])
{
    char expected[UPGRADE_ACCEPT_CHARS + 1];
    if (http_status(response) != 101)
        return error_of(http_status(response));
    const char *protocol = only(response, "Upgrade");
    const char *accept = only(response, "Sec-WebSocket-Accept");
    int rc = upgrade_accept(key, expected);
    if (rc)
        return rc;
    bool is_valid = http_minor_version(response) == 1 && protocol &&
                    http_line_equals(protocol, "websocket") &&
                    http_has_token(response, "Connection", "upgrade") &&
                    accept && strcmp(accept, expected) == 0 &&
                    !http_header(response, "Sec-WebSocket-Extensions", NULL) &&
                    !http_header(response, "Sec-WebSocket-Protocol", NULL);
    return is_valid ? 0 : -EPROTO;
}
