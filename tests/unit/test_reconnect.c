#include "client/reconnect.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/returner.h"
#include "tests/lib/suite.h"

/* A client that connects again by itself, after an end and a failed attempt. */

START_TEST(a_connection_that_breaks_is_made_anew)
{
    char before[sizeof last_id];
    strcpy(before, monologue_connection_id(client));
    returner_drop();
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert_str_eq(last_id, before);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_DISCONNECTED].status, -ECONNRESET);
    ck_assert_uint_eq(last[MONOLOGUE_EVENT_DISCONNECTED].code, 1006);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_le(last[MONOLOGUE_EVENT_DISCONNECTED].delay_ms, 2);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_str_eq(last_id, monologue_connection_id(client));
    ck_assert_str_ne(last_id, before);
    ck_assert_uint_eq(n_connects, 1);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_FAILED], 0);
}
END_TEST

START_TEST(handlers_survive_and_calls_in_flight_fail_first)
{
    returner_start_call();
    returner_drop();
    returner_turn_until(
        &n_outcomes, 1); /* returner_on_answered() sees that it comes first */
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    ck_assert_int_eq(monologue_call(client, "AAAAAAAAAAAAAAA=", "returner_keep",
                                    NULL, 0, returner_on_answered, NULL, NULL),
                     -ENOTCONN);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_int_eq(monologue_reply(kept[0], json_true()), -ECONNRESET);
    n_events[MONOLOGUE_EVENT_DISCONNECTED] = 0;
    ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                    "returner_keep", NULL, 0,
                                    returner_on_answered, NULL, NULL),
                     0);
    returner_turn_until(&n_kept, 2);
    ck_assert_int_eq(monologue_reply(kept[1], json_true()), 0);
    returner_turn_until(&n_outcomes, 2);
    ck_assert_int_eq(outcome_status, 0);
}
END_TEST

START_TEST(what_fails_is_tried_again_until_it_works)
{
    server.is_abrupt = true;
    returner_drop();
    while (n_events[MONOLOGUE_EVENT_FAILED] < 5)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -ECONNRESET);
    ck_assert(last[MONOLOGUE_EVENT_FAILED].will_reconnect);
    ck_assert_uint_le(last[MONOLOGUE_EVENT_FAILED].delay_ms, 8);
    server.is_abrupt = false;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_str_eq(monologue_errmsg(client), "");
}
END_TEST

START_TEST(a_first_attempt_that_fails_is_told_and_tried_again)
{
    server.is_abrupt = true;
    monologue_connect(client, returner_on_connected, NULL);
    returner_turn_until(&n_connects, 1);
    ck_assert_int_eq(connect_status, -ECONNRESET);
    ck_assert_int_eq(connect_state, MONOLOGUE_STATE_WAITING);
    while (n_events[MONOLOGUE_EVENT_FAILED] == 0)
        uv_run(&loop, UV_RUN_ONCE);
    server.is_abrupt = false;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 1);
    ck_assert_uint_eq(n_connects, 1);
}
END_TEST

START_TEST(a_refused_key_is_not_tried_again)
{
    server.response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    returner_drop();
    returner_turn_until_event(MONOLOGUE_EVENT_FAILED, 1);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -EKEYREJECTED);
    ck_assert(!last[MONOLOGUE_EVENT_FAILED].will_reconnect);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    returner_turn_often();
    ck_assert_uint_eq(server.n_connections, 2);
    server.response = NULL; /* but whoever knows better may connect */
    monologue_connect(client, returner_on_connected, NULL);
    returner_turn_until(&n_connects, 2);
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
    returner_drop();
    returner_turn_until_event(MONOLOGUE_EVENT_FAILED, 1);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -EAGAIN);
    ck_assert_uint_ge(last[MONOLOGUE_EVENT_FAILED].delay_ms, 4); /* of 8 */
    server.response = NULL;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
}
END_TEST

START_TEST(a_server_that_accepts_and_hangs_up_is_given_more_and_more_time)
{
    client->backoff.cap_ms = HOUR_MS; /* so no connection here lasts as long */
    for (unsigned i = 1; i <= 6; i++) {
        returner_drop();
        returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 1 + i);
        ck_assert_uint_eq(client->backoff.n_passed, i);
    }
    client->opened_ms = uv_now(&loop) - HOUR_MS; /* but this one has */
    returner_drop();
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 8);
    ck_assert_uint_eq(client->backoff.n_passed, 1);
}
END_TEST

/* ---- while it waits ---- */

static void start_waiting(void)
{
    returner_drop();
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_WAITING);
    ck_assert_ptr_null(monologue_connection_id(client));
}

START_TEST(connecting_while_it_waits_does_it_now)
{
    start_waiting();
    ck_assert_int_eq(monologue_connect(client, returner_on_connected, NULL), 0);
    ck_assert_int_eq(monologue_connect(client, returner_on_connected, NULL),
                     -EALREADY);
    returner_turn_until(&n_connects, 2);
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
    ck_assert_int_eq(monologue_connect(client, returner_on_connected, NULL), 0);
    returner_turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

START_TEST(closing_while_it_waits_ends_it)
{
    start_waiting();
    ck_assert_int_eq(monologue_close(client, returner_on_closed, NULL), 0);
    ck_assert_uint_eq(n_closes, 0);
    returner_turn_until(&n_closes, 1);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    returner_turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
}
END_TEST

START_TEST(freeing_while_it_waits_ends_it)
{
    start_waiting(); /* returner_close does the rest */
}
END_TEST

static void close_when_answered(struct monologue *m, int status, json_t *ret,
                                void *data)
{
    returner_on_answered(m, status, ret, data);
    ck_assert_int_eq(monologue_connect(m, returner_on_connected, NULL),
                     -EALREADY);
    ck_assert_int_eq(monologue_close(m, returner_on_closed, NULL), 0);
    ck_assert_uint_eq(n_closes, 0);
}

START_TEST(a_call_that_fails_with_its_connection_may_close)
{
    returner_start_call();
    monologue_call(client, monologue_connection_id(client), "returner_keep",
                   NULL, 0, close_when_answered, NULL, NULL);
    returner_turn_until(&n_kept, 2);
    returner_drop();
    returner_turn_until(&n_closes, 1);
    monologue_decline(kept[0]);
    monologue_decline(kept[1]);
    ck_assert_uint_eq(n_outcomes, 2);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    returner_turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

/* ---- from each callback ---- */

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
    monologue_connect(client, returner_on_connected, NULL);
    while (*n == 0) {
        uv_run(&loop, UV_RUN_ONCE);
        if (n_events[MONOLOGUE_EVENT_CONNECTED] == 1 && !is_dropped &&
            fakeserver_last(&server)) {
            is_dropped = true;
            server.is_abrupt = true;
            returner_drop();
        }
        if (n_events[MONOLOGUE_EVENT_FAILED] == 3)
            server.is_abrupt = false;
    }
}

START_TEST(each_event_may_free_the_client)
{
    plan.kind = moments[_i].kind;
    plan.nth = moments[_i].nth;
    plan.act = returner_free_and_count;
    live_until(&n_freed);
    unsigned n = n_events[plan.kind];
    returner_turn_often();
    ck_assert_uint_eq(n_freed, 1);
    ck_assert_uint_eq(n_events[plan.kind], n);
    ck_assert_uint_eq(n_connects, 1);
}
END_TEST

START_TEST(each_event_may_close)
{
    plan.kind = moments[_i].kind;
    plan.nth = moments[_i].nth;
    plan.act = returner_close_client;
    live_until(&n_closes);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    unsigned n = server.n_connections;
    returner_turn_often();
    ck_assert_uint_eq(server.n_connections, n);
}
END_TEST

START_TEST(each_event_of_an_end_may_connect)
{
    plan.kind = moments[_i].kind;
    plan.nth = moments[_i].nth;
    plan.act = returner_connect_at_once;
    live_until(&n_events[MONOLOGUE_EVENT_FAILED]);
    server.is_abrupt = false;
    while (monologue_state(client) != MONOLOGUE_STATE_CONNECTED)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 2);
}
END_TEST

static void free_when_connected(struct monologue *m, int status, void *data)
{
    returner_on_connected(m, status, data);
    returner_free_client();
}

START_TEST(the_callback_of_a_failed_attempt_may_free_the_client)
{
    server.is_abrupt = true;
    monologue_connect(client, free_when_connected, NULL);
    returner_turn_until(&n_connects, 1);
    returner_turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

static void free_when_closed(struct monologue *m, void *data)
{
    returner_on_closed(m, data);
    returner_free_client();
}

START_TEST(the_callback_of_closing_may_free_the_client)
{
    returner_connect_client();
    monologue_close(client, free_when_closed, NULL);
    returner_turn_until(&n_closes, 1);
}
END_TEST

static void free_when_answered(struct monologue *m, int status, json_t *ret,
                               void *data)
{
    returner_on_answered(m, status, ret, data);
    returner_free_client();
}

START_TEST(a_call_that_fails_with_its_connection_may_free_the_client)
{
    returner_connect_client();
    returner_start_call();
    monologue_call(client, monologue_connection_id(client), "returner_keep",
                   NULL, 0, free_when_answered, NULL, NULL);
    returner_turn_until(&n_kept, 2);
    returner_drop();
    returner_turn_until(&n_outcomes, 2);
    returner_turn_often();
    monologue_decline(kept[0]);
    monologue_decline(kept[1]);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

static void add_ends(Suite *suite)
{
    TCase *quick = returner_add_case(suite, "quick", returner_open_connected);
    tcase_add_test(quick, a_connection_that_breaks_is_made_anew);
    tcase_add_test(quick, handlers_survive_and_calls_in_flight_fail_first);
    tcase_add_test(quick, what_fails_is_tried_again_until_it_works);
    tcase_add_test(quick, a_refused_key_is_not_tried_again);
    tcase_add_loop_test(quick, a_busy_server_is_given_time, 0, 2);
    tcase_add_test(
        quick, a_server_that_accepts_and_hangs_up_is_given_more_and_more_time);

    TCase *slow = returner_add_case(suite, "waiting", returner_open_slow);
    tcase_add_test(slow, connecting_while_it_waits_does_it_now);
    tcase_add_test(slow, connecting_while_it_does_so_itself_joins_in);
    tcase_add_test(slow, closing_while_it_waits_ends_it);
    tcase_add_test(slow, freeing_while_it_waits_ends_it);
    tcase_add_test(slow, a_call_that_fails_with_its_connection_may_close);
}

static void add_callbacks(Suite *suite)
{
    TCase *fresh = returner_add_case(suite, "callbacks", returner_open);
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
    add_callbacks(suite);
    return suite_run_suite(suite);
}
