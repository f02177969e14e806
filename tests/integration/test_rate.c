#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/*
 * The rate of requests over all connections, and the profiles that set it. A
 * rate of 0.001 brings no token while a test runs.
 */

#define THROTTLED "Too Many Requests"

START_TEST(a_message_over_the_rate_is_answered_with_an_error)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--request-rate=0.001", "--request-burst=3");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    (void)peer_id(a);
    (void)peer_id(b);
    peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_expect_packet(b, peer_id(a), "{\"type\":\"x\"}");
    peer_say(a, "whoami");
    peer_expect_error_saying(a, THROTTLED);
    peer_call(b, peer_id(a), "{\"type\":\"y\"}");
    peer_expect_error_saying(b, THROTTLED);
    peer_say(a, "not a packet");
    peer_expect_error_saying(a, THROTTLED);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_workers_share_one_rate)
{
    enum { N = 8, BURST = 4 };
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--request-rate=0.001", "--request-burst=4");
    struct peer *peers[N];
    int n_answered = 0;
    for (int i = 0; i < N; i++)
        peers[i] = peer_open(daemon);
    for (int i = 0; i < N; i++) {
        peer_say(peers[i], "whoami");
        n_answered += strlen(peer_hear(peers[i])) == PEER_ID_CHARS;
    }
    ck_assert_int_eq(n_answered, BURST);
    for (int i = 0; i < N; i++)
        peer_free(peers[i]);
    daemon_end(daemon);
}
END_TEST

/* Asks until it is answered. */
static void await_answer(struct peer *peer)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    do {
        ck_assert(daemon_now_ms() < deadline_ms);
        peer_say(peer, "whoami");
    } while (strlen(peer_hear(peer)) != PEER_ID_CHARS);
}

START_TEST(tokens_come_back_at_the_rate)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--request-rate=20", "--request-burst=1");
    struct peer *peer = peer_open(daemon);
    for (int i = 0; i < 5; i++)
        await_answer(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_reload_changes_the_rate)
{
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "conf",
                      "request_rate = 0.001\nrequest_burst = 1\n");
    daemon_run(daemon, (const char *const[]){"--config=conf", NULL});
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_say(peer, "whoami");
    peer_expect_error_saying(peer, THROTTLED);
    daemon_write_file(daemon, "conf", "");
    daemon_signal(daemon, SIGHUP);
    await_answer(peer);
    for (int i = 0; i < 100; i++) {
        peer_say(peer, "whoami");
        peer_expect(peer, peer_id(peer));
    }
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_management_call_over_the_rate_is_refused)
{
    static const char body[] = "{\"message\":\"Limit Exceeded\"}";
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--request-rate=0.001", "--request-burst=2");
    struct peer *peer = peer_open(daemon);
    struct peer *caller = peer_connect(daemon_endpoint(daemon, 0));
    char request[200];
    snprintf(request, sizeof request,
             "POST /latest/@connections/%s HTTP/1.1\r\nHost: x\r\n"
             "Content-Length: 2\r\n\r\nhi",
             peer_id(peer));
    peer_write_text(caller, request);
    const char *head = peer_read_until(caller, "\r\n\r\n");
    ck_assert_msg(strncmp(head, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", head);
    peer_expect(peer, "hi");
    peer_write_text(caller, request);
    head = peer_read_until(caller, "\r\n\r\n");
    ck_assert_msg(strncmp(head, "HTTP/1.1 429 Too Many Requests\r\n", 32) == 0,
                  "%s", head);
    ck_assert_msg(
        strstr(head, "\r\nx-amzn-ErrorType: LimitExceededException\r\n") !=
            NULL,
        "%s", head);
    ck_assert_str_eq(peer_read_text(caller, strlen(body)), body);
    peer_say(peer, "whoami");
    peer_expect_error_saying(peer, THROTTLED);
    peer_free(caller);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

static const struct {
    const char *option;
    const char *lines[4];
} profiles[] = {
    {"--profile=local",
     {"profile = local\n", "connect_rate = 0\n", "request_rate = 0\n",
      "request_burst = 5000\n"}},
    {"--profile=aws",
     {"profile = aws\n", "connect_rate = 500\nconnect_burst = 500\n",
      "request_rate = 10000\n", "request_burst = 5000\n"}},
};

START_TEST(a_profile_is_printed_as_what_it_means)
{
    struct daemon *daemon = daemon_new();
    const char *const options[] = {profiles[_i].option, "--print-config", NULL};
    daemon_spawn(daemon, options);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    char *text = daemon_output(daemon);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(strstr(text, profiles[_i].lines[i]) != NULL, "%s", text);
    free(text);
    daemon_free(daemon);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rate");
    TCase *tcase = tcase_create("rate");
    const TTest *const looped[] = {
        a_message_over_the_rate_is_answered_with_an_error,
        the_workers_share_one_rate, tokens_come_back_at_the_rate,
        a_management_call_over_the_rate_is_refused};
    for (size_t i = 0; i < sizeof looped / sizeof *looped; i++)
        tcase_add_loop_test(tcase, looped[i], 0, DAEMON_GRID);
    tcase_add_loop_test(tcase, a_profile_is_printed_as_what_it_means, 0, 2);
    tcase_add_test(tcase, a_reload_changes_the_rate);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
