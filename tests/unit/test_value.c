#include "client/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct {
    const char *text;
    const char *value; /* NULL: refused */
} texts[] = {
    {"[1]", "[1]"},
    {" \n{ } ", "{ }"},
    {"1e999", "1e999"},
    {"\"\\ud800\"", "\"\\ud800\""},
    {"\"\xc3\xa9\"", "\"\xc3\xa9\""},
    {"", NULL},
    {" ", NULL},
    {"[1] x", NULL},
    {"[1]]", NULL},
    {"[1,]", NULL},
    {"'x'", NULL},
    {"\"\xff\"", NULL},
    {"\"\xc3\"", NULL},
    {"\xef\xbb\xbf[]", NULL},
};

START_TEST(what_is_no_json_is_refused)
{
    struct json_span value = {NULL, 0};
    size_t size = strlen(texts[_i].text);
    char *exact = malloc(size);
    memcpy(exact, texts[_i].text, size);
    int status = value_check(exact, size, &value);
    if (texts[_i].value) {
        ck_assert_int_eq(status, 0);
        ck_assert_uint_eq(value.size, strlen(texts[_i].value));
        ck_assert_mem_eq(value.text, texts[_i].value, value.size);
    } else {
        ck_assert_int_eq(status, -EINVAL);
        ck_assert_ptr_null(value.text);
    }
    free(exact);
}
END_TEST

static const struct {
    const char *text;
    const char *written; /* NULL: jansson has no word for it */
} values[] = {
    {"null", "null"},
    {"[true, false]", "[true,false]"},
    {"9007199254740993", "9007199254740993"},
    {"100000000000000000000", "1e20"},
    {"\"a\\u0000b\"", "\"a\\u0000b\""},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}"},
    {"1e999", NULL},
    {"\"\\ud800\"", NULL},
};

START_TEST(trees_are_made_and_written)
{
    const struct json_span span = {values[_i].text, strlen(values[_i].text)};
    json_t *value = NULL;
    int status = value_parse(&span, &value);
    if (!values[_i].written) {
        ck_assert_int_eq(status, -EBADMSG);
        ck_assert_ptr_null(value);
        return;
    }
    ck_assert_int_eq(status, 0);
    char *text = value_write(value);
    ck_assert_str_eq(text, values[_i].written);
    free(text);
    json_decref(value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");
    tcase_add_loop_test(tcase, what_is_no_json_is_refused, 0,
                        sizeof texts / sizeof *texts);
    tcase_add_loop_test(tcase, trees_are_made_and_written, 0,
                        sizeof values / sizeof *values);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
