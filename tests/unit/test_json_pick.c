#include "proto/json_pick.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

/* Picks a and b of a copy without a byte to spare. */
static const struct {
    const char *text;
    bool is_object;
    const char *a; /* NULL: none */
    const char *b;
} cases[] = {
    {"{}", true, NULL, NULL},
    {" { \"a\" : 1 } ", true, "1", NULL},
    {"{\"a\":\"x\",\"b\":[1,{\"a\":2}]}", true, "\"x\"", "[1,{\"a\":2}]"},
    {"{\"a\":1,\"a\":2}", true, "2", NULL},
    {"{\"\\u0061\":1}", true, "1", NULL},
    {"{\"aa\":1,\"B\":2}", true, NULL, NULL},
    {"{\"b\":null}", true, NULL, "null"},
    {"", false, NULL, NULL},
    {"[]", false, NULL, NULL},
    {"1", false, NULL, NULL},
    {"{\"a\":1", false, NULL, NULL},
    {"{\"a\":1}}", false, NULL, NULL},
    {"{\"a\":1,}", false, NULL, NULL},
    {"{\"a\":01}", false, NULL, NULL},
    {"{\"a\"}", false, NULL, NULL},
};

static void expect(const struct json_span *value, const char *text)
{
    ck_assert_uint_eq(value->size, text ? strlen(text) : 0);
    if (text)
        ck_assert_mem_eq(value->text, text, value->size);
}

START_TEST(members_are_picked_by_their_names)
{
    struct json_pick picks[] = {{.name = "a"}, {.name = "b"}};
    size_t size = strlen(cases[_i].text);
    char *exact = malloc(size);
    memcpy(exact, cases[_i].text, size);
    const struct json_span object = {exact, size};
    ck_assert(json_pick(&object, picks, 2) == cases[_i].is_object);
    if (cases[_i].is_object) {
        expect(&picks[0].value, cases[_i].a);
        expect(&picks[1].value, cases[_i].b);
    }
    free(exact);
}
END_TEST

START_TEST(strings_lose_their_quotes)
{
    struct json_span string = {NULL, 0};
    const struct json_span empty = {"\"\"", 2};
    const struct json_span number = {"123", 3};
    const struct json_span none = {"", 0};
    const struct json_span text = {"\"x\\\"\"", 5};
    ck_assert(!json_pick_string(&empty, &string));
    ck_assert(!json_pick_string(&number, &string));
    ck_assert(!json_pick_string(&none, &string));
    ck_assert_ptr_null(string.text);
    ck_assert(json_pick_string(&text, &string));
    ck_assert_uint_eq(string.size, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_pick");
    TCase *tcase = tcase_create("json_pick");
    tcase_add_loop_test(tcase, members_are_picked_by_their_names, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, strings_lose_their_quotes);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
