#include "daemon/ration.h"

#include "tests/lib/suite.h"

enum { N = 4 };

static struct ration_pool pool;
static struct ration rations[N];

static void start(double rate, double burst, unsigned n_workers)
{
    ration_pool_init(&pool, rate, burst, n_workers, 1000);
    for (int i = 0; i < N; i++)
        ration_init(&rations[i]);
}

/* What one worker gets when it asks for as much as it can. */
static int take_all(int worker, uint64_t now_ms)
{
    int n = 0;
    while (n < 10000 && ration_take(&rations[worker], &pool, now_ms))
        n++;
    return n;
}

START_TEST(together_they_get_the_burst_and_then_the_rate)
{
    start(1000, 2000, N);
    int n = 0;
    for (int round = 0; round < 1000; round++)
        for (int i = 0; i < N; i++)
            n += ration_take(&rations[i], &pool, 1000);
    ck_assert_int_eq(n, 2000);
    for (int i = 0; i < N; i++)
        ck_assert(!ration_take(&rations[i], &pool, 1000));
    n = 0;
    for (int i = 0; i < N; i++)
        n += take_all(i, 1100);
    ck_assert_int_eq(n, 100);
    ration_pool_deinit(&pool);
}
END_TEST

START_TEST(a_small_burst_is_exact_and_nobody_hoards)
{
    start(1, 3, N);
    ck_assert(ration_take(&rations[0], &pool, 1000));
    ck_assert(ration_take(&rations[1], &pool, 1000));
    ck_assert(ration_take(&rations[2], &pool, 1000));
    ck_assert(!ration_take(&rations[3], &pool, 1000));
    ck_assert(!ration_take(&rations[0], &pool, 1999));
    ck_assert(ration_take(&rations[3], &pool, 2000));
    ration_pool_deinit(&pool);
}
END_TEST

START_TEST(all_hold_at_most_a_quarter_in_advance)
{
    static const double bursts[] = {1, 4, 15, 16, 100, 511, 512, 5000};
    for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
        unsigned n_held = 0;
        start(1, bursts[i], N);
        for (int worker = 0; worker < N; worker++) {
            (void)ration_take(&rations[worker], &pool, 1000);
            n_held += rations[worker].n_tokens;
            ck_assert_uint_lt(rations[worker].n_tokens, RATION_MAX);
        }
        ck_assert_double_le(n_held, bursts[i] / 4);
        ration_pool_deinit(&pool);
    }
}
END_TEST

START_TEST(who_found_nothing_asks_again_when_time_has_passed)
{
    start(1000, 1, 1);
    ck_assert_int_eq(take_all(0, 1000), 1);
    pool.bucket.tokens = 1; /* the same millisecond does not see it */
    ck_assert(!ration_take(&rations[0], &pool, 1000));
    ck_assert_int_eq(take_all(0, 1001), 1);
    ration_pool_deinit(&pool);
}
END_TEST

START_TEST(a_change_counts_at_once)
{
    start(10, 100, 1);
    ration_pool_change(&pool, 10, 5);
    ck_assert_int_eq(take_all(0, 1000), 5);
    ration_pool_change(&pool, 1000, 400);
    ck_assert_uint_eq(pool.share, RATION_MAX);
    ck_assert_int_eq(take_all(0, 1100), 100);
    ration_pool_deinit(&pool);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        together_they_get_the_burst_and_then_the_rate,
        a_small_burst_is_exact_and_nobody_hoards,
        all_hold_at_most_a_quarter_in_advance,
        who_found_nothing_asks_again_when_time_has_passed,
        a_change_counts_at_once,
        NULL};
    return suite_run("ration", tests);
}
