#include "proto/utf8_forms.h"

#ifdef UTF8_HAS_X86

#include <tmmintrin.h>

#define TARGET __attribute__((target("ssse3")))
#define VECTOR __m128i
enum { VECTOR_SIZE = 16 };

TARGET static inline __m128i load(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

TARGET static inline __m128i repeat(uint8_t byte)
{
    return _mm_set1_epi8((char)byte);
}

TARGET static inline __m128i table(const uint8_t bytes[16])
{
    return load(bytes);
}

TARGET static inline __m128i look_up(__m128i of, __m128i at)
{
    return _mm_shuffle_epi8(of, at);
}

TARGET static inline __m128i both(__m128i a, __m128i b)
{
    return _mm_and_si128(a, b);
}

TARGET static inline __m128i either(__m128i a, __m128i b)
{
    return _mm_or_si128(a, b);
}

TARGET static inline __m128i differ(__m128i a, __m128i b)
{
    return _mm_xor_si128(a, b);
}

TARGET static inline __m128i less(__m128i a, __m128i b)
{
    return _mm_subs_epu8(a, b);
}

TARGET static inline __m128i high_half(__m128i v)
{
    return both(_mm_srli_epi16(v, 4), repeat(0x0f));
}

TARGET static inline bool is_ascii(__m128i v)
{
    return _mm_movemask_epi8(v) == 0;
}

TARGET static inline bool is_zero(__m128i v)
{
    __m128i zeros = _mm_cmpeq_epi8(v, _mm_setzero_si128());
    return _mm_movemask_epi8(zeros) == 0xffff;
}

#include "proto/utf8_vector.h"

TARGET utf8_state utf8_feed_ssse3(utf8_state state, const uint8_t *text,
                                  size_t n)
{
    return feed(state, text, n);
}

#else
typedef int utf8_ssse3_is_for_x86; /* a file must not be empty */
#endif
