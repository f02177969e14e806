#include "client/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A call waits until exactly one of these happens: its answer arrives
 * (settle), its deadline passes (expire), or the connection goes away (fail).
 * Answers come mostly in the order of the calls, so a search from the oldest
 * is short.
 */

struct call {
    struct list link; /* in calls.waiting */
    uint64_t deadline_ms;
    monologue_call_cb cb;
    void *data;
    char token[CALLS_TOKEN_CHARS + 1];
    char to[MONOLOGUE_ID_CHARS + 1];
};

void calls_init(struct calls *calls, struct monologue *monologue)
{
    list_init(&calls->waiting);
    calls->monologue = monologue;
}

int calls_add(struct calls *calls, const char *token, const char *to,
              uint64_t deadline_ms, monologue_call_cb cb, void *data)
{
    struct call *call = malloc(sizeof *call);
    if (!call)
        return -ENOMEM;
    *call = (struct call){.deadline_ms = deadline_ms, .cb = cb, .data = data};
    memcpy(call->token, token, CALLS_TOKEN_CHARS);
    memcpy(call->to, to, MONOLOGUE_ID_CHARS);
    list_append(&calls->waiting, &call->link);
    return 0;
}

static struct call *find(const struct calls *calls, const char *token)
{
    list_for_each (node, next, &calls->waiting) {
        struct call *call = list_entry(node, struct call, link);
        if (strcmp(call->token, token) == 0)
            return call;
    }
    return NULL;
}

void calls_remove(struct calls *calls, const char *token)
{
    struct call *call = find(calls, token);
    list_remove(&call->link);
    free(call);
}

/* Unlinks before it calls out: the callback may add and settle other calls. */
static void finish(struct calls *calls, struct call *call, int status,
                   json_t *ret)
{
    list_remove(&call->link);
    call->cb(calls->monologue, status, ret, call->data);
    free(call);
}

bool calls_settle(struct calls *calls, const char *token, const char *from,
                  json_t *ret)
{
    struct call *call = find(calls, token);
    if (!call || strcmp(call->to, from) != 0)
        return false;
    finish(calls, call, 0, ret);
    return true;
}

static void finish_all(struct calls *calls, struct list *chosen, int status)
{
    while (!list_is_empty(chosen))
        finish(calls, list_entry(chosen->next, struct call, link), status,
               NULL);
}

void calls_expire(struct calls *calls, uint64_t now_ms)
{
    struct list expired; /* set apart first: a callback may change waiting */
    list_init(&expired);
    list_for_each (node, next, &calls->waiting) {
        struct call *call = list_entry(node, struct call, link);
        if (call->deadline_ms <= now_ms)
            list_move(&expired, node);
    }
    finish_all(calls, &expired, -ETIMEDOUT);
}

void calls_fail(struct calls *calls, int status)
{
    struct list failed;
    list_init(&failed);
    list_splice(&failed, &calls->waiting);
    finish_all(calls, &failed, status);
}

uint64_t calls_deadline_ms(const struct calls *calls)
{
    uint64_t earliest_ms = UINT64_MAX;
    list_for_each (node, next, &calls->waiting) {
        struct call *call = list_entry(node, struct call, link);
        if (call->deadline_ms < earliest_ms)
            earliest_ms = call->deadline_ms;
    }
    return earliest_ms;
}
