#include "proto/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_forms.h"
#include "proto/json_plain.h"
#include "tests/lib/suite.h"

/* A copy without a byte to spare, so that sanitizers see reads behind it. */
static char *copy(const char *text, size_t n)
{
    char *exact = malloc(n);
    ck_assert(exact != NULL || n == 0);
    memcpy(exact, text, n);
    return exact;
}

static const char *step_over(json_nest_cb nest, const char *at, const char *end)
{
    struct json_store store;
    json_store_init(&store);
    at = nest(at, end, &store);
    json_store_deinit(&store);
    return at;
}

/* All forms must find the same end of a container, or none. */
static void check_forms(const char *text, const char *end)
{
    struct json_form forms[JSON_FORMS_MAX];
    size_t n_forms = json_forms(forms);
    const char *expected = step_over(json_nest_walk, text, end);
    for (size_t i = 0; i < n_forms; i++)
        ck_assert_msg(step_over(forms[i].nest, text, end) == expected,
                      "%s: %.*s", forms[i].name, (int)(end - text), text);
}

/* The forms go by blocks: the text gets each place in one. */
static void check_forms_in_all_places(const char *text, size_t n)
{
    static const char *const openings[] = {"[", "{\"a\":", "[{\"b\":[1,", "[7"};
    static const char *const endings[] = {"]", "}", "]}]", ""};
    char *buffer = malloc(n + 300);
    ck_assert_ptr_nonnull(buffer);
    for (size_t i = 0; i < 4; i++)
        for (size_t pad = 0; pad < 140; pad++) {
            size_t size =
                (size_t)sprintf(buffer, "%s%*s", openings[i], (int)pad, "");
            memcpy(buffer + size, text, n);
            size += n;
            size += (size_t)sprintf(buffer + size, "%s", endings[i]);
            size += (size_t)sprintf(buffer + size, "%*s", (int)pad % 97, "");
            char *exact = copy(buffer, size);
            check_forms(exact, exact + size);
            free(exact);
        }
    free(buffer);
}

/* Whether the text is one value and white space around it. */
static bool is_json(const char *text, size_t n)
{
    char *exact = copy(text, n);
    struct json json = {exact, exact + n};
    struct json_span value;
    if (n > 0 && (text[0] == '[' || text[0] == '{'))
        check_forms(exact, exact + n);
    bool is_one = json_skip_value(&json, &value);
    if (is_one) {
        ck_assert_ptr_eq(value.text + value.size, json.at);
        json_peek(&json);
        is_one = json.at == json.end;
    }
    free(exact);
    return is_one;
}

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-12",
    "1.5",
    "0.0",
    "-0.00e-00",
    "1e5",
    "1E+5",
    "1e-5",
    "1e99999",
    "123456789012345678901234567890123456789012345678901234567890",
    "\"\"",
    "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u0000\\uABCD\\uabcd\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\x7f\"",
    "\"\xe2\x80\xa8\"",
    "\"'\"",
    "[]",
    "[ ]",
    "[[]]",
    "[[],[]]",
    "[1,2]",
    " [ 1 , 2 ] ",
    "{}",
    "{ }",
    "{\"\":0}",
    "{\"a\":{}}",
    "{\"a\":[{}]}",
    "{\"a\":1,\"a\":2}",
    " { \"a\" : 1 , \"b\" : [ ] } ",
    "\t\n\r 1 \t\n\r",
    "[{\"a\":[]},[{}],{\"b\":{\"c\":[[1]]}}]",
};

START_TEST(what_json_parse_takes_is_taken)
{
    const char *text = good[_i];
    ck_assert_msg(is_json(text, strlen(text)), "%s", text);
    check_forms_in_all_places(text, strlen(text));
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    "nul",
    "nulL",
    "nullx",
    "null0",
    "true1",
    "false-1",
    "true\"a\"",
    "[true1]",
    "True",
    "tru",
    "fals",
    "undefined",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "00",
    ".5",
    "5.",
    "5.e1",
    "1e",
    "1e+",
    "1e1.5",
    "1_000",
    "0x1",
    "1 2",
    "'a'",
    "\"",
    "\"a",
    "\"\\",
    "\"\\\"",
    "\"\\a\"",
    "\"\\x41\"",
    "\"\\u\"",
    "\"\\u00g0\"",
    "\"\\u123\"",
    "\"\\U0041\"",
    "\"\\u12",
    "\"\n\"",
    "\"\t\"",
    "\"\x1f\"",
    "\"0123456789abcdef\x01 0123456789abcdef\"",
    "[",
    "]",
    "[,]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,,2]",
    "[1}",
    "[}",
    "[[]",
    "[]]",
    "[\"a\":1]",
    "{",
    "}",
    "{]",
    "{,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\" 1}",
    "{\"a\"=1}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1]",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    ("{1234567890123456789012345678901234567890123456789012345678901234567890"
     ":1}"),
    "{null:1}",
    "{[]:1}",
    "{\"a\":1}}",
    "{\"a\":{\"b\":1}",
    "\xef\xbb\xbf{}",
    "\xc2\xa0[]",
    "\v[]",
    "\f[]",
    "[]\f",
    "/**/1",
    "1//",
    "\xff",
};

START_TEST(what_json_parse_refuses_is_refused)
{
    const char *text = bad[_i];
    ck_assert_msg(!is_json(text, strlen(text)), "%s", text);
    check_forms_in_all_places(text, strlen(text));
}
END_TEST

START_TEST(a_nul_byte_is_nowhere_json)
{
    ck_assert(!is_json("\0", 1));
    ck_assert(!is_json("1\0", 2));
    ck_assert(!is_json("\"\0\"", 3));
    ck_assert(!is_json("[\0]", 3));
}
END_TEST

static bool is_memory_short;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return is_memory_short ? NULL : __real_malloc(size);
}

/* Containers of both kinds in an irregular order, to cross each word's edge. */
static size_t write_nest(char *out, size_t depth)
{
    size_t n = 0;
    for (size_t i = 0; i < depth; i++) {
        const char *opener = i * i % 7 < 3 ? "{\"\":" : "[";
        n += (size_t)sprintf(out + n, "%s", opener);
    }
    out[n++] = '1';
    for (size_t i = depth; i-- > 0;)
        out[n++] = i * i % 7 < 3 ? '}' : ']';
    return n;
}

static const size_t depths[] = {1,   2,   63,  64,  65,  127, 128, 129, 447,
                                448, 449, 511, 512, 513, 575, 576, 577, 65000};

START_TEST(each_closer_must_fit_its_opener_at_any_depth)
{
    size_t depth = depths[_i];
    char *text = malloc(5 * depth + 1);
    ck_assert_ptr_nonnull(text);
    size_t n = write_nest(text, depth);
    ck_assert(is_json(text, n));
    ck_assert(!is_json(text, n - 1));
    size_t stride = depth / 100 + 1;
    for (size_t i = 0; i < depth; i += stride) {
        char *closer = &text[n - 1 - i];
        *closer ^= ']' ^ '}';
        ck_assert(!is_json(text, n));
        *closer ^= ']' ^ '}';
    }
    free(text);
}
END_TEST

static const size_t edges[] = {63, 64, 65, 511, 512, 513};

START_TEST(depth_survives_siblings_at_a_words_edge)
{
    size_t depth = edges[_i];
    char text[2000];
    size_t n = 0;
    for (size_t i = 0; i < depth; i++)
        text[n++] = '[';
    n += (size_t)sprintf(text + n, "[],{\"\":[]},[[{}]],[[[1]]]");
    for (size_t i = 0; i < depth; i++)
        text[n++] = ']';
    ck_assert(is_json(text, n));
    ck_assert(!is_json(text, n - 1));
    text[n] = ']';
    ck_assert(!is_json(text, n + 1));
}
END_TEST

START_TEST(memory_is_asked_for_above_512_levels_only)
{
    char text[6 * 513];
    bool is_scanned[2];
    for (size_t i = 0; i < 2; i++) {
        struct json json = {text, text + write_nest(text, 512 + i)};
        struct json_span value;
        is_memory_short = true;
        is_scanned[i] = json_skip_value(&json, &value);
        is_memory_short = false;
    }
    ck_assert(is_scanned[0]);
    ck_assert(!is_scanned[1]);
}
END_TEST

static size_t put_random_tokens(char *out, size_t max)
{
    static const char *const tokens[] = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "1",
        "-0.5e3",
        "true",
        "null",
        "false",
        " ",
        "\n",
        "\"\\n\"",
        "\"\\u00e9x\"",
        "\"a\":",
        ",\"b\":2",
        "[1,2]",
        "{\"c\":[]}",
        "",
        ("\"a string of more than a block, so that there is none of the "
         "operators for a while\""),
        "\\",
        "\"",
        "e",
        "0"};
    size_t n = 0;
    while (n < max) {
        const char *token =
            tokens[(size_t)rand() % (sizeof tokens / sizeof *tokens)];
        n += (size_t)sprintf(out + n, "%s", token);
    }
    return n;
}

/* A long good text with a few bytes changed, or given to chance. */
START_TEST(every_form_finds_the_same_end_of_a_container)
{
    static const char record[] =
        "{\"id\":12,\"name\":\"user\\t7\",\"tags\":[\"red\",\"\\u00e9\"],"
        "\"score\":-31.5e+2,\"admin\":false,\"parent\":{\"id\":null , "
        "\"x\": [ ] }},";
    static const char changes[] = "{}[],:\"\\ 0-+.eEtu\n\x01x";
    srand(_i);
    for (int round = 0; round < 3000; round++) {
        char text[1400];
        size_t n = 1;
        text[0] = "[{"[rand() % 2];
        if (rand() % 4 == 0)
            n += put_random_tokens(text + 1, 1 + (size_t)rand() % 200);
        else
            for (int i = 1 + rand() % 6; i > 0; i--)
                n += (size_t)sprintf(text + n, "%s", record);
        text[n - 1] = "]}"[rand() % 2];
        for (int i = rand() % 3; i > 0; i--)
            text[(size_t)rand() % n] =
                changes[(size_t)rand() % (sizeof changes - 1)];
        char *exact = copy(text, n);
        if (*exact == '[' || *exact == '{')
            check_forms(exact, exact + n);
        free(exact);
    }
}
END_TEST

/* Texts of up to 200 bytes, with an end for the run in one place or none. */
START_TEST(every_form_finds_the_same_end_of_plain_bytes)
{
    static const char ends[] = {'"', '\\', 0x00, 0x1f, '\n'};
    static const char plain[] = {'a', ' ',  '!',        '#',        '[',
                                 ']', 0x7f, (char)0x80, (char)0xa2, (char)0xff};
    srand(11);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % 200;
        char *text = malloc(n);
        ck_assert(text != NULL || n == 0);
        for (size_t i = 0; i < n; i++)
            text[i] = plain[(size_t)rand() % sizeof plain];
        for (int i = rand() % 3; i > 0 && n > 0; i--)
            text[(size_t)rand() % n] = ends[(size_t)rand() % sizeof ends];
        const char *expected = json_plain_bytes(text, text + n);
        ck_assert_ptr_eq(json_plain_words(text, text + n), expected);
        ck_assert_ptr_eq(json_plain(text, text + n), expected);
#ifdef __SSE2__
        ck_assert_ptr_eq(json_plain_vectors(text, text + n), expected);
#endif
        if (n >= JSON_PLAIN_STEP) {
            const char *step = text + JSON_PLAIN_STEP;
            ck_assert_ptr_eq(json_plain_step(text),
                             expected < step ? expected : step);
        }
        free(text);
    }
}
END_TEST

START_TEST(every_byte_alone_is_plain_in_every_form_or_in_none)
{
    char text[80];
    memset(text, 'x', sizeof text);
    const char *end = text + sizeof text;
    for (unsigned byte = 0; byte < 256; byte++)
        for (size_t i = 0; i < sizeof text; i++) {
            bool is_plain = byte >= 0x20 && byte != '"' && byte != '\\';
            text[i] = (char)byte;
            const char *expected = is_plain ? end : text + i;
            ck_assert_ptr_eq(json_plain_bytes(text, end), expected);
            ck_assert_ptr_eq(json_plain_words(text, end), expected);
            ck_assert_ptr_eq(json_plain(text, end), expected);
            text[i] = 'x';
        }
}
END_TEST

static const struct {
    const char *text;
    const char *bytes;
} escapes[] = {
    {"", ""},
    {"plain", "plain"},
    {"\\\"\\\\\\/", "\"\\/"},
    {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
    {"a\\u0041z", "aAz"},
    {"\\u007f\\u0080", "\x7f\xc2\x80"},
    {"\\u07FF\\u0800", "\xdf\xbf\xe0\xa0\x80"},
    {"\\uffff", "\xef\xbf\xbf"},
    {"\\ud800\\udc00", "\xf0\x90\x80\x80"},
    {"\\uDBFF\\uDFFF", "\xf4\x8f\xbf\xbf"},
    {"\\ud800", "\xef\xbf\xbd"},
    {"\\udfff", "\xef\xbf\xbd"},
    {"\\ud800x", "\xef\xbf\xbdx"},
    {"\\ud800\\n", "\xef\xbf\xbd\n"},
    {"\\ud800\\u0041", "\xef\xbf\xbd"
                       "A"},
    {"\\ud800\\ud800\\udc00", "\xef\xbf\xbd\xf0\x90\x80\x80"},
    {"\\udc00\\ud800", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc3\xa9\\u00e9", "\xc3\xa9\xc3\xa9"},
};

START_TEST(escapes_become_utf8_at_any_capacity)
{
    const char *bytes = escapes[_i].bytes;
    size_t n = strlen(bytes);
    struct json_span string = {escapes[_i].text, strlen(escapes[_i].text)};
    for (size_t capacity = 0; capacity < 16; capacity++) {
        char out[17];
        memset(out, '#', sizeof out);
        ck_assert_uint_eq(json_string_decode(&string, out, capacity), n);
        size_t n_written = n < capacity ? n : capacity;
        ck_assert_mem_eq(out, bytes, n_written);
        ck_assert_int_eq(out[n_written], '#');
    }
}
END_TEST

START_TEST(an_escaped_nul_is_a_byte_of_the_string)
{
    struct json_span string = {"\\u0000x", 7};
    char out[2];
    ck_assert_uint_eq(json_string_decode(&string, out, sizeof out), 2);
    ck_assert_mem_eq(out, "\0x", 2);
}
END_TEST

START_TEST(a_word_is_known_behind_any_escapes)
{
    static const struct {
        const char *text;
        bool is_to;
    } cases[] = {
        {"to", true},
        {"t\\u006f", true},
        {"\\u0074\\u006F", true},
        {"", false},
        {"t", false},
        {"tO", false},
        {"too", false},
        {"to\\u0000", false},
        {"\\u0074o ", false},
        {"t\\n", false},
        {"\\u0074o and more than fits", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_span string = {cases[i].text, strlen(cases[i].text)};
        ck_assert_msg(json_string_is(&string, "to") == cases[i].is_to, "%s",
                      cases[i].text);
    }
}
END_TEST

static void assert_is(const struct json_span *span, const char *text)
{
    ck_assert_uint_eq(span->size, strlen(text));
    ck_assert_mem_eq(span->text, text, span->size);
}

START_TEST(members_are_walked_in_order)
{
    static const char text[] =
        " { \"a\" : 1 , \"\\n\":[{\"x\":0}],\"\":\"}\" } rest";
    static const char *const names[] = {"a", "\\n", ""};
    static const char *const values[] = {"1", "[{\"x\":0}]", "\"}\""};
    struct json json = {text, text + sizeof text - 1};
    struct json_span name;
    struct json_span value;
    size_t n = 0;
    enum json_step step = json_first_member(&json, &name);
    for (; step == JSON_MEMBER; step = json_next_member(&json, &name)) {
        ck_assert_uint_lt(n, 3);
        assert_is(&name, names[n]);
        ck_assert_int_eq(json_peek(&json), values[n][0]);
        ck_assert(json_skip_value(&json, &value));
        assert_is(&value, values[n++]);
    }
    ck_assert_int_eq(step, JSON_CLOSED);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(json.at, " rest");
}
END_TEST

#define N_OF(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, what_json_parse_takes_is_taken, 0, N_OF(good));
    tcase_add_loop_test(tcase, what_json_parse_refuses_is_refused, 0,
                        N_OF(bad));
    tcase_add_test(tcase, a_nul_byte_is_nowhere_json);
    tcase_add_loop_test(tcase, each_closer_must_fit_its_opener_at_any_depth, 0,
                        N_OF(depths));
    tcase_add_loop_test(tcase, depth_survives_siblings_at_a_words_edge, 0,
                        N_OF(edges));
    tcase_add_test(tcase, memory_is_asked_for_above_512_levels_only);
    tcase_add_loop_test(tcase, every_form_finds_the_same_end_of_a_container, 0,
                        10);
    tcase_add_test(tcase, every_form_finds_the_same_end_of_plain_bytes);
    tcase_add_test(tcase, every_byte_alone_is_plain_in_every_form_or_in_none);
    tcase_add_loop_test(tcase, escapes_become_utf8_at_any_capacity, 0,
                        N_OF(escapes));
    tcase_add_test(tcase, an_escaped_nul_is_a_byte_of_the_string);
    tcase_add_test(tcase, a_word_is_known_behind_any_escapes);
    tcase_add_test(tcase, members_are_walked_in_order);
    return suite_run_suite(suite);
}
