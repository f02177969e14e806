#include "proto/json_forms.h"

#ifdef JSON_HAS_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2,pclmul")))
#define VECTOR __m256i
enum { VECTOR_SIZE = 32 };

TARGET static inline __m256i load(const char *bytes)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

TARGET static inline __m256i equals(__m256i v, char byte)
{
    return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte));
}

TARGET static inline __m256i is_up_to(__m256i v, char byte)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(byte)), v);
}

TARGET static inline __m256i add(__m256i v, char byte)
{
    return _mm256_add_epi8(v, _mm256_set1_epi8(byte));
}

TARGET static inline __m256i with(__m256i v, char byte)
{
    return _mm256_or_si256(v, _mm256_set1_epi8(byte));
}

TARGET static inline uint64_t gather(const __m256i m[2])
{
    uint32_t low = (uint32_t)_mm256_movemask_epi8(m[0]);
    uint32_t high = (uint32_t)_mm256_movemask_epi8(m[1]);
    return low | (uint64_t)high << 32;
}

/* A product without carries, by ones: each bit is the sum of those below. */
TARGET static inline uint64_t flip_between(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits),
                                           _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#include "proto/json_nest.h"

TARGET const char *json_nest_avx2(const char *at, const char *end,
                                  struct json_store *store)
{
    return nest(at, end, store);
}

#else
typedef int json_avx2_is_for_x86; /* a file must not be empty */
#endif
