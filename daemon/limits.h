/*
 * Rates and ceilings, as arithmetic on a given time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A token bucket; it starts full. */
struct limits_bucket {
    double rate;   /* tokens that come in a second; 0: no limit */
    double burst;  /* tokens that it holds at most */
    double tokens; /* that it holds at at_ms */
    uint64_t at_ms;
};

void limits_bucket_init(struct limits_bucket *bucket, double rate, double burst,
                        uint64_t now_ms);

/* Changes rate and burst and keeps the tokens, as far as they fit. */
void limits_bucket_change(struct limits_bucket *bucket, double rate,
                          double burst);

/* Takes one token; false when there is none. Time that goes back is ignored. */
bool limits_bucket_take(struct limits_bucket *bucket, uint64_t now_ms);

/* Takes @wanted tokens or as many as there are; returns how many. */
unsigned limits_bucket_take_some(struct limits_bucket *bucket, unsigned wanted,
                                 uint64_t now_ms);

/* How many connections @wanted (0: as many as possible) and the limit of file
 * descriptors allow, when @n_reserved descriptors serve other ends. At least
 * 1: not even this process runs without descriptors. */
uint32_t limits_max_connections(uint32_t wanted, uint64_t n_descriptors,
                                uint32_t n_reserved);
