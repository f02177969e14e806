#include "daemon/deadlines.h"

#include "tests/lib/suite.h"

START_TEST(the_oldest_is_due_first_and_not_before_its_time)
{
    struct deadline_queue queue;
    struct deadline a, b;
    deadlines_init(&queue, 100, false);
    deadline_init(&a);
    deadline_init(&b);
    deadlines_add(&queue, &a, 1000);
    deadlines_add(&queue, &b, 1001);
    ck_assert_uint_eq(deadlines_next(&queue), 1100);
    ck_assert_ptr_null(deadlines_take_due(&queue, 1099));
    ck_assert_ptr_eq(deadlines_take_due(&queue, 1100), &a);
    ck_assert_ptr_null(deadlines_take_due(&queue, 1100));
    ck_assert_ptr_eq(deadlines_take_due(&queue, 1101), &b);
    ck_assert_uint_eq(deadlines_next(&queue), DEADLINE_NEVER);
}
END_TEST

START_TEST(a_duration_of_zero_waits_for_ever)
{
    struct deadline_queue queue;
    struct deadline a;
    deadlines_init(&queue, 0, false);
    deadline_init(&a);
    deadlines_add(&queue, &a, 5);
    ck_assert_uint_eq(deadlines_next(&queue), DEADLINE_NEVER);
    ck_assert_ptr_null(deadlines_take_due(&queue, UINT64_MAX - 1));
}
END_TEST

START_TEST(a_touched_entry_is_due_after_its_last_touch_and_within_tolerance)
{
    struct deadline_queue queue;
    struct deadline busy;
    uint64_t last_ms = 0;
    deadlines_init(&queue, 8000, true);
    deadline_init(&busy);
    deadlines_add(&queue, &busy, 0);
    for (uint64_t now_ms = 0; now_ms < 30000; now_ms += 170) {
        ck_assert_ptr_null(deadlines_take_due(&queue, now_ms));
        deadlines_touch(&queue, &busy, now_ms);
        last_ms = now_ms;
    }
    ck_assert_uint_ge(deadlines_next(&queue), last_ms + 8000);
    ck_assert_uint_le(deadlines_next(&queue), last_ms + 8000 + 1000);
}
END_TEST

START_TEST(touching_moves_behind_those_that_are_quiet)
{
    struct deadline_queue queue;
    struct deadline busy, quiet;
    deadlines_init(&queue, 800, true);
    deadline_init(&busy);
    deadline_init(&quiet);
    deadlines_add(&queue, &busy, 0);
    deadlines_add(&queue, &quiet, 10);
    deadlines_touch(&queue, &busy, 500);
    ck_assert_ptr_eq(deadlines_take_due(&queue, 910), &quiet);
    ck_assert_ptr_null(deadlines_take_due(&queue, 910));
}
END_TEST

START_TEST(a_changed_duration_holds_for_those_that_wait)
{
    struct deadline_queue queue;
    struct deadline a;
    deadlines_init(&queue, 10000, false);
    deadline_init(&a);
    deadlines_add(&queue, &a, 100);
    deadlines_set_duration(&queue, 50);
    ck_assert_ptr_eq(deadlines_take_due(&queue, 150), &a);
}
END_TEST

START_TEST(a_cancelled_deadline_never_comes)
{
    struct deadline_queue queue;
    struct deadline a;
    deadlines_init(&queue, 10, false);
    deadline_init(&a);
    deadline_cancel(&a); /* in no queue: no harm */
    deadlines_add(&queue, &a, 0);
    deadline_cancel(&a);
    ck_assert_ptr_null(deadlines_take_due(&queue, 1000));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_oldest_is_due_first_and_not_before_its_time,
        a_duration_of_zero_waits_for_ever,
        a_touched_entry_is_due_after_its_last_touch_and_within_tolerance,
        touching_moves_behind_those_that_are_quiet,
        a_changed_duration_holds_for_those_that_wait,
        a_cancelled_deadline_never_comes,
        NULL};
    return suite_run("deadlines", tests);
}
