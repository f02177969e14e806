#include "client/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Ranges of the URL: [begin, end). */
struct span {
    const char *begin;
    const char *end;
};

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

/* Blanks and control bytes have no place in a URL, nor in what we send. */
static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static bool port_is_valid(struct span port)
{
    unsigned value = 0;
    for (const char *p = port.begin; p < port.end; p++) {
        if (*p < '0' || *p > '9' || p - port.begin >= 5)
            return false;
        value = value * 10 + (unsigned)(*p - '0');
    }
    return value >= 1 && value <= 65535;
}

/* Splits host[:port]; returns what is wrong, or NULL. */
static const char *split_authority(struct span all, struct span *host,
                                   struct span *port)
{
    size_t n = (size_t)(all.end - all.begin);
    if (memchr(all.begin, '@', n))
        return "user names are not supported";
    const char *colon = memchr(all.begin, ':', n);
    *host = (struct span){all.begin, colon ? colon : all.end};
    if (n > 0 && *all.begin == '[') {
        const char *bracket = memchr(all.begin, ']', n);
        if (!bracket || (bracket + 1 < all.end && bracket[1] != ':'))
            return "the address in brackets is not complete";
        *host = (struct span){all.begin + 1, bracket};
        colon = bracket + 1 < all.end ? bracket + 1 : NULL;
    }
    if (host->begin == host->end)
        return "the host is missing";
    if (!colon)
        return NULL;
    *port = (struct span){colon + 1, all.end};
    return port_is_valid(*port) ? NULL : "the port is not 1 to 65535";
}

static char *copy(struct span span)
{
    return strndup(span.begin, (size_t)(span.end - span.begin));
}

/* The port is left out when it is the scheme's own, as browsers do. */
static char *make_host_header(const struct endpoint *endpoint)
{
    bool is_ipv6 = strchr(endpoint->host, ':');
    bool is_default =
        strcmp(endpoint->port, endpoint->is_secure ? "443" : "80") == 0;
    char *header = NULL;
    if (asprintf(&header, "%s%s%s%s%s", is_ipv6 ? "[" : "", endpoint->host,
                 is_ipv6 ? "]" : "", is_default ? "" : ":",
                 is_default ? "" : endpoint->port) < 0)
        return NULL;
    return header;
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
    struct span host;
    struct span port = {NULL, NULL};
    const char *rest = url;
    if (!is_printable(url))
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
    struct span authority = {rest, rest + strcspn(rest, "/?")};
    const char *why = split_authority(authority, &host, &port);
    if (why)
        return refuse(errmsg, url, why);

    endpoint.host = copy(host);
    endpoint.port =
        port.begin ? copy(port) : strdup(endpoint.is_secure ? "443" : "80");
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
