#include "client/cli/latency.h"

#include <math.h>
#include <stdlib.h>

#include "tests/lib/suite.h"

static struct latency latency;

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(without_durations_all_is_zero)
{
    latency_init(&latency);
    ck_assert_uint_eq(latency_percentile_ns(&latency, 50), 0);
    ck_assert(latency_deviation_ns(&latency) == 0);
}
END_TEST

START_TEST(mean_and_deviation_are_those_of_the_numbers)
{
    latency_init(&latency);
    const uint64_t values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    for (size_t i = 0; i < 8; i++)
        latency_add(&latency, values[i]);
    ck_assert_double_eq_tol(latency.mean_ns, 5, 1e-9);
    ck_assert_double_eq_tol(latency_deviation_ns(&latency), 2, 1e-9);
    ck_assert_uint_eq(latency.min_ns, 2);
    ck_assert_uint_eq(latency.max_ns, 9);
    ck_assert_uint_eq(latency_percentile_ns(&latency, 50), 4);
    ck_assert_uint_eq(latency_percentile_ns(&latency, 100), 9);
    ck_assert_uint_eq(latency_percentile_ns(&latency, 0.1), 2);
}
END_TEST

/* Against the sorted numbers, over many magnitudes. */
START_TEST(percentiles_are_close_and_never_too_small)
{
    enum { N = 20000 };
    static uint64_t values[N];
    static const double percents[] = {1, 10, 50, 90, 99, 99.9, 100};
    uint64_t random = 88172645463325252u;
    latency_init(&latency);
    for (int i = 0; i < N; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        values[i] = random >> (i % 60);
        latency_add(&latency, values[i]);
    }
    qsort(values, N, sizeof values[0], compare);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        uint64_t exact = values[(int)ceil(N * percents[i] / 100) - 1];
        uint64_t told = latency_percentile_ns(&latency, percents[i]);
        ck_assert_uint_ge(told, exact);
        ck_assert_double_le((double)told, (double)exact * 1.032 + 1);
    }
}
END_TEST

START_TEST(the_longest_duration_has_a_bucket)
{
    latency_init(&latency);
    latency_add(&latency, UINT64_MAX);
    ck_assert_uint_eq(latency_percentile_ns(&latency, 50), UINT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("latency");
    TCase *tcase = tcase_create("latency");
    tcase_add_test(tcase, without_durations_all_is_zero);
    tcase_add_test(tcase, mean_and_deviation_are_those_of_the_numbers);
    tcase_add_test(tcase, percentiles_are_close_and_never_too_small);
    tcase_add_test(tcase, the_longest_duration_has_a_bucket);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
