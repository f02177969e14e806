#include "client/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool url_is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static bool port_is_valid(struct url_part port)
{
    unsigned value = 0;
    for (const char *p = port.begin; p < port.end; p++) {
        if (*p < '0' || *p > '9' || p - port.begin >= 5)
            return false;
        value = value * 10 + (unsigned)(*p - '0');
    }
    return value >= 1 && value <= 65535;
}

const char *url_split_host(struct url_part all, struct url_part *host_out,
                           struct url_part *port_out)
{
    size_t n = (size_t)(all.end - all.begin);
    const char *colon = memchr(all.begin, ':', n);
    struct url_part host = {all.begin, colon ? colon : all.end};
    struct url_part port = {NULL, NULL};
    if (n > 0 && *all.begin == '[') {
        const char *bracket = memchr(all.begin, ']', n);
        if (!bracket || (bracket + 1 < all.end && bracket[1] != ':'))
            return "the address in brackets is not complete";
        host = (struct url_part){all.begin + 1, bracket};
        colon = bracket + 1 < all.end ? bracket + 1 : NULL;
    }
    if (host.begin == host.end)
        return "the host is missing";
    if (colon) {
        port = (struct url_part){colon + 1, all.end};
        if (!port_is_valid(port))
            return "the port is not 1 to 65535";
    }
    *host_out = host;
    *port_out = port;
    return NULL;
}

char *url_copy(struct url_part part)
{
    return strndup(part.begin, (size_t)(part.end - part.begin));
}

char *url_join_host(const char *host, const char *port)
{
    bool is_ipv6 = strchr(host, ':');
    char *joined = NULL;
    if (asprintf(&joined, "%s%s%s%s%s", is_ipv6 ? "[" : "", host,
                 is_ipv6 ? "]" : "", port ? ":" : "", port ? port : "") < 0)
        return NULL;
    return joined;
}
