/*
 * What clients say to each other in packets: calls and answers, as JSON.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * Writes {"to":@to,"payload":{"type":"REQ","data":{"token","name","args"}}}.
 * @args:     an array, or NULL for an empty one
 * @text_out: to be freed; @size_out in bytes
 *
 * Returns 0, or
 *   -EINVAL    @name is not UTF-8, @args is not an array
 *   -EMSGSIZE  a server could not relay it: longer than MONOLOGUE_MAX_PACKET
 *              once "to" has become "from"
 *   -ENOMEM
 */
int rpc_write_call(const char *to, const char *token, const char *name,
                   const json_t *args, char **text_out, size_t *size_out);

/*
 * Writes {"to":@to,"payload":{"type":"ACK","data":{"token","ret"}}}.
 * @ret: NULL leaves "ret" out
 * Errors as rpc_write_call().
 */
int rpc_write_answer(const char *to, const char *token, const json_t *ret,
                     char **text_out, size_t *size_out);

enum rpc_kind {
    RPC_OTHER,   /* not JSON, or nothing we know: message is NULL */
    RPC_CALL,    /* from, token, name, args */
    RPC_ANSWER,  /* from, token, ret */
    RPC_REFUSAL, /* an error frame of the server: message */
};

/* Strings and values point into root. */
struct rpc {
    json_t *root;      /* owned; NULL if not an object */
    const char *from;  /* not empty */
    const char *token; /* not empty */
    const char *name;  /* not empty */
    const char *message;
    const json_t *args; /* an array */
    json_t *ret;        /* JSON null if the answer has none */
};

/*
 * Reads one message. Numbers that no 64-bit integer can hold become reals.
 * @rpc_out: always set; rpc_deinit() it
 */
enum rpc_kind rpc_read(const char *text, size_t size, struct rpc *rpc_out);
void rpc_deinit(struct rpc *rpc);
