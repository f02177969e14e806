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

/*
 * Masks @n bytes by whole strides: blocks that need not wait for each other.
 * Returns all that it wrote, ored together.
 */
static inline block mask_strides(uint8_t *dst, const uint8_t *src, size_t n,
                                 size_t stride, block key)
{
    block all = {0, 0};
    for (; n >= stride; n -= stride) {
        block piece = {0, 0};
        for (size_t i = 0; i < stride; i += sizeof(block))
            piece |= mask_block(dst + i, src + i, key);
        all |= piece;
        dst += stride;
        src += stride;
    }
    return all;
}

/* The same by less than blocks; what came before was a multiple of the mask. */
static inline uint32_t mask_rest(uint8_t *dst, const uint8_t *src, size_t n,
                                 uint32_t turned)
{
    uint32_t all = 0;
    uint32_t piece;
    for (; n >= sizeof(piece); n -= sizeof(piece)) {
        memcpy(&piece, src, sizeof(piece));
        piece ^= turned;
        memcpy(dst, &piece, sizeof(piece));
        all |= piece;
        dst += sizeof(piece);
        src += sizeof(piece);
    }
    uint8_t key[sizeof(turned)];
    memcpy(key, &turned, sizeof(key));
    for (size_t i = 0; i < n; i++)
        all |= dst[i] = src[i] ^ key[i];
    return all;
}

/* Masks @n bytes. Returns whether all that it wrote is ASCII. */
static inline bool mask_all(uint8_t *dst, const uint8_t *src, size_t n,
                            uint32_t turned)
{
    enum { WIDE = 128 };
    const uint64_t high = 0x8080808080808080u;
    block key = repeat(turned);
    size_t n_wide = n - n % WIDE;
    size_t n_blocks = n - n % sizeof(block);
    block all = mask_strides(dst, src, n_wide, WIDE, key);
    all |= mask_strides(dst + n_wide, src + n_wide, n_blocks - n_wide,
                        sizeof(block), key);
    uint32_t rest =
        mask_rest(dst + n_blocks, src + n_blocks, n - n_blocks, turned);
    return ((all[0] | all[1] | rest) & high) == 0;
}

void frame_mask(uint8_t *dst, const uint8_t *src, size_t n,
                const uint8_t mask[4], unsigned phase)
{
    mask_all(dst, src, n, turn(mask, phase));
}

/*
 * Piece by piece: what was unmasked is still in the fastest cache when it is
 * checked, and most texts are found to be ASCII on the way.
 */
utf8_state frame_mask_text(utf8_state state, uint8_t *dst, const uint8_t *src,
                           size_t n, const uint8_t mask[4], unsigned phase)
{
    enum { PIECE = 1024 }; /* bytes; a multiple of the mask's size */
    uint32_t turned = turn(mask, phase);
    while (n > 0 && state != UTF8_INVALID) {
        size_t size = n < PIECE ? n : PIECE;
        if (!mask_all(dst, src, size, turned) || state != UTF8_START)
            state = utf8_feed(state, dst, size);
        dst += size;
        src += size;
        n -= size;
    }
    return state;
}
