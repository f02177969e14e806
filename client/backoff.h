/*
 * How long to wait before trying again: exponential, with full jitter, so that
 * the many clients of one server do not come back at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    uint32_t base_ms;  /* bounds the first wait */
    uint32_t cap_ms;   /* bounds them all; not below base_ms */
    unsigned n_passed; /* waits since the beginning, or what counts as such */
};

void backoff_init(struct backoff *backoff, uint32_t base_ms, uint32_t cap_ms);

/*
 * Returns the next wait in milliseconds: anything from nothing to base_ms, then
 * to twice that, and so on up to cap_ms.
 * @is_busy: the other side has asked for time. It gets eight times as much, and
 *           at least half of that.
 * @random:  32 bits, all alike
 */
uint32_t backoff_next(struct backoff *backoff, bool is_busy, uint32_t random);

/* It went well: begins anew. */
void backoff_reset(struct backoff *backoff);

/* A number from @least to @most, both included, as @random wants it. */
uint64_t backoff_pick(uint64_t least, uint64_t most, uint32_t random);
