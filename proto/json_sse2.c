#include "proto/json_forms.h"

#ifdef JSON_HAS_X86

#include <emmintrin.h>

#define TARGET /* every such processor has it */
#define VECTOR __m128i
enum { VECTOR_SIZE = 16 };

static inline __m128i load(const char *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

static inline __m128i equals(__m128i v, char byte)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(byte));
}

static inline __m128i is_up_to(__m128i v, char byte)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(byte)), v);
}

static inline __m128i add(__m128i v, char byte)
{
    return _mm_add_epi8(v, _mm_set1_epi8(byte));
}

static inline __m128i with(__m128i v, char byte)
{
    return _mm_or_si128(v, _mm_set1_epi8(byte));
}

static inline uint64_t gather(const __m128i m[4])
{
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++)
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(m[i]) << 16 * i;
    return bits;
}

/* Each bit becomes the sum of those up to it, without carries. */
static inline uint64_t flip_between(uint64_t bits)
{
    for (unsigned n = 1; n < 64; n *= 2)
        bits ^= bits << n;
    return bits;
}

#include "proto/json_nest.h"

const char *json_nest_sse2(const char *at, const char *end,
                           struct json_store *store)
{
    return nest(at, end, store);
}

#else
typedef int json_sse2_is_for_x86; /* a file must not be empty */
#endif
