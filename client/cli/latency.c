#include "client/cli/latency.h"

#include <math.h>
#include <string.h>

/*
 * Below LATENCY_STEPS a bucket holds one value. From there on each doubling is
 * cut into LATENCY_STEPS equal parts: a value's bucket is the position of its
 * highest bit together with the bits that follow it.
 */
enum { STEP_BITS = 5 };

static unsigned bucket_of(uint64_t value)
{
    if (value < LATENCY_STEPS)
        return (unsigned)value;
    unsigned high = 63 - (unsigned)__builtin_clzll(value);
    unsigned shift = high - STEP_BITS;
    return (shift + 1) * LATENCY_STEPS +
           (unsigned)(value >> shift) % LATENCY_STEPS;
}

/* The largest value in a bucket. */
static uint64_t top_of(unsigned bucket)
{
    if (bucket < LATENCY_STEPS)
        return bucket;
    unsigned shift = bucket / LATENCY_STEPS - 1;
    uint64_t first = (uint64_t)(LATENCY_STEPS + bucket % LATENCY_STEPS)
                     << shift;
    return first + (UINT64_C(1) << shift) - 1;
}

void latency_init(struct latency *latency)
{
    memset(latency, 0, sizeof *latency);
    latency->min_ns = UINT64_MAX;
}

/* Welford's way: no large sums whose difference would be lost. */
void latency_add(struct latency *latency, uint64_t duration_ns)
{
    double distance = (double)duration_ns - latency->mean_ns;
    latency->n++;
    latency->mean_ns += distance / (double)latency->n;
    latency->squares += distance * ((double)duration_ns - latency->mean_ns);
    if (duration_ns < latency->min_ns)
        latency->min_ns = duration_ns;
    if (duration_ns > latency->max_ns)
        latency->max_ns = duration_ns;
    latency->buckets[bucket_of(duration_ns)]++;
}

double latency_deviation_ns(const struct latency *latency)
{
    return latency->n ? sqrt(latency->squares / (double)latency->n) : 0;
}

uint64_t latency_percentile_ns(const struct latency *latency, double percent)
{
    uint64_t wanted = (uint64_t)ceil((double)latency->n * percent / 100);
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS && latency->n; i++) {
        seen += latency->buckets[i];
        if (seen >= wanted && seen > 0)
            return top_of(i) < latency->max_ns ? top_of(i) : latency->max_ns;
    }
    return 0;
}
