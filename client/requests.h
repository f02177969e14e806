/*
 * Calls others make on us, from their arrival to our answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/methods.h"
#include "client/monologue.h"
#include "client/rpc.h"
#include "proto/connid.h"
#include "proto/json_string.h"
#include "proto/list.h"

/* What we say to a caller. */
struct requests_answer {
    const struct connid *to;
    const char *token;           /* as it stood in the call */
    const struct json_span *ret; /* good JSON; NULL: no value */
    int status;                  /* 0, or a negative errno: why it failed */
    const char *message;         /* the same for a person */
};

/*
 * Sends an answer; what it returns monologue_reply() returns. With -EMSGSIZE
 * the caller has been told that.
 */
typedef int (*requests_answer_cb)(const struct requests_answer *answer,
                                  void *data);

struct requests {
    struct list pending; /* monologue_request */
    uint32_t n_pending;
    uint32_t max_pending;
    uint64_t era; /* of the connection; answers to older ones are not sent */
    requests_answer_cb answer_cb;
    void *data;
};

void requests_init(struct requests *requests, uint32_t max_pending,
                   requests_answer_cb answer_cb, void *data);

/* Leaves pending requests to their handlers: answering them has no effect. */
void requests_deinit(struct requests *requests);

/* Whether nobody waits for us who could still be answered. */
bool requests_is_quiet(const struct requests *requests);

/* The connection has ended: what came by it can no longer be answered. */
void requests_expire(struct requests *requests);

enum requests_verdict {
    REQUESTS_SERVED,  /* handlers were called */
    REQUESTS_UNKNOWN, /* nobody handles that name */
    REQUESTS_FULL,    /* max_pending await our answer already */
    REQUESTS_FAILED,  /* out of memory */
};

/*
 * Calls the handlers of a call, which may do anything, requests_deinit()
 * included (methods_deinit() not).
 * @rpc: an RPC_CALL; what outlives this is copied
 */
enum requests_verdict requests_serve(struct requests *requests,
                                     struct methods *methods,
                                     const struct rpc *rpc);
