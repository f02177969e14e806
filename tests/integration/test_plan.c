#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/*
 * Usage plans, end to end. A rate of 0.001 brings no token while a test runs,
 * and a month is unlikely to end meanwhile.
 */

#define TOO_MANY \
    "TooManyRequestsException", "{\"message\":\"Too Many Requests\"}"
#define EXCEEDED "LimitExceededException", "{\"message\":\"Limit Exceeded\"}"
#define FORBIDDEN "ForbiddenException", "{\"message\":\"Forbidden\"}"

/* In a folder of its own, with these keys. */
static struct daemon *start(int i, const char *keys,
                            const char *const options[])
{
    struct daemon *daemon = daemon_new();
    const char *all[DAEMON_OPTIONS_MAX] = {"--keys-file=keys"};
    char workers[20];
    int n = 1;
    snprintf(workers, sizeof workers, "--workers=%d", daemon_grid_workers(i));
    all[n++] = workers;
    while (*options)
        all[n++] = *options++;
    daemon_write_file(daemon, "keys", keys);
    daemon_run(daemon, all);
    return daemon;
}
#define START(i, keys, ...) \
    start(i, keys,          \
          (const char *const[]){"--log-level=info", ##__VA_ARGS__, NULL})

static struct peer *open_with(struct daemon *daemon, const char *key)
{
    return peer_open_at(daemon_endpoint(daemon, 0), key);
}

static void expect_open(struct daemon *daemon, const char *key)
{
    peer_free(open_with(daemon, key));
}

static void expect_refusal(struct daemon *daemon, const char *key, int status,
                           const char *type, const char *body)
{
    char line[100];
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(peer, "GET /latest HTTP/1.1\r\n"
                          "Host: x\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                          "x-api-key: ");
    peer_write_text(peer, key);
    peer_write_text(peer, "\r\n\r\n");
    const char *head = peer_read_until(peer, "\r\n\r\n");
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    ck_assert_msg(strncmp(head, line, strlen(line)) == 0, "%s", head);
    snprintf(line, sizeof line, "\r\nx-amzn-ErrorType: %s\r\n", type);
    ck_assert_msg(strstr(head, line) != NULL, "%s", head);
    snprintf(line, sizeof line, "\r\nContent-Length: %zu\r\n", strlen(body));
    ck_assert_msg(strstr(head, line) != NULL, "%s", head);
    ck_assert_str_eq(peer_read_text(peer, strlen(body)), body);
    peer_free(peer);
}

static void reload(struct daemon *daemon, const char *keys)
{
    daemon_write_file(daemon, "keys", keys);
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "server reloaded");
}

START_TEST(a_connect_over_the_rate_is_refused)
{
    struct daemon *daemon = START(_i, "a = one plan=p\n"
                                      "b = two plan=p\n"
                                      "c = three\n"
                                      "[plan p]\n"
                                      "rate = 0.001\n"
                                      "burst = 2\n");
    expect_open(daemon, "one");
    expect_open(daemon, "one");
    expect_refusal(daemon, "one", 429, TOO_MANY);
    expect_refusal(daemon, "one", 429, TOO_MANY);
    daemon_await_log(daemon, "status=429 why=\"over the rate of its plan\"");
    expect_open(daemon, "two");
    for (int i = 0; i < 5; i++)
        expect_open(daemon, "three");
    daemon_end(daemon);
}
END_TEST

START_TEST(a_connect_over_the_quota_is_refused)
{
    struct daemon *daemon = START(_i, "a = one plan=p\n"
                                      "[plan p]\n"
                                      "quota = 3/month\n");
    for (int i = 0; i < 3; i++)
        expect_open(daemon, "one");
    expect_refusal(daemon, "one", 429, EXCEEDED);
    daemon_await_log(daemon, "status=429 why=\"over the quota of its plan\"");
    daemon_end(daemon);
}
END_TEST

START_TEST(what_is_refused_for_another_reason_costs_nothing)
{
    struct daemon *daemon = START(_i, "a = one plan=p\n"
                                      "[plan p]\n"
                                      "quota = 1/month\n");
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    for (int i = 0; i < 3; i++) {
        peer_write_text(peer, "GET /latest HTTP/1.1\r\nHost: x\r\n"
                              "x-api-key: one\r\n\r\n");
        (void)peer_read_until(peer, "\r\n\r\n");
    }
    peer_free(peer);
    expect_open(daemon, "one");
    daemon_end(daemon);
}
END_TEST

START_TEST(nobody_gets_in_with_a_disabled_key)
{
    struct daemon *daemon = START(_i, "a = one disabled\n"
                                      "b = two\n");
    struct peer *peer;
    expect_refusal(daemon, "one", 403, FORBIDDEN);
    expect_open(daemon, "two");
    peer = open_with(daemon, "two");
    reload(daemon, "a = one\nb = two disabled\n");
    expect_open(daemon, "one");
    expect_refusal(daemon, "two", 403, FORBIDDEN);
    (void)peer_id(peer); /* who is in stays in */
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_reload_forgets_nothing)
{
    struct daemon *daemon = START(_i, "a = one plan=p\n"
                                      "[plan p]\n"
                                      "quota = 2/month\n");
    expect_open(daemon, "one");
    expect_open(daemon, "one");
    reload(daemon, "b = one plan=q\n"
                   "[plan q]\n"
                   "quota = 3/month\n");
    expect_open(daemon, "one");
    expect_refusal(daemon, "one", 429, EXCEEDED);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_key_without_its_plan_is_refused_by_a_reload)
{
    struct daemon *daemon = START(_i, "a = one\n");
    daemon_write_file(daemon, "keys", "a = one plan=p\n");
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "keys:1: a: there is no plan \"p\"");
    expect_open(daemon, "one");
    daemon_end(daemon);
}
END_TEST

START_TEST(a_quota_outlives_the_daemon)
{
    static const char keys[] = "a = one plan=p\n[plan p]\nquota = 2/month\n";
    static const char *const options[] = {"--keys-file=keys",
                                          "--usage-file=usage", NULL};
    struct daemon *daemon = START(_i, keys, "--usage-file=usage");
    expect_open(daemon, "one");
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    char *text = daemon_read_file(daemon, "usage");
    ck_assert_msg(strncmp(text, "a = sha256:7692c3ad3540bb80", 27) == 0, "%s",
                  text); /* printf one | sha256sum */
    ck_assert_msg(strstr(text, " 1/month since ") != NULL, "%s", text);
    free(text);
    daemon_run(daemon, options);
    expect_open(daemon, "one");
    expect_refusal(daemon, "one", 429, EXCEEDED);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_broken_usage_file_is_an_error_and_stays)
{
    static const char *const options[] = {"--usage-file=usage", NULL};
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "usage", "a = much\n");
    daemon_spawn(daemon, options);
    ck_assert_int_eq(daemon_wait(daemon), 78);
    daemon_await_log(daemon,
                     "monologued: usage_file: usage:1: this is not a line of a "
                     "usage file");
    char *text = daemon_read_file(daemon, "usage");
    ck_assert_str_eq(text, "a = much\n");
    free(text);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_usage_file_that_cannot_be_written_is_an_error)
{
    static const char *const options[] = {"--usage-file=nowhere/usage", NULL};
    struct daemon *daemon = daemon_new();
    daemon_spawn(daemon, options);
    ck_assert_int_eq(daemon_wait(daemon), 78);
    daemon_await_log(daemon, "cannot write nowhere/usage: No such file");
    daemon_free(daemon);
}
END_TEST

START_TEST(messages_are_free_unless_they_count)
{
    struct daemon *daemon = START(_i, "a = one plan=p\n"
                                      "[plan p]\n"
                                      "rate = 0.001\n"
                                      "burst = 1\n"
                                      "quota = 1/month\n");
    struct peer *peer = open_with(daemon, "one");
    for (int i = 0; i < 20; i++) {
        peer_say(peer, "whoami");
        peer_expect(peer, peer_id(peer));
    }
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* A burst of 3: the connect, and two messages. */
static void expect_two_messages(int i, const char *limit, const char *message)
{
    char keys[100];
    snprintf(keys, sizeof keys, "a = one plan=p\nb = two\n[plan p]\n%s", limit);
    struct daemon *daemon = START(i, keys, "--plan-counts=messages");
    struct peer *a = open_with(daemon, "one");
    struct peer *b = open_with(daemon, "two");
    (void)peer_id(a);
    peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_expect_packet(b, peer_id(a), "{\"type\":\"x\"}");
    for (int k = 0; k < 3; k++) {
        peer_call(a, peer_id(b), "{\"type\":\"y\"}");
        peer_expect_error_saying(a, message);
    }
    peer_call(b, peer_id(a), "{\"type\":\"z\"}"); /* to hear is free */
    peer_expect_packet(a, peer_id(b), "{\"type\":\"z\"}");
    peer_say(b, "whoami"); /* and nothing of the y has come */
    peer_expect(b, peer_id(b));
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}

START_TEST(a_message_over_the_rate_is_answered_with_an_error)
{
    expect_two_messages(_i, "rate = 0.001\nburst = 3\n", "Too Many Requests");
}
END_TEST

START_TEST(a_message_over_the_quota_is_answered_with_an_error)
{
    expect_two_messages(_i, "quota = 3/month\n", "Limit Exceeded");
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        a_connect_over_the_rate_is_refused,
        a_connect_over_the_quota_is_refused,
        what_is_refused_for_another_reason_costs_nothing,
        nobody_gets_in_with_a_disabled_key,
        a_reload_forgets_nothing,
        a_key_without_its_plan_is_refused_by_a_reload,
        a_quota_outlives_the_daemon,
        messages_are_free_unless_they_count,
        a_message_over_the_rate_is_answered_with_an_error,
        a_message_over_the_quota_is_answered_with_an_error,
        NULL};
    const TTest *const once[] = {
        a_broken_usage_file_is_an_error_and_stays,
        a_usage_file_that_cannot_be_written_is_an_error, NULL};
    return suite_run_looped("plan", looped, 3, once);
}
