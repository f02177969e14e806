#include "client/monologue.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tests/lib/cable.h"
#include "tests/lib/certificate.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

/*
 * Clients on a cable that is cut, at every byte of a whole life: connecting,
 * a call of our own, its answer, closing. Each must be told once how it ended.
 */

static uv_loop_t loop;
static struct folder folder;
static char certificate_file[PATH_MAX];
static char key_file[PATH_MAX];
static struct fakeserver server;
static struct cable *cable;
static bool is_secure;
static uint32_t timeout_ms;
static uint32_t keepalive_ms;
static const char *argument; /* of the call */

enum stage { CONNECTING, CALLING, CLOSING, DONE, N_STAGES };

/* What one client was told. */
static struct {
    enum stage stage; /* that it got to */
    bool is_over;
    unsigned n_connects;
    int connect_status;
    unsigned n_outcomes;
    int outcome_status;
    unsigned n_closes;
    unsigned n_disconnects;
    int disconnect_status;
    unsigned n_others; /* events that have no place here */
} told;

/* How many bytes had passed each way when an uncut client left each stage. */
static size_t passed[N_STAGES][N_CABLE_WAYS];

static void enter(enum stage stage)
{
    passed[told.stage][CABLE_UP] = cable_passed(cable, CABLE_UP);
    passed[told.stage][CABLE_DOWN] = cable_passed(cable, CABLE_DOWN);
    told.stage = stage;
}

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)m;
    (void)data;
    if (event->kind == MONOLOGUE_EVENT_CONNECTED)
        return;
    if (event->kind != MONOLOGUE_EVENT_DISCONNECTED) {
        told.n_others++;
        return;
    }
    told.n_disconnects++;
    told.disconnect_status = event->status;
    told.is_over = told.stage == CALLING; /* else the close callback follows */
}

static void on_closed(struct monologue *m, void *data)
{
    (void)m;
    (void)data;
    told.n_closes++;
    told.is_over = true;
    enter(DONE);
}

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)data;
    told.n_outcomes++;
    told.outcome_status = status;
    if (status == -ECONNRESET)
        return; /* the end of the connection is told next */
    if (status == 0)
        ck_assert_str_eq(json_string_value(ret), argument);
    enter(CLOSING);
    ck_assert_int_eq(monologue_close(m, on_closed, NULL), 0);
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    told.n_connects++;
    told.connect_status = status;
    if (status < 0) {
        told.is_over = true;
        return;
    }
    enter(CALLING);
    json_t *args = json_pack("[s]", argument);
    ck_assert_int_eq(monologue_call(m, monologue_connection_id(m), "echo", args,
                                    0, on_answered, NULL, NULL),
                     0);
    json_decref(args);
}

static void live(const struct cable_rules *rules)
{
    char url[64];
    struct monologue *m = NULL;
    snprintf(url, sizeof url, "%s:%u/latest",
             is_secure ? "wss://localhost" : "ws://127.0.0.1",
             cable_port(cable));
    const struct monologue_options options = {
        .endpoint = url,
        .ca_file = is_secure ? certificate_file : NULL,
        .timeout_ms = timeout_ms,
        .keepalive_ms = keepalive_ms,
        .event_cb = on_event};
    memset(&told, 0, sizeof told);
    cable_set(cable, rules);
    ck_assert_int_eq(monologue_new(&options, &loop, &m), 0);
    ck_assert_int_eq(monologue_on(m, "echo", echo, NULL), 0);
    ck_assert_int_eq(monologue_connect(m, on_connected, NULL), 0);
    while (!told.is_over)
        uv_run(&loop, UV_RUN_ONCE);
    monologue_free(m);
    cable_cut(cable, CABLE_RST);
    while (!list_is_empty(&server.peers))
        uv_run(&loop, UV_RUN_ONCE);
}

/* Whatever the cut: each is told once, and with the reason. */
static void expect_sense(void)
{
    ck_assert_uint_eq(told.n_connects, 1);
    ck_assert_uint_eq(told.n_others, 0);
    if (told.stage == CONNECTING) {
        ck_assert_int_eq(told.connect_status, -ECONNRESET);
        ck_assert_uint_eq(told.n_outcomes + told.n_disconnects, 0);
        return;
    }
    ck_assert_uint_eq(told.n_outcomes, 1);
    ck_assert_uint_eq(told.n_disconnects, 1);
    ck_assert_uint_eq(told.n_closes, told.stage == DONE);
    ck_assert_int_eq(told.outcome_status, told.stage == DONE ? 0 : -ECONNRESET);
    if (told.stage == CALLING)
        ck_assert_int_eq(told.disconnect_status, -ECONNRESET);
}

static unsigned n_descriptors(void)
{
    unsigned n = 0;
    DIR *files = opendir("/proc/self/fd");
    while (readdir(files))
        n++;
    closedir(files);
    return n;
}

static void setup(void)
{
    struct certificate certificate;
    uv_loop_init(&loop);
    folder_init(&folder);
    folder_join(&folder, "certificate.pem", certificate_file);
    folder_join(&folder, "key.pem", key_file);
    certificate_init(&certificate,
                     &(struct certificate_spec){.names = "DNS:localhost"});
    certificate_write_chain(certificate_file, &certificate, NULL);
    certificate_write_key(&certificate, key_file, NULL);
    certificate_deinit(&certificate);
    timeout_ms = 60000;
    keepalive_ms = 60000;
    argument = "argument";
}

static void open_server(bool with_tls)
{
    is_secure = with_tls;
    if (with_tls)
        fakeserver_open_tls(&server, &loop, certificate_file, key_file);
    else
        fakeserver_open(&server, &loop);
    cable = cable_new(server.port);
}

static void teardown(void)
{
    cable_free(cable);
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    folder_deinit(&folder);
}

static void expect_a_whole_life(void)
{
    live(&(struct cable_rules){0});
    expect_sense();
    ck_assert_int_eq(told.stage, DONE);
}

/*
 * Cuts a life at every @step-th byte of one way, and where the way has more
 * than @last at none beyond.
 */
static void cut_everywhere(enum cable_way way, enum cable_end end, size_t step,
                           size_t last)
{
    unsigned n_lives[N_STAGES] = {0};
    for (size_t n = 0; n <= last; n += step) {
        live(&(struct cable_rules){
            .is_cut = true, .cut_after = n, .cut_way = way, .end = end});
        expect_sense();
        n_lives[told.stage]++;
        if (n == 0)
            ck_assert_int_eq(told.stage, CONNECTING);
    }
    for (int stage = CONNECTING; stage <= DONE; stage++)
        ck_assert_msg(n_lives[stage] > 0 || stage == CLOSING, "%d", stage);
}

/* Both ways, by FIN and by RST, plain. */
enum { N_CUTS = N_CABLE_WAYS * CABLE_STALL };

START_TEST(a_cut_at_any_byte_is_told_once)
{
    enum cable_way way = _i % N_CABLE_WAYS;
    open_server(false);
    expect_a_whole_life();
    size_t last = passed[CLOSING][way];
    unsigned n = n_descriptors();
    cut_everywhere(way, _i / N_CABLE_WAYS, 1, last);
    ck_assert_uint_eq(n_descriptors(), n);
    expect_a_whole_life();
}
END_TEST

/* With TLS the number of bytes varies a little from life to life. */
START_TEST(a_cut_under_tls_is_told_once)
{
    enum cable_way way = _i % N_CABLE_WAYS;
    open_server(true);
    expect_a_whole_life();
    size_t last = passed[CLOSING][way];
    unsigned n = n_descriptors();
    cut_everywhere(way, _i / N_CABLE_WAYS, 29, last + 29);
    ck_assert_uint_eq(n_descriptors(), n);
    expect_a_whole_life();
}
END_TEST

START_TEST(a_cut_between_the_frames_of_a_long_message_is_told_once)
{
    static char text[100000];
    enum cable_way way = _i % N_CABLE_WAYS;
    memset(text, 'x', sizeof text - 1);
    argument = text;
    open_server(_i / N_CABLE_WAYS);
    expect_a_whole_life();
    cut_everywhere(way, CABLE_FIN, 8209, passed[CLOSING][way] + 8209);
    expect_a_whole_life();
}
END_TEST

START_TEST(any_pieces_make_a_whole_life)
{
    static const struct cable_rules rules[] = {
        {.piece = 1}, {.piece = 2, .delay_ms = 1}, {.piece = 7}};
    open_server(_i % 2);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        live(&rules[i]);
        expect_sense();
        ck_assert_int_eq(told.stage, DONE);
    }
}
END_TEST

/* Nothing is heard any more, and nobody says so: time must tell. */
START_TEST(a_cable_that_falls_silent_is_given_up)
{
    open_server(_i % 2);
    expect_a_whole_life();
    struct cable_rules rules = {
        .is_cut = true, .cut_way = CABLE_DOWN, .end = CABLE_STALL};
    timeout_ms = 300;
    live(&rules);
    ck_assert_int_eq(told.connect_status, -ETIMEDOUT);
    rules.cut_after = passed[CONNECTING][CABLE_DOWN] / 2;
    live(&rules);
    ck_assert_int_eq(told.connect_status, -ETIMEDOUT);
    ck_assert_uint_eq(told.n_connects, 1);
}
END_TEST

START_TEST(a_call_over_a_silent_cable_times_out_and_closing_ends)
{
    open_server(false);
    expect_a_whole_life();
    timeout_ms = 1000;
    live(&(struct cable_rules){.is_cut = true,
                               .cut_after = passed[CONNECTING][CABLE_DOWN] + 3,
                               .cut_way = CABLE_DOWN,
                               .end = CABLE_STALL});
    ck_assert_int_eq(told.connect_status, 0);
    ck_assert_uint_eq(told.n_outcomes, 1);
    ck_assert_int_eq(told.outcome_status, -ETIMEDOUT);
    ck_assert_uint_eq(told.n_disconnects, 1);
    ck_assert_uint_eq(told.n_closes, 1);
}
END_TEST

START_TEST(signs_of_life_tell_a_silent_cable)
{
    open_server(false);
    expect_a_whole_life();
    keepalive_ms = 100;
    live(&(struct cable_rules){.is_cut = true,
                               .cut_after = passed[CONNECTING][CABLE_DOWN] + 3,
                               .cut_way = CABLE_DOWN,
                               .end = CABLE_STALL});
    ck_assert_uint_eq(told.n_outcomes, 1);
    ck_assert_int_eq(told.outcome_status, -ECONNRESET);
    ck_assert_uint_eq(told.n_disconnects, 1);
    ck_assert_int_eq(told.disconnect_status, -ETIMEDOUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("severed");
    TCase *tcase = tcase_create("severed");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_cut_at_any_byte_is_told_once, 0, N_CUTS);
    tcase_add_loop_test(tcase, a_cut_under_tls_is_told_once, 0, N_CUTS);
    tcase_add_loop_test(
        tcase, a_cut_between_the_frames_of_a_long_message_is_told_once, 0, 4);
    tcase_add_loop_test(tcase, any_pieces_make_a_whole_life, 0, 2);
    tcase_add_loop_test(tcase, a_cable_that_falls_silent_is_given_up, 0, 2);
    tcase_add_test(tcase,
                   a_call_over_a_silent_cable_times_out_and_closing_ends);
    tcase_add_test(tcase, signs_of_life_tell_a_silent_cable);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
