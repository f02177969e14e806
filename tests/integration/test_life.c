#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "client/monologue.h"
#include "tests/lib/daemon.h"
#include "tests/lib/suite.h"

/*
 * The library beside a real server that is restarted, killed, has limits and
 * changes its mind.
 */

#define KEY "a-key-of-this-test-0123456789"

enum { FLEET = 40, ROUNDS = 3, N_KINDS = MONOLOGUE_EVENT_OVERLOAD + 1 };

struct end {
    struct monologue *m;
    unsigned n_connects; /* told by the callback */
    int connect_status;
    unsigned n_closes;
    unsigned n_events[N_KINDS];
    struct monologue_event last[N_KINDS]; /* their pointers are gone */
    char id[MONOLOGUE_ID_CHARS + 1];
    unsigned n_outcomes;
    int outcome_status;
};

static uv_loop_t loop;
static struct daemon *relay;
static char port_option[64]; /* --listen= with the port of the first one */
static struct end ends[FLEET];

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    struct end *end = data;
    (void)m;
    end->n_events[event->kind]++;
    end->last[event->kind] = *event;
    if (event->kind == MONOLOGUE_EVENT_CONNECTED)
        snprintf(end->id, sizeof end->id, "%s", event->id);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    struct end *end = data;
    (void)m;
    end->n_connects++;
    end->connect_status = status;
}

static void on_closed(struct monologue *m, void *data)
{
    (void)m;
    ((struct end *)data)->n_closes++;
}

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    struct end *end = data;
    (void)m;
    (void)ret;
    end->n_outcomes++;
    end->outcome_status = status;
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

static int keep(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)args;
    (void)ret_out;
    *(struct monologue_request **)data = request;
    return MONOLOGUE_LATER;
}

/* The test's timeout ends it. */
static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
}

static void make_end(struct end *end, const struct monologue_options *given)
{
    struct monologue_options options = *given;
    options.endpoint = daemon_endpoint(relay, 0);
    options.api_key = KEY;
    options.event_cb = on_event;
    options.event_data = end;
    ck_assert_int_eq(monologue_new(&options, &loop, &end->m), 0);
    ck_assert_int_eq(monologue_on(end->m, "echo", echo, NULL), 0);
    ck_assert_int_eq(monologue_connect(end->m, on_connected, end), 0);
}

static const struct monologue_options persistent = {
    .reconnect = true, .reconnect_base_ms = 10, .reconnect_cap_ms = 100};

/* The first takes any port, those after it the same one. */
static void start_daemon(const char *key, const char *option)
{
    char key_option[64];
    snprintf(key_option, sizeof key_option, "--api-key=%s", key);
    relay = DAEMON(*port_option ? port_option : "--listen=ws://127.0.0.1:0",
                   key_option, "--drain-timeout=1s", option);
    unsigned port = 0;
    ck_assert_int_eq(
        sscanf(daemon_endpoint(relay, 0), "ws://127.0.0.1:%u", &port), 1);
    snprintf(port_option, sizeof port_option, "--listen=ws://127.0.0.1:%u",
             port);
}

static void end_daemon(void)
{
    daemon_end(relay);
    relay = NULL;
}

static void setup(void)
{
    unsetenv("MONOLOGUE_ENDPOINT");
    unsetenv("MONOLOGUE_API_KEY");
    uv_loop_init(&loop);
}

static void teardown(void)
{
    for (int i = 0; i < FLEET; i++)
        monologue_free(ends[i].m);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    if (relay)
        end_daemon();
}

static void call_echo(struct end *from, const struct end *to)
{
    ck_assert_int_eq(monologue_call(from->m, to->id, "echo", NULL, 60000,
                                    on_answered, from, NULL),
                     0);
}

/* ---- restarts ---- */

/* The server must run while it ends: it waits for our close frames. */
static void turn_while_ending(struct end *end, unsigned wanted)
{
    daemon_signal(relay, SIGTERM);
    turn_until(&end->n_events[MONOLOGUE_EVENT_DISCONNECTED], wanted);
    ck_assert_int_eq(daemon_wait(relay), 0);
    daemon_free(relay);
    relay = NULL;
}

START_TEST(a_client_comes_back_after_each_restart)
{
    struct end *end = &ends[0];
    char before[sizeof end->id];
    start_daemon(KEY, "--workers=1");
    make_end(end, &persistent);
    turn_until(&end->n_connects, 1);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        strcpy(before, end->id);
        turn_while_ending(end, i);
        ck_assert_int_eq(end->last[MONOLOGUE_EVENT_DISCONNECTED].status,
                         -ECONNRESET);
        ck_assert_uint_eq(end->last[MONOLOGUE_EVENT_DISCONNECTED].code, 1001);
        turn_until(&end->n_events[MONOLOGUE_EVENT_FAILED],
                   i); /* nobody there */
        start_daemon(KEY, "--workers=1");
        turn_until(&end->n_events[MONOLOGUE_EVENT_CONNECTED], i + 1);
        ck_assert_str_ne(end->id, before);
        call_echo(end, end);
        turn_until(&end->n_outcomes, i);
        ck_assert_int_eq(end->outcome_status, 0);
    }
    ck_assert_uint_eq(end->n_connects, 1);
}
END_TEST

START_TEST(a_killed_server_fails_what_is_in_flight_once)
{
    struct end *end = &ends[0];
    struct monologue_request *kept = NULL;
    start_daemon(KEY, "--workers=2");
    make_end(end, &persistent);
    monologue_on(end->m, "keep", keep, &kept);
    turn_until(&end->n_connects, 1);
    monologue_call(end->m, end->id, "keep", NULL, 60000, on_answered, end,
                   NULL);
    while (!kept)
        uv_run(&loop, UV_RUN_ONCE);
    daemon_free(relay);
    start_daemon(KEY, "--workers=2");
    turn_until(&end->n_events[MONOLOGUE_EVENT_CONNECTED], 2);
    ck_assert_uint_eq(end->n_outcomes, 1);
    ck_assert_int_eq(end->outcome_status, -ECONNRESET);
    ck_assert_uint_eq(end->last[MONOLOGUE_EVENT_DISCONNECTED].code, 1006);
    ck_assert_int_eq(monologue_reply(kept, json_true()), -ECONNRESET);
}
END_TEST

START_TEST(a_fleet_comes_back_and_finds_each_other)
{
    start_daemon(KEY, "--workers=2");
    for (int i = 0; i < FLEET; i++)
        make_end(&ends[i], &persistent);
    for (int i = 0; i < FLEET; i++)
        turn_until(&ends[i].n_events[MONOLOGUE_EVENT_CONNECTED], 1);
    turn_while_ending(&ends[0], 1);
    start_daemon(KEY, "--workers=2");
    for (int i = 0; i < FLEET; i++)
        turn_until(&ends[i].n_events[MONOLOGUE_EVENT_CONNECTED], 2);
    for (int i = 0; i < FLEET; i++)
        call_echo(&ends[i], &ends[(i + 1) % FLEET]);
    for (int i = 0; i < FLEET; i++) {
        turn_until(&ends[i].n_outcomes, 1);
        ck_assert_int_eq(ends[i].outcome_status, 0);
    }
}
END_TEST

START_TEST(a_server_that_lost_our_key_is_left_in_peace)
{
    struct end *end = &ends[0];
    start_daemon(KEY, "--workers=1");
    make_end(end, &persistent);
    turn_until(&end->n_connects, 1);
    turn_while_ending(end, 1);
    start_daemon("quite-another-key-0123456789", "--workers=1");
    do
        turn_until(&end->n_events[MONOLOGUE_EVENT_FAILED],
                   end->n_events[MONOLOGUE_EVENT_FAILED] + 1);
    while (end->last[MONOLOGUE_EVENT_FAILED].will_reconnect);
    ck_assert_int_eq(end->last[MONOLOGUE_EVENT_FAILED].status, -EKEYREJECTED);
    ck_assert_int_eq(monologue_state(end->m), MONOLOGUE_STATE_IDLE);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0); /* no timer is left */
}
END_TEST

START_TEST(a_server_that_limits_connects_lets_everybody_in_at_last)
{
    start_daemon(KEY, "--workers=1");
    end_daemon();
    relay = DAEMON(port_option, "--api-key=" KEY, "--connect-rate=20",
                   "--connect-burst=1");
    for (int i = 0; i < 5; i++)
        make_end(&ends[i], &persistent);
    unsigned n_refused = 0;
    for (int i = 0; i < 5; i++) {
        turn_until(&ends[i].n_events[MONOLOGUE_EVENT_CONNECTED], 1);
        n_refused += ends[i].connect_status == -EAGAIN;
    }
    ck_assert_uint_gt(n_refused, 0);
}
END_TEST

/* ---- limits ---- */

START_TEST(a_client_leaves_before_the_session_limit)
{
    struct end *end = &ends[0];
    struct monologue_options options = persistent;
    options.session_ms = 400;
    start_daemon(KEY, "--session-limit=20s");
    make_end(end, &options);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        turn_until(&end->n_events[MONOLOGUE_EVENT_DISCONNECTED], i);
        ck_assert(end->last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
        ck_assert_uint_eq(end->last[MONOLOGUE_EVENT_DISCONNECTED].code, 1000);
    }
    turn_until(&end->n_events[MONOLOGUE_EVENT_CONNECTED], ROUNDS + 1);
    ck_assert_uint_eq(end->n_events[MONOLOGUE_EVENT_FAILED], 0);
}
END_TEST

START_TEST(a_client_that_met_the_session_limit_comes_back)
{
    struct end *end = &ends[0];
    start_daemon(KEY, "--session-limit=200ms");
    make_end(end, &persistent);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        turn_until(&end->n_events[MONOLOGUE_EVENT_DISCONNECTED], i);
        ck_assert(!end->last[MONOLOGUE_EVENT_DISCONNECTED].is_ours);
        ck_assert_uint_eq(end->last[MONOLOGUE_EVENT_DISCONNECTED].code, 1001);
    }
    turn_until(&end->n_events[MONOLOGUE_EVENT_CONNECTED], ROUNDS + 1);
}
END_TEST

START_TEST(signs_of_life_beat_the_idle_limit)
{
    struct end *lively = &ends[0];
    struct end *idle = &ends[1];
    struct monologue_options options = persistent;
    start_daemon(KEY, "--idle-timeout=1s");
    options.keepalive_ms = 100;
    make_end(lively, &options);
    make_end(idle, &persistent);
    turn_until(&idle->n_events[MONOLOGUE_EVENT_DISCONNECTED], ROUNDS);
    ck_assert_uint_eq(idle->last[MONOLOGUE_EVENT_DISCONNECTED].code, 1001);
    ck_assert_uint_eq(lively->n_events[MONOLOGUE_EVENT_CONNECTED], 1);
    ck_assert_uint_eq(lively->n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
}
END_TEST

START_TEST(closing_in_the_midst_of_it_is_final)
{
    struct end *end = &ends[0];
    start_daemon(KEY, "--workers=1");
    make_end(end, &persistent);
    turn_until(&end->n_connects, 1);
    turn_while_ending(end, 1);
    turn_until(&end->n_events[MONOLOGUE_EVENT_FAILED], 2);
    ck_assert_int_eq(monologue_close(end->m, on_closed, end), 0);
    turn_until(&end->n_closes, 1);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0); /* no timer is left */
    ck_assert_int_eq(monologue_state(end->m), MONOLOGUE_STATE_IDLE);
}
END_TEST

/* ---- without a loop ---- */

START_TEST(a_blocking_program_waits_for_the_server_to_come_back)
{
    struct monologue_blocking *blocking = NULL;
    struct monologue_options options = persistent;
    char id[MONOLOGUE_ID_CHARS + 1];
    json_t *ret = NULL;
    start_daemon(KEY, "--workers=1");
    options.endpoint = daemon_endpoint(relay, 0);
    options.api_key = KEY;
    ck_assert_int_eq(monologue_blocking_new(&options, &blocking), 0);
    ck_assert_int_eq(monologue_blocking_on(blocking, "echo", echo, NULL), 0);
    ck_assert_int_eq(monologue_blocking_connect(blocking), 0);
    end_daemon();
    start_daemon(KEY, "--workers=1");
    int status;
    do { /* it may be too early, or the old end not yet be noticed */
        monologue_blocking_connect(blocking);
        status = monologue_blocking_connection_id(blocking, id);
        if (status == 0)
            status =
                monologue_blocking_call(blocking, id, "echo", NULL, 0, &ret);
    } while (status < 0);
    json_decref(ret);
    monologue_blocking_free(blocking);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("life");
    TCase *tcase = tcase_create("life");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_client_comes_back_after_each_restart);
    tcase_add_test(tcase, a_killed_server_fails_what_is_in_flight_once);
    tcase_add_test(tcase, a_fleet_comes_back_and_finds_each_other);
    tcase_add_test(tcase, a_server_that_lost_our_key_is_left_in_peace);
    tcase_add_test(tcase,
                   a_server_that_limits_connects_lets_everybody_in_at_last);
    tcase_add_test(tcase, a_client_leaves_before_the_session_limit);
    tcase_add_test(tcase, a_client_that_met_the_session_limit_comes_back);
    tcase_add_test(tcase, signs_of_life_beat_the_idle_limit);
    tcase_add_test(tcase, closing_in_the_midst_of_it_is_final);
    tcase_add_test(tcase, a_blocking_program_waits_for_the_server_to_come_back);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
