#include "daemon/signals.h"

#include <signal.h>

#include "tests/lib/suite.h"

static uv_loop_t loop;
static int last; /* the number of the signal that was told last */

static void on_signal(uv_signal_t *handle, int number)
{
    ck_assert_ptr_eq(handle->data, &last);
    last = number;
}

START_TEST(each_signal_is_told_and_none_ends_us_afterwards)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    struct signals signals;
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(signals_watch(&signals, &loop, on_signal, &last), 0);
    for (int i = 0; i < N_SIGNALS; i++) {
        ck_assert_int_eq(raise(numbers[i]), 0);
        uv_run(&loop, UV_RUN_ONCE);
        ck_assert_int_eq(last, numbers[i]);
    }
    signals_unwatch(&signals);
    uv_run(&loop, UV_RUN_DEFAULT);
    last = 0;
    for (int i = 0; i < N_SIGNALS; i++)
        ck_assert_int_eq(raise(numbers[i]), 0);
    ck_assert_int_eq(last, 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_signal_is_told_and_none_ends_us_afterwards, NULL};
    return suite_run("signals", tests);
}
