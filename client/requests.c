#include "client/requests.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/value.h"

/*
 * A request lives as long as somebody owes an answer to it: each handler that
 * is running or said MONOLOGUE_LATER. The first answer is sent; when nobody is
 * left who could give one, the caller is told what the first who failed said.
 */

struct monologue_request {
    struct list link;          /* in requests.pending */
    struct requests *requests; /* NULL once the client is gone */
    uint64_t era;              /* requests.era when it came */
    unsigned n_owed;           /* handlers that may still answer */
    bool is_answered;
    int status; /* of the first handler that failed; 0: none has */
    struct connid from;
    char from_text[CONNID_CHARS + 1];
    char *message;     /* of who failed; owned; NULL: none, or no memory */
    const char *name;  /* these two lie behind */
    const char *token; /* as it stood in the call */
    char behind[];
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

bool requests_is_quiet(const struct requests *requests)
{
    list_for_each (node, next, &requests->pending) {
        const struct monologue_request *request =
            list_entry(node, struct monologue_request, link);
        if (request->era == requests->era && !request->is_answered)
            return false;
    }
    return true;
}

void requests_expire(struct requests *requests)
{
    requests->era++;
}

/* Copies @size bytes and a NUL. */
static const char *keep(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    at[size] = '\0';
    return at;
}

static struct monologue_request *add(struct requests *requests,
                                     const struct rpc *rpc)
{
    size_t name_size = strlen(rpc->name);
    struct monologue_request *request =
        malloc(sizeof *request + name_size + 1 + rpc->token.size + 1);
    if (!request)
        return NULL;
    *request = (struct monologue_request){.requests = requests,
                                          .era = requests->era,
                                          .n_owed = 1,
                                          .from = rpc->from};
    keep(request->from_text, rpc->from.chars, CONNID_CHARS);
    request->name = keep(request->behind, rpc->name, name_size);
    request->token =
        keep(request->behind + name_size + 1, rpc->token.text, rpc->token.size);
    list_append(&requests->pending, &request->link);
    requests->n_pending++;
    return request;
}

static int send_answer(struct monologue_request *request,
                       const struct json_span *ret, int status,
                       const char *message)
{
    struct requests *requests = request->requests;
    if (!requests || request->era != requests->era)
        return -ECONNRESET;
    if (request->is_answered)
        return -EALREADY;
    const struct requests_answer answer = {.to = &request->from,
                                           .token = request->token,
                                           .ret = ret,
                                           .status = status,
                                           .message = message};
    int rc = requests->answer_cb(&answer, requests->data);
    request->is_answered = rc == 0 || rc == -EMSGSIZE;
    return rc;
}

/* One who might have answered is done. */
static void unref(struct monologue_request *request)
{
    if (--request->n_owed > 0)
        return;
    if (request->status < 0)
        send_answer(request, NULL, request->status,
                    request->message ? request->message : "");
    if (request->requests)
        request->requests->n_pending--;
    list_remove(&request->link);
    free(request->message);
    free(request);
}

static void note_failure(struct monologue_request *request, int status,
                         const char *message)
{
    if (request->status < 0)
        return;
    bool is_told_as_such = status == -ENOSYS || status == -EBUSY;
    request->status = is_told_as_such ? status : -EREMOTEIO;
    if (!message)
        message = monologue_strerror(status);
    request->message = strdup(message);
}

/* What cannot be written must not make the caller wait, either. */
static int answer_value(struct monologue_request *request, const json_t *ret)
{
    if (!ret)
        return send_answer(request, NULL, 0, NULL);
    char *text = value_write(ret);
    if (!text) {
        note_failure(request, -ENOMEM, NULL);
        return -ENOMEM;
    }
    const struct json_span span = {text, strlen(text)};
    int status = send_answer(request, &span, 0, NULL);
    free(text);
    return status;
}

static int answer_raw(struct monologue_request *request, const char *ret,
                      size_t size)
{
    struct json_span span;
    if (!ret)
        return send_answer(request, NULL, 0, NULL);
    int status = value_check(ret, size, &span);
    if (status < 0) {
        note_failure(request, status, "the method returned what is not JSON");
        return status;
    }
    return send_answer(request, &span, 0, NULL);
}

/* A walk over the handlers of a request. */
struct visit {
    struct monologue_request *request;
    const struct json_span *args;
    json_t *values; /* of args; NULL until a handler needs them */
};

static int ask_raw(const struct methods_handler *handler, struct visit *visit)
{
    int status = handler->raw_cb(visit->request, visit->args->text,
                                 visit->args->size, handler->data);
    if (status == 0)
        answer_value(visit->request, NULL);
    return status;
}

static int ask_value(const struct methods_handler *handler, struct visit *visit)
{
    json_t *ret = NULL;
    int status = visit->values ? 0 : value_parse(visit->args, &visit->values);
    if (status < 0)
        return status;
    status = handler->cb(visit->request, visit->values, &ret, handler->data);
    if (status == 0)
        answer_value(visit->request, ret);
    json_decref(ret);
    return status;
}

static void ask(const struct methods_handler *handler, void *visit_data)
{
    struct visit *visit = visit_data;
    struct monologue_request *request = visit->request;
    if (!request->requests)
        return;        /* an earlier handler has freed the client */
    request->n_owed++; /* before: it may reply at once and say LATER then */
    int status =
        handler->raw_cb ? ask_raw(handler, visit) : ask_value(handler, visit);
    if (status == MONOLOGUE_LATER)
        return;
    if (status < 0)
        note_failure(request, status, NULL);
    unref(request);
}

enum requests_verdict requests_serve(struct requests *requests,
                                     struct methods *methods,
                                     const struct rpc *rpc)
{
    if (rpc->name_size > MONOLOGUE_MAX_NAME || !methods_has(methods, rpc->name))
        return REQUESTS_UNKNOWN;
    if (requests->n_pending >= requests->max_pending)
        return REQUESTS_FULL;
    struct monologue_request *request = add(requests, rpc);
    if (!request)
        return REQUESTS_FAILED;
    struct visit visit = {.request = request, .args = &rpc->args};
    methods_walk(methods, rpc->name, ask, &visit);
    json_decref(visit.values);
    unref(request);
    return REQUESTS_SERVED;
}

const char *monologue_request_from(const struct monologue_request *request)
{
    return request->from_text;
}

const char *monologue_request_name(const struct monologue_request *request)
{
    return request->name;
}

int monologue_reply(struct monologue_request *request, json_t *ret)
{
    int status = answer_value(request, ret);
    json_decref(ret);
    unref(request);
    return status;
}

int monologue_reply_raw(struct monologue_request *request, const char *ret,
                        size_t size)
{
    int status = answer_raw(request, ret, size);
    unref(request);
    return status;
}

void monologue_fail(struct monologue_request *request, int status,
                    const char *message)
{
    note_failure(request, status, message);
    unref(request);
}

void monologue_decline(struct monologue_request *request)
{
    monologue_fail(request, -EREMOTEIO, "the method gave no answer");
}
