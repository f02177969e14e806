#include <errno.h>
#include <string.h>

#include "client/blocking.h"

/*
 * Values that cross from one thread to the other are copied: no tree is shared.
 */

struct call_job {
    struct job job;
    const char *to;
    const char *name;
    const json_t *args;
    uint32_t timeout_ms;
    json_t *ret;
};

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    struct call_job *call = data;
    (void)m;
    if (status == 0) {
        call->ret = json_deep_copy(ret);
        status = call->ret ? 0 : -ENOMEM;
    }
    blocking_finish(&call->job, status);
}

static void start_call(struct monologue *m, struct job *job)
{
    struct call_job *call = list_entry(job, struct call_job, job);
    int status = monologue_call(m, call->to, call->name, call->args,
                                call->timeout_ms, on_answered, call, NULL);
    if (status < 0)
        blocking_finish(job, status);
}

int monologue_blocking_call(struct monologue_blocking *b, const char *to,
                            const char *name, const json_t *args,
                            uint32_t timeout_ms, json_t **ret_out)
{
    struct call_job call = {
        .job.start = start_call,
        .job.is_slow = true,
        .to = to,
        .name = name,
        .args = args,
        .timeout_ms = timeout_ms,
    };
    int status = blocking_run(b, &call.job);
    if (status == 0)
        *ret_out = call.ret;
    return status;
}

struct raw_call_job {
    struct job job;
    const char *to;
    const char *name;
    const char *args;
    size_t size;
    uint32_t timeout_ms;
    char *ret;
};

static void on_answered_raw(struct monologue *m, int status, const char *ret,
                            size_t size, void *data)
{
    struct raw_call_job *call = data;
    (void)m;
    if (status == 0) {
        call->ret = strndup(ret, size);
        status = call->ret ? 0 : -ENOMEM;
    }
    blocking_finish(&call->job, status);
}

static void start_raw_call(struct monologue *m, struct job *job)
{
    struct raw_call_job *call = list_entry(job, struct raw_call_job, job);
    int status =
        monologue_call_raw(m, call->to, call->name, call->args, call->size,
                           call->timeout_ms, on_answered_raw, call, NULL);
    if (status < 0)
        blocking_finish(job, status);
}

int monologue_blocking_call_raw(struct monologue_blocking *b, const char *to,
                                const char *name, const char *args, size_t size,
                                uint32_t timeout_ms, char **ret_out)
{
    struct raw_call_job call = {
        .job.start = start_raw_call,
        .job.is_slow = true,
        .to = to,
        .name = name,
        .args = args,
        .size = size,
        .timeout_ms = timeout_ms,
    };
    int status = blocking_run(b, &call.job);
    if (status == 0)
        *ret_out = call.ret;
    return status;
}

struct handler_job {
    struct job job;
    int (*apply)(struct monologue *m, const char *name,
                 monologue_handler_cb handler, void *data);
    int (*apply_raw)(struct monologue *m, const char *name,
                     monologue_raw_handler_cb handler, void *data);
    const char *name;
    monologue_handler_cb handler;
    monologue_raw_handler_cb raw_handler;
    void *data;
};

static void start_handler(struct monologue *m, struct job *job)
{
    struct handler_job *h = list_entry(job, struct handler_job, job);
    if (h->apply)
        blocking_finish(job, h->apply(m, h->name, h->handler, h->data));
    else
        blocking_finish(job, h->apply_raw(m, h->name, h->raw_handler, h->data));
}

int monologue_blocking_on(struct monologue_blocking *b, const char *name,
                          monologue_handler_cb handler, void *data)
{
    struct handler_job job = {.job.start = start_handler,
                              .apply = monologue_on,
                              .name = name,
                              .handler = handler,
                              .data = data};
    return blocking_run(b, &job.job);
}

int monologue_blocking_off(struct monologue_blocking *b, const char *name,
                           monologue_handler_cb handler, void *data)
{
    struct handler_job job = {.job.start = start_handler,
                              .apply = monologue_off,
                              .name = name,
                              .handler = handler,
                              .data = data};
    return blocking_run(b, &job.job);
}

int monologue_blocking_on_raw(struct monologue_blocking *b, const char *name,
                              monologue_raw_handler_cb handler, void *data)
{
    struct handler_job job = {.job.start = start_handler,
                              .apply_raw = monologue_on_raw,
                              .name = name,
                              .raw_handler = handler,
                              .data = data};
    return blocking_run(b, &job.job);
}

int monologue_blocking_off_raw(struct monologue_blocking *b, const char *name,
                               monologue_raw_handler_cb handler, void *data)
{
    struct handler_job job = {.job.start = start_handler,
                              .apply_raw = monologue_off_raw,
                              .name = name,
                              .raw_handler = handler,
                              .data = data};
    return blocking_run(b, &job.job);
}

/* An answer, as a value, as text, or as a failure. */
struct reply_job {
    struct job job;
    struct monologue_request *request;
    json_t *ret;
    const char *text;
    size_t size;
    int status;
};

static void start_reply(struct monologue *m, struct job *job)
{
    struct reply_job *reply = list_entry(job, struct reply_job, job);
    (void)m;
    blocking_finish(job, monologue_reply(reply->request, reply->ret));
}

int monologue_blocking_reply(struct monologue_blocking *b,
                             struct monologue_request *request, json_t *ret)
{
    struct reply_job reply = {
        .job.start = start_reply, .request = request, .ret = ret};
    return blocking_run(b, &reply.job);
}

static void start_raw_reply(struct monologue *m, struct job *job)
{
    struct reply_job *reply = list_entry(job, struct reply_job, job);
    (void)m;
    blocking_finish(
        job, monologue_reply_raw(reply->request, reply->text, reply->size));
}

int monologue_blocking_reply_raw(struct monologue_blocking *b,
                                 struct monologue_request *request,
                                 const char *ret, size_t size)
{
    struct reply_job reply = {.job.start = start_raw_reply,
                              .request = request,
                              .text = ret,
                              .size = size};
    return blocking_run(b, &reply.job);
}

static void start_fail(struct monologue *m, struct job *job)
{
    struct reply_job *reply = list_entry(job, struct reply_job, job);
    (void)m;
    monologue_fail(reply->request, reply->status, reply->text);
    blocking_finish(job, 0);
}

void monologue_blocking_fail(struct monologue_blocking *b,
                             struct monologue_request *request, int status,
                             const char *message)
{
    struct reply_job reply = {.job.start = start_fail,
                              .request = request,
                              .text = message,
                              .status = status};
    blocking_run(b, &reply.job);
}
