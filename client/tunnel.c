#include "client/tunnel.h"

#include <errno.h>
#include <stdlib.h>

#include "client/url.h"

enum { REQUEST_LIMIT = 16384 }; /* bytes of ours */

/*
 * The body of a refusal is not read. Nor is one that a success announces: with
 * CONNECT it has none, whatever it says (RFC 9110, section 9.3.6).
 */
static const struct http_limits answer_limits = {
    .head_size = 16384,
    .n_headers = 100,
    .body_size = INT32_MAX,
};

int tunnel_append_request(struct bytes *out, const struct endpoint *endpoint,
                          const struct proxy *proxy)
{
    const char *authorization = proxy->authorization;
    char *target = url_join_host(endpoint->host, endpoint->port);
    if (!target)
        return -ENOMEM;
    int status = bytes_append_format(
        out, REQUEST_LIMIT, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n",
        target, target, authorization ? "Proxy-Authorization: " : "",
        authorization ? authorization : "", authorization ? "\r\n" : "");
    free(target);
    return status;
}

struct http_reader *tunnel_reader_new(void)
{
    return http_reader_new(HTTP_RESPONSES, &answer_limits);
}

static int refuse(int http, const struct proxy *proxy, struct errmsg *why)
{
    int status = -ECONNREFUSED;
    const char *what = "does not open a tunnel";
    if (http == 407 || http == 401) { /* the latter by mistake */
        status = -EACCES;
        what = proxy->authorization ? "refused its user and password"
                                    : "wants a user and a password";
    } else if (http == 403) {
        status = -EACCES;
        what = "forbids a connection to this server";
    } else if (http / 100 == 5) {
        status = -EHOSTUNREACH;
        what = "does not reach the server";
    }
    errmsg_set(why, "the proxy %s port %s %s (HTTP %d)", proxy->host,
               proxy->port, what, http);
    return status;
}

int tunnel_read(struct http_reader *answer, const uint8_t *in, size_t n,
                const struct proxy *proxy, size_t *used_out, struct errmsg *why)
{
    const char *fault = NULL;
    switch (http_read(answer, in, n, used_out)) {
    case HTTP_EVENT_MORE:
        return -EAGAIN;
    case HTTP_EVENT_FAULT: {
        int status = http_fault(answer, &fault) == 500 ? -ENOMEM : -EPROTO;
        errmsg_set(why, "the proxy %s port %s does not answer in HTTP: %s",
                   proxy->host, proxy->port, fault);
        return status;
    }
    case HTTP_EVENT_HEAD:
    case HTTP_EVENT_MESSAGE:
        break;
    }
    int http = http_status(answer);
    return http / 100 == 2 ? 0 : refuse(http, proxy, why);
}
