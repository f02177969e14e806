/*
 * The way through an HTTP proxy: CONNECT, and what the proxy answers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "client/endpoint.h"
#include "client/proxy.h"
#include "proto/bytes.h"
#include "proto/errmsg.h"
#include "proto/http.h"

/*
 * Appends the request for a tunnel to @endpoint.
 * Returns 0, -ENOMEM, or -ENOBUFS: the host is too long.
 */
int tunnel_append_request(struct bytes *out, const struct endpoint *endpoint,
                          const struct proxy *proxy);

/* Returns a bounded reader for the answer, or NULL: out of memory. */
struct http_reader *tunnel_reader_new(void);

/*
 * Reads the answer.
 * @used_out: always set: how many bytes of @in are done with. What follows the
 *            answer is the server's.
 *
 * Returns 0: the tunnel is open; -EAGAIN: come again with more; or what ends
 * it, with @why telling:
 *   -EACCES        the proxy forbids it, or wants other credentials
 *   -EHOSTUNREACH  the proxy does not get through to the server either
 *   -ECONNREFUSED  the proxy refuses otherwise
 *   -EPROTO        it does not speak HTTP, or without end
 *   -ENOMEM
 */
int tunnel_read(struct http_reader *answer, const uint8_t *in, size_t n,
                const struct proxy *proxy, size_t *used_out,
                struct errmsg *why);
