/*
 * Time for micro-benchmarks.
 */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t stopwatch_read(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds on a clock that never jumps. */
static inline uint64_t stopwatch_ns(void)
{
    return stopwatch_read(CLOCK_MONOTONIC);
}

/* Nanoseconds that this process had a CPU. */
static inline uint64_t stopwatch_cpu_ns(void)
{
    return stopwatch_read(CLOCK_PROCESS_CPUTIME_ID);
}
