/*
 * What a client is made with: defaults, validation, environment, .monologuerc.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/endpoint.h"
#include "client/monologue.h"
#include "client/proxy.h"
#include "proto/errmsg.h"
#include "proto/tls.h"

/* Every value is set and valid. */
struct options {
    char *url;                /* as the user wrote it, for messages; owned */
    struct endpoint endpoint; /* the same taken apart */
    char *api_key;            /* owned; NULL when there is none */
    char *ca_file;            /* owned; NULL for the system's */
    char *cert_file;          /* owned; NULL when there is none */
    char *key_file;           /* owned; NULL: it is in cert_file */
    char *server_name;        /* owned */
    struct proxy proxy;
    uint32_t timeout_ms;
    uint32_t listeners;
    uint32_t max_requests;
    uint32_t keepalive_ms;
    uint32_t reconnect_base_ms;
    uint32_t reconnect_cap_ms;
    uint32_t session_ms;
    bool is_insecure;
    bool reconnect;
};

/*
 * Completes what the caller gave from the environment, then from the nearest
 * .monologuerc, then from the defaults.
 * @environment: as environ(7); its HOME tells where the user's files are
 * @directory:   where the search for .monologuerc starts
 *
 * Returns 0, or with @options_out unchanged and @errmsg telling:
 *   -EINVAL  no endpoint, or a value that makes no sense
 *   -ENOMEM
 *   as rc_find()
 */
int options_make(const struct monologue_options *given,
                 char *const environment[], const char *directory,
                 struct options *options_out, struct errmsg *errmsg);
void options_deinit(struct options *options);

/* What tls_context_new_client() is to know; borrowed from @options. */
struct tls_client_options options_tls(const struct options *options);
