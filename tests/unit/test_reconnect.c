#include "client/reconnect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "client/client.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* One client that connects again by itself, and what it tells. */

enum { HOUR_MS = 3600000, N_KINDS = MONOLOGUE_EVENT_OVERLOAD + 1 };

static uv_loop_t loop;
static uv_timer_t tick; /* so that no turn of the loop waits for ever */
static struct fakeserver server;
static struct monologue *client;
static unsigned n_events[N_KINDS];
static struct monologue_event last[N_KINDS]; /* their pointers are gone */
static char last_id[MONOLOGUE_ID_CHARS + 1];
static unsigned n_connects;
static int connect_status;
static enum monologue_state connect_state; /* as the callback saw it */
static unsigned n_closes;
static unsigned n_outcomes;
static int outcome_status;

/* What a test has event_cb do when the kind of event comes @nth times. */
static struct {
    enum monologue_event_kind kind;
    unsigned nth;
    void (*act)(void);
} plan;

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)data;
    ck_assert_ptr_eq(m, client);
    last[event->kind] = *event;
    if (event->id)
        snprintf(last_id, sizeof last_id, "%s", event->id);
    n_events[event->kind]++;
    if (plan.act && plan.kind == event->kind &&
        plan.nth == n_events[event->kind])
        plan.act();
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    n_connects++;
    connect_status = status;
    connect_state = monologue_state(m);
}

static void on_closed(struct monologue *m, void *data)
{
    (void)m;
    (void)data;
    n_closes++;
}

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)m;
    (void)ret;
    (void)data;
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    n_outcomes++;
    outcome_status = status;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(*n, wanted);
}

static void turn_until_event(enum monologue_event_kind kind, unsigned wanted)
{
    turn_until(&n_events[kind], wanted);
}

/* Turns the loop often enough for whatever could happen at once to happen. */
static void turn_often(void)
{
    for (int i = 0; i < 20; i++)
        uv_run(&loop, UV_RUN_ONCE);
}

static void make_client(uint32_t base_ms)
{
    const struct monologue_options options = {
        .endpoint = server.url,
        .event_cb = on_event,
        .reconnect = true,
        .reconnect_base_ms = base_ms,
        .reconnect_cap_ms = base_ms < HOUR_MS ? 4 * base_ms : HOUR_MS,
    };
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
}

static void connect_client(void)
{
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 1);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 1);
}

static void setup_server(void)
{
    uv_loop_init(&loop);
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 5, 5);
    fakeserver_open(&server, &loop);
}

/* Comes back within milliseconds. */
static void setup_quick(void)
{
    setup_server();
    make_client(2);
}

static void setup_quick_connected(void)
{
    setup_quick();
    connect_client();
}

/* Waits for hours, so that the test can look at it. */
static void setup_slow_connected(void)
{
    setup_server();
    make_client(HOUR_MS);
    connect_client();
}

static void teardown(void)
{
    monologue_free(client);
    fakeserver_close(&server);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void drop(void)
{
    fakepeer_drop(fakeserver_last(&server));
}

static struct monologue_request *kept[2]; /* in the order they came */
static unsigned n_kept;

static int keep(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)args;
    (void)ret_out;
    (void)data;
    kept[n_kept++] = request;
    return MONOLOGUE_LATER;
}

/* A call of ours, on ourselves, that is at work. */
static void start_call(void)
{
    ck_assert_int_eq(monologue_on(client, "keep", keep, NULL), 0);
    ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                    "keep", NULL, 0, on_answered, NULL, NULL),
                     0);
    turn_until(&n_kept, 1);
}

START_TEST(a_connection_that_breaks_is_made_anew)
{
    char before[sizeof last_id];
    strcpy(before, monologue_connection_id(client));
    drop();
    turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert_str_eq(last_id, before);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_DISCONNECTED].status, -ECONNRESET);
    ck_assert_uint_eq(last[MONOLOGUE_EVENT_DISCONNECTED].code, 1006);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_le(last[MONOLOGUE_EVENT_DISCONNECTED].delay_ms, 2);
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_str_eq(last_id, monologue_connection_id(client));
    ck_assert_str_ne(last_id, before);
    ck_assert_uint_eq(n_connects, 1);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_FAILED], 0);
}
END_TEST

START_TEST(handlers_survive_and_calls_in_flight_fail_first)
{
    start_call();
    drop();
    turn_until(&n_outcomes, 1); /* on_answered() sees that it comes first */
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    ck_assert_int_eq(monologue_call(client, "AAAAAAAAAAAAAAA=", "keep", NULL, 0,
                                    on_answered, NULL, NULL),
                     -ENOTCONN);
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_int_eq(monologue_reply(kept[0], json_true()), -ECONNRESET);
    n_events[MONOLOGUE_EVENT_DISCONNECTED] = 0;
    ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                    "keep", NULL, 0, on_answered, NULL, NULL),
                     0);
    turn_until(&n_kept, 2);
    ck_assert_int_eq(monologue_reply(kept[1], json_true()), 0);
    turn_until(&n_outcomes, 2);
    ck_assert_int_eq(outcome_status, 0);
}
END_TEST

START_TEST(what_fails_is_tried_again_until_it_works)
{
    server.is_abrupt = true;
    drop();
    while (n_events[MONOLOGUE_EVENT_FAILED] < 5)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -ECONNRESET);
    ck_assert(last[MONOLOGUE_EVENT_FAILED].will_reconnect);
    ck_assert_uint_le(last[MONOLOGUE_EVENT_FAILED].delay_ms, 8);
    server.is_abrupt = false;
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_str_eq(monologue_errmsg(client), "");
}
END_TEST

START_TEST(a_first_attempt_that_fails_is_told_and_tried_again)
{
    server.is_abrupt = true;
    monologue_connect(client, on_connected, NULL);
    turn_until(&n_connects, 1);
    ck_assert_int_eq(connect_status, -ECONNRESET);
    ck_assert_int_eq(connect_state, MONOLOGUE_STATE_WAITING);
    while (n_events[MONOLOGUE_EVENT_FAILED] == 0)
        uv_run(&loop, UV_RUN_ONCE);
    server.is_abrupt = false;
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 1);
    ck_assert_uint_eq(n_connects, 1);
}
END_TEST

START_TEST(a_refused_key_is_not_tried_again)
{
    server.response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    drop();
    turn_until_event(MONOLOGUE_EVENT_FAILED, 1);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -EKEYREJECTED);
    ck_assert(!last[MONOLOGUE_EVENT_FAILED].will_reconnect);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    turn_often();
    ck_assert_uint_eq(server.n_connections, 2);
    server.response = NULL; /* but whoever knows better may connect */
    monologue_connect(client, on_connected, NULL);
    turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
}
END_TEST

static const char *const busy_responses[] = {
    "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
};

START_TEST(a_busy_server_is_given_time)
{
    server.response = busy_responses[_i];
    drop();
    turn_until_event(MONOLOGUE_EVENT_FAILED, 1);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -EAGAIN);
    ck_assert_uint_ge(last[MONOLOGUE_EVENT_FAILED].delay_ms, 4); /* of 8 */
    server.response = NULL;
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
}
END_TEST

START_TEST(a_server_that_accepts_and_hangs_up_is_given_more_and_more_time)
{
    client->backoff.cap_ms = HOUR_MS; /* so no connection here lasts as long */
    for (unsigned i = 1; i <= 6; i++) {
        drop();
        turn_until_event(MONOLOGUE_EVENT_CONNECTED, 1 + i);
        ck_assert_uint_eq(client->backoff.n_passed, i);
    }
    client->opened_ms = uv_now(&loop) - HOUR_MS; /* but this one has */
    drop();
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 8);
    ck_assert_uint_eq(client->backoff.n_passed, 1);
}
END_TEST

/* ---- while it waits ---- */

static void start_waiting(void)
{
    drop();
    turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_WAITING);
    ck_assert_ptr_null(monologue_connection_id(client));
}

START_TEST(connecting_while_it_waits_does_it_now)
{
    start_waiting();
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), -EALREADY);
    turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 2);
}
END_TEST

START_TEST(connecting_while_it_does_so_itself_joins_in)
{
    start_waiting();
    client->deadline_ms = uv_now(&loop);
    client_arm(client, client->deadline_ms);
    while (monologue_state(client) == MONOLOGUE_STATE_WAITING)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTING);
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

START_TEST(closing_while_it_waits_ends_it)
{
    start_waiting();
    ck_assert_int_eq(monologue_close(client, on_closed, NULL), 0);
    ck_assert_uint_eq(n_closes, 0);
    turn_until(&n_closes, 1);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
}
END_TEST

START_TEST(freeing_while_it_waits_ends_it)
{
    start_waiting(); /* teardown does the rest */
}
END_TEST

static void close_when_answered(struct monologue *m, int status, json_t *ret,
                                void *data)
{
    on_answered(m, status, ret, data);
    ck_assert_int_eq(monologue_connect(m, on_connected, NULL), -EALREADY);
    ck_assert_int_eq(monologue_close(m, on_closed, NULL), 0);
    ck_assert_uint_eq(n_closes, 0);
}

START_TEST(a_call_that_fails_with_its_connection_may_close)
{
    start_call();
    monologue_call(client, monologue_connection_id(client), "keep", NULL, 0,
                   close_when_answered, NULL, NULL);
    turn_until(&n_kept, 2);
    drop();
    turn_until(&n_closes, 1);
    monologue_decline(kept[0]);
    monologue_decline(kept[1]);
    ck_assert_uint_eq(n_outcomes, 2);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

/* ---- before the session's limit ---- */

START_TEST(the_end_is_planned_between_90_and_97_percent_of_the_session)
{
    uint64_t age_ms = client->plan_ms - client->opened_ms;
    ck_assert_uint_ge(age_ms, 6480000);
    ck_assert_uint_le(age_ms, 6984000);
    ck_assert_uint_eq(client->leave_ms - client->opened_ms, 7128000);
}
END_TEST

START_TEST(an_old_connection_is_left_for_a_new_one)
{
    char before[sizeof last_id];
    strcpy(before, last_id);
    client->plan_ms = uv_now(&loop);
    client_arm(client, client->plan_ms);
    turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_DISCONNECTED].status, 0);
    ck_assert_uint_eq(last[MONOLOGUE_EVENT_DISCONNECTED].code, 1000);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_eq(last[MONOLOGUE_EVENT_DISCONNECTED].delay_ms, 0);
    ck_assert_str_eq(last_id, before);
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_str_ne(last_id, before);
    ck_assert_uint_eq(server.n_closes, 1);
    ck_assert_uint_gt(client->plan_ms, uv_now(&loop));
}
END_TEST

START_TEST(it_waits_for_what_is_in_flight)
{
    start_call();
    client->plan_ms = uv_now(&loop);
    client_arm(client, client->plan_ms);
    turn_often();
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTED);
    ck_assert_int_eq(monologue_reply(kept[0], json_true()), 0);
    turn_until(&n_outcomes, 1);
    ck_assert_int_eq(outcome_status, 0);
    turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
}
END_TEST

START_TEST(it_does_not_wait_for_ever)
{
    start_call();
    client->plan_ms = uv_now(&loop);
    client->leave_ms = uv_now(&loop) + 20;
    client_arm(client, client->plan_ms);
    turn_until(&n_outcomes, 1);
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    monologue_reply(kept[0], NULL);
}
END_TEST

START_TEST(a_reply_that_nobody_here_waits_for_is_quiet_enough)
{
    struct monologue_request *request = NULL;
    monologue_on(client, "keep", keep, NULL);
    fakepeer_send(fakeserver_last(&server),
                  "{\"from\":\"AAAAAAAAAAAAAAA=\",\"payload\":{\"type\":"
                  "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"keep\","
                  "\"args\":[]}}}");
    turn_until(&n_kept, 1);
    request = kept[0];
    client->plan_ms = uv_now(&loop);
    client_arm(client, client->plan_ms);
    turn_often();
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    monologue_reply(request, NULL);
    turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
}
END_TEST

START_TEST(what_an_earlier_connection_asked_is_not_waited_for)
{
    start_call();
    drop();
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    client->plan_ms = uv_now(&loop);
    client_arm(client, client->plan_ms);
    turn_until_event(MONOLOGUE_EVENT_CONNECTED, 3);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    monologue_decline(kept[0]);
}
END_TEST

static void leave(void)
{
    client->plan_ms = uv_now(&loop);
    client_arm(client, client->plan_ms);
    while (monologue_state(client) == MONOLOGUE_STATE_CONNECTED)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTING);
}

START_TEST(closing_while_it_leaves_ends_it)
{
    leave();
    ck_assert_int_eq(monologue_close(client, on_closed, NULL), 0);
    turn_until(&n_closes, 1);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

START_TEST(connecting_while_it_leaves_is_told_of_the_new_connection)
{
    leave();
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

/* ---- from each callback ---- */

static void free_client(void)
{
    struct monologue *m = client;
    client = NULL;
    monologue_free(m);
}

static void close_client(void)
{
    ck_assert_int_eq(monologue_close(client, on_closed, NULL), 0);
}

static void connect_at_once(void)
{
    monologue_connect(client, on_connected, NULL);
}

static const struct {
    enum monologue_event_kind kind;
    unsigned nth;
} moments[] = {
    {MONOLOGUE_EVENT_CONNECTED, 1},
    {MONOLOGUE_EVENT_DISCONNECTED, 1},
    {MONOLOGUE_EVENT_FAILED, 2},
    {MONOLOGUE_EVENT_CONNECTED, 2},
};

/* A life with all of these moments; the server fails a few times. */
static void live_until(const unsigned *n)
{
    bool is_dropped = false;
    monologue_connect(client, on_connected, NULL);
    while (*n == 0) {
        uv_run(&loop, UV_RUN_ONCE);
        if (n_events[MONOLOGUE_EVENT_CONNECTED] == 1 && !is_dropped &&
            fakeserver_last(&server)) {
            is_dropped = true;
            server.is_abrupt = true;
            drop();
        }
        if (n_events[MONOLOGUE_EVENT_FAILED] == 3)
            server.is_abrupt = false;
    }
}

static unsigned n_freed;

static void free_and_count(void)
{
    free_client();
    n_freed++;
}

START_TEST(each_event_may_free_the_client)
{
    plan.kind = moments[_i].kind;
    plan.nth = moments[_i].nth;
    plan.act = free_and_count;
    live_until(&n_freed);
    unsigned n = n_events[plan.kind];
    turn_often();
    ck_assert_uint_eq(n_freed, 1);
    ck_assert_uint_eq(n_events[plan.kind], n);
    ck_assert_uint_eq(n_connects, 1);
}
END_TEST

START_TEST(each_event_may_close)
{
    plan.kind = moments[_i].kind;
    plan.nth = moments[_i].nth;
    plan.act = close_client;
    live_until(&n_closes);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    unsigned n = server.n_connections;
    turn_often();
    ck_assert_uint_eq(server.n_connections, n);
}
END_TEST

START_TEST(each_event_of_an_end_may_connect)
{
    plan.kind = moments[_i].kind;
    plan.nth = moments[_i].nth;
    plan.act = connect_at_once;
    live_until(&n_events[MONOLOGUE_EVENT_FAILED]);
    server.is_abrupt = false;
    while (monologue_state(client) != MONOLOGUE_STATE_CONNECTED)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 2);
}
END_TEST

static void free_when_connected(struct monologue *m, int status, void *data)
{
    on_connected(m, status, data);
    free_client();
}

START_TEST(the_callback_of_a_failed_attempt_may_free_the_client)
{
    server.is_abrupt = true;
    monologue_connect(client, free_when_connected, NULL);
    turn_until(&n_connects, 1);
    turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

static void free_when_closed(struct monologue *m, void *data)
{
    on_closed(m, data);
    free_client();
}

START_TEST(the_callback_of_closing_may_free_the_client)
{
    connect_client();
    monologue_close(client, free_when_closed, NULL);
    turn_until(&n_closes, 1);
}
END_TEST

static void free_when_answered(struct monologue *m, int status, json_t *ret,
                               void *data)
{
    on_answered(m, status, ret, data);
    free_client();
}

START_TEST(a_call_that_fails_with_its_connection_may_free_the_client)
{
    connect_client();
    start_call();
    monologue_call(client, monologue_connection_id(client), "keep", NULL, 0,
                   free_when_answered, NULL, NULL);
    turn_until(&n_kept, 2);
    drop();
    turn_until(&n_outcomes, 2);
    turn_often();
    monologue_decline(kept[0]);
    monologue_decline(kept[1]);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, SFun setup)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_ends(Suite *suite)
{
    TCase *quick = add_case(suite, "quick", setup_quick_connected);
    tcase_add_test(quick, a_connection_that_breaks_is_made_anew);
    tcase_add_test(quick, handlers_survive_and_calls_in_flight_fail_first);
    tcase_add_test(quick, what_fails_is_tried_again_until_it_works);
    tcase_add_test(quick, a_refused_key_is_not_tried_again);
    tcase_add_loop_test(quick, a_busy_server_is_given_time, 0, 2);
    tcase_add_test(
        quick, a_server_that_accepts_and_hangs_up_is_given_more_and_more_time);

    TCase *slow = add_case(suite, "waiting", setup_slow_connected);
    tcase_add_test(slow, connecting_while_it_waits_does_it_now);
    tcase_add_test(slow, connecting_while_it_does_so_itself_joins_in);
    tcase_add_test(slow, closing_while_it_waits_ends_it);
    tcase_add_test(slow, freeing_while_it_waits_ends_it);
    tcase_add_test(slow, a_call_that_fails_with_its_connection_may_close);
}

static void add_sessions(Suite *suite)
{
    TCase *old = add_case(suite, "session", setup_quick_connected);
    tcase_add_test(old,
                   the_end_is_planned_between_90_and_97_percent_of_the_session);
    tcase_add_test(old, an_old_connection_is_left_for_a_new_one);
    tcase_add_test(old, it_waits_for_what_is_in_flight);
    tcase_add_test(old, it_does_not_wait_for_ever);
    tcase_add_test(old, a_reply_that_nobody_here_waits_for_is_quiet_enough);
    tcase_add_test(old, what_an_earlier_connection_asked_is_not_waited_for);
    tcase_add_test(old, closing_while_it_leaves_ends_it);
    tcase_add_test(old,
                   connecting_while_it_leaves_is_told_of_the_new_connection);
}

static void add_callbacks(Suite *suite)
{
    TCase *fresh = add_case(suite, "callbacks", setup_quick);
    int n = sizeof moments / sizeof *moments;
    tcase_add_test(fresh, a_first_attempt_that_fails_is_told_and_tried_again);
    tcase_add_loop_test(fresh, each_event_may_free_the_client, 0, n);
    tcase_add_loop_test(fresh, each_event_may_close, 0, n);
    tcase_add_loop_test(fresh, each_event_of_an_end_may_connect, 1, 3);
    tcase_add_test(fresh, the_callback_of_a_failed_attempt_may_free_the_client);
    tcase_add_test(fresh, the_callback_of_closing_may_free_the_client);
    tcase_add_test(fresh,
                   a_call_that_fails_with_its_connection_may_free_the_client);
}

int main(void)
{
    Suite *suite = suite_create("reconnect");
    add_ends(suite);
    add_sessions(suite);
    add_callbacks(suite);
    return suite_run_suite(suite);
}
