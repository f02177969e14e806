#include <errno.h>
#include <stdio.h>
#include <uv.h>

#include "client/monologue.h"
#include "tests/lib/cable.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* A client that connects again by itself, at the end of a cable that is cut. */

static uv_loop_t loop;
static uv_timer_t tick; /* so that no turn of the loop waits for ever */
static struct fakeserver server;
static struct cable *cable;
static struct monologue *client;
static unsigned n_events[MONOLOGUE_EVENT_OVERLOAD + 1];
static int end_status;

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)m;
    (void)data;
    n_events[event->kind]++;
    if (event->kind == MONOLOGUE_EVENT_DISCONNECTED)
        end_status = event->status;
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

static void setup(void)
{
    char endpoint[64];
    uv_loop_init(&loop);
    uv_timer_init(&loop, &tick);
    uv_timer_start(&tick, on_tick, 5, 5);
    fakeserver_open(&server, &loop);
    cable = cable_new(server.port);
    snprintf(endpoint, sizeof endpoint, "ws://127.0.0.1:%u/latest",
             cable_port(cable));
    const struct monologue_options options = {.endpoint = endpoint,
                                              .event_cb = on_event,
                                              .timeout_ms = 1000,
                                              .keepalive_ms = 100,
                                              .reconnect = true,
                                              .reconnect_base_ms = 2,
                                              .reconnect_cap_ms = 8};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
    ck_assert_int_eq(monologue_connect(client, NULL, NULL), 0);
    turn_until(&n_events[MONOLOGUE_EVENT_CONNECTED], 1);
}

static void teardown(void)
{
    monologue_free(client);
    uv_run(&loop, UV_RUN_NOWAIT);
    cable_free(cable);
    fakeserver_close(&server);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(a_cable_may_be_cut_in_any_way)
{
    static const int statuses[] = {[CABLE_FIN] = -ECONNRESET,
                                   [CABLE_RST] = -ECONNRESET,
                                   [CABLE_STALL] = -ETIMEDOUT};
    cable_cut(cable, (enum cable_end)_i);
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(end_status, statuses[_i]);
    turn_until(&n_events[MONOLOGUE_EVENT_CONNECTED], 2);
}
END_TEST

static bool is_probing;
static unsigned n_probed;

static int return_nothing(struct monologue_request *request, const json_t *args,
                          json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)ret_out;
    (void)data;
    return 0;
}

static void on_probed(struct monologue *m, int status, json_t *ret, void *data)
{
    (void)m;
    (void)ret;
    (void)data;
    is_probing = false;
    n_probed += status == 0;
}

/* At any point of the handshake, of whoami, of its answer. */
START_TEST(a_cable_may_be_cut_anywhere)
{
    const struct cable_rules cut = {.is_cut = true,
                                    .cut_after = (size_t)_i * 29,
                                    .cut_way = _i % 2 ? CABLE_UP : CABLE_DOWN,
                                    .end = _i % 3 ? CABLE_FIN : CABLE_RST};
    cable_set(cable, &cut);
    cable_cut(cable, CABLE_RST);
    while (cable_n_connections(cable) < 4)
        uv_run(&loop, UV_RUN_ONCE);
    cable_set(cable, &(struct cable_rules){0});
    cable_cut(cable, CABLE_RST);
    monologue_on(client, "nothing", return_nothing, NULL);
    while (n_probed == 0) { /* what was cut last may take its time */
        if (!is_probing && monologue_connection_id(client))
            is_probing =
                monologue_call(client, monologue_connection_id(client),
                               "nothing", NULL, 0, on_probed, NULL, NULL) == 0;
        uv_run(&loop, UV_RUN_ONCE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comeback");
    TCase *tcase = tcase_create("comeback");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_cable_may_be_cut_in_any_way, 0, N_CABLE_ENDS);
    tcase_add_loop_test(tcase, a_cable_may_be_cut_anywhere, 0, 12);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
