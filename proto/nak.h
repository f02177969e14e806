/*
 * Why a call failed: the codes of NAK packets, and those the server sends.
 *
 * {"from":ID,"payload":{"type":"NAK","data":{"token":TOKEN,"error":{"code":CODE,
 * "message":TEXT}}}}, where ID is whom the call was sent to. Codes are names of
 * errno values, as in Node.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/connid.h"
#include "proto/json_string.h"

/* The token by which a client asks a server for its own: UPGRADE_EXTENSIONS. */
#define NAK_EXTENSION "nak"

/*
 * The code for a status: ENOENT, ENOSYS, EBUSY, EMSGSIZE, ENOBUFS, EAGAIN and
 * EREMOTEIO have their own, all others are EREMOTEIO. Static text.
 */
const char *nak_code(int status);

/* The other way round. @code: without its quotes; a good JSON string */
int nak_status(const struct json_span *code);

enum {
    NAK_TOKEN_MAX = 256, /* bytes of a token, as written, that gets a NAK */
    NAK_MAX = 512,       /* bytes of the text */
};

/*
 * Looks whether a packet's payload, as packet_scan() found it, is a call.
 * @token_out: as it stands there, without its quotes
 * Returns false, with @token_out unchanged, if not, or if its token is longer
 * than NAK_TOKEN_MAX.
 */
bool nak_find_token(const char *payload, size_t size,
                    struct json_span *token_out);

/*
 * Writes the server's own NAK.
 * @to:     whom the call was sent to
 * @token:  from nak_find_token()
 * @status: why it did not get there
 * Returns its size in bytes; no NUL is written.
 */
size_t nak_write(char text_out[NAK_MAX], const struct connid *to,
                 const struct json_span *token, int status);

/*
 * Both in one. Returns 0, with nothing written, if the payload is not that of a
 * call with a token that is short enough.
 */
size_t nak_answer(char text_out[NAK_MAX], const struct connid *to,
                  const char *payload, size_t size, int status);
