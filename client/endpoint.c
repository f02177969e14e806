#include "client/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/url.h"

void endpoint_deinit(struct endpoint *endpoint)
{
    free(endpoint->host);
    free(endpoint->port);
    free(endpoint->host_header);
    free(endpoint->target);
    *endpoint = (struct endpoint){0};
}

static int refuse(struct errmsg *errmsg, const char *url, const char *why)
{
    errmsg_set(errmsg, "%s: %s (an endpoint looks like wss://host/latest)", url,
               why);
    return -EINVAL;
}

/* The port is left out when it is the scheme's own, as browsers do. */
static char *make_host_header(const struct endpoint *endpoint)
{
    bool is_default =
        strcmp(endpoint->port, endpoint->is_secure ? "443" : "80") == 0;
    return url_join_host(endpoint->host, is_default ? NULL : endpoint->port);
}

static char *make_target(const char *rest)
{
    char *target = NULL;
    if (asprintf(&target, "%s%s", *rest == '/' ? "" : "/", rest) < 0)
        return NULL;
    return target;
}

int endpoint_parse(const char *url, struct endpoint *endpoint_out,
                   struct errmsg *errmsg)
{
    struct endpoint endpoint = {0};
    struct url_part host;
    struct url_part port;
    const char *rest = url;
    if (!url_is_printable(url))
        return refuse(errmsg, url, "it holds blanks or control characters");
    if (strncasecmp(url, "ws://", 5) == 0)
        rest += 5;
    else if (strncasecmp(url, "wss://", 6) == 0)
        rest += 6;
    else
        return refuse(errmsg, url, "it must start with ws:// or wss://");
    if (strchr(url, '#'))
        return refuse(errmsg, url, "a fragment (#) has no place here");

    endpoint.is_secure = rest - url == 6;
    struct url_part authority = {rest, rest + strcspn(rest, "/?")};
    const char *why = "user names are not supported";
    if (!memchr(rest, '@', (size_t)(authority.end - rest)))
        why = url_split_host(authority, &host, &port);
    if (why)
        return refuse(errmsg, url, why);

    endpoint.host = url_copy(host);
    endpoint.port =
        port.begin ? url_copy(port) : strdup(endpoint.is_secure ? "443" : "80");
    endpoint.target = make_target(authority.end);
    if (endpoint.host && endpoint.port)
        endpoint.host_header = make_host_header(&endpoint);
    if (!endpoint.host_header || !endpoint.target) {
        endpoint_deinit(&endpoint);
        return -ENOMEM;
    }
    *endpoint_out = endpoint;
    return 0;
}
