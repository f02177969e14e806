/*
 * The rate of requests over all workers: one token bucket, of which each worker
 * holds a few tokens in advance, so that a request rarely asks the others.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/limits.h"

enum { RATION_MAX = 32 }; /* tokens that one worker holds in advance */

/* What workers share. */
struct ration_pool {
    pthread_mutex_t mutex;
    struct limits_bucket bucket;
    unsigned n_workers;
    unsigned share; /* what one takes at a time */
};

/* What one worker has. */
struct ration {
    unsigned n_tokens;
    uint64_t empty_ms; /* when there were no more to be had */
};

/*
 * What all workers hold in advance is at most a quarter of the burst, so that
 * none starves beside one that hoards; with a small burst it is nothing.
 * @burst: at least 1
 */
void ration_pool_init(struct ration_pool *pool, double rate, double burst,
                      unsigned n_workers, uint64_t now_ms);
void ration_pool_deinit(struct ration_pool *pool);

/* Changes the rate for all; from any thread. */
void ration_pool_change(struct ration_pool *pool, double rate, double burst);

void ration_init(struct ration *ration);

/* Takes a token; false: the rate is exceeded. @now_ms: of a clock that the
 * workers share */
bool ration_take(struct ration *ration, struct ration_pool *pool,
                 uint64_t now_ms);
