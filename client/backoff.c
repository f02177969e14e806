#include "client/backoff.h"

enum {
    BUSY_PASSED = 3, /* waits that a request for time counts as */
    SHIFT_MAX = 32,  /* enough for any base to reach any cap */
};

void backoff_init(struct backoff *backoff, uint32_t base_ms, uint32_t cap_ms)
{
    *backoff = (struct backoff){.base_ms = base_ms,
                                .cap_ms = cap_ms > base_ms ? cap_ms : base_ms};
}

uint64_t backoff_pick(uint64_t least, uint64_t most, uint32_t random)
{
    return least + (uint64_t)((double)random / 4294967296.0 *
                              (double)(most - least + 1));
}

uint32_t backoff_next(struct backoff *backoff, bool is_busy, uint32_t random)
{
    if (is_busy)
        backoff->n_passed += BUSY_PASSED;
    if (backoff->n_passed > SHIFT_MAX)
        backoff->n_passed = SHIFT_MAX;
    uint64_t most_ms = (uint64_t)backoff->base_ms << backoff->n_passed;
    if (most_ms > backoff->cap_ms)
        most_ms = backoff->cap_ms;
    backoff->n_passed++;
    return (uint32_t)backoff_pick(is_busy ? most_ms / 2 : 0, most_ms, random);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->n_passed = 0;
}
