/*
 * A connection as a stream of plain bytes, over TCP or TLS, maybe by a proxy.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "client/endpoint.h"
#include "client/proxy.h"
#include "proto/bytes.h"
#include "proto/tls.h"

struct stream;

/* Where to, and how; all borrowed until the stream is open. */
struct stream_settings {
    const struct endpoint *endpoint;
    const struct proxy *proxy; /* its host is NULL: there is none */
    const char *server_name;   /* for wss: see tls_new() */
    struct tls_context *tls;   /* for wss */
};

/* None is called before stream_open() has returned. */
struct stream_callbacks {
    /* Connected, and with TLS the server is verified. */
    void (*open)(void *data);
    /* Input; borrowed. */
    void (*input)(const uint8_t *in, size_t n, void *data);
    /*
     * Last, always, once; the stream is gone afterwards.
     * @status: 0: as stream_end() or stream_leave() wished; else a negative
     *          errno, -ECONNABORTED for TLS, -ECONNRESET at the end of input,
     *          for a proxy as tunnel_read()
     * @why:    the status for a person; borrowed
     */
    void (*closed)(int status, const char *why, void *data);
};

/*
 * Starts connecting.
 * Returns 0, or with no callback ever called: -ENOMEM or a libuv error.
 */
int stream_open(uv_loop_t *loop, const struct stream_settings *settings,
                const struct stream_callbacks *callbacks, void *data,
                struct stream **stream_out);

/* Where its owner appends what is to be sent by stream_flush(). */
struct bytes *stream_output(struct stream *stream);

/*
 * Sends what was appended: at once, or after the write that is under way. Not
 * needed from within a callback. While much is waiting no input is read.
 */
void stream_flush(struct stream *stream);

/* Ends the stream when all that was appended has been sent. */
void stream_leave(struct stream *stream);

/* Ends the stream now; no input is told any more. Does no harm twice. */
void stream_end(struct stream *stream);
