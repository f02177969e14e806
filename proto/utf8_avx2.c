#include "proto/utf8_forms.h"

#ifdef UTF8_HAS_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define VECTOR __m256i
enum { VECTOR_SIZE = 32 };

TARGET static inline __m256i load(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

TARGET static inline __m256i repeat(uint8_t byte)
{
    return _mm256_set1_epi8((char)byte);
}

/* A look-up stays within each half of a vector: both get the table. */
TARGET static inline __m256i table(const uint8_t bytes[16])
{
    return _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)bytes));
}

TARGET static inline __m256i look_up(__m256i of, __m256i at)
{
    return _mm256_shuffle_epi8(of, at);
}

TARGET static inline __m256i both(__m256i a, __m256i b)
{
    return _mm256_and_si256(a, b);
}

TARGET static inline __m256i either(__m256i a, __m256i b)
{
    return _mm256_or_si256(a, b);
}

TARGET static inline __m256i differ(__m256i a, __m256i b)
{
    return _mm256_xor_si256(a, b);
}

TARGET static inline __m256i less(__m256i a, __m256i b)
{
    return _mm256_subs_epu8(a, b);
}

TARGET static inline __m256i high_half(__m256i v)
{
    return both(_mm256_srli_epi16(v, 4), repeat(0x0f));
}

TARGET static inline bool is_ascii(__m256i v)
{
    return _mm256_movemask_epi8(v) == 0;
}

TARGET static inline bool is_zero(__m256i v)
{
    return _mm256_testz_si256(v, v);
}

#include "proto/utf8_vector.h"

TARGET utf8_state utf8_feed_avx2(utf8_state state, const uint8_t *text,
                                 size_t n)
{
    return feed(state, text, n);
}

#else
typedef int utf8_avx2_is_for_x86; /* a file must not be empty */
#endif
