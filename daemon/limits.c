#include "daemon/limits.h"

void limits_bucket_init(struct limits_bucket *bucket, double rate, double burst,
                        uint64_t now_ms)
{
    *bucket = (struct limits_bucket){
        .rate = rate, .burst = burst, .tokens = burst, .at_ms = now_ms};
}

void limits_bucket_change(struct limits_bucket *bucket, double rate,
                          double burst)
{
    bucket->rate = rate;
    bucket->burst = burst;
    if (bucket->tokens > burst)
        bucket->tokens = burst;
}

static void refill(struct limits_bucket *bucket, uint64_t now_ms)
{
    if (now_ms <= bucket->at_ms)
        return;
    bucket->tokens += (double)(now_ms - bucket->at_ms) * bucket->rate / 1000;
    if (bucket->tokens > bucket->burst)
        bucket->tokens = bucket->burst;
    bucket->at_ms = now_ms;
}

unsigned limits_bucket_take_some(struct limits_bucket *bucket, unsigned wanted,
                                 uint64_t now_ms)
{
    refill(bucket, now_ms);
    if (bucket->rate <= 0)
        return wanted;
    unsigned n = bucket->tokens < wanted ? (unsigned)bucket->tokens : wanted;
    bucket->tokens -= n;
    return n;
}

bool limits_bucket_take(struct limits_bucket *bucket, uint64_t now_ms)
{
    return limits_bucket_take_some(bucket, 1, now_ms) == 1;
}

uint32_t limits_max_connections(uint32_t wanted, uint64_t n_descriptors,
                                uint32_t n_reserved)
{
    uint64_t possible =
        n_descriptors > n_reserved ? n_descriptors - n_reserved : 1;
    if (possible > UINT32_MAX)
        possible = UINT32_MAX;
    return wanted && wanted < possible ? wanted : (uint32_t)possible;
}
