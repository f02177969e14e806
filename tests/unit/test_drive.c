#include "client/drive.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "client/monologue.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* A client that is driven by poll(2). The relay has a thread of its own. */

static uv_loop_t server_loop;
static uv_thread_t thread;
static uv_async_t stop;
static struct fakeserver server;
static struct monologue *client;
static unsigned n_connects;
static unsigned n_closes;
static unsigned n_outcomes;
static int status_told; /* by whoever told last */
static unsigned n_waits;

static void on_stop(uv_async_t *async)
{
    fakeserver_close(&server);
    uv_close((uv_handle_t *)async, NULL);
}

static void serve(void *data)
{
    (void)data;
    uv_run(&server_loop, UV_RUN_DEFAULT);
}

/* Waits as a program would. Returns what monologue_dispatch() does. */
static int turn(void)
{
    struct pollfd fd = {.fd = monologue_fd(client),
                        .events = (short)monologue_events(client)};
    n_waits++;
    ck_assert_int_ge(poll(&fd, 1, monologue_timeout(client)), 0);
    return monologue_dispatch(client);
}

static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        ck_assert_int_eq(turn(), 0);
    ck_assert_uint_eq(*n, wanted);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    ck_assert_ptr_eq(m, client);
    n_connects++;
    status_told = status;
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
    n_outcomes++;
    status_told = status;
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

static void setup(void)
{
    uv_loop_init(&server_loop);
    fakeserver_open(&server, &server_loop);
    uv_async_init(&server_loop, &stop, on_stop);
    uv_thread_create(&thread, serve, NULL);
    const struct monologue_options options = {.endpoint = server.url};
    ck_assert_int_eq(monologue_new(&options, NULL, &client), 0);
    ck_assert_int_eq(monologue_on(client, "echo", echo, NULL), 0);
}

static void setup_connected(void)
{
    setup();
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 1);
    ck_assert_int_eq(status_told, 0);
}

static void teardown(void)
{
    monologue_free(client);
    uv_async_send(&stop);
    uv_thread_join(&thread);
    ck_assert_int_eq(uv_loop_close(&server_loop), 0);
}

static void start_call(const char *name, const json_t *args,
                       uint32_t timeout_ms)
{
    ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                    name, args, timeout_ms, on_answered, NULL,
                                    NULL),
                     0);
}

START_TEST(what_is_called_outside_of_dispatching_gets_its_answer)
{
    for (unsigned i = 1; i <= 10; i++) {
        start_call("echo", NULL, 0);
        turn_until(&n_outcomes, i);
        ck_assert_int_eq(status_told, 0);
    }
    monologue_close(client, on_closed, NULL);
    turn_until(&n_closes, 1);
}
END_TEST

/* A socket takes a part of it; the rest waits for room. */
START_TEST(more_than_a_socket_takes_is_sent_as_well)
{
    static char letters[120001];
    memset(letters, 'x', sizeof letters - 1);
    json_t *args = json_pack("[s]", letters);
    for (int i = 0; i < 50; i++)
        start_call("echo", args, 60000);
    json_decref(args);
    turn_until(&n_outcomes, 50);
    ck_assert_int_eq(status_told, 0);
}
END_TEST

START_TEST(a_client_without_work_needs_no_waking)
{
    ck_assert_int_eq(monologue_timeout(client), -1);
    ck_assert_int_eq(monologue_dispatch(client), 0);
    ck_assert_int_eq(monologue_timeout(client), -1);
}
END_TEST

/* Not in a loop that does not wait: some turns are for the handshake. */
static int never(struct monologue_request *request, const json_t *args,
                 json_t **ret_out, void *data)
{
    struct monologue_request **kept = data;
    (void)args;
    (void)ret_out;
    *kept = request;
    return MONOLOGUE_LATER;
}

START_TEST(deadlines_are_kept_without_spinning)
{
    unsigned n_before = n_waits;
    struct monologue_request *kept = NULL;
    monologue_on(client, "never", never, &kept);
    start_call("never", NULL, 200);
    ck_assert_int_le(monologue_timeout(client), 200);
    turn_until(&n_outcomes, 1);
    ck_assert_int_eq(status_told, -ETIMEDOUT);
    ck_assert_uint_lt(n_waits - n_before, 20);
    monologue_decline(kept);
}
END_TEST

START_TEST(time_that_passes_elsewhere_counts)
{
    start_call("nobody", NULL, 60000);
    while (monologue_timeout(client) == 0) /* what sending has put off */
        monologue_dispatch(client);
    int before_ms = monologue_timeout(client);
    ck_assert_int_gt(before_ms, 1000);
    (void)poll(NULL, 0, 50); /* the program is busy with something else */
    ck_assert_int_le(monologue_timeout(client), before_ms - 40);
}
END_TEST

static void dispatch_again(struct monologue *m, int status, void *data)
{
    on_connected(m, status, data);
    status_told = monologue_dispatch(m);
}

START_TEST(dispatching_from_a_callback_is_refused)
{
    monologue_connect(client, dispatch_again, NULL);
    turn_until(&n_connects, 1);
    ck_assert_int_eq(status_told, -EDEADLK);
}
END_TEST

static void free_when_connected(struct monologue *m, int status, void *data)
{
    on_connected(m, status, data);
    monologue_free(m);
}

START_TEST(a_callback_may_free_the_client_and_dispatching_tells)
{
    int status = 0;
    monologue_connect(client, free_when_connected, NULL);
    while (n_connects == 0)
        status = turn();
    ck_assert_int_eq(status, -ECANCELED);
    client = NULL;
}
END_TEST

static void dispatch_freed(struct monologue *m, int status, json_t *ret,
                           void *data)
{
    on_answered(m, status, ret, data);
    ck_assert_int_eq(monologue_dispatch(m), -ECANCELED);
    monologue_free(m);
}

START_TEST(freeing_tells_what_is_pending_and_leaves_no_descriptor)
{
    monologue_call(client, monologue_connection_id(client), "nobody", NULL, 0,
                   dispatch_freed, NULL, NULL);
    int fd = monologue_fd(client);
    struct pollfd waited = {.fd = fd};
    ck_assert_int_eq(poll(&waited, 1, 0), 0);
    monologue_free(client);
    client = NULL;
    ck_assert_uint_eq(n_outcomes, 1);
    ck_assert_int_eq(status_told, -ECANCELED);
    ck_assert_int_eq(poll(&waited, 1, 0), 1);
    ck_assert(waited.revents & POLLNVAL);
}
END_TEST

START_TEST(freeing_while_it_connects_ends_that)
{
    monologue_connect(client, on_connected, NULL);
    monologue_free(client);
    client = NULL;
    ck_assert_uint_eq(n_connects, 1);
    ck_assert_int_eq(status_told, -ECANCELED);
}
END_TEST

START_TEST(the_loop_of_a_caller_is_for_the_caller_to_run)
{
    uv_loop_t loop;
    struct monologue *other = NULL;
    const struct monologue_options options = {.endpoint = server.url};
    uv_loop_init(&loop);
    ck_assert_int_eq(monologue_new(&options, &loop, &other), 0);
    ck_assert_int_eq(monologue_fd(other), -EINVAL);
    ck_assert_int_eq(monologue_events(other), -EINVAL);
    ck_assert_int_eq(monologue_timeout(other), -1);
    ck_assert_int_eq(monologue_dispatch(other), -EINVAL);
    monologue_free(other);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drive");
    TCase *fresh = tcase_create("not connected");
    tcase_set_timeout(fresh, 120);
    tcase_add_checked_fixture(fresh, setup, teardown);
    tcase_add_test(fresh, a_client_without_work_needs_no_waking);
    tcase_add_test(fresh, dispatching_from_a_callback_is_refused);
    tcase_add_test(fresh, a_callback_may_free_the_client_and_dispatching_tells);
    tcase_add_test(fresh, freeing_while_it_connects_ends_that);
    tcase_add_test(fresh, the_loop_of_a_caller_is_for_the_caller_to_run);
    suite_add_tcase(suite, fresh);

    TCase *connected = tcase_create("connected");
    tcase_set_timeout(connected, 120);
    tcase_add_checked_fixture(connected, setup_connected, teardown);
    tcase_add_test(connected,
                   what_is_called_outside_of_dispatching_gets_its_answer);
    tcase_add_test(connected, more_than_a_socket_takes_is_sent_as_well);
    tcase_add_test(connected, deadlines_are_kept_without_spinning);
    tcase_add_test(connected, time_that_passes_elsewhere_counts);
    tcase_add_test(connected,
                   freeing_tells_what_is_pending_and_leaves_no_descriptor);
    suite_add_tcase(suite, connected);
    return suite_run_suite(suite);
}
