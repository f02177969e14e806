/*
 * What each key has used of its plan, over all workers and all reloads.
 *
 * A key is known by its digest: it may change its name and its plan and keeps
 * what it has used. Entries stay until the process ends, so that a key that is
 * taken out of the file and put back does not start anew.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/keys.h"

enum usage_verdict {
    USAGE_OK,
    USAGE_THROTTLED, /* over the plan's rate */
    USAGE_SPENT,     /* over its quota */
};

/* What was used of a quota, as a file keeps it. */
struct usage_counter {
    char name[KEY_NAME_MAX + 1];
    unsigned char digest[KEY_DIGEST_BYTES];
    enum plan_period period;
    int64_t start_s; /* of that period, since the epoch */
    uint64_t n_used; /* in it */
};

struct usage;
struct usage_entry; /* of one key; lives as long as its usage */

/* Returns NULL when out of memory. */
struct usage *usage_new(void);
void usage_free(struct usage *usage);

/* ---- on the main thread ---- */

/*
 * Puts the plans of @keys in force: once at the start and with each reload,
 * before the workers know @keys.
 * @now_ms: on the clock of usage_take()
 * Returns 0, or -ENOMEM with the old plans in force.
 */
int usage_set_plans(struct usage *usage, const struct keys *keys,
                    uint64_t now_ms);

/* Adds what a file has kept; before usage_set_plans(). Returns 0, -EEXIST (a
 * counter of the same key is there) or -ENOMEM. */
int usage_restore(struct usage *usage, const struct usage_counter *counter);

/* Reads the @index-th counter; false behind the last. */
bool usage_get(struct usage *usage, size_t index,
               struct usage_counter *counter_out);

/* How often a counter was changed by usage_take(). */
uint64_t usage_count_changes(struct usage *usage);

/* ---- from any thread ---- */

/* The entry of a key that has a plan; NULL when it never had one. */
struct usage_entry *usage_find(struct usage *usage,
                               const unsigned char digest[KEY_DIGEST_BYTES]);

/*
 * Takes one request from what the plan allows.
 * @now_ms:  of a clock that only goes forward, for the rate
 * @epoch_s: the time of day, for the quota
 */
enum usage_verdict usage_take(struct usage *usage, struct usage_entry *entry,
                              uint64_t now_ms, int64_t epoch_s);
