#include "proto/frame.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const uint8_t mask[4] = {0x12, 0x34, 0xd6, 0x78};

START_TEST(the_mask_goes_on_bytewise_at_any_size_and_phase)
{
    for (size_t n = 0; n < 70; n++) {
        for (unsigned phase = 0; phase < 8; phase++) {
            uint8_t *src = malloc(n + 1); /* + 1: malloc(0) may be NULL */
            uint8_t *dst = malloc(n + 1);
            ck_assert(src && dst);
            for (size_t i = 0; i < n; i++)
                src[i] = (uint8_t)rand();
            frame_mask(dst, src, n, mask, phase);
            for (size_t i = 0; i < n; i++)
                ck_assert_uint_eq(dst[i], src[i] ^ mask[(phase + i) % 4]);
            frame_mask(src, src, n, mask, phase);
            ck_assert_mem_eq(src, dst, n);
            free(src);
            free(dst);
        }
    }
}
END_TEST

/*
 * Masks @n bytes of text in memory of just that size, in place and not.
 * Returns how the check of the text ended.
 */
static utf8_state check_text(const uint8_t *text, size_t n, unsigned phase)
{
    uint8_t *masked = malloc(n);
    uint8_t *apart = malloc(n);
    ck_assert(masked && apart);
    frame_mask(masked, text, n, mask, phase);
    utf8_state expected = utf8_feed(UTF8_START, text, n);
    for (int is_in_place = 0; is_in_place < 2; is_in_place++) {
        uint8_t *dst = is_in_place ? masked : apart;
        utf8_state state =
            frame_mask_text(UTF8_START, dst, masked, n, mask, phase);
        ck_assert_uint_eq(state, expected);
        if (state != UTF8_INVALID)
            ck_assert_mem_eq(dst, text, n);
    }
    free(masked);
    free(apart);
    return expected;
}

START_TEST(text_is_unmasked_and_checked_as_by_two_functions)
{
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac",
                                             "\xf0\x9f\x98\x80", "\xff"};
    srand(5);
    for (int round = 0; round < 5000; round++) {
        uint8_t text[700];
        size_t n = 1 + (size_t)rand() % sizeof(text);
        memset(text, 'x', n);
        for (int i = rand() % 4; i > 0; i--) {
            const char *c = characters[rand() % (rand() % 4 ? 3 : 4)];
            size_t at = (size_t)rand() % n;
            size_t size = strlen(c) < n - at ? strlen(c) : n - at;
            memcpy(text + at, c, size);
        }
        check_text(text, n, (unsigned)rand() % 4);
    }
}
END_TEST

START_TEST(a_bad_byte_is_seen_wherever_it_stands)
{
    for (size_t at = 0; at < 600; at++) {
        uint8_t text[600];
        memset(text, 'x', sizeof(text));
        text[at] = 0xff;
        ck_assert_uint_eq(check_text(text, sizeof(text), 0), UTF8_INVALID);
    }
}
END_TEST

START_TEST(ascii_does_not_fit_into_a_character)
{
    for (size_t at = 0; at < 300; at++) {
        for (size_t gap = 1; gap < 260; gap++) {
            uint8_t text[600];
            memset(text, 'x', sizeof(text));
            text[at] = 0xc3;
            text[at + 1 + gap] = 0xa9;
            ck_assert(!utf8_is_complete(check_text(text, sizeof(text), 0)));
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_mask_goes_on_bytewise_at_any_size_and_phase,
        text_is_unmasked_and_checked_as_by_two_functions,
        a_bad_byte_is_seen_wherever_it_stands,
        ascii_does_not_fit_into_a_character, NULL};
    return suite_run("frame_mask", tests);
}
