#include "client/backoff.h"

#include "tests/lib/suite.h"

static struct backoff backoff;

static void setup(void)
{
    backoff_init(&backoff, 100, 1500);
}

START_TEST(the_longest_wait_doubles_up_to_the_cap)
{
    static const uint32_t most_ms[] = {100, 200, 400, 800, 1500, 1500};
    for (unsigned i = 0; i < sizeof most_ms / sizeof *most_ms; i++)
        ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX),
                          most_ms[i]);
}
END_TEST

START_TEST(the_shortest_is_none_at_all)
{
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(backoff_next(&backoff, false, 0), 0);
}
END_TEST

START_TEST(the_random_number_picks_what_is_between)
{
    ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX / 2), 50);
    ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX / 4), 50);
}
END_TEST

START_TEST(a_busy_server_gets_more_time_and_half_of_it_for_sure)
{
    ck_assert_uint_eq(backoff_next(&backoff, true, UINT32_MAX), 800);
    backoff_reset(&backoff);
    ck_assert_uint_eq(backoff_next(&backoff, true, 0), 400);
    ck_assert_uint_eq(backoff_next(&backoff, true, 0), 750);
}
END_TEST

START_TEST(after_a_reset_it_begins_anew)
{
    for (int i = 0; i < 5; i++)
        backoff_next(&backoff, true, 0);
    backoff_reset(&backoff);
    ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX), 100);
}
END_TEST

START_TEST(a_cap_below_the_base_is_the_base)
{
    backoff_init(&backoff, 100, 10);
    ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX), 100);
    ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX), 100);
}
END_TEST

START_TEST(years_of_failing_overflow_nothing)
{
    backoff_init(&backoff, UINT32_MAX, UINT32_MAX);
    for (int i = 0; i < 100000; i++)
        ck_assert_uint_eq(backoff_next(&backoff, i % 2, UINT32_MAX),
                          UINT32_MAX);
    backoff_init(&backoff, 1, UINT32_MAX);
    for (int i = 0; i < 100; i++)
        backoff_next(&backoff, false, 0);
    ck_assert_uint_eq(backoff_next(&backoff, false, UINT32_MAX), UINT32_MAX);
}
END_TEST

START_TEST(picking_reaches_both_ends_and_nothing_beyond)
{
    ck_assert_uint_eq(backoff_pick(7, 9, 0), 7);
    ck_assert_uint_eq(backoff_pick(7, 9, UINT32_MAX), 9);
    ck_assert_uint_eq(backoff_pick(7, 7, UINT32_MAX), 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tcase = tcase_create("backoff");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, the_longest_wait_doubles_up_to_the_cap);
    tcase_add_test(tcase, the_shortest_is_none_at_all);
    tcase_add_test(tcase, the_random_number_picks_what_is_between);
    tcase_add_test(tcase, a_busy_server_gets_more_time_and_half_of_it_for_sure);
    tcase_add_test(tcase, after_a_reset_it_begins_anew);
    tcase_add_test(tcase, a_cap_below_the_base_is_the_base);
    tcase_add_test(tcase, years_of_failing_overflow_nothing);
    tcase_add_test(tcase, picking_reaches_both_ends_and_nothing_beyond);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
