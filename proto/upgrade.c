#include "proto/upgrade.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "proto/answer.h"
#include "proto/digest.h"
#include "proto/http_line.h"

/* RFC 6455, section 1.3 */
#define ACCEPT_SALT "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { NONCE_SIZE = 16 }; /* bytes behind a key */

void upgrade_accept(const char key[UPGRADE_KEY_CHARS],
                    char accept_out[UPGRADE_ACCEPT_CHARS + 1])
{
    char salted[UPGRADE_KEY_CHARS + sizeof ACCEPT_SALT - 1];
    uint8_t digest[DIGEST_SHA1_BYTES];
    memcpy(salted, key, UPGRADE_KEY_CHARS);
    memcpy(salted + UPGRADE_KEY_CHARS, ACCEPT_SALT, sizeof ACCEPT_SALT - 1);
    digest_sha1(salted, sizeof salted, digest);
    EVP_EncodeBlock((unsigned char *)accept_out, digest, sizeof digest);
}

int upgrade_make_key(char key_out[UPGRADE_KEY_CHARS + 1])
{
    unsigned char nonce[NONCE_SIZE];
    if (getentropy(nonce, NONCE_SIZE))
        return -EIO;
    EVP_EncodeBlock((unsigned char *)key_out, nonce, NONCE_SIZE);
    return 0;
}

int upgrade_append_101(struct bytes *out, size_t limit, time_t now,
                       const char accept[UPGRADE_ACCEPT_CHARS + 1],
                       const char *headers)
{
    char date[ANSWER_DATE_SIZE];
    answer_write_date(date, now);
    return bytes_append_format(out, limit,
                               "HTTP/1.1 101 Switching Protocols\r\n"
                               "Date: %s\r\n"
                               "Connection: upgrade\r\n"
                               "upgrade: websocket\r\n"
                               "sec-websocket-accept: %s\r\n"
                               "%s\r\n",
                               date, accept, headers);
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
    upgrade_accept(key, accept_out);
    return REFUSAL_NONE;
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
    return bytes_append_format(out, limit,
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
    upgrade_accept(key, expected);
    bool is_valid = http_minor_version(response) == 1 && protocol &&
                    http_line_equals(protocol, "websocket") &&
                    http_has_token(response, "Connection", "upgrade") &&
                    accept && strcmp(accept, expected) == 0 &&
                    !http_header(response, "Sec-WebSocket-Extensions", NULL) &&
                    !http_header(response, "Sec-WebSocket-Protocol", NULL);
    return is_valid ? 0 : -EPROTO;
}
