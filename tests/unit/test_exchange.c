#include "client/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "client/calls.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* Two clients of one relay, all on one loop, both connected. */
struct end {
    struct monologue *m;
    unsigned n_connects;
    unsigned n_events[MONOLOGUE_EVENT_OVERLOAD + 1];
};

static uv_loop_t loop;
static uv_timer_t tick; /* so that no turn of the loop waits for ever */
static struct fakeserver server;
static struct end caller;
static struct end callee;

struct outcome {
    unsigned n;
    int status;
    json_t *ret;
};

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    struct end *end = data;
    (void)m;
    end->n_events[event->kind]++;
}

static void on_connected(struct monologue *m, int status, void *data)
{
    struct end *end = data;
    ck_assert_msg(status == 0, "%s", monologue_errmsg(m));
    end->n_connects++;
}

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    struct outcome *outcome = data;
    (void)m;
    outcome->n++;
    outcome->status = status;
    outcome->ret = json_incref(ret);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* Turns the loop until *@n has reached @wanted; the test's timeout ends it. */
static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(*n, wanted);
}

static void open_end(struct end *end)
{
    const struct monologue_options options = {
        .endpoint = server.url, .event_cb = on_event, .event_data = end};
    *end = (struct end){0};
    ck_assert_int_eq(monologue_new(&options, &loop, &end->m), 0);
    ck_assert_int_eq(monologue_connect(end->m, on_connected, end), 0);
    turn_until(&end->n_connects, 1);
}

static void setup(void)
{
    uv_loop_init(&loop);
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 10, 10);
    fakeserver_open(&server, &loop);
    open_end(&caller);
    open_end(&callee);
}

/* That uv_loop_close() succeeds shows that no handle was left behind. */
static void teardown(void)
{
    monologue_free(caller.m);
    monologue_free(callee.m);
    fakeserver_close(&server);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static const char *callee_id(void)
{
    return monologue_connection_id(callee.m);
}

static int start_call(const char *name, uint32_t timeout_ms,
                      struct outcome *outcome)
{
    json_t *args = json_pack("[i, i]", 2, 3);
    int status = monologue_call(caller.m, callee_id(), name, args, timeout_ms,
                                on_answered, outcome, NULL);
    json_decref(args);
    return status;
}

static int add(struct monologue_request *request, const json_t *args,
               json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_integer(json_integer_value(json_array_get(args, 0)) +
                            json_integer_value(json_array_get(args, 1)));
    return 0;
}

static int refuse(struct monologue_request *request, const json_t *args,
                  json_t **ret_out, void *data)
{
    unsigned *n = data;
    (void)request;
    (void)args;
    *ret_out = json_integer(1); /* taken, even though it is not sent */
    ++*n;
    return -EINVAL;
}

/* Requests whose answers the test gives later. */
struct kept {
    unsigned n;
    struct monologue_request *requests[8];
};

static int keep(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    struct kept *kept = data;
    (void)args;
    (void)ret_out;
    kept->requests[kept->n++] = request;
    return MONOLOGUE_LATER;
}

/* Turns the loop until the call has failed; its text is in errmsg. */
static void expect_failure(const struct outcome *outcome, int status,
                           const char *text)
{
    turn_until(&outcome->n, 1);
    ck_assert_int_eq(outcome->status, status);
    ck_assert_ptr_null(outcome->ret);
    ck_assert_msg(strstr(monologue_errmsg(caller.m), text), "%s",
                  monologue_errmsg(caller.m));
}

START_TEST(calls_that_fail_are_told_why_at_once)
{
    struct outcome unknown = {0};
    struct outcome refused = {0};
    struct outcome declined = {0};
    struct outcome failed = {0};
    unsigned n_refused = 0;
    struct kept kept = {0};
    monologue_on(callee.m, "refuse", refuse, &n_refused);
    monologue_on(callee.m, "later", keep, &kept);
    start_call("unknown", 0, &unknown);
    expect_failure(&unknown, -ENOSYS, "nobody handles that name");
    ck_assert_uint_eq(callee.n_events[MONOLOGUE_EVENT_UNKNOWN], 1);
    start_call("refuse", 0, &refused);
    expect_failure(&refused, -EREMOTEIO, "Invalid argument");
    ck_assert_uint_eq(n_refused, 1);
    start_call("later", 0, &declined);
    turn_until(&kept.n, 1);
    monologue_decline(kept.requests[0]);
    expect_failure(&declined, -EREMOTEIO, "no answer");
    start_call("later", 0, &failed);
    turn_until(&kept.n, 2);
    monologue_fail(kept.requests[1], -EBUSY, "come \"back\"");
    expect_failure(&failed, -EBUSY, "come \"back\"");
}
END_TEST

/* A request that two handlers owe: the caller hears of a failure last of all.
 */
START_TEST(a_failure_is_told_only_when_nobody_else_may_answer)
{
    struct outcome answered = {0};
    struct outcome failed = {0};
    struct kept kept = {0};
    monologue_on(callee.m, "later", keep, &kept);
    monologue_on(callee.m, "*", keep, &kept);
    start_call("later", 0, &answered);
    turn_until(&kept.n, 2);
    monologue_fail(kept.requests[0], -EIO, NULL);
    ck_assert_int_eq(monologue_reply(kept.requests[1], json_true()), 0);
    turn_until(&answered.n, 1);
    ck_assert_int_eq(answered.status, 0);
    start_call("later", 0, &failed);
    turn_until(&kept.n, 4);
    monologue_fail(kept.requests[2], -EIO, "first");
    monologue_fail(kept.requests[3], -EIO, "second");
    expect_failure(&failed, -EREMOTEIO, "first");
}
END_TEST

/* A callee of the original kind says nothing. */
static bool drop_answers(struct fakepeer *peer, const char *text, size_t size,
                         void *data)
{
    (void)peer;
    (void)data;
    return memmem(text, size, "\"REQ\"", 5) == NULL;
}

START_TEST(calls_that_nobody_answers_time_out)
{
    struct outcome outcome = {0};
    struct monologue_stats stats;
    server.message_cb = drop_answers;
    start_call("unknown", 50, &outcome);
    uint64_t before_ms = uv_now(&loop);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(outcome.status, -ETIMEDOUT);
    ck_assert_uint_ge(uv_now(&loop), before_ms + 50);
    monologue_stats(caller.m, &stats, sizeof stats);
    ck_assert_uint_eq(stats.n_timed_out, 1);
    ck_assert_uint_eq(stats.n_calls, 1);
}
END_TEST

START_TEST(a_cancelled_call_is_told_at_once_and_its_answer_is_counted)
{
    struct outcome outcome = {0};
    struct monologue_pending *pending = NULL;
    struct monologue_stats stats;
    monologue_on(callee.m, "add", add, NULL);
    json_t *args = json_pack("[i, i]", 2, 3);
    ck_assert_int_eq(monologue_call(caller.m, callee_id(), "add", args, 0,
                                    on_answered, &outcome, &pending),
                     0);
    json_decref(args);
    monologue_stats(caller.m, &stats, sizeof stats);
    ck_assert_uint_eq(stats.n_waiting, 1);
    monologue_cancel(pending);
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_int_eq(outcome.status, -ECANCELED);
    do {
        uv_run(&loop, UV_RUN_ONCE);
        monologue_stats(caller.m, &stats, sizeof stats);
    } while (stats.n_late == 0);
    ck_assert_uint_eq(stats.n_waiting, 0);
    ck_assert_uint_eq(stats.n_answered, 0);
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_uint_eq(caller.n_events[MONOLOGUE_EVENT_STRAY], 0);
}
END_TEST

/* As much as the caller knows of the struct, and not a byte more. */
START_TEST(stats_are_written_up_to_the_size_given)
{
    struct monologue_stats stats;
    memset(&stats, 0xff, sizeof stats);
    monologue_stats(caller.m, &stats, sizeof stats.n_calls);
    ck_assert_uint_eq(stats.n_calls, 0);
    ck_assert_uint_eq(stats.n_answered, UINT64_MAX);
}
END_TEST

struct raw_outcome {
    unsigned n;
    int status;
    char text[64];
};

static void on_raw(struct monologue *m, int status, const char *ret,
                   size_t size, void *data)
{
    struct raw_outcome *outcome = data;
    (void)m;
    outcome->n++;
    outcome->status = status;
    snprintf(outcome->text, sizeof outcome->text, "%.*s", (int)size, ret);
}

/* Returns its arguments, or fails where there are none. */
static int raw_echo(struct monologue_request *request, const char *args,
                    size_t size, void *data)
{
    unsigned *n = data;
    ++*n;
    if (size == 2)
        return -EINVAL;
    ck_assert_int_eq(monologue_reply_raw(request, args, size), 0);
    return MONOLOGUE_LATER;
}

static void call_raw(const char *args, struct raw_outcome *outcome)
{
    *outcome = (struct raw_outcome){0};
    ck_assert_int_eq(monologue_call_raw(caller.m, callee_id(), "echo", args,
                                        strlen(args), 0, on_raw, outcome, NULL),
                     0);
    turn_until(&outcome->n, 1);
}

START_TEST(raw_values_pass_as_they_are_written)
{
    struct raw_outcome outcome;
    struct outcome parsed = {0};
    unsigned n = 0;
    monologue_on_raw(callee.m, "echo", raw_echo, &n);
    call_raw(" [1.0, \"\\ud800\", 1e999, 12345678901234567890] ", &outcome);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.text,
                     "[1.0, \"\\ud800\", 1e999, 12345678901234567890]");
    call_raw("[]", &outcome);
    ck_assert_int_eq(outcome.status, -EREMOTEIO);
    ck_assert_str_eq(outcome.text, "");
    start_call("echo", 0, &parsed);
    turn_until(&parsed.n, 1);
    ck_assert_uint_eq(json_array_size(parsed.ret), 2);
    json_decref(parsed.ret);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(monologue_off_raw(callee.m, "echo", raw_echo, &n), 0);
    call_raw("[]", &outcome);
    ck_assert_int_eq(outcome.status, -ENOSYS);
}
END_TEST

START_TEST(raw_arguments_that_are_no_array_are_refused)
{
    static const char *const texts[] = {"",      "{}", "[1",
                                        "[1] 2", "1",  "[\"\xff\"]"};
    struct raw_outcome outcome = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_int_eq(monologue_call_raw(caller.m, callee_id(), "echo",
                                            texts[i], strlen(texts[i]), 0,
                                            on_raw, &outcome, NULL),
                         -EINVAL);
    ck_assert_uint_eq(outcome.n, 0);
}
END_TEST

START_TEST(what_jansson_cannot_hold_is_told_to_who_wants_its_values)
{
    struct outcome outcome = {0};
    struct raw_outcome raw;
    struct kept kept = {0};
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 0, &outcome);
    turn_until(&kept.n, 1);
    ck_assert_int_eq(monologue_reply_raw(kept.requests[0], "1e999", 5), 0);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(outcome.status, -EBADMSG);
    monologue_on(callee.m, "echo", keep, &kept);
    call_raw("[1e999]", &raw); /* no handler here takes that */
    ck_assert_int_eq(raw.status, -EREMOTEIO);
    ck_assert_uint_eq(kept.n, 1);
}
END_TEST

START_TEST(an_answer_that_is_no_json_fails_the_call)
{
    struct outcome outcome = {0};
    struct kept kept = {0};
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 0, &outcome);
    turn_until(&kept.n, 1);
    ck_assert_int_eq(monologue_reply_raw(kept.requests[0], "[1", 2), -EINVAL);
    expect_failure(&outcome, -EREMOTEIO, "not JSON");
}
END_TEST

/* The text ["xxx..."] of @size bytes. */
static char *make_array(size_t size)
{
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    memcpy(text, "[\"", 2);
    memcpy(text + size - 2, "\"]", 3);
    return text;
}

START_TEST(an_answer_that_is_too_long_fails_the_call)
{
    struct outcome outcome = {0};
    struct kept kept = {0};
    char *text = make_array(MONOLOGUE_MAX_PACKET);
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 0, &outcome);
    turn_until(&kept.n, 1);
    ck_assert_int_eq(
        monologue_reply_raw(kept.requests[0], text, MONOLOGUE_MAX_PACKET),
        -EMSGSIZE);
    expect_failure(&outcome, -EMSGSIZE, "the answer is too long");
    free(text);
}
END_TEST

/* What a relayed call is besides its arguments. */
static size_t call_overhead(void)
{
    return strlen("{'from':'','payload':{'type':'REQ','data':{'token':'',"
                  "'name':'echo','args':}}}") +
           MONOLOGUE_ID_CHARS + CALLS_TOKEN_CHARS;
}

static unsigned n_heard; /* bytes of the call that came last */

static bool measure(struct fakepeer *peer, const char *text, size_t size,
                    void *data)
{
    (void)peer;
    (void)text;
    (void)data;
    n_heard = (unsigned)size;
    return size > 6; /* whoami */
}

/* Sizes of a call as relayed; the fake server ends on a frame over 32 KiB. */
static const struct {
    size_t size;
    int status;
} sizes[] = {
    {32767, 0},          {32768, 0},          {32769, 0},  {32770, 0},
    {32771, 0},          {65536, 0},          {65538, 0},  {65539, 0},
    {98306, 0},          {98307, 0},          {131071, 0}, {131072, 0},
    {131073, -EMSGSIZE}, {131074, -EMSGSIZE},
};

START_TEST(calls_are_cut_into_frames_up_to_the_limit)
{
    size_t n = sizes[_i].size - call_overhead();
    char *text = make_array(n);
    struct raw_outcome outcome = {0};
    server.message_cb = measure;
    n_heard = 0;
    ck_assert_int_eq(monologue_call_raw(caller.m, callee_id(), "echo", text, n,
                                        0, on_raw, &outcome, NULL),
                     sizes[_i].status);
    unsigned expected =
        sizes[_i].status == 0 ? (unsigned)sizes[_i].size - 2 : 0;
    turn_until(&n_heard, expected);
    free(text);
    monologue_free(caller.m);
    caller.m = NULL;
    ck_assert_uint_eq(outcome.n, sizes[_i].status == 0);
}
END_TEST

START_TEST(patterns_serve_what_they_stand_for)
{
    struct outcome outcome = {0};
    struct outcome other = {0};
    struct kept kept = {0};
    monologue_on(callee.m, "math.*", keep, &kept);
    start_call("math.add", 0, &outcome);
    turn_until(&kept.n, 1);
    ck_assert_str_eq(monologue_request_name(kept.requests[0]), "math.add");
    monologue_reply(kept.requests[0], json_true());
    turn_until(&outcome.n, 1);
    start_call("math", 0, &other);
    expect_failure(&other, -ENOSYS, "nobody");
    json_decref(outcome.ret);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *tcase = tcase_create("exchange");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, calls_that_fail_are_told_why_at_once);
    tcase_add_test(tcase, a_failure_is_told_only_when_nobody_else_may_answer);
    tcase_add_test(tcase, calls_that_nobody_answers_time_out);
    tcase_add_test(tcase,
                   a_cancelled_call_is_told_at_once_and_its_answer_is_counted);
    tcase_add_test(tcase, stats_are_written_up_to_the_size_given);
    tcase_add_test(tcase, raw_values_pass_as_they_are_written);
    tcase_add_test(tcase, raw_arguments_that_are_no_array_are_refused);
    tcase_add_test(tcase,
                   what_jansson_cannot_hold_is_told_to_who_wants_its_values);
    tcase_add_test(tcase, an_answer_that_is_no_json_fails_the_call);
    tcase_add_test(tcase, an_answer_that_is_too_long_fails_the_call);
    tcase_add_loop_test(tcase, calls_are_cut_into_frames_up_to_the_limit, 0,
                        sizeof sizes / sizeof *sizes);
    tcase_add_test(tcase, patterns_serve_what_they_stand_for);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
