#include "client/monologue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* Two clients of one relay, all on one loop. */
struct end {
    struct monologue *m;
    bool is_connected; /* connect was told 0 */
    unsigned n_connects;
    int connect_status;
    unsigned n_closes;
    unsigned n_events[MONOLOGUE_EVENT_OVERLOAD + 1];
    struct monologue_event last; /* its pointers are gone */
    char last_id[MONOLOGUE_ID_CHARS + 1];
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
    ck_assert_ptr_eq(m, end->m);
    ck_assert_ptr_nonnull(event->text);
    end->n_events[event->kind]++;
    end->last = *event;
    if (event->id)
        snprintf(end->last_id, sizeof end->last_id, "%s", event->id);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    struct end *end = data;
    ck_assert_ptr_eq(m, end->m);
    end->n_connects++;
    end->connect_status = status;
    end->is_connected = status == 0;
}

static void on_closed(struct monologue *m, void *data)
{
    struct end *end = data;
    ck_assert_ptr_eq(m, end->m);
    end->n_closes++;
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

static void open_end(struct end *end, const struct monologue_options *given)
{
    struct monologue_options options = *given;
    *end = (struct end){0};
    if (!options.endpoint)
        options.endpoint = server.url;
    options.event_cb = on_event;
    options.event_data = end;
    ck_assert_int_eq(monologue_new(&options, &loop, &end->m), 0);
}

static void connect_end(struct end *end)
{
    unsigned n = end->n_connects;
    ck_assert_int_eq(monologue_connect(end->m, on_connected, end), 0);
    ck_assert_uint_eq(end->n_connects, n);
    turn_until(&end->n_connects, n + 1);
}

static void setup(void)
{
    unsetenv("MONOLOGUE_ENDPOINT");
    unsetenv("MONOLOGUE_API_KEY");
    uv_loop_init(&loop);
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 10, 10);
    fakeserver_open(&server, &loop);
    open_end(&caller, &(struct monologue_options){.api_key = "secret"});
    open_end(&callee,
             &(struct monologue_options){.max_requests = 3, .listeners = 2});
}

static void setup_connected(void)
{
    setup();
    connect_end(&caller);
    connect_end(&callee);
    ck_assert(caller.is_connected && callee.is_connected);
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
    (void)data;
    ck_assert_str_eq(monologue_request_from(request),
                     monologue_connection_id(caller.m));
    ck_assert_str_eq(monologue_request_name(request), "add");
    *ret_out = json_integer(json_integer_value(json_array_get(args, 0)) +
                            json_integer_value(json_array_get(args, 1)));
    return 0;
}

static int return_nothing(struct monologue_request *request, const json_t *args,
                          json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)ret_out;
    (void)data;
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
    return -ENOSYS;
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

START_TEST(connecting_tells_the_id_and_sends_the_key)
{
    ck_assert_ptr_null(monologue_connection_id(caller.m));
    ck_assert_int_eq(monologue_state(caller.m), MONOLOGUE_STATE_IDLE);
    connect_end(&caller);
    ck_assert_int_eq(caller.connect_status, 0);
    ck_assert_int_eq(monologue_state(caller.m), MONOLOGUE_STATE_CONNECTED);
    ck_assert_uint_eq(caller.n_events[MONOLOGUE_EVENT_CONNECTED], 1);
    ck_assert_str_eq(caller.last_id, monologue_connection_id(caller.m));
    ck_assert_mem_eq(monologue_connection_id(caller.m),
                     fakepeer_id(fakeserver_last(&server)), CONNID_CHARS);
    ck_assert_str_eq(server.api_key, "secret");
    ck_assert_ptr_nonnull(strstr(server.url, server.host));
    ck_assert_int_eq(monologue_connect(caller.m, on_connected, &caller),
                     -EISCONN);
    connect_end(&callee);
    ck_assert_str_eq(server.api_key, "");
}
END_TEST

START_TEST(a_call_returns_what_the_callee_returned)
{
    struct outcome outcome = {0};
    monologue_on(callee.m, "add", add, NULL);
    ck_assert_int_eq(start_call("add", 0, &outcome), 0);
    ck_assert_uint_eq(outcome.n, 0);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_int_eq(json_integer_value(outcome.ret), 5);
    json_decref(outcome.ret);
}
END_TEST

START_TEST(a_client_may_call_itself)
{
    struct outcome outcome = {0};
    monologue_on(caller.m, "add", add, NULL);
    json_t *args = json_pack("[i, i]", 20, 22);
    monologue_call(caller.m, monologue_connection_id(caller.m), "add", args, 0,
                   on_answered, &outcome, NULL);
    json_decref(args);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(json_integer_value(outcome.ret), 42);
    json_decref(outcome.ret);
}
END_TEST

START_TEST(returning_nothing_gives_null)
{
    struct outcome outcome = {0};
    monologue_on(callee.m, "add", return_nothing, NULL);
    start_call("add", 0, &outcome);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert(json_is_null(outcome.ret));
}
END_TEST

START_TEST(the_first_of_several_handlers_that_answers_wins)
{
    struct outcome outcome = {0};
    unsigned n_refused = 0;
    struct kept kept = {0};
    monologue_off(callee.m, "add", add, NULL);
    ck_assert_int_eq(monologue_on(callee.m, "add", refuse, &n_refused), 0);
    ck_assert_int_eq(monologue_on(callee.m, "add", keep, &kept), 0);
    ck_assert_int_eq(monologue_on(callee.m, "add", add, NULL), -ENOSPC);
    monologue_off(callee.m, "add", refuse, &n_refused);
    ck_assert_int_eq(monologue_on(callee.m, "add", add, NULL), 0);
    start_call("add", 0, &outcome);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(json_integer_value(outcome.ret), 5);
    ck_assert_uint_eq(n_refused, 0);
    ck_assert_int_eq(monologue_reply(kept.requests[0], json_true()), -EALREADY);
    json_decref(outcome.ret);
}
END_TEST

START_TEST(an_answer_may_come_later)
{
    struct outcome outcome = {0};
    struct kept kept = {0};
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 0, &outcome);
    turn_until(&kept.n, 1);
    ck_assert_uint_eq(outcome.n, 0);
    ck_assert_int_eq(monologue_reply(kept.requests[0], json_string("late")), 0);
    turn_until(&outcome.n, 1);
    ck_assert_str_eq(json_string_value(outcome.ret), "late");
    json_decref(outcome.ret);
}
END_TEST

START_TEST(calls_beyond_the_bound_are_refused)
{
    struct outcome outcomes[6] = {{0}};
    static struct kept kept;
    monologue_on(callee.m, "add", keep, &kept);
    for (int i = 0; i < 5; i++)
        start_call("add", 0, &outcomes[i]);
    turn_until(&outcomes[4].n, 1);
    ck_assert_int_eq(outcomes[4].status, -EBUSY);
    ck_assert_uint_eq(callee.n_events[MONOLOGUE_EVENT_OVERLOAD], 2);
    ck_assert_uint_eq(outcomes[3].n, 1);
    ck_assert_uint_eq(kept.n, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(monologue_reply(kept.requests[i], json_true()), 0);
    for (int i = 0; i < 3; i++)
        turn_until(&outcomes[i].n, 1);
    start_call("add", 0, &outcomes[5]); /* there is room again */
    turn_until(&kept.n, 4);
    monologue_decline(kept.requests[3]);
    turn_until(&outcomes[5].n, 1);
}
END_TEST

START_TEST(a_call_to_a_gone_connection_is_told_as_refused)
{
    struct outcome outcome = {0};
    ck_assert_int_eq(monologue_call(caller.m, "AAAAAAAAAAAAAAA=", "add", NULL,
                                    50, on_answered, &outcome, NULL),
                     0);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(outcome.status, -ETIMEDOUT);
    ck_assert_uint_eq(caller.n_events[MONOLOGUE_EVENT_REFUSED], 1);
}
END_TEST

START_TEST(a_call_that_cannot_be_sent_fails_at_once)
{
    struct outcome outcome = {0};
    json_t *object = json_object();
    ck_assert_int_eq(monologue_call(caller.m, "callee", "add", NULL, 0,
                                    on_answered, &outcome, NULL),
                     -EINVAL);
    ck_assert_int_eq(monologue_call(caller.m, callee_id(), "add", object, 0,
                                    on_answered, &outcome, NULL),
                     -EINVAL);
    json_decref(object);
    char *letters = malloc(MONOLOGUE_MAX_PACKET);
    memset(letters, 'x', MONOLOGUE_MAX_PACKET);
    json_t *args = json_array();
    json_array_append_new(args, json_stringn(letters, MONOLOGUE_MAX_PACKET));
    ck_assert_int_eq(monologue_call(caller.m, callee_id(), "add", args, 0,
                                    on_answered, &outcome, NULL),
                     -EMSGSIZE);
    json_decref(args);
    free(letters);
    ck_assert_str_ne(monologue_errmsg(caller.m), "");
    ck_assert_uint_eq(outcome.n, 0);
}
END_TEST

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

START_TEST(long_arguments_travel_in_several_frames)
{
    size_t n = 130000;
    struct outcome outcome = {0};
    char *letters = malloc(n);
    memset(letters, 'x', n);
    json_t *args = json_array();
    json_array_append_new(args, json_stringn(letters, n));
    free(letters);
    monologue_on(callee.m, "echo", echo, NULL);
    ck_assert_int_eq(monologue_call(caller.m, callee_id(), "echo", args, 0,
                                    on_answered, &outcome, NULL),
                     0);
    turn_until(&outcome.n, 1);
    ck_assert(json_equal(outcome.ret, json_array_get(args, 0)));
    json_decref(outcome.ret);
    json_decref(args);
}
END_TEST

START_TEST(closing_is_told_once_and_fails_what_is_in_flight)
{
    struct outcome outcome = {0};
    struct kept kept = {0};
    char id[MONOLOGUE_ID_CHARS + 1];
    strcpy(id, monologue_connection_id(caller.m));
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 0, &outcome);
    turn_until(&kept.n, 1);
    ck_assert_int_eq(monologue_close(caller.m, on_closed, &caller), 0);
    ck_assert_int_eq(monologue_close(caller.m, on_closed, &caller), -EALREADY);
    ck_assert_int_eq(monologue_state(caller.m), MONOLOGUE_STATE_CLOSING);
    ck_assert_ptr_null(monologue_connection_id(caller.m));
    ck_assert_int_eq(start_call("add", 0, &outcome), -ENOTCONN);
    ck_assert_uint_eq(caller.n_closes, 0);
    turn_until(&caller.n_closes, 1);
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_int_eq(outcome.status, -ECONNRESET);
    ck_assert_uint_eq(server.n_closes, 1);
    ck_assert_uint_eq(caller.n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert(caller.last.is_ours);
    ck_assert_int_eq(caller.last.status, 0);
    ck_assert_uint_eq(caller.last.code, 1000);
    ck_assert_str_eq(caller.last_id, id);
    ck_assert_int_eq(monologue_reply(kept.requests[0], json_true()), 0);
}
END_TEST

START_TEST(closing_without_a_connection_is_told_too)
{
    ck_assert_int_eq(monologue_close(caller.m, on_closed, &caller), 0);
    ck_assert_uint_eq(caller.n_closes, 0);
    turn_until(&caller.n_closes, 1);
    connect_end(&caller);
    ck_assert(caller.is_connected);
}
END_TEST

START_TEST(closing_while_connecting_cancels_it)
{
    monologue_connect(caller.m, on_connected, &caller);
    ck_assert_int_eq(monologue_close(caller.m, on_closed, &caller), 0);
    turn_until(&caller.n_closes, 1);
    ck_assert_uint_eq(caller.n_connects, 1);
    ck_assert_int_eq(caller.connect_status, -ECANCELED);
}
END_TEST

START_TEST(a_new_connection_has_a_new_id_and_the_old_handlers)
{
    char before[MONOLOGUE_ID_CHARS + 1];
    struct outcome outcome = {0};
    monologue_on(callee.m, "add", add, NULL);
    strcpy(before, callee_id());
    monologue_close(callee.m, on_closed, &callee);
    turn_until(&callee.n_closes, 1);
    connect_end(&callee);
    ck_assert_str_ne(callee_id(), before);
    start_call("add", 0, &outcome);
    turn_until(&outcome.n, 1);
    ck_assert_int_eq(json_integer_value(outcome.ret), 5);
    json_decref(outcome.ret);
}
END_TEST

START_TEST(a_request_cannot_be_answered_over_another_connection)
{
    static struct outcome outcome; /* told in teardown */
    struct kept kept = {0};
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 300, &outcome);
    turn_until(&kept.n, 1);
    monologue_close(callee.m, on_closed, &callee);
    turn_until(&callee.n_closes, 1);
    connect_end(&callee);
    ck_assert_int_eq(monologue_reply(kept.requests[0], json_true()),
                     -ECONNRESET);
}
END_TEST

START_TEST(freeing_tells_everybody_before_it_returns)
{
    struct outcome outcome = {0};
    struct kept kept = {0};
    monologue_on(callee.m, "add", keep, &kept);
    start_call("add", 0, &outcome);
    turn_until(&kept.n, 1);
    monologue_free(caller.m);
    caller.m = NULL;
    ck_assert_uint_eq(outcome.n, 1);
    ck_assert_int_eq(outcome.status, -ECANCELED);
    monologue_free(callee.m);
    callee.m = NULL;
    ck_assert_int_eq(monologue_reply(kept.requests[0], json_true()),
                     -ECONNRESET);
}
END_TEST

static void free_caller(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    on_answered(m, status, NULL, data);
    (void)ret;
    monologue_free(m);
    caller.m = NULL;
}

START_TEST(a_callback_may_free_the_client)
{
    struct outcome first = {0};
    struct outcome second = {0};
    monologue_on(callee.m, "add", add, NULL);
    json_t *args = json_pack("[i, i]", 2, 3);
    monologue_call(caller.m, callee_id(), "add", args, 0, free_caller, &first,
                   NULL);
    monologue_call(caller.m, callee_id(), "add", args, 0, on_answered, &second,
                   NULL);
    json_decref(args);
    turn_until(&second.n, 1);
    ck_assert_uint_eq(first.n, 1);
    ck_assert_int_eq(first.status, 0);
    ck_assert_int_eq(second.status, -ECANCELED);
}
END_TEST

static int free_callee(struct monologue_request *request, const json_t *args,
                       json_t **ret_out, void *data)
{
    unsigned *n = data;
    (void)request;
    (void)args;
    (void)ret_out;
    ++*n;
    monologue_free(callee.m);
    callee.m = NULL;
    return 0;
}

START_TEST(a_handler_may_free_the_client)
{
    struct outcome outcome = {0};
    unsigned n_freed = 0;
    unsigned n_refused = 0;
    monologue_on(callee.m, "add", free_callee, &n_freed);
    monologue_on(callee.m, "add", refuse, &n_refused);
    start_call("add", 100, &outcome);
    turn_until(&outcome.n, 1);
    ck_assert_uint_eq(n_freed, 1);
    ck_assert_uint_eq(n_refused, 0);
    ck_assert_int_eq(outcome.status, -ETIMEDOUT);
}
END_TEST

START_TEST(without_an_endpoint_there_is_no_client)
{
    struct monologue *m = NULL;
    const struct monologue_options nothing = {0};
    ck_assert_int_eq(monologue_new(&nothing, &loop, &m), -EINVAL);
    ck_assert_ptr_null(m);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), "MONOLOGUE_ENDPOINT"));
}
END_TEST

static char traced[4][200];
static unsigned n_traced;

static void on_traced(struct monologue *m, enum monologue_direction direction,
                      const char *text, size_t size, void *data)
{
    (void)m;
    ck_assert_ptr_eq(data, &n_traced);
    ck_assert_uint_lt(n_traced, 4);
    snprintf(traced[n_traced++], sizeof traced[0], "%c%.*s",
             direction == MONOLOGUE_SENT ? '>' : '<', (int)size, text);
}

START_TEST(each_message_is_shown_to_whoever_traces)
{
    struct end end;
    struct outcome outcome = {0};
    n_traced = 0;
    open_end(&end, &(struct monologue_options){.trace_cb = on_traced,
                                               .trace_data = &n_traced});
    connect_end(&end);
    ck_assert_uint_eq(n_traced, 2);
    ck_assert_str_eq(traced[0], ">whoami");
    ck_assert_str_eq(traced[1] + 1, monologue_connection_id(end.m));
    ck_assert_int_eq(monologue_on(callee.m, "nothing", return_nothing, NULL),
                     0);
    ck_assert_int_eq(monologue_call(end.m, callee_id(), "nothing", NULL, 0,
                                    on_answered, &outcome, NULL),
                     0);
    turn_until(&outcome.n, 1);
    ck_assert_uint_eq(n_traced, 4);
    ck_assert_mem_eq(traced[2], ">{\"to\":\"", 8);
    ck_assert_mem_eq(traced[3], "<{\"from\":\"", 10);
    json_decref(outcome.ret);
    monologue_free(end.m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *fresh = tcase_create("not connected");
    tcase_add_checked_fixture(fresh, setup, teardown);
    tcase_add_test(fresh, connecting_tells_the_id_and_sends_the_key);
    tcase_add_test(fresh, closing_without_a_connection_is_told_too);
    tcase_add_test(fresh, closing_while_connecting_cancels_it);
    tcase_add_test(fresh, without_an_endpoint_there_is_no_client);
    suite_add_tcase(suite, fresh);

    TCase *connected = tcase_create("connected");
    tcase_add_checked_fixture(connected, setup_connected, teardown);
    tcase_add_test(connected, a_call_returns_what_the_callee_returned);
    tcase_add_test(connected, a_client_may_call_itself);
    tcase_add_test(connected, each_message_is_shown_to_whoever_traces);
    tcase_add_test(connected, returning_nothing_gives_null);
    tcase_add_test(connected, the_first_of_several_handlers_that_answers_wins);
    tcase_add_test(connected, an_answer_may_come_later);
    tcase_add_test(connected, calls_beyond_the_bound_are_refused);
    tcase_add_test(connected, a_call_to_a_gone_connection_is_told_as_refused);
    tcase_add_test(connected, a_call_that_cannot_be_sent_fails_at_once);
    tcase_add_test(connected, long_arguments_travel_in_several_frames);
    tcase_add_test(connected, closing_is_told_once_and_fails_what_is_in_flight);
    tcase_add_test(connected,
                   a_new_connection_has_a_new_id_and_the_old_handlers);
    tcase_add_test(connected,
                   a_request_cannot_be_answered_over_another_connection);
    tcase_add_test(connected, freeing_tells_everybody_before_it_returns);
    tcase_add_test(connected, a_callback_may_free_the_client);
    tcase_add_test(connected, a_handler_may_free_the_client);
    suite_add_tcase(suite, connected);
    return suite_run_suite(suite);
}
