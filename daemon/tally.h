/*
 * What each API key is used for: counters by the key's name.
 *
 * A name keeps its counters as long as the process lives: also while a reload
 * takes its key away, and for connections that came with it.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/metrics.h"
#include "proto/bytes.h"

enum { TALLY_STRIDE = 64 };

/* Of one key on one worker, which alone writes it. */
struct tally {
    _Atomic uint64_t n_connects;
    _Atomic uint64_t n_messages; /* both directions */
    const char *name;            /* of the key; "" stands for no key */
};

struct tallies;

/* All functions on one thread; any may write the counters meanwhile. Returns
 * NULL when out of memory. */
struct tallies *tallies_new(unsigned n_workers);
void tallies_free(struct tallies *tallies);

/*
 * Finds the counters of @name, or makes them.
 * @first_out: those of worker 0; worker i's stand i * TALLY_STRIDE behind;
 *             valid as long as @tallies
 * Returns 0 or -ENOMEM.
 */
int tallies_add(struct tallies *tallies, const char *name,
                struct tally **first_out);

/* Appends all sums in the Prometheus text format. Returns as bytes_append();
 * on errors a part may have been appended. */
int tallies_append(const struct tallies *tallies, struct bytes *out,
                   size_t limit);
