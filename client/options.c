#include "client/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/rc.h"

/* Ten days: far below what overflows, far above what is meant. */
#define TIMEOUT_MAX_S 864000.0

void options_deinit(struct options *options)
{
    free(options->url);
    endpoint_deinit(&options->endpoint);
    free(options->api_key);
    free(options->ca_file);
    free(options->cert_file);
    free(options->key_file);
    free(options->server_name);
    proxy_deinit(&options->proxy);
    *options = (struct options){0};
}

static const char *find_home(char *const environment[])
{
    for (; *environment; environment++)
        if (strncmp(*environment, "HOME=", 5) == 0)
            return *environment + 5;
    return NULL;
}

/* A key goes into a header line: a line break would forge another one. */
static bool key_is_valid(const char *key)
{
    for (; *key; key++)
        if ((unsigned char)*key < ' ' || *key == 0x7f)
            return false;
    return true;
}

/* Returns a copy of @given, else of @found; *failed when memory ran out. */
static char *choose(const char *given, const char *found, bool *failed)
{
    const char *chosen = given ? given : found;
    if (!chosen || *chosen == '\0')
        return NULL;
    char *copy = strdup(chosen);
    if (!copy)
        *failed = true;
    return copy;
}

static int check(struct options *options, const struct rc *rc,
                 struct errmsg *errmsg)
{
    if (!options->url) {
        errmsg_set(errmsg, "no endpoint is known: set MONOLOGUE_ENDPOINT, or "
                           "endpoint= under [opts] in .monologuerc");
        return -EINVAL;
    }
    if (options->api_key && !key_is_valid(options->api_key)) {
        errmsg_set(errmsg, "the API key holds control characters");
        return -EINVAL;
    }
    if (!(rc->timeout_s >= 0 && rc->timeout_s <= TIMEOUT_MAX_S)) {
        errmsg_set(errmsg, "a timeout of %g seconds makes no sense",
                   rc->timeout_s);
        return -EINVAL;
    }
    if (rc->listeners < 0) {
        errmsg_set(errmsg, "%d listeners make no sense", rc->listeners);
        return -EINVAL;
    }
    return endpoint_parse(options->url, &options->endpoint, errmsg);
}

static uint32_t first_set(uint32_t a, uint32_t b, uint32_t otherwise)
{
    return a ? a : b ? b : otherwise;
}

/* A program that was built with a newer header, and asks for what is new. */
static bool is_newer(const struct monologue_options *given)
{
    uint64_t set = 0;
    for (size_t i = 0; i < sizeof given->reserved / sizeof *given->reserved;
         i++)
        set |= given->reserved[i];
    return set != 0;
}

static int complete(const struct monologue_options *given, const struct rc *rc,
                    struct options *options, struct errmsg *errmsg)
{
    bool failed = false;
    options->url = choose(given->endpoint, rc->endpoint, &failed);
    options->api_key = choose(given->api_key, rc->api_key, &failed);
    options->is_insecure = given->is_insecure;
    if (failed)
        return -ENOMEM;
    int status = check(options, rc, errmsg);
    if (status < 0)
        return status;
    /* Rounded up: a tenth of a millisecond is not "no timeout given". */
    uint32_t rc_timeout_ms = (uint32_t)(rc->timeout_s * 1000 + 0.999);
    options->timeout_ms =
        first_set(given->timeout_ms, rc_timeout_ms, MONOLOGUE_TIMEOUT_MS);
    options->listeners = first_set(given->listeners, (uint32_t)rc->listeners,
                                   MONOLOGUE_LISTENERS);
    options->max_requests =
        first_set(given->max_requests, 0, MONOLOGUE_MAX_REQUESTS);
    options->keepalive_ms =
        first_set(given->keepalive_ms, 0, MONOLOGUE_KEEPALIVE_MS);
    options->reconnect = given->reconnect;
    options->reconnect_base_ms =
        first_set(given->reconnect_base_ms, 0, MONOLOGUE_RECONNECT_BASE_MS);
    options->reconnect_cap_ms =
        first_set(given->reconnect_cap_ms, 0, MONOLOGUE_RECONNECT_CAP_MS);
    options->session_ms = first_set(given->session_ms, 0, MONOLOGUE_SESSION_MS);
    return 0;
}

/* How to get there; the endpoint is known. */
static int complete_way(const struct monologue_options *given,
                        char *const environment[], struct options *options,
                        struct errmsg *errmsg)
{
    bool failed = false;
    options->ca_file = choose(given->ca_file, NULL, &failed);
    options->cert_file = choose(given->cert_file, NULL, &failed);
    options->key_file = choose(given->key_file, NULL, &failed);
    options->server_name =
        choose(given->server_name, options->endpoint.host, &failed);
    if (failed)
        return -ENOMEM;
    if (options->key_file && !options->cert_file) {
        errmsg_set(errmsg, "the key %s is of no use without its certificate",
                   options->key_file);
        return -EINVAL;
    }
    return proxy_find(given->proxy, environment, &options->endpoint,
                      &options->proxy, errmsg);
}

struct tls_client_options options_tls(const struct options *options)
{
    return (struct tls_client_options){.ca_file = options->ca_file,
                                       .cert_file = options->cert_file,
                                       .key_file = options->key_file,
                                       .is_insecure = options->is_insecure};
}

int options_make(const struct monologue_options *given,
                 char *const environment[], const char *directory,
                 struct options *options_out, struct errmsg *errmsg)
{
    struct options options = {0};
    struct rc rc = RC_EMPTY;
    if (is_newer(given)) {
        errmsg_set(errmsg, "an option is set that is newer than this library");
        return -EINVAL;
    }
    int status = rc_find(directory, find_home(environment), &rc, errmsg);
    if (status == 0)
        status = rc_read_environment(environment, &rc, errmsg);
    if (status == 0)
        status = complete(given, &rc, &options, errmsg);
    if (status == 0)
        status = complete_way(given, environment, &options, errmsg);
    rc_deinit(&rc);
    if (status < 0)
        options_deinit(&options);
    else
        *options_out = options;
    return status;
}
