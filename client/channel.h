/*
 * Socket, TLS and WebSocket as one object with three events.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "client/endpoint.h"
#include "client/proxy.h"
#include "proto/tls.h"

enum {
    CHANNEL_CLOSE_TIMEOUT_MS = 2000, /* for the close handshake */
};

struct channel;

/* What it is opened with; all borrowed until it is closed or discarded. */
struct channel_settings {
    const struct endpoint *endpoint;
    const char *api_key;       /* or NULL */
    const struct proxy *proxy; /* its host is NULL: there is none */
    const char *server_name;   /* for wss: see tls_new() */
    struct tls_context *tls;   /* for wss */
};

enum channel_event_kind {
    CHANNEL_EVENT_OPEN,
    CHANNEL_EVENT_MESSAGE, /* text, size */
    CHANNEL_EVENT_CLOSED,  /* status, code, why; last, always, once; then it is
                              gone */
};

struct channel_event {
    enum channel_event_kind kind;
    const char *text; /* UTF-8, borrowed */
    size_t size;      /* in bytes */
    int status;       /* 0: as channel_close() wished; else a negative errno,
                         as monologue_connect() tells them */
    uint16_t code;    /* of the close frame that ended it; 0: there was none */
    const char *why;  /* the status for a person; "" when there is no more to
                         say; borrowed */
};

/* May call any function here. */
typedef void (*channel_cb)(const struct channel_event *event, void *data);

/*
 * Starts connecting. How long that may take is the owner's to decide: see
 * channel_abort().
 * Returns 0, or with @cb never called: -ENOMEM or a libuv error.
 */
int channel_open(uv_loop_t *loop, const struct channel_settings *settings,
                 channel_cb cb, void *data, struct channel **channel_out);

/*
 * Sends a text message, from CHANNEL_EVENT_OPEN on.
 * Returns as frames_send(); -EPIPE also when the channel is ending, and with
 * -ENOMEM it is.
 */
int channel_send(struct channel *channel, const char *text, size_t size);

/*
 * Closes in order, within CHANNEL_CLOSE_TIMEOUT_MS; before it is open, at once
 * and with status -ECANCELED. No message is delivered any more.
 */
void channel_close(struct channel *channel);

/* From now on @cb is told instead. */
void channel_hand_over(struct channel *channel, channel_cb cb, void *data);

/* Ends without a close handshake; CHANNEL_EVENT_CLOSED tells @status. */
void channel_abort(struct channel *channel, int status);

/* The same, but nobody is told anything any more. */
void channel_discard(struct channel *channel);
