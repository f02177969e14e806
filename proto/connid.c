#include "proto/connid.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The 11 bytes of an id: 8 random ones, the kind, the slot times four as a
 * 16-bit big-endian number. As base64 the slot is what the last three
 * characters before the '=' hold: 6, 6 and 2 bits of it, then 4 zero bits.
 */
enum { RANDOM_BYTES = 8, ID_BYTES = 11 };
enum kind { KIND_CONNECTION = 0x02, KIND_REQUEST = 0x05 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz"
                               "0123456789-_";

/* 0 for what is no digit. A table: branches on random digits would miss. */
/* clang-format off */
static const uint8_t digit_plus_1[UINT8_MAX + 1] = {
    ['A'] = 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13,
            14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
            40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['-'] = 63,
    ['_'] = 64,
};
/* clang-format on */

/* What a character stands for: 0 to 63, or UINT_MAX when it is no digit. */
static unsigned digit(char c)
{
    return digit_plus_1[(uint8_t)c] - 1u;
}

void connid_source_init(struct connid_source *source)
{
    source->n_left = 0;
}

/* Each stocked byte leaves once, and no copy of it stays behind. */
static void take_random(struct connid_source *source, uint8_t *out, size_t n)
{
    if (source->n_left < n) {
        if (getentropy(source->random, sizeof source->random))
            abort();
        source->n_left = sizeof source->random;
    }
    uint8_t *first = source->random + sizeof source->random - source->n_left;
    memcpy(out, first, n);
    memset(first, 0, n);
    source->n_left = (uint16_t)(source->n_left - n);
}

static void print(const uint8_t raw[ID_BYTES], struct connid *id_out)
{
    char *c = id_out->chars;
    for (size_t i = 0; i < ID_BYTES - 2; i += 3) {
        unsigned word =
            (unsigned)raw[i] << 16 | (unsigned)raw[i + 1] << 8 | raw[i + 2];
        *c++ = alphabet[word >> 18];
        *c++ = alphabet[word >> 12 & 63];
        *c++ = alphabet[word >> 6 & 63];
        *c++ = alphabet[word & 63];
    }
    unsigned slot_times_4 =
        (unsigned)raw[ID_BYTES - 2] << 8 | raw[ID_BYTES - 1];
    *c++ = alphabet[slot_times_4 >> 10];
    *c++ = alphabet[slot_times_4 >> 4 & 63];
    *c++ = alphabet[slot_times_4 << 2 & 63];
    *c = '=';
}

static void mint(struct connid_source *source, enum kind kind, unsigned slot,
                 struct connid *id_out)
{
    assert(slot < CONNID_SLOTS);
    uint8_t raw[ID_BYTES];
    take_random(source, raw, RANDOM_BYTES);
    raw[RANDOM_BYTES] = (uint8_t)kind;
    raw[RANDOM_BYTES + 1] = (uint8_t)(slot >> 6);
    raw[RANDOM_BYTES + 2] = (uint8_t)(slot << 2);
    print(raw, id_out);
}

void connid_mint(struct connid_source *source, unsigned slot,
                 struct connid *id_out)
{
    mint(source, KIND_CONNECTION, slot, id_out);
}

void connid_mint_request(struct connid_source *source, struct connid *id_out)
{
    uint16_t random;
    take_random(source, (uint8_t *)&random, sizeof random);
    mint(source, KIND_REQUEST, random % CONNID_SLOTS, id_out);
}

void connid_mint_uuid(struct connid_source *source,
                      char uuid_out[UUID_CHARS + 1])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t raw[16];
    take_random(source, raw, sizeof raw);
    raw[6] = (raw[6] & 0x0f) | 0x40; /* version 4 */
    raw[8] = (raw[8] & 0x3f) | 0x80; /* variant of RFC 9562 */
    char *c = uuid_out;
    for (size_t i = 0; i < sizeof raw; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *c++ = '-';
        *c++ = hex[raw[i] >> 4];
        *c++ = hex[raw[i] & 15];
    }
    *c = '\0';
}

int connid_parse(const char *text, size_t n, struct connid *id_out)
{
    if (n != CONNID_CHARS || text[CONNID_CHARS - 1] != '=')
        return -EINVAL;
    unsigned seen = 0;
    for (size_t i = 0; i < CONNID_CHARS - 1; i++)
        seen |= digit(text[i]);
    if (seen > 63 || digit(text[CONNID_CHARS - 2]) & 15)
        return -EINVAL;
    memcpy(id_out->chars, text, CONNID_CHARS);
    return 0;
}

unsigned connid_slot(const struct connid *id)
{
    const char *last = id->chars + CONNID_CHARS - 4;
    return digit(last[0]) << 8 | digit(last[1]) << 2 | digit(last[2]) >> 4;
}
