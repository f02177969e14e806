#include "daemon/logline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

/* 2026-01-02T03:04:05.006Z */
static const struct timespec NOW = {1767323045, 6999999};

#define TEXT_HEAD "2026-01-02T03:04:05.006Z info "
#define JSON_HEAD \
    "{\"time\":\"2026-01-02T03:04:05.006Z\",\"level\":\"info\",\"event\":"

static const struct {
    const char *text;
    enum log_format format;
    const char *expected;
} cases[] = {
    {"connection=X closed code=1001", LOG_TEXT,
     TEXT_HEAD "connection=X closed code=1001\n"},
    {"", LOG_TEXT, TEXT_HEAD "\n"},
    {"a\nb\rc\td\x1b[31m\x7f", LOG_TEXT,
     TEXT_HEAD "a\\x0ab\\x0dc\\x09d\\x1b[31m\\x7f\n"},
    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", LOG_TEXT,
     TEXT_HEAD "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\n"},
    {"\xff \xc3( \xed\xa0\x80 \xc0\xaf \xe2\x82", LOG_TEXT,
     TEXT_HEAD "\\xff \\xc3( \\xed\\xa0\\x80 \\xc0\\xaf \\xe2\\x82\n"},
    {"\xc2\x9b"
     "31m \xc2\xa0",
     LOG_TEXT, TEXT_HEAD "\\xc2\\x9b31m \xc2\xa0\n"},
    {"connection=X closed reason=\"too slow\" code=1001 at last", LOG_JSON,
     JSON_HEAD "\"closed at last\",\"connection\":\"X\","
               "\"reason\":\"too slow\",\"code\":\"1001\"}\n"},
    {"server draining", LOG_JSON, JSON_HEAD "\"server draining\"}\n"},
    {"", LOG_JSON, JSON_HEAD "\"\"}\n"},
    {"why=\"\" x=", LOG_JSON, JSON_HEAD "\"\",\"why\":\"\",\"x\":\"\"}\n"},
    {"a=\"b c", LOG_JSON, JSON_HEAD "\"c\",\"a\":\"\\\"b\"}\n"},
    {"a=\"b\"c d", LOG_JSON, JSON_HEAD "\"d\",\"a\":\"\\\"b\\\"c\"}\n"},
    {"x level=error time=never event=none a=1 a=2", LOG_JSON,
     JSON_HEAD "\"x\",\"a\":\"1\"}\n"},
    {"Key=1 =2 a-b=3", LOG_JSON, JSON_HEAD "\"Key=1 =2 a-b=3\"}\n"},
    {"a=x\n\",\"b\":\"\xff", LOG_JSON,
     JSON_HEAD "\"\",\"a\":\"x\\\\x0a\\\",\\\"b\\\":\\\"\\\\xff\"}\n"},
};

START_TEST(a_text_becomes_one_line)
{
    char line[LOGLINE_MAX + 1];
    size_t n = logline_print(LOG_INFO, cases[_i].format, false, &NOW,
                             cases[_i].text, line);
    line[n] = '\0';
    ck_assert_str_eq(line, cases[_i].expected);
}
END_TEST

START_TEST(the_journal_gets_a_priority_for_the_time)
{
    static const char *const expected[] = {"<3>x\n", "<4>x\n", "<6>x\n",
                                           "<7>x\n", "<7>x\n"};
    for (int level = LOG_ERROR; level <= LOG_TRACE; level++) {
        char line[LOGLINE_MAX + 1];
        size_t n = logline_print((enum log_level)level, LOG_TEXT, true, &NOW,
                                 "x", line);
        line[n] = '\0';
        ck_assert_str_eq(line, expected[level]);
    }
}
END_TEST

/* Each byte grows most when it is escaped, or as a pair of its own. */
START_TEST(the_longest_text_fits_a_line)
{
    static const char *const units[] = {"\n", "\\", "\"", "a=\" ", "a", "\xff"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        char text[LOGLINE_TEXT_MAX + 50], line[LOGLINE_MAX];
        size_t n_unit = strlen(units[i]);
        for (size_t n = 0; n < sizeof text; n++)
            text[n] = units[i][n % n_unit];
        text[sizeof text - 1] = '\0';
        for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
            size_t n = logline_print(LOG_INFO, (enum log_format)format, false,
                                     &NOW, text, line);
            ck_assert_uint_gt(n, 0);
            ck_assert_ptr_eq(memchr(line, '\n', n), line + n - 1);
        }
    }
}
END_TEST

START_TEST(every_json_line_is_json)
{
    char text[LOGLINE_TEXT_MAX], line[LOGLINE_MAX];
    srand(11);
    for (int round = 0; round < 2000; round++) {
        size_t n_text = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < n_text; i++)
            text[i] =
                rand() % 3 ? "ab= \"\\"[rand() % 6] : (char)(1 + rand() % 255);
        text[n_text ? n_text - 1 : 0] = '\0';
        size_t n = logline_print(LOG_INFO, LOG_JSON, false, &NOW, text, line);
        json_error_t error;
        json_t *read = json_loadb(line, n, 0, &error);
        ck_assert_msg(read != NULL, "%s", error.text);
        ck_assert_str_eq(json_string_value(json_object_get(read, "level")),
                         "info");
        json_decref(read);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logline");
    TCase *tcase = tcase_create("lines");
    tcase_add_loop_test(tcase, a_text_becomes_one_line, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, the_journal_gets_a_priority_for_the_time);
    tcase_add_test(tcase, the_longest_text_fits_a_line);
    tcase_add_test(tcase, every_json_line_is_json);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
