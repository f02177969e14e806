#include "daemon/limits.h"

#include "tests/lib/suite.h"

static int take_all(struct limits_bucket *bucket, uint64_t now_ms)
{
    int n = 0;
    while (n < 1000 && limits_bucket_take(bucket, now_ms))
        n++;
    return n;
}

START_TEST(a_bucket_starts_full_and_refills_at_its_rate)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 10, 5, 1000);
    ck_assert_int_eq(take_all(&bucket, 1000), 5);
    ck_assert_int_eq(take_all(&bucket, 1099), 0);
    ck_assert_int_eq(take_all(&bucket, 1100), 1);
    ck_assert_int_eq(take_all(&bucket, 1350), 2);
    ck_assert_int_eq(take_all(&bucket, 1400), 1);
}
END_TEST

START_TEST(a_bucket_never_holds_more_than_its_burst)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 10, 5, 0);
    ck_assert_int_eq(take_all(&bucket, UINT64_MAX), 5);
}
END_TEST

START_TEST(several_tokens_are_taken_as_far_as_they_go)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 10, 5, 0);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 3, 0), 3);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 3, 0), 2);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 3, 99), 0);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 0, 200), 0);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 3, 250), 2);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 1, 300), 1);
    limits_bucket_init(&bucket, 0, 1, 0);
    ck_assert_uint_eq(limits_bucket_take_some(&bucket, 32, 0), 32);
}
END_TEST

START_TEST(rate_zero_means_no_limit)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 0, 5, 0);
    ck_assert_int_eq(take_all(&bucket, 0), 1000);
}
END_TEST

START_TEST(time_that_goes_back_brings_no_tokens)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 1, 2, 5000);
    ck_assert_int_eq(take_all(&bucket, 5000), 2);
    ck_assert_int_eq(take_all(&bucket, 1000), 0);
    ck_assert_int_eq(take_all(&bucket, 5000), 0);
    ck_assert_int_eq(take_all(&bucket, 6000), 1);
}
END_TEST

START_TEST(a_slow_rate_gathers_fractions)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 0.5, 1, 0);
    ck_assert_int_eq(take_all(&bucket, 0), 1);
    for (uint64_t ms = 1; ms < 2000; ms++)
        ck_assert(!limits_bucket_take(&bucket, ms));
    ck_assert(limits_bucket_take(&bucket, 2001));
}
END_TEST

START_TEST(a_change_keeps_the_tokens_that_fit)
{
    struct limits_bucket bucket;
    limits_bucket_init(&bucket, 1, 10, 0);
    limits_bucket_change(&bucket, 1, 4);
    ck_assert_int_eq(take_all(&bucket, 0), 4);
    limits_bucket_change(&bucket, 1000, 100);
    ck_assert_int_eq(take_all(&bucket, 0), 0);
    ck_assert_int_eq(take_all(&bucket, 100), 100);
}
END_TEST

START_TEST(descriptors_bound_the_connections)
{
    ck_assert_uint_eq(limits_max_connections(0, 1024, 24), 1000);
    ck_assert_uint_eq(limits_max_connections(10, 1024, 24), 10);
    ck_assert_uint_eq(limits_max_connections(5000, 1024, 24), 1000);
    ck_assert_uint_eq(limits_max_connections(0, 10, 24), 1);
    ck_assert_uint_eq(limits_max_connections(7, 24, 24), 1);
    ck_assert_uint_eq(limits_max_connections(0, UINT64_MAX, 24), UINT32_MAX);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_bucket_starts_full_and_refills_at_its_rate,
                                  a_bucket_never_holds_more_than_its_burst,
                                  several_tokens_are_taken_as_far_as_they_go,
                                  rate_zero_means_no_limit,
                                  time_that_goes_back_brings_no_tokens,
                                  a_slow_rate_gathers_fractions,
                                  a_change_keeps_the_tokens_that_fit,
                                  descriptors_bound_the_connections,
                                  NULL};
    return suite_run("limits", tests);
}
