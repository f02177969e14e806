/*
 * Settings, keys and certificates of one moment, shared read-only by threads.
 *
 * A reload makes a new snapshot and gives it to every worker; the old one goes
 * with its last holder.
 */
#pragma once

#include <stdatomic.h>

#include "daemon/accessline.h"
#include "daemon/config.h"
#include "daemon/credentials.h"
#include "daemon/keys.h"
#include "daemon/tally.h"
#include "proto/frame.h"
#include "proto/http.h"
#include "proto/tls.h"

struct snapshot {
    atomic_uint n_refs;
    struct config *config;           /* owned */
    struct keys *keys;               /* owned; empty: nobody may connect */
    struct credentials *credentials; /* owned; of the management API */
    bool is_management_open;         /* its requests need no signature */
    struct tally **tallies; /* owned: the first of each key's, by its position;
                               then those of no key */
    struct accessline *access;      /* owned; NULL: there is no access log */
    struct tls_context *tls;        /* owned; NULL without certificates */
    struct frame_rules frame_rules; /* what clients may send */
    struct http_limits http_limits; /* what a handshake may hold */
};

/*
 * Loads what @config names: keys file, certificate and key (made first, if
 * tls_self_signed asks for it and neither exists).
 * @config:    taken, also on failure
 * @fresh_key: a further key that may connect, or NULL
 * Returns 0 with one reference, or a negative errno with @errmsg: what is
 * wrong, where, and what to do.
 */
int snapshot_new(struct config *config, const char *fresh_key,
                 struct snapshot **snapshot_out, struct errmsg *errmsg);

/* Loads the same and keeps nothing; a certificate that snapshot_new() would
 * make is not made. Takes @config, and returns as snapshot_new(). */
int snapshot_check(struct config *config, struct errmsg *errmsg);

/* Has the use of its keys counted in @tallies; before any other thread sees it.
 * Returns 0 or -ENOMEM. */
int snapshot_count_keys(struct snapshot *snapshot, struct tallies *tallies);

/* Where the worker @slot counts what is done with @key, NULL: without any. */
struct tally *snapshot_tally(const struct snapshot *snapshot,
                             const struct key *key, unsigned slot);

/* Both are safe from any thread. */
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot);
