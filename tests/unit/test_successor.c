#include "client/successor.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/returner.h"
#include "tests/lib/suite.h"

/* Connections that are left, before the server's limit of their age, for
 * another one; or without any. */

static const char busy[] =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

START_TEST(the_end_is_planned_between_90_and_97_percent_of_the_session)
{
    uint64_t age_ms = client->plan_ms - client->opened_ms;
    ck_assert_uint_ge(age_ms, 6480000);
    ck_assert_uint_le(age_ms, 6984000);
    ck_assert_uint_eq(client->leave_ms - client->opened_ms, 7128000);
}
END_TEST

/* From now on the connection is old; @left_ms: and for how much longer. */
static void grow_old(uint32_t left_ms)
{
    client->plan_ms = uv_now(&loop);
    client->leave_ms = uv_now(&loop) + left_ms;
    client_arm(client, client->plan_ms);
}

START_TEST(an_old_connection_is_left_for_a_new_one)
{
    char before[sizeof last_id];
    strcpy(before, last_id);
    grow_old(HOUR_MS);
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_DISCONNECTED].status, 0);
    ck_assert_uint_eq(last[MONOLOGUE_EVENT_DISCONNECTED].code, 1000);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_eq(last[MONOLOGUE_EVENT_DISCONNECTED].delay_ms, 0);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 2); /* already */
    ck_assert_str_eq(last_id, monologue_connection_id(client));
    ck_assert_str_ne(last_id, before);
    ck_assert_uint_gt(client->plan_ms, uv_now(&loop));
    returner_turn_until(&server.n_closes, 1);
    ck_assert_uint_eq(server.n_connections, 2);
    returner_turn_often();
    ck_assert_ptr_null(client->predecessor);
}
END_TEST

START_TEST(there_is_no_moment_without_a_connection)
{
    grow_old(HOUR_MS);
    while (n_events[MONOLOGUE_EVENT_CONNECTED] == 1) {
        uv_run(&loop, UV_RUN_ONCE);
        ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTED);
        ck_assert_ptr_nonnull(monologue_connection_id(client));
    }
    n_events[MONOLOGUE_EVENT_DISCONNECTED] = 0;
    returner_start_call();
    ck_assert_int_eq(monologue_reply(kept[0], json_true()), 0);
    returner_turn_until(&n_outcomes, 1);
    ck_assert_int_eq(outcome_status, 0);
}
END_TEST

static void turn_until_ready(void)
{
    while (!successor_is_ready(client))
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
}

static void turn_until_tried(unsigned n_connections)
{
    while (server.n_connections < n_connections)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTED);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_FAILED], 0);
}

START_TEST(it_stays_until_another_can_be_had)
{
    server.is_abrupt = true;
    grow_old(HOUR_MS);
    turn_until_tried(4);
    server.is_abrupt = false;
    server.response = busy;
    turn_until_tried(5);
    server.response = NULL;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_FAILED], 0);
}
END_TEST

static bool answer_nonsense(struct fakepeer *peer, const char *text,
                            size_t size, void *data)
{
    (void)text;
    (void)size;
    (void)data;
    fakepeer_send(peer, "two words");
    return true;
}

START_TEST(a_successor_must_speak_as_a_server_does)
{
    server.message_cb = answer_nonsense;
    grow_old(HOUR_MS);
    turn_until_tried(4);
    server.message_cb = NULL;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_STRAY], 0);
}
END_TEST

START_TEST(an_attempt_that_takes_too_long_is_given_up)
{
    server.is_silent = true;
    client->options.timeout_ms = 10;
    grow_old(HOUR_MS);
    turn_until_tried(4);
    server.is_silent = false;
    client->options.timeout_ms = 60000;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
}
END_TEST

START_TEST(an_old_connection_without_successor_is_left_in_the_end)
{
    server.is_silent = true;
    grow_old(20);
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 1);
    ck_assert_uint_eq(server.n_closes, 1);
    server.is_silent = false;
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
}
END_TEST

START_TEST(who_would_be_refused_for_good_stays_to_the_end)
{
    server.response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    grow_old(50);
    turn_until_tried(2);
    returner_turn_until_event(MONOLOGUE_EVENT_FAILED, 1);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_FAILED].status, -EKEYREJECTED);
    ck_assert(!last[MONOLOGUE_EVENT_FAILED].will_reconnect);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert_uint_eq(server.n_connections, 3);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
}
END_TEST

START_TEST(a_successor_takes_over_also_when_the_old_one_breaks)
{
    struct fakepeer *old = fakeserver_last(&server);
    returner_start_call();
    grow_old(HOUR_MS);
    turn_until_ready();
    fakepeer_drop(old);
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    ck_assert_int_eq(last[MONOLOGUE_EVENT_DISCONNECTED].status, -ECONNRESET);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 2);
    ck_assert_uint_eq(server.n_connections, 2);
    monologue_decline(kept[0]);
}
END_TEST

START_TEST(a_successor_that_breaks_is_replaced)
{
    returner_start_call();
    grow_old(HOUR_MS);
    for (unsigned i = 0; i < 3; i++) {
        turn_until_ready();
        returner_drop();
        while (successor_is_ready(client))
            uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_int_eq(monologue_reply(kept[0], NULL), 0);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert_int_eq(outcome_status, 0);
    ck_assert_uint_eq(server.n_connections, 5);
}
END_TEST

static void turn_deaf(void)
{
    server.is_deaf = true; /* before it has read the close frame */
}

START_TEST(one_may_be_left_while_another_still_says_goodbye)
{
    plan.kind = MONOLOGUE_EVENT_CONNECTED;
    plan.nth = 2;
    plan.act = turn_deaf;
    grow_old(HOUR_MS);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    returner_turn_often();
    ck_assert_ptr_nonnull(client->predecessor);
    server.is_deaf = false;
    grow_old(HOUR_MS);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 3);
    returner_turn_often();
    ck_assert_ptr_null(client->predecessor);
    ck_assert_uint_eq(server.n_closes, 1);
}
END_TEST

START_TEST(closing_ends_a_successor_too)
{
    returner_start_call();
    grow_old(HOUR_MS);
    if (_i == 0)
        turn_until_ready();
    else
        turn_until_tried(2); /* under way */
    ck_assert_int_eq(monologue_close(client, returner_on_closed, NULL), 0);
    returner_turn_until(&n_closes, 1);
    while (fakeserver_last(&server)) /* until it has seen both of them end */
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 1);
    monologue_decline(kept[0]);
}
END_TEST

START_TEST(freeing_ends_a_successor_too)
{
    returner_start_call();
    grow_old(HOUR_MS);
    if (_i == 0)
        turn_until_ready();
    else
        turn_until_tried(2);
    monologue_decline(kept[0]); /* returner_close does the rest */
}
END_TEST

START_TEST(it_waits_for_what_is_in_flight)
{
    returner_start_call();
    grow_old(HOUR_MS);
    returner_turn_often();
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTED);
    ck_assert_int_eq(monologue_reply(kept[0], json_true()), 0);
    returner_turn_until(&n_outcomes, 1);
    ck_assert_int_eq(outcome_status, 0);
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
}
END_TEST

START_TEST(it_does_not_wait_for_ever)
{
    returner_start_call();
    grow_old(20);
    returner_turn_until(&n_outcomes, 1);
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    monologue_reply(kept[0], NULL);
}
END_TEST

START_TEST(a_reply_that_nobody_here_waits_for_is_quiet_enough)
{
    struct monologue_request *request = NULL;
    monologue_on(client, "returner_keep", returner_keep, NULL);
    fakepeer_send(
        fakeserver_last(&server),
        "{\"from\":\"AAAAAAAAAAAAAAA=\",\"payload\":{\"type\":"
        "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"returner_keep\","
        "\"args\":[]}}}");
    returner_turn_until(&n_kept, 1);
    request = kept[0];
    grow_old(HOUR_MS);
    returner_turn_often();
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    monologue_reply(request, NULL);
    returner_turn_until_event(MONOLOGUE_EVENT_DISCONNECTED, 1);
}
END_TEST

START_TEST(what_an_earlier_connection_asked_is_not_waited_for)
{
    returner_start_call();
    returner_drop();
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 2);
    grow_old(HOUR_MS);
    returner_turn_until_event(MONOLOGUE_EVENT_CONNECTED, 3);
    ck_assert(last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
    monologue_decline(kept[0]);
}
END_TEST

/* Without a successor: the time is up at once. */
static void leave(void)
{
    grow_old(0);
    while (monologue_state(client) == MONOLOGUE_STATE_CONNECTED)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_CONNECTING);
}

START_TEST(closing_while_it_leaves_ends_it)
{
    leave();
    ck_assert_int_eq(monologue_close(client, returner_on_closed, NULL), 0);
    returner_turn_until(&n_closes, 1);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert(!last[MONOLOGUE_EVENT_DISCONNECTED].will_reconnect);
    returner_turn_often();
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

START_TEST(connecting_while_it_leaves_is_told_of_the_new_connection)
{
    leave();
    ck_assert_int_eq(monologue_connect(client, returner_on_connected, NULL), 0);
    returner_turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

/* ---- from each callback ---- */

/* When told of either end of a change from one connection to another. */
static const enum monologue_event_kind sides[] = {MONOLOGUE_EVENT_DISCONNECTED,
                                                  MONOLOGUE_EVENT_CONNECTED};

static void change_over(int side, void (*act)(void))
{
    returner_connect_client();
    plan.kind = sides[side];
    plan.nth = sides[side] == MONOLOGUE_EVENT_CONNECTED ? 2 : 1;
    plan.act = act;
    grow_old(HOUR_MS);
}

START_TEST(each_event_of_a_change_may_free_the_client)
{
    change_over(_i, returner_free_and_count);
    returner_turn_until(&n_freed, 1);
    unsigned n = n_events[MONOLOGUE_EVENT_CONNECTED];
    returner_turn_often();
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], n);
}
END_TEST

START_TEST(each_event_of_a_change_may_close)
{
    change_over(_i, returner_close_client);
    returner_turn_until(&n_closes, 1);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    returner_turn_often();
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 1u + _i);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

START_TEST(connecting_when_told_of_a_change_is_told_of_the_new_one)
{
    change_over(0, returner_connect_at_once);
    returner_turn_until(&n_connects, 2);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 2);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

static void free_in_change(struct monologue *m, int status, json_t *ret,
                           void *data)
{
    returner_on_answered(m, status, ret, data);
    returner_free_and_count();
}

static void close_in_change(struct monologue *m, int status, json_t *ret,
                            void *data)
{
    returner_on_answered(m, status, ret, data);
    returner_close_client();
}

/* At the end of its time a connection is left whatever is in flight. */
START_TEST(a_call_that_fails_in_a_change_may_do_anything)
{
    returner_connect_client();
    ck_assert_int_eq(monologue_on(client, "returner_keep", returner_keep, NULL),
                     0);
    monologue_call(client, monologue_connection_id(client), "returner_keep",
                   NULL, 0, _i ? free_in_change : close_in_change, NULL, NULL);
    returner_turn_until(&n_kept, 1);
    grow_old(HOUR_MS);
    turn_until_ready();
    grow_old(0);
    returner_turn_until(_i ? &n_freed : &n_closes, 1);
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    returner_turn_often();
    monologue_decline(kept[0]);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_CONNECTED], 1);
    ck_assert_uint_eq(server.n_connections, 2);
}
END_TEST

static void add_lives(Suite *suite)
{
    TCase *old = returner_add_case(suite, "session", returner_open_connected);
    tcase_add_test(old,
                   the_end_is_planned_between_90_and_97_percent_of_the_session);
    tcase_add_test(old, an_old_connection_is_left_for_a_new_one);
    tcase_add_test(old, there_is_no_moment_without_a_connection);
    tcase_add_test(old, it_stays_until_another_can_be_had);
    tcase_add_test(old, a_successor_must_speak_as_a_server_does);
    tcase_add_test(old, an_attempt_that_takes_too_long_is_given_up);
    tcase_add_test(old, an_old_connection_without_successor_is_left_in_the_end);
    tcase_add_test(old, who_would_be_refused_for_good_stays_to_the_end);
    tcase_add_test(old, a_successor_takes_over_also_when_the_old_one_breaks);
    tcase_add_test(old, a_successor_that_breaks_is_replaced);
    tcase_add_test(old, one_may_be_left_while_another_still_says_goodbye);
    tcase_add_loop_test(old, closing_ends_a_successor_too, 0, 2);
    tcase_add_loop_test(old, freeing_ends_a_successor_too, 0, 2);
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
    TCase *fresh = returner_add_case(suite, "callbacks", returner_open);
    tcase_add_loop_test(fresh, each_event_of_a_change_may_free_the_client, 0,
                        2);
    tcase_add_loop_test(fresh, each_event_of_a_change_may_close, 0, 2);
    tcase_add_test(fresh,
                   connecting_when_told_of_a_change_is_told_of_the_new_one);
    tcase_add_loop_test(fresh, a_call_that_fails_in_a_change_may_do_anything, 0,
                        2);
}

int main(void)
{
    Suite *suite = suite_create("successor");
    add_lives(suite);
    add_callbacks(suite);
    return suite_run_suite(suite);
}
