#include "proto/frame.h"

#include <string.h>

/* Sixteen bytes as one value: SSE2, NEON, or two words. */
typedef uint64_t block __attribute__((vector_size(16)));

/* The mask as it goes over four bytes, of which the first is at @phase. */
static uint32_t turn(const uint8_t mask[4], unsigned phase)
{
    uint32_t turned;
    const uint8_t bytes[] = {mask[phase % 4], mask[(phase + 1) % 4],
                             mask[(phase + 2) % 4], mask[(phase + 3) % 4]};
    memcpy(&turned, bytes, sizeof(turned));
    return turned;
}

static block repeat(uint32_t turned)
{
    uint64_t word = turned * UINT64_C(0x100000001);
    return (block){word, word};
}

/* Returns what it wrote. */
static inline block mask_block(uint8_t *dst, const uint8_t *src, block key)
{
    block piece;
    memcpy(&piece, src, sizeof(piece));
    piece ^= key;
    memcpy(dst, &piece, sizeof(piece));
    return piece;
}

void frame_mask(uint8_t *dst, const uint8_t *src, size_t n,
                const uint8_t mask[4], unsigned phase)
{
    uint32_t turned = turn(mask, phase);
    block key = repeat(turned);
    size_t i = 0;
    for (; n - i >= sizeof(block); i += sizeof(block))
        mask_block(dst + i, src + i, key);
    for (; n - i >= sizeof(turned); i += sizeof(turned)) {
        uint32_t piece;
        memcpy(&piece, src + i, sizeof(piece));
        piece ^= turned;
        memcpy(dst + i, &piece, sizeof(piece));
    }
    for (; i < n; i++)
        dst[i] = src[i] ^ mask[(phase + i) % 4];
}

utf8_state frame_mask_text(utf8_state state, uint8_t *dst, const uint8_t *src,
                           size_t n, const uint8_t mask[4], unsigned phase)
{
    enum { STRIDE = 128 }; /* bytes that are looked at for ASCII together */
    const block high = {0x8080808080808080u, 0x8080808080808080u};
    block key = repeat(turn(mask, phase));
    for (; n >= STRIDE; n -= STRIDE) {
        block all = {0, 0};
        for (size_t i = 0; i < STRIDE; i += sizeof(block))
            all |= mask_block(dst + i, src + i, key);
        all &= high;
        if (state != UTF8_START || all[0] | all[1])
            state = utf8_feed(state, dst, STRIDE);
        if (state == UTF8_INVALID)
            return state;
        dst += STRIDE;
        src += STRIDE;
    }
    frame_mask(dst, src, n, mask, phase);
    return utf8_feed(state, dst, n);
}
