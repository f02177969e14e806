/*
 * What clients say to each other in packets: calls, answers and failures.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/monologue.h"
#include "proto/bytes.h"
#include "proto/connid.h"
#include "proto/json_string.h"

/*
 * The three write a packet to @to into @out, which is empty.
 * Return 0, or with @out still empty:
 *   -EMSGSIZE  a server could not relay it: longer than MONOLOGUE_MAX_PACKET
 *              once "to" has become "from"
 *   -ENOMEM
 */

/*
 * {"to":@to,"payload":{"type":"REQ","data":{"token","name","args"}}}
 * @token: plain, without anything to escape
 * @args:  good JSON, an array; NULL for an empty one
 * Returns also -EINVAL: @name is empty or not UTF-8.
 */
int rpc_write_call(const struct connid *to, const char *token, const char *name,
                   const struct json_span *args, struct bytes *out);

/*
 * {"to":@to,"payload":{"type":"ACK","data":{"token","ret"}}}
 * @token: as it stood in the call, without its quotes
 * @ret:   good JSON; NULL leaves "ret" out
 */
int rpc_write_answer(const struct connid *to, const char *token,
                     const struct json_span *ret, struct bytes *out);

enum { RPC_MESSAGE_MAX = 200 }; /* bytes of a text for people */

/*
 * {"to":@to,"payload":{"type":"NAK","data":{"token","error":{"code","message"}}}}
 * @status:  see nak_code()
 * @message: cut at RPC_MESSAGE_MAX; what is not UTF-8 is left out
 */
int rpc_write_failure(const struct connid *to, const char *token, int status,
                      const char *message, struct bytes *out);

enum rpc_kind {
    RPC_OTHER,   /* nothing we know; is_object */
    RPC_CALL,    /* from, token, name, args */
    RPC_ANSWER,  /* from, token, ret */
    RPC_FAILURE, /* from, token, status, message */
    RPC_REFUSAL, /* an error frame of the server: message */
};

/* What was read; the spans point into the text. */
struct rpc {
    bool is_object;
    struct connid from;
    struct json_span token; /* as written, without its quotes; not empty */
    struct json_span args;  /* an array */
    struct json_span ret;   /* null if the answer has none */
    int status;             /* a negative errno */
    size_t name_size;       /* of all of the name, in bytes; not 0 */
    char name[MONOLOGUE_MAX_NAME + 1]; /* cut there; never holds a NUL */
    char message[RPC_MESSAGE_MAX + 1]; /* cut there; may be "" of a failure */
};

/* Reads one message: UTF-8. @rpc_out: always set, as far as the kind says */
enum rpc_kind rpc_read(const char *text, size_t size, struct rpc *rpc_out);
