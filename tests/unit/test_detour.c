#include "client/monologue.h"

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

/* Clients whose server is reached through a proxy, and no other way. */

static uv_loop_t loop;
static struct folder folder;
static char certificate_file[PATH_MAX];
static char key_file[PATH_MAX];
static struct fakeserver server; /* the proxy, and what is behind it */
static char proxy[128];
static struct monologue *client;
static bool will_reconnect; /* that is wanted of the client */
static unsigned n_events[MONOLOGUE_EVENT_OVERLOAD + 1];
static struct monologue_event last; /* its pointers are gone */
static unsigned n_connects;
static int connect_status;
static unsigned n_outcomes;

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)m;
    (void)data;
    n_connects++;
    connect_status = status;
}

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)m;
    (void)data;
    n_events[event->kind]++;
    last = *event;
}

static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(*n, wanted);
}

/* Nobody can look up such a name: it is the proxy's to know it. */
static void connect_client(bool is_secure)
{
    const struct monologue_options options = {
        .endpoint = is_secure ? "wss://nowhere.invalid/latest"
                              : "ws://nowhere.invalid:8080/latest",
        .ca_file = is_secure ? certificate_file : NULL,
        .timeout_ms = 60000,
        .event_cb = on_event,
        .reconnect = will_reconnect,
        .reconnect_base_ms = 1,
        .reconnect_cap_ms = 2,
        .proxy = *proxy ? proxy : NULL};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 1);
}

static void setup(void)
{
    struct certificate certificate;
    uv_loop_init(&loop);
    folder_init(&folder);
    folder_join(&folder, "certificate.pem", certificate_file);
    folder_join(&folder, "key.pem", key_file);
    certificate_init(&certificate, &(struct certificate_spec){
                                       .names = "DNS:nowhere.invalid"});
    certificate_write_chain(certificate_file, &certificate, NULL);
    certificate_write_key(&certificate, key_file, NULL);
    certificate_deinit(&certificate);
}

static void open_server(bool is_secure)
{
    if (is_secure)
        fakeserver_open_tls(&server, &loop, certificate_file, key_file);
    else
        fakeserver_open(&server, &loop);
    server.answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server.port);
}

static void teardown(void)
{
    monologue_free(client);
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    folder_deinit(&folder);
}

static int answer_true(struct monologue_request *request, const json_t *args,
                       json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)data;
    *ret_out = json_true();
    return 0;
}

static void expect_true(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)m;
    (void)data;
    ck_assert_int_eq(status, 0);
    ck_assert(json_is_true(ret));
    n_outcomes++;
}

static void expect_call(void)
{
    ck_assert_msg(connect_status == 0, "%s", monologue_errmsg(client));
    monologue_on(client, "f", answer_true, NULL);
    ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                    "f", NULL, 0, expect_true, NULL, NULL),
                     0);
    turn_until(&n_outcomes, 1);
}

START_TEST(a_tunnel_leads_to_the_server)
{
    bool is_secure = _i;
    open_server(is_secure);
    connect_client(is_secure);
    expect_call();
    ck_assert_str_eq(server.target, is_secure ? "nowhere.invalid:443"
                                              : "nowhere.invalid:8080");
    ck_assert_str_eq(server.authorization, "");
    ck_assert_str_eq(server.host,
                     is_secure ? "nowhere.invalid" : "nowhere.invalid:8080");
    ck_assert_uint_eq(server.n_connections, 1);
}
END_TEST

START_TEST(a_tunnel_may_be_dug_byte_by_byte)
{
    bool is_secure = _i;
    open_server(is_secure);
    struct cable *cable = cable_new(server.port);
    cable_set(cable, &(struct cable_rules){.piece = 1});
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", cable_port(cable));
    connect_client(is_secure);
    expect_call();
    cable_free(cable);
}
END_TEST

START_TEST(the_proxy_is_shown_user_and_password)
{
    open_server(false);
    snprintf(proxy, sizeof proxy, "http://Aladdin:open%%20sesame@127.0.0.1:%u",
             server.port);
    connect_client(false);
    expect_call();
    ck_assert_str_eq(server.authorization,
                     "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}
END_TEST

START_TEST(the_environment_tells_the_proxy)
{
    bool is_secure = _i;
    open_server(is_secure);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    setenv(is_secure ? "https_proxy" : "http_proxy", proxy, 1);
    *proxy = '\0';
    connect_client(is_secure);
    expect_call();
    ck_assert_str_ne(server.target, "");
}
END_TEST

static const struct {
    const char *answer;
    int status;
    const char *words; /* in the message */
} refusals[] = {
    {"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n"
     "\r\nWho?",
     -EACCES, "user"},
    {"HTTP/1.1 403 Forbidden\r\n\r\n", -EACCES, "forbids"},
    {"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", -EHOSTUNREACH, "502"},
    {"HTTP/1.0 400 Bad Request\r\n\r\n", -ECONNREFUSED, "400"},
    {"SSH-2.0-OpenSSH_9.2\r\n", -EPROTO, "HTTP"},
};

START_TEST(a_refusal_of_the_proxy_is_told)
{
    open_server(false);
    server.answer = refusals[_i].answer;
    connect_client(false);
    ck_assert_int_eq(connect_status, refusals[_i].status);
    ck_assert_msg(strstr(monologue_errmsg(client), refusals[_i].words), "%s",
                  monologue_errmsg(client));
    ck_assert_msg(strstr(monologue_errmsg(client), "proxy 127.0.0.1 port"),
                  "%s", monologue_errmsg(client));
    ck_assert_str_eq(server.host, ""); /* nothing was said to a server */
    server.answer = "HTTP/1.1 200 OK\r\n\r\n";
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 2);
    expect_call();
}
END_TEST

START_TEST(a_certificate_of_the_wrong_name_is_refused_behind_a_proxy_too)
{
    struct certificate certificate;
    certificate_init(&certificate,
                     &(struct certificate_spec){.names = "DNS:127.0.0.1"});
    certificate_write_chain(certificate_file, &certificate, NULL);
    certificate_write_key(&certificate, key_file, NULL);
    certificate_deinit(&certificate);
    open_server(true);
    connect_client(true);
    ck_assert_int_eq(connect_status, -ECONNABORTED);
    ck_assert_str_eq(server.host, "");
}
END_TEST

START_TEST(a_proxy_that_is_not_there_is_told)
{
    open_server(false);
    struct fakeserver gone;
    fakeserver_open(&gone, &loop);
    fakeserver_close(&gone);
    uv_run(&loop, UV_RUN_NOWAIT);
    snprintf(proxy, sizeof proxy, "http://u:secret@127.0.0.1:%u", gone.port);
    connect_client(false);
    ck_assert_int_eq(connect_status, -ECONNREFUSED);
    ck_assert_msg(strstr(monologue_errmsg(client), "the proxy 127.0.0.1"), "%s",
                  monologue_errmsg(client));
    ck_assert_ptr_null(strstr(monologue_errmsg(client), "secret"));
}
END_TEST

/* Cut at each byte of its answer. */
START_TEST(a_proxy_that_hangs_up_is_told_as_such)
{
    open_server(false);
    size_t n = strlen(server.answer);
    struct cable *cable = cable_new(server.port);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", cable_port(cable));
    for (size_t i = 0; i < n; i++) {
        cable_set(cable, &(struct cable_rules){.is_cut = true,
                                               .cut_after = i,
                                               .cut_way = CABLE_DOWN});
        n_connects = 0;
        connect_client(false);
        ck_assert_int_eq(connect_status, -ECONNRESET);
        ck_assert_msg(strstr(monologue_errmsg(client), "the proxy ended"), "%s",
                      monologue_errmsg(client));
        monologue_free(client);
        client = NULL;
    }
    cable_free(cable);
}
END_TEST

/* ---- connecting again ---- */

static void connect_for_ever(void)
{
    open_server(false);
    will_reconnect = true;
    connect_client(false);
    ck_assert_int_eq(connect_status, 0);
}

static const char *const final_answers[] = {
    "HTTP/1.1 403 Forbidden\r\n\r\n",
    "HTTP/1.1 407 Who?\r\n\r\n",
    "HTTP/1.0 401 Who?\r\n\r\n",
};

START_TEST(a_refusal_that_will_not_change_ends_reconnecting)
{
    connect_for_ever();
    server.answer = final_answers[_i];
    fakepeer_drop(fakeserver_last(&server));
    turn_until(&n_events[MONOLOGUE_EVENT_FAILED], 1);
    ck_assert_int_eq(last.status, -EACCES);
    ck_assert(!last.will_reconnect);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
    ck_assert_msg(strstr(monologue_errmsg(client), "the proxy 127.0.0.1 port"),
                  "%s", monologue_errmsg(client));
    ck_assert_uint_eq(server.n_connections, 2);
    server.answer = "HTTP/1.1 200 OK\r\n\r\n"; /* who knows better may */
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 2);
    expect_call();
}
END_TEST

START_TEST(a_first_refusal_that_will_not_change_is_not_tried_again)
{
    open_server(false);
    will_reconnect = true;
    server.answer = final_answers[_i];
    connect_client(false);
    ck_assert_int_eq(connect_status, -EACCES);
    ck_assert_int_eq(monologue_state(client), MONOLOGUE_STATE_IDLE);
}
END_TEST

static const struct {
    const char *answer;
    int status;
} passing[] = {
    {"HTTP/1.1 502 Bad Gateway\r\n\r\n", -EHOSTUNREACH},
    {"HTTP/1.1 503 Service Unavailable\r\n\r\n", -EHOSTUNREACH},
    {"HTTP/1.1 504 Gateway Timeout\r\n\r\n", -EHOSTUNREACH},
    {"HTTP/1.1 429 Too Many Requests\r\n\r\n", -ECONNREFUSED},
};

START_TEST(a_proxy_in_trouble_is_tried_again_until_it_works)
{
    connect_for_ever();
    server.answer = passing[_i].answer;
    fakepeer_drop(fakeserver_last(&server));
    for (unsigned i = 1; i <= 3; i++) {
        turn_until(&n_events[MONOLOGUE_EVENT_FAILED], i);
        ck_assert_int_eq(last.status, passing[_i].status);
        ck_assert(last.will_reconnect);
    }
    server.answer = "HTTP/1.1 200 OK\r\n\r\n";
    turn_until(&n_events[MONOLOGUE_EVENT_CONNECTED], 2);
    expect_call();
}
END_TEST

START_TEST(a_proxy_that_is_away_is_tried_again)
{
    open_server(false);
    struct cable *cable = cable_new(server.port);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", cable_port(cable));
    will_reconnect = true;
    connect_client(false);
    ck_assert_int_eq(connect_status, 0);
    cable_free(cable);
    turn_until(&n_events[MONOLOGUE_EVENT_FAILED], 2);
    ck_assert_int_eq(last.status, -ECONNREFUSED);
    ck_assert(last.will_reconnect);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detour");
    TCase *tcase = tcase_create("detour");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_tunnel_leads_to_the_server, 0, 2);
    tcase_add_loop_test(tcase, a_tunnel_may_be_dug_byte_by_byte, 0, 2);
    tcase_add_test(tcase, the_proxy_is_shown_user_and_password);
    tcase_add_loop_test(tcase, the_environment_tells_the_proxy, 0, 2);
    tcase_add_loop_test(tcase, a_refusal_of_the_proxy_is_told, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(
        tcase, a_certificate_of_the_wrong_name_is_refused_behind_a_proxy_too);
    tcase_add_test(tcase, a_proxy_that_is_not_there_is_told);
    tcase_add_test(tcase, a_proxy_that_hangs_up_is_told_as_such);
    int n_final = sizeof final_answers / sizeof *final_answers;
    tcase_add_loop_test(tcase, a_refusal_that_will_not_change_ends_reconnecting,
                        0, n_final);
    tcase_add_loop_test(tcase,
                        a_first_refusal_that_will_not_change_is_not_tried_again,
                        0, n_final);
    tcase_add_loop_test(tcase, a_proxy_in_trouble_is_tried_again_until_it_works,
                        0, sizeof passing / sizeof *passing);
    tcase_add_test(tcase, a_proxy_that_is_away_is_tried_again);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
