/*
 * A small relay on the test's own loop: well-behaved, or rude as told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "proto/connid.h"
#include "proto/list.h"
#include "proto/tls.h"

struct fakeserver;
struct fakepeer; /* one connection of a client */

/*
 * Sees every message before the relay does.
 * Returns true to keep it from the relay.
 */
typedef bool (*fakeserver_message_cb)(struct fakepeer *peer, const char *text,
                                      size_t size, void *data);

struct fakeserver {
    uv_tcp_t listener;
    struct list peers; /* struct fakepeer */
    char url[64];      /* ws://127.0.0.1:PORT/latest, or wss://localhost:... */
    uint16_t port;
    /* Set by the test, at any time: */
    fakeserver_message_cb message_cb; /* or NULL */
    void *data;
    const char *response;    /* sent in place of the 101; or NULL */
    const char *answer;      /* be a proxy first, whose answer to CONNECT this
                                is; one with 200 opens a tunnel that leads back
                                to this server. NULL: be none */
    struct tls_context *tls; /* see fakeserver_open_tls() */
    bool is_silent;          /* accept, and never answer a byte */
    bool is_deaf;            /* drop all frames */
    bool is_abrupt;          /* close as soon as accepted */
    /* For the test to read: */
    unsigned n_connections; /* accepted so far */
    unsigned n_closes;      /* close frames received */
    unsigned n_pongs;       /* received */
    char api_key[64];       /* of the last handshake; "" when it had none */
    char host[64];          /* Host of the last handshake */
    unsigned n_resumed;     /* TLS handshakes that a ticket cut short */
    char target[64];        /* of the last CONNECT */
    char authorization[64]; /* its Proxy-Authorization; "" when it had none */
};

/* Listens on a free port; @loop is run by the test. Fails the test if not. */
void fakeserver_open(struct fakeserver *server, uv_loop_t *loop);

/* The same over TLS, with a certificate (PEM). */
void fakeserver_open_tls(struct fakeserver *server, uv_loop_t *loop,
                         const char *certificate_file, const char *key_file);

/* Drops everybody and stops; the loop must run dry afterwards. */
void fakeserver_close(struct fakeserver *server);

/* The connection that came last; NULL when there is none. */
struct fakepeer *fakeserver_last(struct fakeserver *server);

const struct connid *fakepeer_id(const struct fakepeer *peer);

/* Sends a text message in one frame. */
void fakepeer_send(struct fakepeer *peer, const char *text);

/* Sends bytes as they are. */
void fakepeer_write(struct fakepeer *peer, const void *bytes, size_t size);

/* Nothing of the client is read any more: its output gets stuck. */
void fakepeer_stop_reading(struct fakepeer *peer);

/* How many bytes of ours the system has not taken yet. */
size_t fakepeer_n_unsent(const struct fakepeer *peer);

/* Ends TCP without a close frame. */
void fakepeer_drop(struct fakepeer *peer);
