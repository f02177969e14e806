/*
 * A histogram of durations from nanoseconds to minutes, exact to 1.6%.
 */
#pragma once

#include <stdint.h>

enum { HISTOGRAM_STEPS = 64, HISTOGRAM_SIZE = 40 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t n;
    uint64_t counts[HISTOGRAM_SIZE];
};

/* Below 64 a bucket a value; above, 64 buckets for each power of two. */
static inline unsigned histogram_bucket(uint64_t value)
{
    if (value < HISTOGRAM_STEPS)
        return (unsigned)value;
    unsigned power = 63 - (unsigned)__builtin_clzll(value) - 6;
    unsigned bucket = (power + 1) * HISTOGRAM_STEPS +
                      (unsigned)(value >> power) - HISTOGRAM_STEPS;
    return bucket < HISTOGRAM_SIZE ? bucket : HISTOGRAM_SIZE - 1;
}

static inline void histogram_add(struct histogram *h, uint64_t value)
{
    h->n++;
    h->counts[histogram_bucket(value)]++;
}

/* The least value that @share of all do not exceed; 0 when there is none. */
static inline uint64_t histogram_at(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)((double)h->n * share), seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_SIZE; i++) {
        seen += h->counts[i];
        if (seen > wanted || (seen == h->n && h->n > 0)) {
            unsigned power = i / HISTOGRAM_STEPS;
            return power == 0
                       ? i
                       : (uint64_t)(i % HISTOGRAM_STEPS + HISTOGRAM_STEPS)
                             << (power - 1);
        }
    }
    return 0;
}
