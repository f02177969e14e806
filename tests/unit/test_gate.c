#include "daemon/gate.h"

#include "daemon/worker.h"
#include "tests/lib/suite.h"

enum { N_WORKERS = 3 };

static struct worker workers[N_WORKERS];
static struct worker_pool pool;
static struct gate gate;

static void at(uint64_t now_ms)
{
    for (int i = 0; i < N_WORKERS; i++)
        workers[i].now_ms = now_ms;
}

static void setup(void)
{
    pool = (struct worker_pool){.workers = workers, .n_workers = N_WORKERS};
    for (unsigned i = 0; i < N_WORKERS; i++)
        workers[i] = (struct worker){.slot = i, .pool = &pool};
    at(1000000);
    ck_assert_int_eq(gate_init(&gate, 0, 0, 1000000), 0);
}

static void teardown(void)
{
    gate_deinit(&gate);
}

static struct worker *admit(unsigned self)
{
    bool is_throttled;
    struct worker *worker = gate_admit(&gate, &workers[self], &is_throttled);
    ck_assert(!worker || !is_throttled);
    return worker;
}

static bool is_throttled(void)
{
    bool is;
    ck_assert_ptr_nonnull(gate_admit(&gate, &workers[0], &is));
    return is;
}

START_TEST(who_asks_serves_when_all_are_alike)
{
    for (unsigned i = 0; i < N_WORKERS; i++)
        ck_assert_ptr_eq(admit(i), &workers[i]);
}
END_TEST

START_TEST(who_has_the_fewest_serves)
{
    for (int i = 0; i < 3 * N_WORKERS; i++)
        ck_assert_ptr_nonnull(admit(1));
    for (int i = 0; i < N_WORKERS; i++)
        ck_assert_uint_eq(atomic_load(&workers[i].n_connections), 3);
    atomic_fetch_sub(&workers[2].n_connections, 1);
    ck_assert_ptr_eq(admit(0), &workers[2]);
}
END_TEST

START_TEST(beyond_the_ceiling_nobody_is_admitted)
{
    gate_set(&gate, 4, 0, 0);
    for (int i = 0; i < 4; i++)
        ck_assert_ptr_nonnull(admit(0));
    ck_assert_ptr_null(admit(0));
    ck_assert_ptr_null(admit(1));
    atomic_fetch_sub(&workers[1].n_connections, 1);
    ck_assert_ptr_eq(admit(0), &workers[1]);
    gate_set(&gate, 5, 0, 0);
    ck_assert_ptr_nonnull(admit(2));
    ck_assert_ptr_null(admit(2));
}
END_TEST

START_TEST(who_comes_too_fast_is_throttled_and_served)
{
    gate_deinit(&gate);
    ck_assert_int_eq(gate_init(&gate, 10, 2, 1000000), 0);
    ck_assert(!is_throttled());
    ck_assert(!is_throttled());
    ck_assert(is_throttled());
    at(1000100);
    ck_assert(!is_throttled());
    ck_assert(is_throttled());
}
END_TEST

/* What workers take for now differs by a turn. */
START_TEST(a_clock_that_lags_gives_no_tokens)
{
    gate_deinit(&gate);
    ck_assert_int_eq(gate_init(&gate, 10, 1, 1000000), 0);
    at(1000500);
    ck_assert(!is_throttled());
    at(1000300);
    ck_assert(is_throttled());
    at(1000500);
    ck_assert(is_throttled());
    at(1000600);
    ck_assert(!is_throttled());
}
END_TEST

START_TEST(who_is_turned_away_is_told_of_once_a_second)
{
    gate_set(&gate, 0, 0, 0);
    ck_assert_ptr_null(admit(0));
    ck_assert_uint_eq(gate.warned_ms, 1000000);
    at(999999); /* a worker whose turn is longer */
    ck_assert_ptr_null(admit(1));
    at(1000999);
    ck_assert_ptr_null(admit(2));
    ck_assert_uint_eq(gate.warned_ms, 1000000);
    at(1001000);
    ck_assert_ptr_null(admit(0));
    ck_assert_uint_eq(gate.warned_ms, 1001000);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        who_asks_serves_when_all_are_alike,
        who_has_the_fewest_serves,
        beyond_the_ceiling_nobody_is_admitted,
        who_comes_too_fast_is_throttled_and_served,
        a_clock_that_lags_gives_no_tokens,
        who_is_turned_away_is_told_of_once_a_second,
        NULL,
    };
    return suite_run_between("gate", tests, setup, teardown);
}
