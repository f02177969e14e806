#include "client/proxy.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/noproxy.h"
#include "client/url.h"
#include "proto/bytes.h"

enum { PAIR_LIMIT = 1024 }; /* bytes of user:password */

static const char default_port[] = "1080";

static const char *const for_secure[] = {"https_proxy", "HTTPS_PROXY",
                                         "all_proxy", "ALL_PROXY", NULL};
static const char *const for_plain[] = {"http_proxy", "all_proxy", "ALL_PROXY",
                                        NULL};
/* To a proxy these are its own: as Go's programs, and unlike curl. */
static const char loopback[] = "localhost,127.0.0.0/8,::1";

static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};

void proxy_deinit(struct proxy *proxy)
{
    free(proxy->host);
    free(proxy->port);
    free(proxy->authorization);
    *proxy = (struct proxy){0};
}

/* The value of the first variable that is set and not empty, or NULL. */
static const char *find_first(char *const environment[],
                              const char *const names[], const char **name_out)
{
    for (; *names; names++) {
        size_t n = strlen(*names);
        for (char *const *variable = environment; *variable; variable++)
            if (strncmp(*variable, *names, n) == 0 && (*variable)[n] == '=' &&
                (*variable)[n + 1] != '\0') {
                *name_out = *names;
                return *variable + n + 1;
            }
    }
    return NULL;
}

static int refuse(struct errmsg *errmsg, const char *source, const char *why)
{
    errmsg_set(errmsg, "%s: %s (a proxy looks like http://host:port)", source,
               why);
    return -EINVAL;
}

/* The byte that the %XX at @text stands for; -1: not that, or NUL. */
static int decode(const char *text, const char *end)
{
    char digits[3] = {0};
    if (end - text < 3 || !isxdigit((unsigned char)text[1]) ||
        !isxdigit((unsigned char)text[2]))
        return -1;
    memcpy(digits, text + 1, 2);
    int byte = (int)strtol(digits, NULL, 16);
    return byte > 0 ? byte : -1;
}

static int append_decoded(struct bytes *out, struct url_part part)
{
    int status = 0;
    for (const char *at = part.begin; at < part.end && status == 0; at++) {
        int byte = *at == '%' ? decode(at, part.end) : (unsigned char)*at;
        if (byte < 0)
            return -EINVAL;
        at += *at == '%' ? 2 : 0;
        status = bytes_append(out, &(uint8_t){(uint8_t)byte}, 1, PAIR_LIMIT);
    }
    return status;
}

static int encode(const struct bytes *pair, char **out)
{
    static const char basic[] = "Basic ";
    size_t n = bytes_size(pair);
    char *text = malloc(sizeof basic + (n + 2) / 3 * 4);
    if (!text)
        return -ENOMEM;
    memcpy(text, basic, sizeof basic);
    EVP_EncodeBlock((unsigned char *)text + sizeof basic - 1, bytes_begin(pair),
                    (int)n);
    *out = text;
    return 0;
}

/* Basic credentials (RFC 7617) from user[:password], percent-encoded. */
static int authorize(struct url_part user_info, char **authorization_out)
{
    struct bytes pair = BYTES_EMPTY;
    const char *colon =
        memchr(user_info.begin, ':', (size_t)(user_info.end - user_info.begin));
    struct url_part user = {user_info.begin, colon ? colon : user_info.end};
    struct url_part password = {colon ? colon + 1 : user_info.end,
                                user_info.end};
    int status = append_decoded(&pair, user);
    if (status == 0)
        status = bytes_append(&pair, ":", 1, PAIR_LIMIT);
    if (status == 0)
        status = append_decoded(&pair, password);
    if (status == 0)
        status = encode(&pair, authorization_out);
    bytes_deinit(&pair);
    return status;
}

/* Splits what is behind http://; returns what is wrong, or NULL. */
static const char *split(const char *rest, struct url_part *user_info,
                         struct url_part *host, struct url_part *port)
{
    struct url_part authority = {rest, rest + strcspn(rest, "/?#")};
    const char *at =
        memrchr(rest, '@', (size_t)(authority.end - authority.begin));
    *user_info = (struct url_part){at ? rest : NULL, at};
    authority.begin = at ? at + 1 : rest;
    return url_split_host(authority, host, port);
}

static int parse(const char *url, const char *source, struct proxy *proxy,
                 struct errmsg *errmsg)
{
    struct url_part user_info;
    struct url_part host;
    struct url_part port;
    int status = 0;
    if (!url_is_printable(url))
        return refuse(errmsg, source, "it holds blanks or control characters");
    if (strncasecmp(url, "http://", 7) == 0)
        url += 7;
    else if (strstr(url, "://"))
        return refuse(errmsg, source,
                      "only proxies with http:// are supported");
    const char *why = split(url, &user_info, &host, &port);
    if (why)
        return refuse(errmsg, source, why);
    if (user_info.begin)
        status = authorize(user_info, &proxy->authorization);
    if (status < 0 && status != -ENOMEM)
        return refuse(errmsg, source,
                      "user and password are too long, or have a % that is "
                      "not %XX");
    proxy->host = url_copy(host);
    proxy->port = port.begin ? url_copy(port) : strdup(default_port);
    return status == 0 && proxy->host && proxy->port ? 0 : -ENOMEM;
}

static bool is_exempt(char *const environment[],
                      const struct endpoint *endpoint)
{
    const char *unused;
    const char *list = find_first(environment, exceptions, &unused);
    return noproxy_names(loopback, endpoint->host, endpoint->port) ||
           (list && noproxy_names(list, endpoint->host, endpoint->port));
}

int proxy_find(const char *given, char *const environment[],
               const struct endpoint *endpoint, struct proxy *proxy_out,
               struct errmsg *errmsg)
{
    struct proxy proxy = {0};
    const char *source = "the option proxy";
    const char *url = given;
    if (!given && !is_exempt(environment, endpoint))
        url = find_first(environment,
                         endpoint->is_secure ? for_secure : for_plain, &source);
    if (!url || *url == '\0') {
        *proxy_out = proxy;
        return 0;
    }
    int status = parse(url, source, &proxy, errmsg);
    if (status < 0)
        proxy_deinit(&proxy);
    else
        *proxy_out = proxy;
    return status;
}
