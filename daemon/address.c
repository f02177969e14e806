#include "daemon/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum {
    HOST_MAX = 253,
    SOCKET_PATH_MAX = sizeof((struct sockaddr_un *)0)->sun_path - 1
};

/* What follows @prefix in @text; NULL when it does not start so. */
static const char *skip(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

static int parse_port(const char *text, uint16_t *port_out)
{
    unsigned port = 0;
    size_t n = strspn(text, "0123456789");
    if (n < 1 || n > 5 || text[n] != '\0')
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        port = port * 10 + (unsigned)(text[i] - '0');
    if (port > UINT16_MAX)
        return -EINVAL;
    *port_out = (uint16_t)port;
    return 0;
}

/* Finds HOST in HOST:PORT or [HOST]:PORT; NULL: neither. */
static const char *split(const char *text, size_t *n_host_out,
                         const char **port_out)
{
    const char *host = text;
    const char *end;
    size_t n;
    if (*text == '[') {
        host++;
        n = strspn(host, "0123456789abcdefABCDEF:.%");
        end = host + n;
        if (*end++ != ']')
            return NULL;
    } else {
        n = strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz"
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_");
        end = host + n;
    }
    if (n < 1 || n > HOST_MAX || *end != ':')
        return NULL;
    *n_host_out = n;
    *port_out = end + 1;
    return host;
}

static int parse_tcp(const char *text, struct listen_address *address,
                     struct errmsg *errmsg)
{
    size_t n = 0;
    const char *port = "";
    const char *host = split(text, &n, &port);
    if (host && strchr(port, '/')) {
        errmsg_set(errmsg, "an address ends with the port: the path is /STAGE, "
                           "see the setting stage");
        return -EINVAL;
    }
    if (!host || parse_port(port, &address->port)) {
        errmsg_set(errmsg, "needs a host and a port of 0 to 65535, such as "
                           "ws://127.0.0.1:8080 or ws://[::1]:8080");
        return -EINVAL;
    }
    address->kind = LISTEN_TCP;
    address->host = strndup(host, n);
    return address->host ? 0 : -ENOMEM;
}

static int parse_unix(const char *path, struct listen_address *address,
                      struct errmsg *errmsg)
{
    size_t n = strlen(path);
    if (n < 1 || n > SOCKET_PATH_MAX) {
        errmsg_set(errmsg, "the path of a socket has 1 to %d characters",
                   SOCKET_PATH_MAX);
        return -EINVAL;
    }
    address->kind = LISTEN_UNIX;
    address->path = strdup(path);
    return address->path ? 0 : -ENOMEM;
}

static int parse(const char *text, struct listen_address *address,
                 struct errmsg *errmsg)
{
    const char *rest;
    if ((rest = skip(text, "ws://")))
        return parse_tcp(rest, address, errmsg);
    if ((rest = skip(text, "unix:")))
        return parse_unix(rest, address, errmsg);
    if ((rest = skip(text, "wss://"))) {
        address->is_tls = true;
        return parse_tcp(rest, address, errmsg);
    }
    address->kind = LISTEN_SYSTEMD;
    address->is_tls = strcmp(text, "systemd:wss") == 0;
    if (address->is_tls || strcmp(text, "systemd:ws") == 0)
        return 0;
    errmsg_set(errmsg, "use ws://HOST:PORT, wss://HOST:PORT, unix:PATH, "
                       "systemd:ws or systemd:wss");
    return -EINVAL;
}

static int add(struct config *config, const char *text, struct errmsg *errmsg)
{
    struct listen_address address = {.host = NULL};
    struct listen_address *grown = reallocarray(
        config->listen, config->n_listen + 1, sizeof *config->listen);
    if (!grown)
        return -ENOMEM;
    config->listen = grown;
    int rc = parse(text, &address, errmsg);
    if (rc == 0)
        grown[config->n_listen++] = address;
    if (rc == -EINVAL)
        errmsg_prefix(errmsg, "\"%.150s\" is not an address", text);
    return rc;
}

int address_add(struct config *config, const char *text, struct errmsg *errmsg)
{
    size_t n_before = config->n_listen;
    char *copy = strdup(text);
    char *rest = copy;
    char *word;
    int rc = copy ? 0 : -ENOMEM;
    while (rc == 0 && (word = strsep(&rest, " \t")))
        if (*word)
            rc = add(config, word, errmsg);
    free(copy);
    if (rc == 0 && config->n_listen == n_before)
        rc = add(config, "", errmsg);
    if (rc)
        address_keep(config, n_before);
    return rc;
}

/* A name may begin as these addresses do and stand for another one. */
static bool is_loopback(const char *host)
{
    struct in_addr in4;
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (inet_pton(AF_INET, host, &in4) == 1 &&
            ntohl(in4.s_addr) >> 24 == 127);
}

static int parse_admin(const char *text, struct listen_address *address,
                       struct errmsg *errmsg)
{
    const char *rest;
    if ((rest = skip(text, "unix:")))
        return parse_unix(rest, address, errmsg);
    rest = skip(text, "http://");
    if (!rest) {
        errmsg_set(errmsg, "use http://127.0.0.1:PORT or unix:PATH");
        return -EINVAL;
    }
    int rc = parse_tcp(rest, address, errmsg);
    if (rc || is_loopback(address->host))
        return rc;
    errmsg_set(errmsg, "the admin endpoint asks nobody who they are, so that "
                       "it serves this machine only: use http://127.0.0.1:PORT "
                       "or unix:PATH, and a proxy for others");
    return -EINVAL;
}

int address_parse_admin(const char *text, struct listen_address *address_out,
                        struct errmsg *errmsg)
{
    struct listen_address address = {.is_http = true};
    int rc = parse_admin(text, &address, errmsg);
    if (rc) {
        address_deinit(&address);
        return rc;
    }
    *address_out = address;
    return 0;
}

void address_deinit(struct listen_address *address)
{
    free(address->host);
    free(address->path);
}

void address_keep(struct config *config, size_t n)
{
    while (config->n_listen > n)
        address_deinit(&config->listen[--config->n_listen]);
    if (n == 0) {
        free(config->listen);
        config->listen = NULL;
    }
}

static bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool address_equal(const struct listen_address *a,
                   const struct listen_address *b)
{
    return a->kind == b->kind && a->is_tls == b->is_tls && a->port == b->port &&
           text_equal(a->host, b->host) && text_equal(a->path, b->path);
}

void address_print(const struct listen_address *address,
                   char text_out[static ADDRESS_TEXT_MAX])
{
    const char *scheme = address->is_http  ? "http"
                         : address->is_tls ? "wss"
                                           : "ws";
    switch (address->kind) {
    case LISTEN_TCP: {
        bool is_ipv6 = strchr(address->host, ':');
        snprintf(text_out, ADDRESS_TEXT_MAX, "%s://%s%s%s:%u", scheme,
                 is_ipv6 ? "[" : "", address->host, is_ipv6 ? "]" : "",
                 address->port);
        break;
    }
    case LISTEN_UNIX:
        snprintf(text_out, ADDRESS_TEXT_MAX, "unix:%s", address->path);
        break;
    case LISTEN_SYSTEMD:
        snprintf(text_out, ADDRESS_TEXT_MAX, "systemd:%s", scheme);
        break;
    }
}

bool address_is_local(const struct listen_address *address)
{
    switch (address->kind) {
    case LISTEN_TCP:
        return is_loopback(address->host);
    case LISTEN_UNIX:
        return true;
    case LISTEN_SYSTEMD: /* it is told elsewhere where that listens */
        return false;
    }
    return false;
}
