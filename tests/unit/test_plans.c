#include "daemon/plans.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/suite.h"

/* date -u -d @N */
static const struct {
    enum plan_period period;
    int64_t now_s;
    int64_t start_s;
} periods[] = {
    {PLAN_DAY, 0, 0},
    {PLAN_DAY, 86399, 0},
    {PLAN_DAY, 86400, 86400},
    {PLAN_DAY, 1709251199, 1709164800},   /* 2024-02-29 23:59:59 */
    {PLAN_DAY, 1709251200, 1709251200},   /* 2024-03-01 00:00:00 */
    {PLAN_WEEK, 259199, -345600},         /* Saturday 1970-01-03 */
    {PLAN_WEEK, 259200, 259200},          /* Sunday 1970-01-04 */
    {PLAN_WEEK, 1763855999, 1763251200},  /* Saturday 2025-11-22, to Sunday */
    {PLAN_WEEK, 1763856000, 1763856000},  /* Sunday 2025-11-23 */
    {PLAN_WEEK, 1763942400, 1763856000},  /* Monday 2025-11-24 */
    {PLAN_MONTH, 1709251199, 1706745600}, /* 2024-02-29, to 2024-02-01 */
    {PLAN_MONTH, 1709251200, 1709251200}, /* 2024-03-01 */
    {PLAN_MONTH, 1704067199, 1701388800}, /* 2023-12-31, to 2023-12-01 */
    {PLAN_MONTH, 1704067200, 1704067200}, /* 2024-01-01 */
};

START_TEST(periods_begin_in_utc)
{
    ck_assert_int_eq(plans_period_start(periods[_i].period, periods[_i].now_s),
                     periods[_i].start_s);
}
END_TEST

static const struct {
    const char *section;
    bool is_in;
} sections[] = {
    {"plan a", true}, {"plan\ta", true}, {"plan", true},
    {"plan ", true},  {"plana", false},  {"planet", false},
    {"", false},      {"keys", false},   {"Plan a", false},
};

START_TEST(a_section_is_of_a_plan_or_not)
{
    ck_assert(plans_are_in(sections[_i].section) == sections[_i].is_in);
}
END_TEST

#define NAME_48 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static const struct {
    struct inifile_entry entry;
    const char *fault; /* NULL: it is fine */
} entries[] = {
    {{"plan a", "rate", "10", 1}, NULL},
    {{"plan a", "rate", "0.5", 1}, NULL},
    {{"plan a", "rate", "1000000", 1}, NULL},
    {{"plan a", "rate", "1000001", 1},
     "rate: \"1000001\" is not requests a second, such as 10 or 0.5"},
    {{"plan a", "rate", "0", 1},
     "rate: \"0\" is not requests a second, such as 10 or 0.5"},
    {{"plan a", "rate", "-1", 1},
     "rate: \"-1\" is not requests a second, such as 10 or 0.5"},
    {{"plan a", "burst", "1000000", 1}, NULL},
    {{"plan a", "burst", "0", 1},
     "burst: \"0\" is not requests at once, 1 to 1000000"},
    {{"plan a", "burst", "1.5", 1},
     "burst: \"1.5\" is not requests at once, 1 to 1000000"},
    {{"plan a", "quota", "1000/day", 1}, NULL},
    {{"plan a", "quota", "18446744073709551615/month", 1}, NULL},
    {{"plan a", "quota", "18446744073709551616/month", 1},
     "quota: \"18446744073709551616/month\" is not requests in a day, week or "
     "month: 1000/day"},
    {{"plan a", "quota", "1000", 1},
     "quota: \"1000\" is not requests in a day, week or month: 1000/day"},
    {{"plan a", "quota", "/day", 1},
     "quota: \"/day\" is not requests in a day, week or month: 1000/day"},
    {{"plan a", "quota", "0/day", 1},
     "quota: \"0/day\" is not requests in a day, week or month: 1000/day"},
    {{"plan a", "quota", "1/year", 1},
     "quota: \"1/year\" is not requests in a day, week or month: 1000/day"},
    {{"plan a", "quota", "1/day/", 1},
     "quota: \"1/day/\" is not requests in a day, week or month: 1000/day"},
    {{"plan a", "price", "1", 1}, "price: a plan has rate, burst and quota"},
    {{"plan " NAME_48, "rate", "1", 1}, NULL},
    {{"plan", "rate", "1", 1},
     "[plan]: a plan has a name of 1 to 48 letters, digits, dots, dashes or "
     "underscores: use [plan NAME]"},
    {{"plan a b", "rate", "1", 1},
     "[plan a b]: a plan has a name of 1 to 48 letters, digits, dots, dashes "
     "or underscores: use [plan NAME]"},
    {{"plan " NAME_48 "n", "rate", "1", 1},
     "[plan " NAME_48 "n]: a plan has a name of 1 to 48 letters, digits, dots, "
     "dashes or underscores: use [plan NAME]"},
};

START_TEST(a_line_is_taken_or_its_fault_is_told)
{
    struct plans plans = {0};
    struct errmsg errmsg = {""};
    int rc = plans_set(&plans, &entries[_i].entry, &errmsg);
    ck_assert_int_eq(rc, entries[_i].fault ? -EINVAL : 0);
    ck_assert_str_eq(errmsg.text, entries[_i].fault ? entries[_i].fault : "");
    plans_deinit(&plans);
}
END_TEST

static void set(struct plans *plans, const char *section, const char *name,
                const char *value, int line)
{
    struct inifile_entry entry = {section, name, value, line};
    struct errmsg errmsg = {""};
    int rc = plans_set(plans, &entry, &errmsg);
    ck_assert_msg(rc == 0, "%s", errmsg.text);
}

START_TEST(plans_are_gathered_by_name)
{
    struct plans plans = {0};
    set(&plans, "plan a", "rate", "2.5", 1);
    set(&plans, "plan \tb", "quota", "7/week", 2);
    set(&plans, "plan a", "burst", "9", 3);
    ck_assert_uint_eq(plans.n, 2);
    const struct plan *a = plans_find(&plans, "a");
    ck_assert_double_eq(a->rate, 2.5);
    ck_assert_uint_eq(a->burst, 9);
    ck_assert_uint_eq(a->quota, 0);
    const struct plan *b = plans_find(&plans, "b");
    ck_assert_double_eq(b->rate, 0);
    ck_assert_uint_eq(b->quota, 7);
    ck_assert_int_eq(b->period, PLAN_WEEK);
    ck_assert_ptr_null(plans_find(&plans, "c"));
    ck_assert_ptr_null(plans_find(&plans, ""));
    plans_deinit(&plans);
}
END_TEST

START_TEST(nothing_is_said_twice)
{
    static const struct inifile_entry again[] = {
        {"plan a", "rate", "1", 4},
        {"plan a", "burst", "1", 5},
        {"plan a", "quota", "1/day", 6}};
    struct plans plans = {0};
    struct errmsg errmsg = {""};
    set(&plans, "plan a", "rate", "1", 1);
    set(&plans, "plan a", "burst", "1", 2);
    set(&plans, "plan a", "quota", "1/day", 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(plans_set(&plans, &again[i], &errmsg), -EINVAL);
        ck_assert_str_eq(strrchr(errmsg.text, ' '), " already");
    }
    plans_deinit(&plans);
}
END_TEST

START_TEST(a_burst_without_a_rate_is_refused_and_a_rate_brings_its_burst)
{
    struct plans plans = {0};
    struct errmsg errmsg = {""};
    set(&plans, "plan fast", "rate", "20.7", 1);
    set(&plans, "plan slow", "rate", "0.1", 2);
    set(&plans, "plan counted", "quota", "5/day", 3);
    ck_assert_int_eq(plans_complete(&plans, "file", &errmsg), 0);
    ck_assert_uint_eq(plans_find(&plans, "fast")->burst, 20);
    ck_assert_uint_eq(plans_find(&plans, "slow")->burst, 1);
    ck_assert_uint_eq(plans_find(&plans, "counted")->burst, 0);
    set(&plans, "plan odd", "burst", "1", 4);
    ck_assert_int_eq(plans_complete(&plans, "file", &errmsg), -EINVAL);
    ck_assert_str_eq(errmsg.text, "file:4: plan odd has a burst, but no rate");
    plans_deinit(&plans);
}
END_TEST

#define LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof(table)[0])

int main(void)
{
    Suite *suite = suite_create("plans");
    TCase *tcase = tcase_create("plans");
    LOOP(tcase, periods_begin_in_utc, periods);
    LOOP(tcase, a_section_is_of_a_plan_or_not, sections);
    LOOP(tcase, a_line_is_taken_or_its_fault_is_told, entries);
    tcase_add_test(tcase, plans_are_gathered_by_name);
    tcase_add_test(tcase, nothing_is_said_twice);
    tcase_add_test(
        tcase, a_burst_without_a_rate_is_refused_and_a_rate_brings_its_burst);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
