#include "client/calls.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct connid callee = {"eHrdFcnvvHcCE-w="};
static const struct connid other = {"PJqCOG4zqRcFcPw="};

static struct calls calls;

/* What became of one call, and what its callback is to do besides. */
struct outcome {
    unsigned n;
    int status;
    json_int_t value;
    char text[16];                    /* raw */
    struct outcome *next;             /* of a call to add, or NULL */
    struct monologue_pending *doomed; /* a call to cancel, or NULL */
    bool is_failing;                  /* fail all that are left */
};

static struct monologue_pending *add(struct outcome *outcome,
                                     uint64_t deadline_ms);

static void go_on(struct outcome *outcome)
{
    if (outcome->next)
        add(outcome->next, 0);
    if (outcome->doomed)
        monologue_cancel(outcome->doomed);
    if (outcome->is_failing)
        calls_fail(&calls, -ECANCELED);
}

static void note(struct monologue *monologue, int status, json_t *ret,
                 void *data)
{
    struct outcome *outcome = data;
    (void)monologue;
    outcome->n++;
    outcome->status = status;
    outcome->value = json_integer_value(ret);
    go_on(outcome);
}

static void note_raw(struct monologue *monologue, int status, const char *ret,
                     size_t size, void *data)
{
    struct outcome *outcome = data;
    (void)monologue;
    outcome->n++;
    outcome->status = status;
    if (ret)
        memcpy(outcome->text, ret, size);
    ck_assert(ret || size == 0);
}

static struct monologue_pending *add(struct outcome *outcome,
                                     uint64_t deadline_ms)
{
    struct monologue_pending *call = NULL;
    const struct calls_listener listener = {.cb = note, .data = outcome};
    ck_assert_int_eq(calls_add(&calls, &callee, deadline_ms, &listener, &call),
                     0);
    return call;
}

static void setup(void)
{
    calls_init(&calls, NULL);
}

static void teardown(void)
{
    calls_fail(&calls, -ECONNRESET);
    calls_deinit(&calls);
}

static enum calls_verdict settle(const char *token, const struct connid *from)
{
    const struct json_span span = {token, strlen(token)};
    const struct json_span ret = {"7", 1};
    struct monologue_pending *call = NULL;
    enum calls_verdict verdict = calls_find(&calls, &span, from, &call);
    ck_assert((verdict == CALLS_WAITING) == (call != NULL));
    if (call)
        calls_finish(call, 0, &ret);
    return verdict;
}

/* A copy: the call's own goes with it. */
static char *token_of(const struct monologue_pending *call)
{
    static char token[CALLS_TOKEN_CHARS + 1];
    ck_assert_uint_eq(strlen(calls_token(call)), CALLS_TOKEN_CHARS);
    return strcpy(token, calls_token(call));
}

START_TEST(a_call_is_told_its_answer_once)
{
    struct outcome outcome = {0};
    const char *token = token_of(add(&outcome, 10));
    ck_assert_int_eq(settle(token, &callee), CALLS_WAITING);
    ck_assert_int_eq(settle(token, &callee), CALLS_LATE);
    ck_assert_uint_eq(calls_expire(&calls, 100), 0);
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_int_eq(outcome.value, 7);
}
END_TEST

START_TEST(raw_answers_are_told_as_they_are)
{
    struct outcome outcome = {0};
    struct monologue_pending *call;
    const struct json_span ret = {"1e999", 5};
    const struct calls_listener listener = {.raw_cb = note_raw,
                                            .data = &outcome};
    ck_assert_int_eq(calls_add(&calls, &callee, 10, &listener, &call), 0);
    calls_finish(call, 0, &ret);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.text, "1e999");
    ck_assert_int_eq(calls_add(&calls, &callee, 10, &listener, &call), 0);
    monologue_cancel(call);
    ck_assert_int_eq(outcome.status, -ECANCELED);
}
END_TEST

START_TEST(an_answer_that_jansson_cannot_hold_is_told_as_such)
{
    struct outcome outcome = {0};
    const struct json_span ret = {"1e999", 5};
    calls_finish(add(&outcome, 10), 0, &ret);
    ck_assert_int_eq(outcome.status, -EBADMSG);
}
END_TEST

START_TEST(only_the_callee_may_answer)
{
    struct outcome outcome = {0};
    const char *token = token_of(add(&outcome, 10));
    ck_assert_int_eq(settle(token, &other), CALLS_UNKNOWN);
    ck_assert_uint_eq(outcome.n, 0);
    calls_fail(&calls, -ECANCELED);
    ck_assert_int_eq(outcome.status, -ECANCELED);
}
END_TEST

/* What is done to a token: a byte written over one of its own. */
static const struct {
    size_t at;
    char byte;
    enum calls_verdict verdict;
} forgeries[] = {
    {0, 'x', CALLS_UNKNOWN},  /* not our prefix */
    {16, 'x', CALLS_UNKNOWN}, /* no number */
    {16, 'A', CALLS_UNKNOWN}, /* not as we write it */
    {16, '8', CALLS_UNKNOWN}, /* no such slot */
    {31, '0', CALLS_UNKNOWN}, /* before the first */
    {31, '1', CALLS_LATE},    /* the slot's first call; this is its second */
    {31, '3', CALLS_UNKNOWN}, /* a call that is still to come */
    {31, 'x', CALLS_UNKNOWN}, {31, '\0', CALLS_UNKNOWN}, /* too short */
};

START_TEST(a_token_that_is_not_ours_finds_nothing)
{
    struct outcome first = {0};
    struct outcome second = {0};
    monologue_cancel(add(&first, 10));
    char *token = token_of(add(&second, 10));
    token[forgeries[_i].at] = forgeries[_i].byte;
    ck_assert_int_eq(settle(token, &callee), forgeries[_i].verdict);
    ck_assert_uint_eq(second.n, 0);
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(second.n, 1);
}
END_TEST

START_TEST(before_the_first_call_every_token_is_unknown)
{
    ck_assert_int_eq(settle("00000000000000000000000000000000", &callee),
                     CALLS_UNKNOWN);
    ck_assert_int_eq(settle("", &callee), CALLS_UNKNOWN);
}
END_TEST

START_TEST(a_token_written_with_escapes_is_the_same)
{
    struct outcome outcome = {0};
    char *token = token_of(add(&outcome, 10));
    char escaped[CALLS_TOKEN_CHARS + 6];
    snprintf(escaped, sizeof escaped, "\\u%04x%s", (unsigned)token[0],
             token + 1);
    ck_assert_int_eq(settle(escaped, &callee), CALLS_WAITING);
}
END_TEST

START_TEST(an_unanswered_call_times_out_once)
{
    struct outcome early = {0};
    struct outcome late = {0};
    add(&late, 11);
    add(&early, 10);
    ck_assert_uint_eq(calls_deadline_ms(&calls), 10);
    ck_assert_uint_eq(calls_expire(&calls, 9), 0);
    ck_assert_uint_eq(early.n, 0);
    ck_assert_uint_eq(calls_expire(&calls, 10), 1);
    ck_assert_uint_eq(early.n, 1);
    ck_assert_int_eq(early.status, -ETIMEDOUT);
    ck_assert_uint_eq(late.n, 0);
    ck_assert_uint_eq(calls_deadline_ms(&calls), 11);
    ck_assert_uint_eq(calls_expire(&calls, 11), 1);
    ck_assert_uint_eq(late.n, 1);
    ck_assert_uint_eq(calls_deadline_ms(&calls), UINT64_MAX);
}
END_TEST

START_TEST(cancelling_is_told_at_once_and_once)
{
    struct outcome outcome = {0};
    struct monologue_pending *call = add(&outcome, 10);
    const char *token = token_of(call);
    monologue_cancel(call);
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_int_eq(outcome.status, -ECANCELED);
    ck_assert_int_eq(settle(token, &callee), CALLS_LATE);
    ck_assert_uint_eq(calls_expire(&calls, 10), 0);
    ck_assert_uint_eq(outcome.n, 1);
}
END_TEST

START_TEST(a_callback_may_call_again)
{
    struct outcome second = {0};
    struct outcome first = {.next = &second};
    add(&first, 10);
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(first.n, 1);
    ck_assert_uint_eq(second.n, 0);
    calls_expire(&calls, 10);
    ck_assert_uint_eq(second.n, 1);
}
END_TEST

START_TEST(a_callback_may_cancel_what_expires_with_it)
{
    struct outcome first = {0};
    struct outcome second = {0};
    add(&first, 10);
    first.doomed = add(&second, 10);
    ck_assert_uint_eq(calls_expire(&calls, 10), 2);
    ck_assert_uint_eq(first.n, 1);
    ck_assert_uint_eq(second.n, 1);
    ck_assert_int_eq(second.status, -ECANCELED);
}
END_TEST

START_TEST(a_callback_that_fails_all_leaves_nobody_waiting)
{
    struct outcome first = {.is_failing = true};
    struct outcome second = {0};
    struct outcome third = {0};
    struct outcome *told[] = {&second, &third};
    add(&first, 10);
    add(&second, 10);
    add(&third, 20);
    calls_expire(&calls, 10);
    for (int i = 0; i < 2; i++)
        ck_assert_uint_eq(told[i]->n, 1);
    ck_assert_int_eq(second.status, -ETIMEDOUT);
    ck_assert_int_eq(third.status, -ECANCELED);
}
END_TEST

START_TEST(a_call_that_was_not_sent_is_forgotten)
{
    struct outcome outcome = {0};
    calls_remove(add(&outcome, 10));
    calls_fail(&calls, -ECONNRESET);
    ck_assert_uint_eq(outcome.n, 0);
}
END_TEST

/*
 * A hundred thousand at once, settled, cancelled and expired in an order that
 * has nothing to do with that of calling: in a list this takes minutes.
 */
START_TEST(many_are_found_as_quickly_as_few)
{
    enum { N = 100000 };
    struct outcome *outcomes = calloc(N, sizeof *outcomes);
    char(*tokens)[CALLS_TOKEN_CHARS + 1] = malloc(N * sizeof *tokens);
    struct monologue_pending **pending = malloc(N * sizeof *pending);
    unsigned n_expired = 0;
    for (size_t i = 0; i < N; i++) {
        pending[i] = add(&outcomes[i], i * 7919 % N);
        strcpy(tokens[i], calls_token(pending[i]));
    }
    for (size_t i = N; i-- > 0;) {
        if (i % 3 == 0)
            ck_assert_int_eq(settle(tokens[i], &callee), CALLS_WAITING);
        else if (i % 3 == 1)
            monologue_cancel(pending[i]);
    }
    for (uint64_t now_ms = 0; now_ms < N; now_ms++)
        n_expired += calls_expire(&calls, now_ms);
    ck_assert_uint_eq(n_expired, N / 3);
    for (size_t i = 0; i < N; i++) {
        static const int statuses[] = {0, -ECANCELED, -ETIMEDOUT};
        ck_assert(outcomes[i].n == 1);
        ck_assert(outcomes[i].status == statuses[i % 3]);
    }
    free(outcomes);
    free(tokens);
    free(pending);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls");
    TCase *tcase = tcase_create("calls");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_call_is_told_its_answer_once);
    tcase_add_test(tcase, raw_answers_are_told_as_they_are);
    tcase_add_test(tcase, an_answer_that_jansson_cannot_hold_is_told_as_such);
    tcase_add_test(tcase, only_the_callee_may_answer);
    tcase_add_loop_test(tcase, a_token_that_is_not_ours_finds_nothing, 0,
                        sizeof forgeries / sizeof *forgeries);
    tcase_add_test(tcase, before_the_first_call_every_token_is_unknown);
    tcase_add_test(tcase, a_token_written_with_escapes_is_the_same);
    tcase_add_test(tcase, an_unanswered_call_times_out_once);
    tcase_add_test(tcase, cancelling_is_told_at_once_and_once);
    tcase_add_test(tcase, a_callback_may_call_again);
    tcase_add_test(tcase, a_callback_may_cancel_what_expires_with_it);
    tcase_add_test(tcase, a_callback_that_fails_all_leaves_nobody_waiting);
    tcase_add_test(tcase, a_call_that_was_not_sent_is_forgotten);
    tcase_add_test(tcase, many_are_found_as_quickly_as_few);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
