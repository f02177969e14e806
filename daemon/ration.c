#include "daemon/ration.h"

static unsigned share_of(double burst, unsigned n_workers)
{
    double share = burst / 4 / n_workers;
    if (share < 1)
        return 1; /* used at once, so that it is not held */
    return share < RATION_MAX ? (unsigned)share : RATION_MAX;
}

void ration_pool_init(struct ration_pool *pool, double rate, double burst,
                      unsigned n_workers, uint64_t now_ms)
{
    pthread_mutex_init(&pool->mutex, NULL);
    limits_bucket_init(&pool->bucket, rate, burst, now_ms);
    pool->n_workers = n_workers;
    pool->share = share_of(burst, n_workers);
}

void ration_pool_deinit(struct ration_pool *pool)
{
    pthread_mutex_destroy(&pool->mutex);
}

void ration_pool_change(struct ration_pool *pool, double rate, double burst)
{
    pthread_mutex_lock(&pool->mutex);
    limits_bucket_change(&pool->bucket, rate, burst);
    pool->share = share_of(burst, pool->n_workers);
    pthread_mutex_unlock(&pool->mutex);
}

void ration_init(struct ration *ration)
{
    *ration = (struct ration){.empty_ms = UINT64_MAX};
}

bool ration_take(struct ration *ration, struct ration_pool *pool,
                 uint64_t now_ms)
{
    if (ration->n_tokens) {
        ration->n_tokens--;
        return true;
    }
    if (ration->empty_ms == now_ms)
        return false; /* a flood asks once in a millisecond */
    pthread_mutex_lock(&pool->mutex);
    unsigned n = limits_bucket_take_some(&pool->bucket, pool->share, now_ms);
    pthread_mutex_unlock(&pool->mutex);
    if (n == 0) {
        ration->empty_ms = now_ms;
        return false;
    }
    ration->n_tokens = n - 1;
    return true;
}
