/*
 * The opening handshake (RFC 6455, section 4): keys, rules for headers, the
 * 101 as API Gateway writes it.
 */
#pragma once

#include <stddef.h>
#include <time.h>

#include "proto/answer.h"
#include "proto/bytes.h"
#include "proto/http.h"

enum {
    UPGRADE_KEY_CHARS = 24,    /* Sec-WebSocket-Key: 16 bytes in base64 */
    UPGRADE_ACCEPT_CHARS = 28, /* Sec-WebSocket-Accept: 20 bytes in base64 */
};

/*
 * The header in which a client asks for what API Gateway does not have, by
 * tokens, and a server of ours says what of it the client has got.
 */
#define UPGRADE_EXTENSIONS "x-monologue-extensions"

/* Sec-WebSocket-Accept for a key; NUL-terminated. */
void upgrade_accept(const char key[UPGRADE_KEY_CHARS],
                    char accept_out[UPGRADE_ACCEPT_CHARS + 1]);

/*
 * Checks a complete request for an opening handshake, in this order: GET;
 * "websocket" in Upgrade and "upgrade" in Connection; HTTP/1.1; version 13;
 * one Sec-WebSocket-Key of 16 bytes in base64. That it has no body http_read()
 * has seen to. Path and keys are the caller's business, and so are the
 * values of extensions and subprotocols: selecting none is always right.
 * @accept_out: set only when REFUSAL_NONE is returned; NUL-terminated
 */
enum refusal upgrade_check_request(const struct http_reader *request,
                                   char accept_out[UPGRADE_ACCEPT_CHARS + 1]);

/*
 * Appends the 101, byte for byte and in the order of API Gateway.
 * @now:     seconds since the epoch, for Date
 * @headers: further lines, which AWS would not send, each with its CRLF; mostly
 *           ""
 * Returns as bytes_append().
 */
int upgrade_append_101(struct bytes *out, size_t limit, time_t now,
                       const char accept[UPGRADE_ACCEPT_CHARS + 1],
                       const char *headers);

/*
 * Appends a client's request.
 * @host:    as in the Host header, with the port unless it is the default one
 * @target:  path and query, such as "/latest"
 * @key:     of this handshake, from upgrade_make_key()
 * @headers: further lines, each with its CRLF; may be ""
 * Returns as bytes_append(), or -EINVAL: @host, @target or @headers holds what
 * cannot stand there (blanks, control bytes, an empty line ...).
 */
int upgrade_append_request(struct bytes *out, size_t limit, const char *host,
                           const char *target,
                           const char key[UPGRADE_KEY_CHARS + 1],
                           const char *headers);

/* Makes a random key, NUL-terminated. Returns 0 or -EIO: no randomness. */
int upgrade_make_key(char key_out[UPGRADE_KEY_CHARS + 1]);

/*
 * Checks a server's response to a handshake made with @key (RFC 6455, 4.1).
 * Returns 0, or
 *   -EPROTO        not a valid answer: wrong accept, missing or odd headers,
 *                  an extension or subprotocol that was not asked for
 *   -EKEYREJECTED  status 401 or 403
 *   -EAGAIN        status 429 or 503
 *   -ECONNREFUSED  any other status; see http_status()
 *   -ENOMEM
 */
int upgrade_check_response(const struct http_reader *response,
                           const char key[UPGRADE_KEY_CHARS + 1]);
