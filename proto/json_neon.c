#include "proto/json_forms.h"

#ifdef JSON_HAS_NEON

#include <arm_neon.h>

#define TARGET /* every such processor has it */
#define VECTOR uint8x16_t
enum { VECTOR_SIZE = 16 };

static inline uint8x16_t load(const char *bytes)
{
    return vld1q_u8((const uint8_t *)bytes);
}

static inline uint8x16_t equals(uint8x16_t v, char byte)
{
    return vceqq_u8(v, vdupq_n_u8((uint8_t)byte));
}

static inline uint8x16_t is_up_to(uint8x16_t v, char byte)
{
    return vcleq_u8(v, vdupq_n_u8((uint8_t)byte));
}

static inline uint8x16_t add(uint8x16_t v, char byte)
{
    return vaddq_u8(v, vdupq_n_u8((uint8_t)byte));
}

static inline uint8x16_t with(uint8x16_t v, char byte)
{
    return vorrq_u8(v, vdupq_n_u8((uint8_t)byte));
}

/* There is no such instruction: each byte keeps its own bit, and three rounds
 * of adding neighbours bring eight of them into one byte. */
static inline uint64_t gather(const uint8x16_t m[4])
{
    const uint8x16_t own =
        vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    uint8x16_t low = vpaddq_u8(vandq_u8(m[0], own), vandq_u8(m[1], own));
    uint8x16_t high = vpaddq_u8(vandq_u8(m[2], own), vandq_u8(m[3], own));
    uint8x16_t all = vpaddq_u8(low, high);
    all = vpaddq_u8(all, all);
    return vgetq_lane_u64(vreinterpretq_u64_u8(all), 0);
}

/* Each bit becomes the sum of those up to it, without carries. */
static inline uint64_t flip_between(uint64_t bits)
{
    for (unsigned n = 1; n < 64; n *= 2)
        bits ^= bits << n;
    return bits;
}

#include "proto/json_nest.h"

const char *json_nest_neon(const char *at, const char *end,
                           struct json_store *store)
{
    return nest(at, end, store);
}

#else
typedef int json_neon_is_for_arm; /* a file must not be empty */
#endif
