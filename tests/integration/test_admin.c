#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* The admin endpoint: health, readiness, metrics, and nobody who should not. */

#define ADMIN "--admin-listen=http://127.0.0.1:0"

/* Sends @request, which may be anything, and returns all that comes until the
 * end; free it. */
static char *ask_at(const char *endpoint, const char *request)
{
    struct peer *peer = peer_connect_plain(endpoint);
    size_t n = 0, capacity = 1 << 17;
    char *text = malloc(capacity);
    long rc = 0;
    peer_write_text(peer, request);
    while (rc >= 0) {
        if (!peer_has_input(peer, DAEMON_WAIT_MS))
            daemon_fail("no answer to %s", request);
        rc = peer_read_some(peer, text + n, capacity - n - 1);
        n += rc > 0 ? (size_t)rc : 0;
        ck_assert_uint_lt(n, capacity - 1);
    }
    text[n] = '\0';
    peer_free(peer);
    return text;
}

static char *ask(struct daemon *daemon, const char *request)
{
    char endpoint[200];
    snprintf(endpoint, sizeof endpoint, "%s", daemon_admin(daemon));
    return ask_at(endpoint, request);
}

static char *get(struct daemon *daemon, const char *target)
{
    char request[200];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
    return ask(daemon, request);
}

static void expect_answer(struct daemon *daemon, const char *request,
                          const char *status, const char *text)
{
    char *answer = ask(daemon, request);
    char line[40];
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    ck_assert_msg(strncmp(answer, line, strlen(line)) == 0 &&
                      strstr(answer, text) != NULL,
                  "no %s with \"%s\" but %s to %s", status, text, answer,
                  request);
    free(answer);
}

/* The value of one metric; -1: there is none. */
static long long scrape(struct daemon *daemon, const char *metric)
{
    char *answer = get(daemon, "/metrics");
    char line[200];
    snprintf(line, sizeof line, "\n%s ", metric);
    const char *found = strstr(answer, line);
    long long value = found ? atoll(found + strlen(line)) : -1;
    free(answer);
    return value;
}

static void expect_metric(struct daemon *daemon, const char *metric,
                          long long value)
{
    long long found = scrape(daemon, metric);
    ck_assert_msg(found == value, "%s is %lld, not %lld", metric, found, value);
}

/* What a worker counts after it wrote an answer may come a little later. */
static void await_metric(struct daemon *daemon, const char *metric,
                         long long value)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (scrape(daemon, metric) != value)
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("%s does not become %lld", metric, value);
}

START_TEST(health_and_readiness_are_told)
{
    struct daemon *daemon = DAEMON(ADMIN);
    expect_answer(daemon, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  "200", "\r\n\r\nok\n");
    expect_answer(daemon, "GET /readyz?x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                  "200", "\r\n\r\nready\n");
    daemon_end(daemon);
}
END_TEST

START_TEST(while_it_drains_it_is_alive_but_not_ready)
{
    struct daemon *daemon = DAEMON(ADMIN, "--close-timeout=20s",
                                   "--drain-timeout=20s", "--workers=1");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    daemon_signal(daemon, SIGTERM);
    peer_expect_close(peer, 1001, "Going away");
    expect_answer(daemon, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  "503", "\r\n\r\ndraining\n");
    expect_answer(daemon, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  "200", "ok\n");
    peer_free(peer);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_head_of_an_answer_comes_alone)
{
    struct daemon *daemon = DAEMON(ADMIN);
    char *answer =
        ask(daemon, "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(answer, "Content-Length: 3\r\n"));
    ck_assert_str_eq(answer + strlen(answer) - 4, "\r\n\r\n");
    free(answer);
    daemon_end(daemon);
}
END_TEST

static const struct {
    const char *request;
    const char *status;
} rude[] = {
    {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
    {"GET /metricsx HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
    {"GET /latest HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     "404"},
    {"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
     "3\r\n\r\nabc",
     "405"},
    {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"},
    {"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"},
    /* DNS rebinding: the page's own name, made to point here. */
    {"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403"},
    {"GET /metrics HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", "403"},
    {"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\n\r\n", "403"},
    {"GET /metrics HTTP/1.1\r\nHost: localhost:80x\r\n\r\n", "403"},
    {"GET /metrics HTTP/1.1\r\nHost: \r\n\r\n", "403"},
    {"GET /metrics HTTP/1.0\r\n\r\n", "403"},
    /* A page may ask, and would be answered, but for its Origin. */
    {"GET /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\n\r\n",
     "403"},
    {"GET /metrics HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", "403"},
    {"GET /metrics HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n", "200"},
    {"GET /metrics HTTP/1.1\r\nHost: [::1]:9\r\n\r\n", "200"},
    /* Two requests get one answer. */
    {"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
     "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
     "200"},
    {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
    {"GET /healthz HTTP/1.1\r\n\r\n", "400"},
    {"GET /healthz HTTP/1.1\nHost: localhost\n\n", "400"},
    {"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", "400"},
    {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
     "Transfer-Encoding: chunked\r\n\r\n",
     "400"},
    {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
     "413"},
    {"\x16\x03\x01\x02", "400"},
    {"\x01\x02 garbage \r\n\r\n", "400"},
};

START_TEST(rude_requests_are_refused)
{
    struct daemon *daemon = DAEMON(ADMIN);
    for (size_t i = 0; i < sizeof rude / sizeof *rude; i++) {
        char *answer = ask(daemon, rude[i].request);
        ck_assert_msg(strncmp(answer, "HTTP/1.1 ", 9) == 0 &&
                          strncmp(answer + 9, rude[i].status, 3) == 0,
                      "%s: %s", rude[i].request, answer);
        ck_assert_ptr_null(strstr(answer + 9, "HTTP/1.1"));
        ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
        free(answer);
    }
    daemon_end(daemon);
}
END_TEST

START_TEST(a_head_that_does_not_end_is_refused)
{
    struct daemon *daemon = DAEMON(ADMIN);
    char request[20000];
    memset(request, 'a', sizeof request - 1);
    request[sizeof request - 1] = '\0';
    memcpy(request, "GET /", 5);
    expect_answer(daemon, request, "414", "");
    memcpy(request, "GET / HTTP/1.1\r\nX:", 18);
    expect_answer(daemon, request, "431", "");
    daemon_end(daemon);
}
END_TEST

START_TEST(a_request_may_come_byte_by_byte)
{
    struct daemon *daemon = DAEMON(ADMIN);
    struct peer *peer = peer_connect_plain(daemon_admin(daemon));
    static const char request[] =
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (const char *c = request; *c; c++)
        peer_write(peer, c, 1);
    (void)peer_read_until(peer, "\r\n\r\nok\n");
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* Nobody can hold all places: who is silent has to give way. */
START_TEST(silent_clients_do_not_keep_others_out)
{
    enum { N = 100 };
    struct daemon *daemon = DAEMON(ADMIN);
    struct peer *silent[N];
    char *endpoint = strdup(daemon_admin(daemon));
    unsigned n_before = daemon_n_descriptors(daemon);
    for (int i = 0; i < N; i++)
        silent[i] = peer_connect_plain(endpoint);
    expect_answer(daemon, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  "200", "ok\n");
    ck_assert_uint_le(daemon_n_descriptors(daemon), n_before + 16);
    peer_expect_end(silent[0]);
    for (int i = 0; i < N; i++)
        peer_free(silent[i]);
    free(endpoint);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_unix_socket_serves_as_well)
{
    struct daemon *daemon = DAEMON("--admin-listen=unix:admin.sock");
    char endpoint[300];
    ck_assert_str_eq(daemon_admin(daemon), "unix:admin.sock");
    snprintf(endpoint, sizeof endpoint,
             "ws+unix:%s:", daemon_path(daemon, "admin.sock"));
    char *answer =
        ask_at(endpoint, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\nok\n"));
    free(answer);
    daemon_end(daemon);
}
END_TEST

static void expect_refused_setting(const char *option, int status,
                                   const char *why)
{
    struct daemon *daemon = daemon_new();
    const char *const options[] = {option, NULL};
    daemon_spawn(daemon, options);
    ck_assert_int_eq(daemon_wait(daemon), status);
    char *log = daemon_log(daemon);
    ck_assert_msg(strstr(log, why) != NULL, "no \"%s\" in %s", why, log);
    free(log);
    daemon_free(daemon);
}

START_TEST(only_this_machine_can_be_served)
{
    expect_refused_setting("--admin-listen=http://0.0.0.0:9090", 78,
                           "serves this machine only");
    expect_refused_setting("--admin-listen=http://192.0.2.1:9090", 78,
                           "use http://127.0.0.1:PORT or unix:PATH");
    expect_refused_setting("--admin-listen=ws://127.0.0.1:9090", 78,
                           "use http://127.0.0.1:PORT or unix:PATH");
}
END_TEST

START_TEST(an_address_that_is_taken_is_told)
{
    struct daemon *daemon = DAEMON(ADMIN);
    char option[200];
    snprintf(option, sizeof option, "--admin-listen=%s", daemon_admin(daemon));
    struct daemon *other = daemon_new();
    const char *const options[] = {"--listen=ws://127.0.0.1:0", option, NULL};
    daemon_spawn(other, options);
    ck_assert_int_eq(daemon_wait(other), 69);
    char *log = daemon_log(other);
    ck_assert_ptr_nonnull(strstr(log, "listen http://127.0.0.1:"));
    free(log);
    daemon_free(other);
    daemon_end(daemon);
}
END_TEST

START_TEST(what_happens_is_counted)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, ADMIN, "--api-key=s3cret", "--log-level=debug");
    char *endpoint = strdup(daemon_endpoint(daemon, 0));
    struct peer *a = peer_open_at(endpoint, "s3cret");
    struct peer *b = peer_open_at(endpoint, "s3cret");
    long long n_out = 0;
    (void)peer_id(a);
    (void)peer_id(b);
    n_out += 2;
    peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_expect_packet(b, peer_id(a), "{\"type\":\"x\"}");
    n_out += 1;
    peer_say(a, "nonsense");
    peer_expect_error(a);
    peer_call(a, "AAAAAAAAAAAAAAA=", "{\"type\":\"x\"}");
    peer_expect_error(a);
    n_out += 2;
    bool is_local = peer_worker(a->id) == peer_worker(b->id);
    expect_metric(daemon, "monologued_connect_total", 2);
    expect_metric(daemon, "monologued_connections_open", 2);
    expect_metric(daemon, "monologued_sockets", 2);
    expect_metric(daemon, "monologued_messages_total{direction=\"in\"}", 5);
    expect_metric(daemon, "monologued_messages_total{direction=\"out\"}",
                  n_out);
    expect_metric(daemon, "monologued_relayed_total{way=\"local\"}", is_local);
    expect_metric(daemon, "monologued_relayed_total{way=\"remote\"}",
                  !is_local);
    expect_metric(daemon, "monologued_undelivered_total{cause=\"malformed\"}",
                  1);
    expect_metric(daemon, "monologued_undelivered_total{cause=\"gone\"}", 1);
    expect_metric(daemon, "monologued_error_frames_total", 2);
    expect_metric(daemon, "monologued_errors_total{kind=\"IntegrationError\"}",
                  2);
    expect_metric(daemon, "monologued_errors_total{kind=\"ExecutionError\"}",
                  0);
    expect_metric(daemon, "monologued_key_connect_total{key=\"api_key\"}", 2);
    expect_metric(daemon, "monologued_key_messages_total{key=\"api_key\"}",
                  5 + n_out);
    peer_send(a, PEER_CLOSE, "\x03\xe8", 2);
    peer_expect_close(a, 1000, "");
    await_metric(daemon, "monologued_disconnect_total{reason=\"client\"}", 1);
    expect_metric(daemon, "monologued_connections_open", 1);
    peer_free(a);
    peer_reset(b);
    await_metric(daemon, "monologued_connections_open", 0);
    await_metric(daemon, "monologued_sockets", 0);
    free(endpoint);
    daemon_end(daemon);
}
END_TEST

/* To an id that nobody has any more, of another worker. */
START_TEST(a_packet_that_comes_back_is_counted_once)
{
    struct daemon *daemon = DAEMON(ADMIN, "--workers=2");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    char gone[PEER_ID_CHARS + 1];
    ck_assert_uint_ne(peer_worker(peer_id(a)), peer_worker(peer_id(b)));
    strcpy(gone, peer_id(b));
    peer_send(b, PEER_CLOSE, "", 0);
    peer_expect_close(b, 1005, "");
    peer_call(a, gone, "{\"type\":\"x\"}");
    peer_expect_error(a);
    expect_metric(daemon, "monologued_undelivered_total{cause=\"gone\"}", 1);
    expect_metric(daemon, "monologued_errors_total{kind=\"IntegrationError\"}",
                  1);
    expect_metric(daemon, "monologued_error_frames_total", 1);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(refusals_and_failed_handshakes_are_counted)
{
    struct daemon *daemon = DAEMON(ADMIN, "--workers=2");
    char *endpoint = strdup(daemon_endpoint(daemon, 0));
    char *answer =
        ask_at(endpoint, "GET /latest HTTP/1.1\r\nHost: localhost\r\n"
                         "Connection: close\r\n\r\n");
    ck_assert_int_eq(strncmp(answer, "HTTP/1.1 426 ", 13), 0);
    free(answer);
    answer = ask_at(endpoint, "GET /other HTTP/1.1\r\nHost: localhost\r\n"
                              "Connection: close\r\n\r\n");
    ck_assert_int_eq(strncmp(answer, "HTTP/1.1 403 ", 13), 0);
    free(answer);
    expect_metric(daemon, "monologued_refusals_total{status=\"426\"}", 1);
    expect_metric(daemon, "monologued_refusals_total{status=\"403\"}", 1);
    expect_metric(daemon, "monologued_errors_total{kind=\"ClientError\"}", 2);
    for (int i = 0; i < 3; i++)
        peer_free(peer_connect_plain(endpoint));
    await_metric(daemon, "monologued_handshake_failures_total{reason=\"eof\"}",
                 3);
    expect_metric(daemon, "monologued_connect_total", 0);
    free(endpoint);
    daemon_end(daemon);
}
END_TEST

static void use_management(const char *endpoint, const char *method,
                           const char *id, const char *status)
{
    char request[400];
    snprintf(request, sizeof request,
             "%s /latest/@connections/%s HTTP/1.1\r\nHost: localhost\r\n"
             "Connection: close\r\nContent-Length: %d\r\n\r\n%s",
             method, id, *method == 'P' ? 2 : 0, *method == 'P' ? "hi" : "");
    char *answer = ask_at(endpoint, request);
    ck_assert_msg(strncmp(answer + strlen("HTTP/1.1 "), status, 3) == 0,
                  "no %s but %s", status, answer);
    free(answer);
}

START_TEST(management_calls_are_counted_by_action_and_outcome)
{
    struct daemon *daemon = DAEMON(ADMIN, "--workers=2");
    char *endpoint = strdup(daemon_endpoint(daemon, 0));
    struct peer *peer = peer_open(daemon);
    use_management(endpoint, "POST", peer_id(peer), "200");
    peer_expect(peer, "hi");
    use_management(endpoint, "GET", peer_id(peer), "200");
    use_management(endpoint, "DELETE", peer_id(peer), "204");
    use_management(endpoint, "DELETE", peer_id(peer), "410");
    use_management(endpoint, "GET", "nonsense", "400");
    static const struct {
        const char *labels;
        int value;
    } expected[] = {
        {"action=\"POST\",outcome=\"done\"", 1},
        {"action=\"GET\",outcome=\"done\"", 1},
        {"action=\"GET\",outcome=\"refused\"", 1},
        {"action=\"DELETE\",outcome=\"done\"", 1},
        {"action=\"DELETE\",outcome=\"gone\"", 1},
        {"action=\"POST\",outcome=\"gone\"", 0},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char metric[200];
        snprintf(metric, sizeof metric, "monologued_management_calls_total{%s}",
                 expected[i].labels);
        expect_metric(daemon, metric, expected[i].value);
    }
    expect_metric(daemon, "monologued_disconnect_total{reason=\"deleted\"}", 1);
    peer_free(peer);
    free(endpoint);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_key_keeps_its_counters_over_a_reload)
{
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "keys", "alice = aaaa\nbob = bbbb\n");
    const char *const options[] = {ADMIN, "--keys-file=keys", "--workers=2",
                                   NULL};
    daemon_run(daemon, options);
    char *endpoint = strdup(daemon_endpoint(daemon, 0));
    struct peer *bob = peer_open_at(endpoint, "bbbb");
    (void)peer_id(bob);
    daemon_write_file(daemon, "keys", "carol = cccc\nbob = bbbb\n");
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "server reloaded");
    struct peer *again = peer_open_at(endpoint, "bbbb");
    struct peer *carol = peer_open_at(endpoint, "cccc");
    peer_say(bob, "whoami");
    peer_expect(bob, bob->id);
    (void)peer_id(carol);
    expect_metric(daemon, "monologued_key_connect_total{key=\"bob\"}", 2);
    expect_metric(daemon, "monologued_key_messages_total{key=\"bob\"}", 4);
    expect_metric(daemon, "monologued_key_connect_total{key=\"carol\"}", 1);
    expect_metric(daemon, "monologued_key_messages_total{key=\"carol\"}", 2);
    expect_metric(daemon, "monologued_key_connect_total{key=\"alice\"}", 0);
    expect_metric(daemon, "monologued_reloads_total{outcome=\"done\"}", 1);
    daemon_write_file(daemon, "keys", "");
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "reload refused");
    await_metric(daemon, "monologued_reloads_total{outcome=\"refused\"}", 1);
    expect_answer(daemon, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                  "200", "ready\n");
    peer_free(bob);
    peer_free(again);
    peer_free(carol);
    free(endpoint);
    daemon_end(daemon);
}
END_TEST

/* curl and Prometheus are strangers that have to like it. */
START_TEST(curl_gets_the_metrics)
{
    struct daemon *daemon = DAEMON(ADMIN);
    char command[300];
    char line[200] = "";
    snprintf(command, sizeof command, "curl -sSf %s/metrics",
             daemon_admin(daemon));
    FILE *curl = popen(command, "r");
    while (fgets(line, sizeof line, curl))
        if (strncmp(line, "monologued_build_info{version=", 30) == 0)
            break;
    ck_assert_int_eq(strncmp(line, "monologued_build_info{version=", 30), 0);
    while (fgets(line, sizeof line, curl))
        ;
    ck_assert_int_eq(pclose(curl), 0);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {what_happens_is_counted, NULL};
    const TTest *const once[] = {
        health_and_readiness_are_told,
        while_it_drains_it_is_alive_but_not_ready,
        the_head_of_an_answer_comes_alone,
        rude_requests_are_refused,
        a_head_that_does_not_end_is_refused,
        a_request_may_come_byte_by_byte,
        silent_clients_do_not_keep_others_out,
        a_unix_socket_serves_as_well,
        only_this_machine_can_be_served,
        an_address_that_is_taken_is_told,
        a_packet_that_comes_back_is_counted_once,
        refusals_and_failed_handshakes_are_counted,
        management_calls_are_counted_by_action_and_outcome,
        a_key_keeps_its_counters_over_a_reload,
        curl_gets_the_metrics,
        NULL};
    return suite_run_looped("admin", looped, DAEMON_GRID, once);
}
