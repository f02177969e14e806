/*
 * Calls others make on us, from their arrival to our answer.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "client/methods.h"
#include "client/monologue.h"
#include "proto/list.h"

/* Sends an answer; what it returns monologue_reply() returns. */
typedef int (*requests_answer_cb)(const char *to, const char *token,
                                  const json_t *ret, void *data);

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

/* The connection has ended: what came by it can no longer be answered. */
void requests_expire(struct requests *requests);

enum requests_verdict {
    REQUESTS_SERVED,  /* handlers were called */
    REQUESTS_UNKNOWN, /* nobody handles that name */
    REQUESTS_FULL,    /* max_pending await our answer already */
    REQUESTS_FAILED,  /* out of memory */
};

/*
 * Calls the handlers of @name, which may do anything, requests_deinit()
 * included (methods_deinit() not).
 * @from, @token: copied
 */
enum requests_verdict requests_serve(struct requests *requests,
                                     struct methods *methods, const char *from,
                                     const char *token, const char *name,
                                     const json_t *args);
