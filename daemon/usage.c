#include "daemon/usage.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/limits.h"

struct usage_entry {
    struct usage_counter counter;
    struct limits_bucket bucket; /* rate 0: the plan has none */
    uint64_t quota;              /* 0: the plan has none */
};

struct usage {
    pthread_mutex_t mutex;
    struct usage_entry **entries; /* each allocated: others point to it */
    size_t n_entries;
    struct usage_entry **slots; /* the same by their digests; NULL: free */
    size_t n_slots;             /* a power of two, twice n_entries or more */
    uint64_t n_changes;         /* of counters */
};

enum { SLOTS_LEAST = 16 };

struct usage *usage_new(void)
{
    struct usage *usage = calloc(1, sizeof *usage);
    if (usage)
        pthread_mutex_init(&usage->mutex, NULL);
    return usage;
}

void usage_free(struct usage *usage)
{
    if (!usage)
        return;
    for (size_t i = 0; i < usage->n_entries; i++)
        free(usage->entries[i]);
    free(usage->entries);
    free(usage->slots);
    pthread_mutex_destroy(&usage->mutex);
    free(usage);
}

/* ---- entries ---- */

/* The slot of @digest, which is its own hash, or the free one for it. */
static struct usage_entry **find_slot(const struct usage *usage,
                                      const unsigned char *digest)
{
    uint64_t hash;
    memcpy(&hash, digest, sizeof hash);
    size_t i = hash & (usage->n_slots - 1);
    while (usage->slots[i] && memcmp(usage->slots[i]->counter.digest, digest,
                                     KEY_DIGEST_BYTES) != 0)
        i = (i + 1) & (usage->n_slots - 1);
    return &usage->slots[i];
}

static struct usage_entry *find(const struct usage *usage,
                                const unsigned char *digest)
{
    return usage->n_slots ? *find_slot(usage, digest) : NULL;
}

struct usage_entry *usage_find(struct usage *usage,
                               const unsigned char digest[KEY_DIGEST_BYTES])
{
    pthread_mutex_lock(&usage->mutex);
    struct usage_entry *entry = find(usage, digest);
    pthread_mutex_unlock(&usage->mutex);
    return entry;
}

/* Makes room for twice as many. */
static bool grow(struct usage *usage)
{
    size_t n_slots = usage->n_slots ? usage->n_slots * 2 : SLOTS_LEAST;
    struct usage_entry **entries =
        reallocarray(usage->entries, n_slots / 2, sizeof *entries);
    if (!entries)
        return false;
    usage->entries = entries;
    struct usage_entry **slots = calloc(n_slots, sizeof *slots);
    if (!slots)
        return false;
    free(usage->slots);
    usage->slots = slots;
    usage->n_slots = n_slots;
    for (size_t i = 0; i < usage->n_entries; i++)
        *find_slot(usage, entries[i]->counter.digest) = entries[i];
    return true;
}

static struct usage_entry *add(struct usage *usage, const unsigned char *digest)
{
    if (usage->n_entries == usage->n_slots / 2 && !grow(usage))
        return NULL;
    struct usage_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    memcpy(entry->counter.digest, digest, KEY_DIGEST_BYTES);
    *find_slot(usage, digest) = entry;
    return usage->entries[usage->n_entries++] = entry;
}

/* ---- plans ---- */

static int add_missing(struct usage *usage, const struct keys *keys)
{
    for (size_t i = 0; i < keys_count(keys); i++) {
        const struct key *key = keys_get(keys, i);
        if (key->plan && !find(usage, key->digest) && !add(usage, key->digest))
            return -ENOMEM;
    }
    return 0;
}

static void set_plan(struct usage_entry *entry, const struct key *key,
                     uint64_t now_ms)
{
    static const struct plan no_plan;
    const struct plan *plan = key->plan ? key->plan : &no_plan;
    struct usage_counter *counter = &entry->counter;
    memcpy(counter->name, key->name, sizeof counter->name);
    if (entry->bucket.rate > 0)
        limits_bucket_change(&entry->bucket, plan->rate, plan->burst);
    else
        limits_bucket_init(&entry->bucket, plan->rate, plan->burst, now_ms);
    entry->quota = plan->quota;
    if (!plan->quota || plan->period == counter->period)
        return;
    counter->period = plan->period; /* what was used in another is no measure */
    counter->n_used = 0;
}

int usage_set_plans(struct usage *usage, const struct keys *keys,
                    uint64_t now_ms)
{
    pthread_mutex_lock(&usage->mutex);
    int rc = add_missing(usage, keys);
    for (size_t i = 0; i < keys_count(keys) && rc == 0; i++) {
        const struct key *key = keys_get(keys, i);
        struct usage_entry *entry = find(usage, key->digest);
        if (entry)
            set_plan(entry, key, now_ms);
    }
    pthread_mutex_unlock(&usage->mutex);
    return rc;
}

/* ---- counting ---- */

static bool is_spent(struct usage_entry *entry, int64_t epoch_s)
{
    struct usage_counter *counter = &entry->counter;
    int64_t start_s = plans_period_start(counter->period, epoch_s);
    if (start_s != counter->start_s) {
        counter->start_s = start_s;
        counter->n_used = 0;
    }
    return counter->n_used >= entry->quota;
}

static enum usage_verdict take(struct usage *usage, struct usage_entry *entry,
                               uint64_t now_ms, int64_t epoch_s)
{
    if (entry->quota && is_spent(entry, epoch_s))
        return USAGE_SPENT;
    if (!limits_bucket_take(&entry->bucket, now_ms))
        return USAGE_THROTTLED;
    if (entry->quota) {
        entry->counter.n_used++;
        usage->n_changes++;
    }
    return USAGE_OK;
}

enum usage_verdict usage_take(struct usage *usage, struct usage_entry *entry,
                              uint64_t now_ms, int64_t epoch_s)
{
    pthread_mutex_lock(&usage->mutex);
    enum usage_verdict verdict = take(usage, entry, now_ms, epoch_s);
    pthread_mutex_unlock(&usage->mutex);
    return verdict;
}

/* ---- keeping ---- */

int usage_restore(struct usage *usage, const struct usage_counter *counter)
{
    int rc = -EEXIST;
    pthread_mutex_lock(&usage->mutex);
    if (!find(usage, counter->digest)) {
        struct usage_entry *entry = add(usage, counter->digest);
        if (entry)
            entry->counter = *counter;
        rc = entry ? 0 : -ENOMEM;
    }
    pthread_mutex_unlock(&usage->mutex);
    return rc;
}

bool usage_get(struct usage *usage, size_t index,
               struct usage_counter *counter_out)
{
    pthread_mutex_lock(&usage->mutex);
    bool is_there = index < usage->n_entries;
    if (is_there)
        *counter_out = usage->entries[index]->counter;
    pthread_mutex_unlock(&usage->mutex);
    return is_there;
}

uint64_t usage_count_changes(struct usage *usage)
{
    pthread_mutex_lock(&usage->mutex);
    uint64_t n_changes = usage->n_changes;
    pthread_mutex_unlock(&usage->mutex);
    return n_changes;
}
