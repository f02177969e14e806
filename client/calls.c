#include "client/calls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "client/value.h"

/*
 * A call waits until exactly one of these happens: its answer arrives, its
 * deadline passes, it is cancelled, or the connection goes away.
 *
 * Each has a slot, and its token says which: the prefix, by which we know our
 * own, the number of the slot, and how many calls that slot has had. So an
 * answer finds its call without a search, and one that comes when its call has
 * ended is told from one that was never asked for.
 *
 * Calls that end together are set apart first, as a callback may make new ones;
 * but where all can see them, as a callback may also fail all that are left.
 */

struct monologue_pending {
    struct list link;       /* in calls.waiting or calls.ending */
    struct heap_node alarm; /* in calls.deadlines, while waiting */
    struct calls *calls;
    int status; /* in calls.ending: what to tell */
    uint32_t slot;
    struct connid to;
    struct calls_listener listener;
    char token[CALLS_TOKEN_CHARS + 1];
};

struct calls_slot {
    struct monologue_pending *call; /* NULL: free */
    uint32_t n_calls;               /* that it has had */
    uint32_t next_free;             /* while free: the next one, or n_slots */
};

enum { SLOTS_MIN = 16, HALF_CHARS = 8 };

void calls_init(struct calls *calls, struct monologue *monologue)
{
    *calls = (struct calls){.monologue = monologue};
    list_init(&calls->waiting);
    list_init(&calls->ending);
}

void calls_deinit(struct calls *calls)
{
    heap_deinit(&calls->deadlines);
    free(calls->slots);
    calls->slots = NULL;
    calls->n_slots = calls->free_slot = 0;
}

static int make_prefix(struct calls *calls)
{
    uint64_t random;
    if (calls->prefix[0])
        return 0;
    int status = uv_random(NULL, NULL, &random, sizeof random, 0, NULL);
    if (status == 0)
        snprintf(calls->prefix, sizeof calls->prefix, "%016" PRIx64, random);
    return status;
}

static int reserve_slot(struct calls *calls)
{
    if (calls->free_slot < calls->n_slots)
        return 0;
    uint32_t n_slots = calls->n_slots ? 2 * calls->n_slots : SLOTS_MIN;
    if (n_slots < calls->n_slots)
        return -ENOMEM;
    struct calls_slot *slots =
        realloc(calls->slots, n_slots * sizeof *calls->slots);
    if (!slots)
        return -ENOMEM;
    for (uint32_t i = calls->n_slots; i < n_slots; i++)
        slots[i] = (struct calls_slot){.next_free = i + 1};
    calls->slots = slots;
    calls->n_slots = n_slots;
    return 0;
}

/* Cannot fail: there is room for it. */
static void take_slot(struct calls *calls, struct monologue_pending *call)
{
    struct calls_slot *slot = &calls->slots[calls->free_slot];
    call->slot = calls->free_slot;
    calls->free_slot = slot->next_free;
    slot->call = call;
    slot->n_calls++;
    snprintf(call->token, sizeof call->token, "%s%08" PRIx32 "%08" PRIx32,
             calls->prefix, call->slot, slot->n_calls);
}

int calls_add(struct calls *calls, const struct connid *to,
              uint64_t deadline_ms, const struct calls_listener *listener,
              struct monologue_pending **call_out)
{
    int status = make_prefix(calls);
    if (status == 0)
        status = reserve_slot(calls);
    if (status == 0)
        status = heap_reserve(&calls->deadlines);
    if (status < 0)
        return status;
    struct monologue_pending *call = malloc(sizeof *call);
    if (!call)
        return -ENOMEM;
    *call = (struct monologue_pending){
        .calls = calls, .to = *to, .listener = *listener};
    take_slot(calls, call);
    heap_add(&calls->deadlines, &call->alarm, deadline_ms);
    list_append(&calls->waiting, &call->link);
    *call_out = call;
    return 0;
}

const char *calls_token(const struct monologue_pending *call)
{
    return call->token;
}

static void detach(struct monologue_pending *call)
{
    struct calls *calls = call->calls;
    struct calls_slot *slot = &calls->slots[call->slot];
    slot->call = NULL;
    slot->next_free = calls->free_slot;
    calls->free_slot = call->slot;
    heap_remove(&calls->deadlines, &call->alarm);
    list_remove(&call->link);
}

void calls_remove(struct monologue_pending *call)
{
    detach(call);
    free(call);
}

static void tell_raw(const struct monologue_pending *call, int status,
                     const struct json_span *ret)
{
    call->listener.raw_cb(call->calls->monologue, status,
                          ret ? ret->text : NULL, ret ? ret->size : 0,
                          call->listener.data);
}

static void tell_value(const struct monologue_pending *call, int status,
                       const struct json_span *ret)
{
    json_t *value = NULL;
    if (status == 0)
        status = value_parse(ret, &value);
    call->listener.cb(call->calls->monologue, status, value,
                      call->listener.data);
    json_decref(value);
}

/* Detaches before it calls out: the callback may add and end other calls. */
void calls_finish(struct monologue_pending *call, int status,
                  const struct json_span *ret)
{
    detach(call);
    if (call->listener.raw_cb)
        tell_raw(call, status, ret);
    else
        tell_value(call, status, ret);
    free(call);
}

void monologue_cancel(struct monologue_pending *pending)
{
    calls_finish(pending, -ECANCELED, NULL);
}

/* Eight hexadecimal digits as we write them; false for others. */
static bool read_half(const char *text, uint32_t *number_out)
{
    uint32_t number = 0;
    for (int i = 0; i < HALF_CHARS; i++) {
        const char *digit = memchr("0123456789abcdef", text[i], 16);
        if (!digit)
            return false;
        unsigned value = (unsigned char)*digit <= '9'
                             ? (unsigned)(*digit - '0')
                             : (unsigned)(*digit - 'a' + 10);
        number = number << 4 | value;
    }
    *number_out = number;
    return true;
}

enum calls_verdict calls_find(const struct calls *calls,
                              const struct json_span *token,
                              const struct connid *from,
                              struct monologue_pending **call_out)
{
    char text[CALLS_TOKEN_CHARS];
    uint32_t number;
    uint32_t nth;
    if (json_string_decode(token, text, sizeof text) != sizeof text ||
        memcmp(text, calls->prefix, CALLS_PREFIX_CHARS) != 0 ||
        !read_half(text + CALLS_PREFIX_CHARS, &number) ||
        !read_half(text + CALLS_PREFIX_CHARS + HALF_CHARS, &nth) ||
        number >= calls->n_slots || nth == 0 ||
        nth > calls->slots[number].n_calls)
        return CALLS_UNKNOWN;
    struct monologue_pending *call = calls->slots[number].call;
    if (!call || nth != calls->slots[number].n_calls)
        return CALLS_LATE;
    if (!connid_equal(&call->to, from))
        return CALLS_UNKNOWN;
    *call_out = call;
    return CALLS_WAITING;
}

static void set_apart(struct monologue_pending *call, int status)
{
    call->status = status;
    heap_remove(&call->calls->deadlines, &call->alarm);
    list_move(&call->calls->ending, &call->link);
}

static void finish_ending(struct calls *calls)
{
    while (!list_is_empty(&calls->ending)) {
        struct monologue_pending *call = list_entry(
            list_take_first(&calls->ending), struct monologue_pending, link);
        calls_finish(call, call->status, NULL);
    }
}

static struct monologue_pending *find_earliest(const struct calls *calls)
{
    struct heap_node *node = heap_first(&calls->deadlines);
    return node ? list_entry(node, struct monologue_pending, alarm) : NULL;
}

unsigned calls_expire(struct calls *calls, uint64_t now_ms)
{
    unsigned n_expired = 0;
    struct monologue_pending *call = find_earliest(calls);
    for (; call && call->alarm.due_ms <= now_ms; call = find_earliest(calls)) {
        set_apart(call, -ETIMEDOUT);
        n_expired++;
    }
    finish_ending(calls);
    return n_expired;
}

void calls_fail(struct calls *calls, int status)
{
    list_for_each (node, next, &calls->waiting)
        set_apart(list_entry(node, struct monologue_pending, link), status);
    finish_ending(calls);
}

uint64_t calls_deadline_ms(const struct calls *calls)
{
    const struct monologue_pending *call = find_earliest(calls);
    return call ? call->alarm.due_ms : UINT64_MAX;
}
