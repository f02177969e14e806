/*
 * Durations summed up: least, mean, most, deviation, and percentiles.
 *
 * Counts fall into buckets about 3 % wide, so that any number of durations
 * takes the same memory.
 */
#pragma once

#include <stdint.h>

enum {
    LATENCY_STEPS = 32, /* buckets to each doubling */
    LATENCY_BUCKETS = LATENCY_STEPS * 60,
};

struct latency {
    uint64_t n;
    uint64_t min_ns;
    uint64_t max_ns;
    double mean_ns;
    double squares; /* sum of squared distances from the mean */
    uint64_t buckets[LATENCY_BUCKETS];
};

void latency_init(struct latency *latency);
void latency_add(struct latency *latency, uint64_t duration_ns);

/* The standard deviation, 0 without durations; ping(8) calls it mdev. */
double latency_deviation_ns(const struct latency *latency);

/* The duration that @percent of all, above 0 and up to 100, do not exceed; at
 * most 3.2 % too much, never above the maximum; 0 without durations. */
uint64_t latency_percentile_ns(const struct latency *latency, double percent);
