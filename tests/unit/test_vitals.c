#include "client/cli/vitals.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const char metrics[] =
    "# HELP monologued_connect_total WebSocket connections opened.\n"
    "# TYPE monologued_connect_total counter\n"
    "monologued_connect_total 4\n"
    "monologued_connections_open 3\n"
    "monologued_messages_total{direction=\"in\"} 100\n"
    "monologued_messages_total{direction=\"out\"} 90\n"
    "monologued_refusals_total{status=\"403\"} 2\n"
    "monologued_refusals_total{status=\"429\"} 0\n"
    "monologued_calls_total{action=\"GET\", outcome=\"done\"} 7 1700000000\n"
    "monologued_build_info{version=\"0.1.0\"} 1\n"
    "monologued_uptime_seconds 60\n"
    "monologued_key_connect_total{key=\"al\\\"i\\\\nce\"} 4\n"
    "monologued_key_messages_total{key=\"al\\\"i\\\\nce\"} 190";

static json_t *parse(const char *text)
{
    json_t *families = vitals_parse(text, strlen(text));
    ck_assert_ptr_nonnull(families);
    return families;
}

static double number(const json_t *object, const char *a, const char *b)
{
    const json_t *value = json_object_get(object, a);
    if (b)
        value = json_object_get(value, b);
    ck_assert_msg(json_is_number(value), "%s %s", a, b ? b : "");
    return json_number_value(value);
}

START_TEST(a_family_is_a_number_or_has_one_for_each_label)
{
    json_t *families = parse(metrics);
    ck_assert(number(families, "monologued_connect_total", NULL) == 4);
    ck_assert(number(families, "monologued_messages_total", "out") == 90);
    ck_assert(number(families, "monologued_calls_total", "GET done") == 7);
    ck_assert(number(families, "monologued_key_messages_total", "al\"i\\nce") ==
              190);
    json_decref(families);
}
END_TEST

START_TEST(lines_that_make_no_sense_are_skipped)
{
    static const char *const bad[] = {
        "",       " ",       "x",           "x{",         "x{a",       "x{a=",
        "x{a=\"", "x{a=\"b", "x{a=\"b\"",   "x{a=\"b\"}", "x{a=\"b\\", "x NaN",
        "x +Inf", "x y",     "{a=\"b\"} 1", "x{a=\"\\\"", "x{a=b} 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *families = parse(bad[i]);
        ck_assert_msg(json_object_size(families) == 0, "%s", bad[i]);
        json_decref(families);
    }
}
END_TEST

START_TEST(names_and_labels_that_are_too_long_are_skipped)
{
    for (size_t n = 100; n < 700; n++) {
        char long_word[700], text[1600];
        memset(long_word, 'a', n);
        snprintf(text, sizeof text, "%.*s{l=\"%.*s\"} 1", (int)n, long_word,
                 (int)n, long_word);
        json_t *families = parse(text);
        ck_assert_uint_eq(json_object_size(families), n < 128);
        json_decref(families);
        snprintf(text, sizeof text, "x{l=\"%.*s\"} 1", (int)n, long_word);
        families = parse(text);
        ck_assert_uint_eq(json_object_size(families), n < 512);
        json_decref(families);
    }
}
END_TEST

START_TEST(without_an_earlier_reading_there_are_no_rates)
{
    json_t *now = parse(metrics);
    json_t *vitals = vitals_compare(NULL, now, 1);
    ck_assert(number(vitals, "connections", NULL) == 3);
    ck_assert(number(vitals, "refusals", "403") == 2);
    ck_assert_uint_eq(json_object_size(json_object_get(vitals, "refusals")), 1);
    ck_assert_str_eq(json_string_value(json_object_get(vitals, "version")),
                     "0.1.0");
    ck_assert(json_is_null(
        json_object_get(json_object_get(vitals, "perSecond"), "messagesIn")));
    json_decref(vitals);
    json_decref(now);
}
END_TEST

START_TEST(rates_are_growth_by_time)
{
    json_t *before = parse("monologued_messages_total{direction=\"in\"} 60\n"
                           "monologued_key_messages_total{key=\"al\\\"i\\\\"
                           "nce\"} 150\n");
    json_t *now = parse(metrics);
    json_t *vitals = vitals_compare(before, now, 2);
    ck_assert(number(vitals, "perSecond", "messagesIn") == 20);
    ck_assert(number(vitals, "perSecond", "refusals") == 1);
    json_t *key =
        json_object_get(json_object_get(vitals, "keys"), "al\"i\\nce");
    ck_assert(number(key, "messagesPerSecond", NULL) == 20);
    ck_assert(number(key, "connects", NULL) == 4);
    json_decref(vitals);
    json_decref(before);
    json_decref(now);
}
END_TEST

START_TEST(a_server_that_started_anew_counts_from_zero)
{
    json_t *before = parse("monologued_messages_total{direction=\"in\"} 500");
    json_t *now = parse(metrics);
    json_t *vitals = vitals_compare(before, now, 4);
    ck_assert(number(vitals, "perSecond", "messagesIn") == 25);
    json_decref(vitals);
    json_decref(before);
    json_decref(now);
}
END_TEST

START_TEST(metrics_of_somebody_else_are_no_harm)
{
    json_t *now = parse("up 1\nmonologued_build_info 1\n"
                        "monologued_key_connect_total 3\n");
    json_t *vitals = vitals_compare(now, now, 1);
    ck_assert(number(vitals, "connections", NULL) == 0);
    ck_assert_str_eq(json_string_value(json_object_get(vitals, "version")),
                     "?");
    json_decref(vitals);
    json_decref(now);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vitals");
    TCase *tcase = tcase_create("vitals");
    tcase_add_test(tcase, a_family_is_a_number_or_has_one_for_each_label);
    tcase_add_test(tcase, lines_that_make_no_sense_are_skipped);
    tcase_add_test(tcase, names_and_labels_that_are_too_long_are_skipped);
    tcase_add_test(tcase, without_an_earlier_reading_there_are_no_rates);
    tcase_add_test(tcase, rates_are_growth_by_time);
    tcase_add_test(tcase, a_server_that_started_anew_counts_from_zero);
    tcase_add_test(tcase, metrics_of_somebody_else_are_no_harm);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
