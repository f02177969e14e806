#include "client/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

#define TOKEN_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TOKEN_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CALLEE "eHrdFcnvvHcCE-w="
#define OTHER "PJqCOG4zqRcFcPw="

struct outcome {
    unsigned n;
    int status;
    json_int_t value;
    struct calls *calls; /* to add one more to from the callback, or NULL */
    struct outcome *next;
};

static void note(struct monologue *monologue, int status, json_t *ret,
                 void *data)
{
    struct outcome *outcome = data;
    (void)monologue;
    outcome->n++;
    outcome->status = status;
    outcome->value = json_integer_value(ret);
    if (outcome->calls)
        ck_assert_int_eq(
            calls_add(outcome->calls, TOKEN_B, CALLEE, 0, note, outcome->next),
            0);
}

static bool settle(struct calls *calls, const char *token, const char *from)
{
    json_t *ret = json_integer(7);
    bool settled = calls_settle(calls, token, from, ret);
    json_decref(ret);
    return settled;
}

START_TEST(a_call_is_told_its_answer_once)
{
    struct calls calls;
    struct outcome outcome = {0};
    calls_init(&calls, NULL);
    ck_assert_int_eq(calls_add(&calls, TOKEN_A, CALLEE, 10, note, &outcome), 0);
    ck_assert(settle(&calls, TOKEN_A, CALLEE));
    ck_assert(!settle(&calls, TOKEN_A, CALLEE));
    calls_expire(&calls, 100);
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_int_eq(outcome.value, 7);
}
END_TEST

START_TEST(only_the_callee_may_answer)
{
    struct calls calls;
    struct outcome outcome = {0};
    calls_init(&calls, NULL);
    calls_add(&calls, TOKEN_A, CALLEE, 10, note, &outcome);
    ck_assert(!settle(&calls, TOKEN_A, OTHER));
    ck_assert(!settle(&calls, TOKEN_B, CALLEE));
    ck_assert(!settle(&calls, "", CALLEE));
    ck_assert_uint_eq(outcome.n, 0);
    calls_fail(&calls, -ECANCELED);
    ck_assert_int_eq(outcome.status, -ECANCELED);
}
END_TEST

START_TEST(an_unanswered_call_times_out_once)
{
    struct calls calls;
    struct outcome early = {0};
    struct outcome late = {0};
    calls_init(&calls, NULL);
    calls_add(&calls, TOKEN_A, CALLEE, 10, note, &early);
    calls_add(&calls, TOKEN_B, CALLEE, 11, note, &late);
    ck_assert_uint_eq(calls_deadline_ms(&calls), 10);
    calls_expire(&calls, 9);
    ck_assert_uint_eq(early.n, 0);
    calls_expire(&calls, 10);
    ck_assert_uint_eq(early.n, 1);
    ck_assert_int_eq(early.status, -ETIMEDOUT);
    ck_assert_uint_eq(late.n, 0);
    ck_assert_uint_eq(calls_deadline_ms(&calls), 11);
    calls_expire(&calls, 11);
    ck_assert_uint_eq(late.n, 1);
    ck_assert_uint_eq(calls_deadline_ms(&calls), UINT64_MAX);
}
END_TEST

START_TEST(a_callback_may_call_again)
{
    struct calls calls;
    struct outcome second = {0};
    struct outcome first = {.calls = &calls, .next = &second};
    calls_init(&calls, NULL);
    calls_add(&calls, TOKEN_A, CALLEE, 10, note, &first);
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(first.n, 1);
    ck_assert_uint_eq(second.n, 0);
    calls_expire(&calls, 10);
    ck_assert_uint_eq(second.n, 1);
}
END_TEST

START_TEST(a_call_that_was_not_sent_is_forgotten)
{
    struct calls calls;
    struct outcome outcome = {0};
    calls_init(&calls, NULL);
    calls_add(&calls, TOKEN_A, CALLEE, 10, note, &outcome);
    calls_remove(&calls, TOKEN_A);
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(outcome.n, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_call_is_told_its_answer_once,        only_the_callee_may_answer,
        an_unanswered_call_times_out_once,     a_callback_may_call_again,
        a_call_that_was_not_sent_is_forgotten, NULL};
    return suite_run("calls", tests);
}
