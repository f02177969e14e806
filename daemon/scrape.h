/*
 * All that is counted in the process, and what a scrape of /metrics finds.
 */
#pragma once

#include <uv.h>

#include "daemon/metrics.h"
#include "daemon/tally.h"
#include "daemon/worker.h"

struct scrape {
    const uv_loop_t *loop;          /* the main thread's */
    const struct worker_pool *pool; /* whose workers have sets of their own */
    struct metrics *metrics;        /* owned; of the main thread */
    struct tallies *tallies;        /* owned; of all keys there ever were */
    uint64_t started_ms;
};

/*
 * @pool: has its number of workers; outlives @scrape
 * Returns 0 or -ENOMEM; scrape_deinit() is fine either way.
 */
int scrape_init(struct scrape *scrape, const uv_loop_t *loop,
                const struct worker_pool *pool);
void scrape_deinit(struct scrape *scrape);

/* Appends everything in the Prometheus text format. Returns as bytes_append();
 * on errors a part may have been appended. */
int scrape_append(const struct scrape *scrape, struct bytes *out, size_t limit);
