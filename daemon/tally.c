#include "daemon/tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keys.h"

/*
 * Counters stay where they are, as workers write them, so names come in blocks
 * that are never moved. In a block each worker has a row of its own: workers
 * share no line of cache, and a key costs a worker 24 bytes.
 */
struct block {
    struct block *next;
    struct tally *rows; /* owned; TALLY_STRIDE for each worker */
    unsigned n_names;
    char names[TALLY_STRIDE][KEY_NAME_MAX + 1];
};

_Static_assert(TALLY_STRIDE * sizeof(struct tally) % 64 == 0,
               "a row ends with a line of cache");

struct tallies {
    unsigned n_workers;
    struct block *first; /* filled in order; only the last has room */
    struct block *last;
};

struct tallies *tallies_new(unsigned n_workers)
{
    struct tallies *tallies = calloc(1, sizeof *tallies);
    if (tallies)
        tallies->n_workers = n_workers;
    return tallies;
}

void tallies_free(struct tallies *tallies)
{
    if (!tallies)
        return;
    while (tallies->first) {
        struct block *block = tallies->first;
        tallies->first = block->next;
        free(block->rows);
        free(block);
    }
    free(tallies);
}

static struct block *add_block(struct tallies *tallies)
{
    size_t size = tallies->n_workers * TALLY_STRIDE * sizeof(struct tally);
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        return NULL;
    block->rows = aligned_alloc(64, size);
    if (!block->rows) {
        free(block);
        return NULL;
    }
    memset(block->rows, 0, size);
    if (tallies->last)
        tallies->last->next = block;
    else
        tallies->first = block;
    tallies->last = block;
    return block;
}

static struct tally *find(const struct tallies *tallies, const char *name)
{
    for (struct block *block = tallies->first; block; block = block->next)
        for (unsigned i = 0; i < block->n_names; i++)
            if (strcmp(block->names[i], name) == 0)
                return &block->rows[i];
    return NULL;
}

int tallies_add(struct tallies *tallies, const char *name,
                struct tally **first_out)
{
    struct tally *found = find(tallies, name);
    struct block *block = tallies->last;
    if (!found) {
        if (!block || block->n_names == TALLY_STRIDE)
            block = add_block(tallies);
        if (!block)
            return -ENOMEM;
        unsigned i = block->n_names++;
        strncpy(block->names[i], name, KEY_NAME_MAX);
        found = &block->rows[i];
        for (unsigned w = 0; w < tallies->n_workers; w++)
            found[w * TALLY_STRIDE].name = block->names[i];
    }
    *first_out = found;
    return 0;
}

enum which { CONNECTS, MESSAGES };

static uint64_t sum(const struct tallies *tallies, const struct tally *tally,
                    enum which which)
{
    uint64_t total = 0;
    for (unsigned w = 0; w < tallies->n_workers; w++, tally += TALLY_STRIDE)
        total += atomic_load_explicit(which == CONNECTS ? &tally->n_connects
                                                        : &tally->n_messages,
                                      memory_order_relaxed);
    return total;
}

static int append_family(const struct tallies *tallies, struct bytes *out,
                         size_t limit, enum which which, const char *name,
                         const char *help)
{
    int rc = metrics_append_head(out, limit, name, "counter", help);
    for (struct block *block = tallies->first; block; block = block->next)
        for (unsigned i = 0; i < block->n_names && rc == 0; i++)
            rc = bytes_append_format(out, limit, "%s{key=\"%s\"} %" PRIu64 "\n",
                                     name, block->names[i],
                                     sum(tallies, &block->rows[i], which));
    return rc;
}

int tallies_append(const struct tallies *tallies, struct bytes *out,
                   size_t limit)
{
    int rc = append_family(
        tallies, out, limit, CONNECTS, "monologued_key_connect_total",
        "ConnectCount of each API key, by its name, which is empty "
        "for those without a key.");
    return rc ? rc
              : append_family(tallies, out, limit, MESSAGES,
                              "monologued_key_messages_total",
                              "MessageCount of each API key, both directions.");
}
