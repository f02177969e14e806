#include "proto/utf8_forms.h"

#ifdef UTF8_HAS_NEON

#include <arm_neon.h>

#define TARGET /* every such processor has it */
#define VECTOR uint8x16_t
enum { VECTOR_SIZE = 16 };

static inline uint8x16_t load(const uint8_t *bytes)
{
    return vld1q_u8(bytes);
}

static inline uint8x16_t repeat(uint8_t byte)
{
    return vdupq_n_u8(byte);
}

static inline uint8x16_t table(const uint8_t bytes[16])
{
    return vld1q_u8(bytes);
}

static inline uint8x16_t look_up(uint8x16_t of, uint8x16_t at)
{
    return vqtbl1q_u8(of, at);
}

static inline uint8x16_t both(uint8x16_t a, uint8x16_t b)
{
    return vandq_u8(a, b);
}

static inline uint8x16_t either(uint8x16_t a, uint8x16_t b)
{
    return vorrq_u8(a, b);
}

static inline uint8x16_t differ(uint8x16_t a, uint8x16_t b)
{
    return veorq_u8(a, b);
}

static inline uint8x16_t less(uint8x16_t a, uint8x16_t b)
{
    return vqsubq_u8(a, b);
}

static inline uint8x16_t high_half(uint8x16_t v)
{
    return vshrq_n_u8(v, 4);
}

static inline bool is_ascii(uint8x16_t v)
{
    return vmaxvq_u8(v) < 0x80;
}

static inline bool is_zero(uint8x16_t v)
{
    return vmaxvq_u8(v) == 0;
}

#include "proto/utf8_vector.h"

utf8_state utf8_feed_neon(utf8_state state, const uint8_t *text, size_t n)
{
    return feed(state, text, n);
}

#else
typedef int utf8_neon_is_for_arm; /* a file must not be empty */
#endif
