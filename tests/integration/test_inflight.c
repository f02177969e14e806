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
 * Our library with many calls in flight on one connection, through a real
 * daemon: none is lost, none is told twice.
 */

enum {
    MANY = 1000,
    VERY_MANY = 100000,
    WINDOW = 200, /* sent, and not with the callee yet */
};

struct call {
    unsigned n; /* times told */
    int status;
    json_int_t value;
};

static uv_loop_t loop;
static uv_timer_t tick; /* so that no turn of the loop waits for ever */
static struct daemon *server;
static struct monologue *caller;
static struct monologue *callee;
static unsigned n_connects;
static struct call *calls;
static unsigned n_called;
static unsigned n_told;
static struct monologue_request **requests; /* in order of arrival */
static unsigned n_arrived;

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

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    ck_assert_msg(status == 0, "%s", monologue_errmsg(m));
    n_connects++;
}

static struct monologue *open_client(void)
{
    char endpoint[200];
    struct monologue *m = NULL;
    snprintf(endpoint, sizeof endpoint, "%s", daemon_endpoint(server, 0));
    const struct monologue_options options = {
        .endpoint = endpoint,
        .api_key = daemon_key(server),
        .timeout_ms = 100000,
        .max_requests = VERY_MANY,
        .is_insecure = true,
    };
    ck_assert_msg(monologue_new(&options, &loop, &m) == 0, "%s",
                  monologue_errmsg(NULL));
    ck_assert_int_eq(monologue_connect(m, on_connected, NULL), 0);
    turn_until(&n_connects, n_connects + 1);
    return m;
}

static int keep(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)args;
    (void)ret_out;
    (void)data;
    requests[n_arrived++] = request;
    return MONOLOGUE_LATER;
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    n_arrived++;
    return 0;
}

static void start(int i, unsigned n_calls)
{
    server = DAEMON_IN_GRID(i, "--log-level=debug");
    uv_loop_init(&loop);
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 10, 10);
    n_connects = n_called = n_told = n_arrived = 0;
    calls = calloc(n_calls, sizeof *calls);
    requests = calloc(n_calls, sizeof(struct monologue_request *));
    ck_assert(calls && requests);
    caller = open_client();
    callee = open_client();
    ck_assert_int_eq(monologue_on(callee, "keep", keep, NULL), 0);
    ck_assert_int_eq(monologue_on(callee, "echo", echo, NULL), 0);
}

static void finish(void)
{
    monologue_free(caller);
    monologue_free(callee);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    free(calls);
    free(requests);
    daemon_free(server);
}

static void on_told(struct monologue *m, int status, json_t *ret, void *data)
{
    struct call *call = data;
    (void)m;
    call->n++;
    call->status = status;
    call->value = json_integer_value(ret);
    n_told++;
}

/* Calls @name with the number of the call. */
static void call_next(const char *to, const char *name)
{
    json_t *args = json_pack("[i]", (int)n_called);
    int status = monologue_call(caller, to, name, args, 0, on_told,
                                &calls[n_called], NULL);
    ck_assert_msg(status == 0, "%s", monologue_errmsg(caller));
    json_decref(args);
    n_called++;
}

/* Calls until there are @n, no faster than they arrive. */
static void call_all(const char *name, unsigned n)
{
    while (n_called < n) {
        while (n_called < n && n_called - n_arrived < WINDOW)
            call_next(monologue_connection_id(callee), name);
        uv_run(&loop, UV_RUN_ONCE);
    }
    turn_until(&n_arrived, n);
}

/* The same for calls that nobody gets. */
static void call_in_vain(const char *to, const char *name)
{
    while (n_called < MANY) {
        while (n_called < MANY && n_called - n_told < WINDOW)
            call_next(to, name);
        uv_run(&loop, UV_RUN_ONCE);
    }
    turn_until(&n_told, MANY);
}

static uint64_t count_waiting(void)
{
    struct monologue_stats stats;
    monologue_stats(caller, &stats, sizeof stats);
    return stats.n_waiting;
}

/* Every call was told once: @status, and if that is 0 its own number. */
static void expect_all(unsigned n, int status)
{
    struct monologue_stats stats;
    ck_assert_uint_eq(n_told, n);
    for (unsigned i = 0; i < n; i++) {
        ck_assert(calls[i].n == 1);
        ck_assert(calls[i].status == status);
        ck_assert(status < 0 || calls[i].value == (json_int_t)i);
    }
    monologue_stats(caller, &stats, sizeof stats);
    ck_assert_uint_eq(stats.n_calls, n);
    ck_assert_uint_eq(stats.n_waiting, 0);
    ck_assert_uint_eq(stats.n_late, 0);
}

/* The order of answering has nothing to do with that of calling. */
static void answer_shuffled(unsigned n)
{
    enum { STEP = 7919 }; /* a prime that does not divide the number */
    for (unsigned i = 0; i < n; i++) {
        size_t at = (size_t)i * STEP % n;
        ck_assert_int_eq(
            monologue_reply(requests[at], json_integer((json_int_t)at)), 0);
        while (i + 1 - n_told > WINDOW)
            uv_run(&loop, UV_RUN_ONCE);
    }
}

START_TEST(a_thousand_calls_in_flight_are_each_answered_once)
{
    start(_i, MANY);
    call_all("keep", MANY);
    ck_assert_uint_eq(count_waiting(), MANY);
    ck_assert_uint_eq(n_told, 0);
    answer_shuffled(MANY);
    turn_until(&n_told, MANY);
    expect_all(MANY, 0);
    finish();
}
END_TEST

START_TEST(a_hundred_thousand_are_no_other_matter)
{
    start(0, VERY_MANY);
    call_all("keep", VERY_MANY);
    ck_assert_uint_eq(count_waiting(), VERY_MANY);
    answer_shuffled(VERY_MANY);
    turn_until(&n_told, VERY_MANY);
    expect_all(VERY_MANY, 0);
    finish();
}
END_TEST

START_TEST(a_thousand_calls_to_a_dead_id_fail_at_once)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    start(_i, MANY);
    strcpy(id, monologue_connection_id(callee));
    monologue_free(callee);
    callee = open_client();
    call_in_vain(id, "echo");
    expect_all(MANY, -ENOENT);
    ck_assert_ptr_nonnull(
        strstr(monologue_errmsg(caller), "no open connection has that id"));
    finish();
}
END_TEST

START_TEST(a_thousand_calls_of_a_method_that_is_none_fail_at_once)
{
    start(_i, MANY);
    call_in_vain(monologue_connection_id(callee), "nothing");
    expect_all(MANY, -ENOSYS);
    finish();
}
END_TEST

START_TEST(a_daemon_that_is_killed_fails_them_all_once)
{
    start(_i, MANY);
    call_all("keep", MANY);
    daemon_signal(server, SIGKILL);
    turn_until(&n_told, MANY);
    expect_all(MANY, -ECONNRESET);
    for (unsigned i = 0; i < MANY; i++)
        monologue_decline(requests[i]);
    finish();
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        a_thousand_calls_in_flight_are_each_answered_once,
        a_thousand_calls_to_a_dead_id_fail_at_once,
        a_thousand_calls_of_a_method_that_is_none_fail_at_once,
        a_daemon_that_is_killed_fails_them_all_once, NULL};
    const TTest *const once[] = {a_hundred_thousand_are_no_other_matter, NULL};
    return suite_run_looped("inflight", looped, DAEMON_GRID, once);
}
