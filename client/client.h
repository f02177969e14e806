/*
 * A client: what its life (client.c) and its talk (exchange.c) share.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "client/backoff.h"
#include "client/calls.h"
#include "client/channel.h"
#include "client/methods.h"
#include "client/monologue.h"
#include "client/options.h"
#include "client/requests.h"
#include "client/successor.h"
#include "proto/errmsg.h"

enum client_state {
    CLIENT_IDLE,
    CLIENT_OPENING,  /* the channel is not open yet */
    CLIENT_GREETING, /* whoami is sent, our id awaited */
    CLIENT_OPEN,
    CLIENT_LEAVING, /* waiting for the channel to end, to connect again; or
                       telling that it has ended, its successor being ready */
    CLIENT_ENDING,  /* it has ended by itself: telling those who called */
    CLIENT_WAITING, /* until deadline_ms, to connect again */
    CLIENT_CLOSING, /* waiting for the channel to end */
    CLIENT_DEAD,    /* freed; only the memory is left */
};

struct monologue {
    enum client_state state;
    bool is_heard;  /* a message has come since the last sign of life */
    bool owns_loop; /* see drive.h; else it is the caller's */
    bool is_driven; /* within monologue_dispatch() */
    uv_loop_t *loop;
    uv_timer_t timer; /* fires at due_ms, the earliest deadline of all */
    uint64_t due_ms;
    uint64_t deadline_ms; /* our own: to be connected, to give a sign of life,
                             to try again; UINT64_MAX: none */
    struct backoff backoff;
    uint64_t opened_ms; /* when the connection was there; 0: there is none */
    uint64_t plan_ms;   /* leave it when nothing is in flight from then on */
    uint64_t leave_ms;  /* and then, whatever is; both UINT64_MAX: never */
    struct successor successor;
    struct channel *predecessor; /* left, and saying goodbye; NULL: none */
    struct options options;
    monologue_event_cb event_cb; /* or NULL */
    void *event_data;
    monologue_trace_cb trace_cb; /* or NULL */
    void *trace_data;
    struct tls_context *tls; /* for wss */
    struct channel *channel; /* NULL while there is no connection */
    struct calls calls;
    struct methods methods;
    struct requests requests;
    struct monologue_stats stats;    /* but for what is going on now */
    monologue_connect_cb connect_cb; /* set while connecting */
    void *connect_data;
    monologue_close_cb close_cb; /* set while closing, if wanted */
    void *close_data;
    struct errmsg errmsg;
    char id[MONOLOGUE_ID_CHARS + 1];
};

/* Sets the error message, behind the server's URL. */
void client_complain(struct monologue *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A deadline counted from now, not from when the loop last looked. */
uint64_t client_deadline_after(struct monologue *m, uint32_t timeout_ms);

/* Has the timer fire at @deadline_ms at the latest. */
void client_arm(struct monologue *m, uint64_t deadline_ms);

/* Tells what needs no more words than these. */
void client_tell(struct monologue *m, enum monologue_event_kind kind,
                 const char *text);

/* Shows a message to whoever traces. */
void client_show(struct monologue *m, enum monologue_direction direction,
                 const char *text, size_t size);

/* Our id is known: tells who connected. */
void client_enter_open(struct monologue *m);

/* Starts connecting; returns as channel_open(). */
int client_open_channel(struct monologue *m, channel_cb cb,
                        struct channel **channel_out);

/* The connection is left for its successor, which must be ready. Tells of it:
 * the client may be dead afterwards. */
void client_change_over(struct monologue *m);

/* Frees the memory of a client that is dead, and on no loop any more. */
void client_discard(struct monologue *m);
