#include "tests/lib/returner.h"

#include <stdio.h>

#include "tests/lib/suite.h"

uv_loop_t loop;
static uv_timer_t tick; /* so that no turn of the loop waits for ever */
struct fakeserver server;
struct monologue *client;
unsigned n_events[N_KINDS];
struct monologue_event last[N_KINDS]; /* their pointers are gone */
char last_id[MONOLOGUE_ID_CHARS + 1];
unsigned n_connects;
int connect_status;
enum monologue_state connect_state; /* as the callback saw it */
unsigned n_closes;
unsigned n_outcomes;
int outcome_status;

struct returner_plan plan;

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

void returner_on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    n_connects++;
    connect_status = status;
    connect_state = monologue_state(m);
}

void returner_on_closed(struct monologue *m, void *data)
{
    (void)m;
    (void)data;
    n_closes++;
}

void returner_on_answered(struct monologue *m, int status, json_t *ret,
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

void returner_turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(*n, wanted);
}

void returner_turn_until_event(enum monologue_event_kind kind, unsigned wanted)
{
    returner_turn_until(&n_events[kind], wanted);
}

/* Turns the loop often enough for whatever could happen at once to happen. */
void returner_turn_often(void)
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

void returner_connect_client(void)
{
    ck_assert_int_eq(monologue_connect(client, returner_on_connected, NULL), 0);
    returner_turn_until(&n_connects, 1);
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
void returner_open(void)
{
    setup_server();
    make_client(2);
}

void returner_open_connected(void)
{
    returner_open();
    returner_connect_client();
}

/* Waits for hours, so that the test can look at it. */
void returner_open_slow(void)
{
    setup_server();
    make_client(HOUR_MS);
    returner_connect_client();
}

void returner_close(void)
{
    monologue_free(client);
    fakeserver_close(&server);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

void returner_drop(void)
{
    fakepeer_drop(fakeserver_last(&server));
}

struct monologue_request *kept[2]; /* in the order they came */
unsigned n_kept;

int returner_keep(struct monologue_request *request, const json_t *args,
                  json_t **ret_out, void *data)
{
    (void)args;
    (void)ret_out;
    (void)data;
    kept[n_kept++] = request;
    return MONOLOGUE_LATER;
}

/* A call of ours, on ourselves, that is at work. */
void returner_start_call(void)
{
    ck_assert_int_eq(monologue_on(client, "returner_keep", returner_keep, NULL),
                     0);
    ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                    "returner_keep", NULL, 0,
                                    returner_on_answered, NULL, NULL),
                     0);
    returner_turn_until(&n_kept, 1);
}

void returner_free_client(void)
{
    struct monologue *m = client;
    client = NULL;
    monologue_free(m);
}

void returner_close_client(void)
{
    ck_assert_int_eq(monologue_close(client, returner_on_closed, NULL), 0);
}

void returner_connect_at_once(void)
{
    monologue_connect(client, returner_on_connected, NULL);
}

unsigned n_freed;

void returner_free_and_count(void)
{
    returner_free_client();
    n_freed++;
}

TCase *returner_add_case(Suite *suite, const char *name, SFun setup)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, returner_close);
    suite_add_tcase(suite, tcase);
    return tcase;
}
