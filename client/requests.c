#include "client/requests.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * A request lives as long as somebody owes an answer to it: each handler that
 * is running or said MONOLOGUE_LATER. The first answer is sent.
 */

struct monologue_request {
    struct list link;          /* in requests.pending */
    struct requests *requests; /* NULL once the client is gone */
    uint64_t era;              /* requests.era when it came */
    unsigned n_owed;           /* handlers that may still answer */
    bool is_answered;
    const char *name; /* these two lie behind from */
    const char *token;
    char from[];
};

void requests_init(struct requests *requests, uint32_t max_pending,
                   requests_answer_cb answer_cb, void *data)
{
    *requests = (struct requests){
        .max_pending = max_pending, .answer_cb = answer_cb, .data = data};
    list_init(&requests->pending);
}

void requests_deinit(struct requests *requests)
{
    list_for_each (node, next, &requests->pending) {
        list_entry(node, struct monologue_request, link)->requests = NULL;
        list_remove(node);
    }
}

void requests_expire(struct requests *requests)
{
    requests->era++;
}

static struct monologue_request *add(struct requests *requests,
                                     const char *from, const char *token,
                                     const char *name)
{
    size_t from_size = strlen(from) + 1;
    size_t token_size = strlen(token) + 1;
    size_t name_size = strlen(name) + 1;
    struct monologue_request *request =
        malloc(sizeof *request + from_size + token_size + name_size);
    if (!request)
        return NULL;
    *request = (struct monologue_request){
        .requests = requests, .era = requests->era, .n_owed = 1};
    memcpy(request->from, from, from_size);
    request->token = memcpy(request->from + from_size, token, token_size);
    request->name =
        memcpy(request->from + from_size + token_size, name, name_size);
    list_append(&requests->pending, &request->link);
    requests->n_pending++;
    return request;
}

static void unref(struct monologue_request *request)
{
    if (--request->n_owed > 0)
        return;
    if (request->requests)
        request->requests->n_pending--;
    list_remove(&request->link);
    free(request);
}

static int answer(struct monologue_request *request, const json_t *ret)
{
    struct requests *requests = request->requests;
    if (!requests || request->era != requests->era)
        return -ECONNRESET;
    if (request->is_answered)
        return -EALREADY;
    int status =
        requests->answer_cb(request->from, request->token, ret, requests->data);
    request->is_answered = status == 0;
    return status;
}

struct visit {
    struct monologue_request *request;
    const json_t *args;
};

static void ask(monologue_handler_cb handler, void *data, void *visit_data)
{
    const struct visit *visit = visit_data;
    struct monologue_request *request = visit->request;
    if (!request->requests)
        return; /* an earlier handler has freed the client */
    json_t *ret = NULL;
    request->n_owed++; /* before: it may reply at once and say LATER then */
    int status = handler(request, visit->args, &ret, data);
    if (status == MONOLOGUE_LATER)
        return;
    if (status == 0)
        answer(request, ret);
    json_decref(ret);
    unref(request);
}

enum requests_verdict requests_serve(struct requests *requests,
                                     struct methods *methods, const char *from,
                                     const char *token, const char *name,
                                     const json_t *args)
{
    if (!methods_has(methods, name))
        return REQUESTS_UNKNOWN;
    if (requests->n_pending >= requests->max_pending)
        return REQUESTS_FULL;
    struct monologue_request *request = add(requests, from, token, name);
    if (!request)
        return REQUESTS_FAILED;
    methods_walk(methods, name, ask,
                 &(struct visit){.request = request, .args = args});
    unref(request);
    return REQUESTS_SERVED;
}

const char *monologue_request_from(const struct monologue_request *request)
{
    return request->from;
}

const char *monologue_request_name(const struct monologue_request *request)
{
    return request->name;
}

int monologue_reply(struct monologue_request *request, json_t *ret)
{
    int status = answer(request, ret);
    json_decref(ret);
    unref(request);
    return status;
}

void monologue_decline(struct monologue_request *request)
{
    unref(request);
}
