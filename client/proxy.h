/*
 * Which proxy leads to the server: as an option says, or the environment.
 */
#pragma once

#include "client/endpoint.h"
#include "proto/errmsg.h"

struct proxy {
    char *host;          /* without brackets; owned; NULL: there is no proxy */
    char *port;          /* decimal; owned */
    char *authorization; /* of Proxy-Authorization; owned; NULL: none */
};

/*
 * Finds the proxy for @endpoint.
 * @given: http://[user:password@]host[:port], where http:// may be left out
 *         and the port is 1080 by default, as with curl; "": no proxy; NULL:
 *         what the environment says
 * @environment: as environ(7). For wss:// endpoints https_proxy, HTTPS_PROXY,
 *         all_proxy and ALL_PROXY count, the first that is not empty; for ws://
 *         http_proxy (lower case only: HTTP_PROXY may be a header that a web
 *         server passed on to a CGI program), all_proxy and ALL_PROXY. Hosts
 *         in no_proxy or NO_PROXY have none, see noproxy.h, nor has this
 *         machine itself: localhost, 127.0.0.0/8 and ::1.
 *
 * Returns 0, or with @proxy_out unchanged:
 *   -EINVAL  @errmsg names the variable, or the option, and what is wrong; it
 *            does not quote the value, which may hold a password
 *   -ENOMEM
 */
int proxy_find(const char *given, char *const environment[],
               const struct endpoint *endpoint, struct proxy *proxy_out,
               struct errmsg *errmsg);
void proxy_deinit(struct proxy *proxy);
