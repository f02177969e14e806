#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

#include "proto/utf8_forms.h"
#include "tests/lib/suite.h"

/*
 * The oracle decodes as RFC 3629 tells it: lengths from the first byte, then
 * the value, then the ranges that are forbidden.
 */

/* Returns the size of the character that @text begins with; 0 if none. */
static size_t decode(const uint8_t *text, size_t n)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80             ? 1
                  : (text[0] & 0xe0) == 0xc0 ? 2
                  : (text[0] & 0xf0) == 0xe0 ? 3
                  : (text[0] & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (size <= 1 || size > n)
        return size > n ? 0 : size;
    uint32_t value = text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3f);
    }
    if (value < smallest[size] || value > 0x10ffff ||
        (value >= 0xd800 && value <= 0xdfff))
        return 0;
    return size;
}

static bool is_text(const uint8_t *text, size_t n)
{
    while (n > 0) {
        size_t size = decode(text, n);
        if (size == 0)
            return false;
        text += size;
        n -= size;
    }
    return true;
}

/* Whether some ending makes a text of it; one character is missing at most. */
static bool is_beginning(const uint8_t *text, size_t n)
{
    static const uint8_t endings[][3] = {
        {0x80, 0x80, 0x80}, {0x90, 0x80, 0x80}, {0xa0, 0x80, 0x80}};
    uint8_t whole[16];
    memcpy(whole, text, n);
    if (is_text(text, n))
        return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        for (size_t size = 1; size <= 3; size++) {
            memcpy(whole + n, endings[i], size);
            if (is_text(whole, n + size))
                return true;
        }
    }
    return false;
}

static utf8_state feed_bytes(const uint8_t *text, size_t n)
{
    utf8_state state = UTF8_START;
    for (size_t i = 0; i < n; i++)
        state = utf8_feed(state, text + i, 1);
    return state;
}

static void check_against_oracle(const uint8_t *text, size_t n)
{
    utf8_state whole = utf8_feed(UTF8_START, text, n);
    if (utf8_is_complete(whole) != is_text(text, n) ||
        (whole != UTF8_INVALID) != is_beginning(text, n) ||
        whole != feed_bytes(text, n))
        ck_abort_msg("%zu bytes: %02x %02x %02x %02x", n, text[0], text[1],
                     text[2], text[3]);
}

START_TEST(every_sequence_of_one_and_two_bytes_is_judged_right)
{
    for (uint32_t i = 0; i < 0x10000; i++) {
        uint8_t text[4] = {(uint8_t)(i >> 8), (uint8_t)i};
        check_against_oracle(text, 1);
        check_against_oracle(text, 2);
    }
}
END_TEST

/* One run for each first half-byte. */
START_TEST(every_sequence_of_three_bytes_is_judged_right)
{
    for (uint32_t i = 0; i < 0x100000; i++) {
        uint8_t text[4] = {(uint8_t)(_i << 4 | i >> 16), (uint8_t)(i >> 8),
                           (uint8_t)i};
        check_against_oracle(text, 3);
    }
}
END_TEST

/* The bytes at which a rule begins or ends. */
static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
                                0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};

START_TEST(four_bytes_at_the_edges_are_judged_right)
{
    const size_t n = sizeof(edges);
    for (uint32_t first = 0; first < 256; first++) {
        for (size_t i = 0; i < n * n * n; i++) {
            uint8_t text[4] = {(uint8_t)first, edges[i / n / n],
                               edges[i / n % n], edges[i % n]};
            check_against_oracle(text, 4);
        }
    }
}
END_TEST

static size_t put_random_character(uint8_t *dst)
{
    static const char *const characters[] = {"a",
                                             "~",
                                             "\x7f",
                                             "\xc2\x80",
                                             "\xdf\xbf",
                                             "\xe0\xa0\x80",
                                             "\xed\x9f\xbf",
                                             "\xee\x80\x80",
                                             "\xef\xbf\xbf",
                                             "\xf0\x90\x80\x80",
                                             "\xf4\x8f\xbf\xbf",
                                             "a plain run of ASCII, "};
    const char *c = characters[rand() % 12];
    memcpy(dst, c, strlen(c));
    return strlen(c);
}

static utf8_state feed_in_cuts(const uint8_t *text, size_t n)
{
    utf8_state state = UTF8_START;
    while (n > 0) {
        size_t size = 1 + (size_t)rand() % (rand() % 2 ? 8 : 200);
        size = size < n ? size : n;
        /* Memory of just that size: a sanitizer sees a step beyond. */
        uint8_t *piece = malloc(size);
        ck_assert_ptr_nonnull(piece);
        memcpy(piece, text, size);
        state = utf8_feed(state, piece, size);
        free(piece);
        text += size;
        n -= size;
    }
    return state;
}

START_TEST(a_text_is_the_same_in_any_cuts)
{
    srand(11);
    for (int round = 0; round < 3000; round++) {
        uint8_t text[600];
        size_t n = 0;
        size_t target = (size_t)rand() % 560;
        while (n < target)
            n += put_random_character(text + n);
        ck_assert(utf8_is_complete(utf8_feed(UTF8_START, text, n)));
        ck_assert(utf8_is_complete(feed_in_cuts(text, n)));
        if (n == 0)
            continue;
        text[(size_t)rand() % n] = (uint8_t)rand();
        bool expected = is_text(text, n);
        ck_assert_int_eq(utf8_is_complete(utf8_feed(UTF8_START, text, n)),
                         expected);
        ck_assert_int_eq(utf8_is_complete(feed_in_cuts(text, n)), expected);
        ck_assert_int_eq(utf8_is_complete(feed_bytes(text, n)), expected);
    }
}
END_TEST

START_TEST(what_is_invalid_stays_invalid)
{
    utf8_state state = utf8_feed(UTF8_START, (const uint8_t *)"a\xff", 2);
    ck_assert_uint_eq(state, UTF8_INVALID);
    for (uint32_t i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        ck_assert_uint_eq(utf8_feed(state, &byte, 1), UTF8_INVALID);
    }
    ck_assert_uint_eq(utf8_feed(state, NULL, 0), UTF8_INVALID);
}
END_TEST

START_TEST(a_character_is_measured)
{
    static const struct {
        const char *text;
        size_t n;
        size_t expected;
    } cases[] = {
        {"ab", 2, 1},
        {"\xc3\xa9", 2, 2},
        {"\xc3\xa9", 1, 0},
        {"\xe2\x82\xac!", 4, 3},
        {"\xf0\x9f\x98\x80", 4, 4},
        {"\xf0\x9f\x98\x80", 3, 0},
        {"\xff", 1, 0},
        {"\x80", 1, 0},
        {"", 0, 0},
        {"\xed\xa0\x80", 3, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(
            utf8_measure((const uint8_t *)cases[i].text, cases[i].n),
            cases[i].expected);
}
END_TEST

/*
 * The forms by vectors leave what is short to the form by bytes: so sequences
 * are put into long texts, in memory of just their size, where each place in a
 * vector, a stride and the last vector gets its turn.
 */
enum { LONG_MAX = 160 };

/* Ends at @end, the end of what was allocated. */
static void check_forms(uint8_t *end, const uint8_t *text, size_t n)
{
    struct utf8_form forms[UTF8_FORMS_MAX];
    size_t n_forms = utf8_forms(forms);
    uint8_t *exact = end - n;
    memcpy(exact, text, n);
    utf8_state expected = utf8_feed_bytes(UTF8_START, exact, n);
    for (size_t i = 0; i < n_forms; i++)
        ck_assert_msg(forms[i].feed(UTF8_START, exact, n) == expected,
                      "%s: %zu bytes", forms[i].name, n);
}

static void check_forms_in_long_text(uint8_t *end, const char *fill,
                                     const uint8_t *sequence, size_t size)
{
    uint8_t text[LONG_MAX];
    size_t n_fill = strlen(fill);
    size_t n = 40 + (size_t)rand() % (LONG_MAX - 40);
    for (size_t i = 0; i < n; i++)
        text[i] = (uint8_t)fill[i % n_fill];
    memcpy(text + (size_t)rand() % (n - size + 1), sequence, size);
    check_forms(end, text, n);
}

START_TEST(every_form_judges_every_pair_of_bytes_alike)
{
    static const char *const fills[] = {"x", "\xd0\xb4", "\xe4\xb8\xad"};
    uint8_t *memory = malloc(LONG_MAX);
    ck_assert_ptr_nonnull(memory);
    srand(3);
    for (uint32_t i = 0; i < 0x10000; i++) {
        uint8_t pair[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        const char *fill = fills[(size_t)rand() % 3];
        check_forms_in_long_text(memory + LONG_MAX, fill, pair, 2);
    }
    free(memory);
}
END_TEST

START_TEST(every_form_judges_long_characters_at_the_edges_alike)
{
    enum { FIRST = 12 }; /* of the edges: where long characters begin */
    const size_t n = sizeof(edges);
    uint8_t *memory = malloc(LONG_MAX);
    ck_assert_ptr_nonnull(memory);
    srand(4);
    for (size_t i = 0; i < (n - FIRST) * n * n; i++) {
        uint8_t text[4] = {edges[FIRST + i / n / n], edges[i / n % n],
                           edges[i % n], edges[(size_t)rand() % n]};
        check_forms_in_long_text(memory + LONG_MAX, "x", text, 4);
    }
    free(memory);
}
END_TEST

START_TEST(every_form_goes_on_from_every_state)
{
    static const char *const openings[] = {
        "",     "\xc3", "\xe1", "\xe1\x80", "\xf1", "\xf1\x80",    "\xe0",
        "\xed", "\xf0", "\xf4", "\xf4\x80", "\xff", "\xf1\x80\x80"};
    struct utf8_form forms[UTF8_FORMS_MAX];
    size_t n_forms = utf8_forms(forms);
    srand(5);
    for (int round = 0; round < 20000; round++) {
        const char *opening =
            openings[(size_t)rand() % (sizeof openings / sizeof *openings)];
        uint8_t text[LONG_MAX];
        size_t n = (size_t)rand() % LONG_MAX;
        memset(text, 'x', n);
        for (size_t i = 0; i < 5 && i < n; i++)
            text[rand() % 4 ? i : n - 1 - i] =
                edges[(size_t)rand() % sizeof edges];
        utf8_state state =
            feed_bytes((const uint8_t *)opening, strlen(opening));
        utf8_state expected = state;
        for (size_t i = 0; i < n; i++)
            expected = utf8_feed(expected, text + i, 1);
        for (size_t i = 0; i < n_forms; i++)
            ck_assert_uint_eq(forms[i].feed(state, text, n), expected);
    }
}
END_TEST

START_TEST(nothing_is_a_text)
{
    ck_assert(utf8_is_complete(utf8_feed(UTF8_START, NULL, 0)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tcase = tcase_create("utf8");
    tcase_add_test(tcase, every_sequence_of_one_and_two_bytes_is_judged_right);
    tcase_add_loop_test(tcase, every_sequence_of_three_bytes_is_judged_right, 0,
                        16);
    tcase_add_test(tcase, four_bytes_at_the_edges_are_judged_right);
    tcase_add_test(tcase, a_text_is_the_same_in_any_cuts);
    tcase_add_test(tcase, what_is_invalid_stays_invalid);
    tcase_add_test(tcase, a_character_is_measured);
    tcase_add_test(tcase, nothing_is_a_text);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("forms");
    tcase_add_test(tcase, every_form_judges_every_pair_of_bytes_alike);
    tcase_add_test(tcase, every_form_judges_long_characters_at_the_edges_alike);
    tcase_add_test(tcase, every_form_goes_on_from_every_state);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
