#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* How the daemon ends, and how it starts again. */

enum { EX_UNAVAILABLE_STATUS = 69 };

START_TEST(sigterm_sends_everybody_away_and_ends_in_order)
{
    static const int signals[] = {SIGTERM, SIGINT};
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--drain-timeout=1m");
    struct peer *peers[20];
    struct peer *in_head = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(in_head, "GET /la");
    for (int i = 0; i < 20; i++)
        (void)peer_id(peers[i] = peer_open(daemon));
    daemon_signal(daemon, signals[_i % 2]);
    for (int i = 0; i < 20; i++) {
        peer_expect_close(peers[i], 1001, "Going away");
        peer_send(peers[i], PEER_CLOSE, "\x03\xe9", 2);
        peer_expect_end(peers[i]);
        peer_free(peers[i]);
    }
    peer_await_end(in_head);
    peer_free(in_head);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

static void ask(struct peer *peer)
{
    peer_write_text(peer, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void expect_forbidden(struct peer *peer)
{
    const char *head = peer_read_until(peer, "\r\n\r\n");
    ck_assert_msg(strncmp(head, "HTTP/1.1 403 ", 13) == 0, "%s", head);
    (void)peer_read_until(peer, "}");
}

START_TEST(requests_sent_before_the_drain_are_answered)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--drain-timeout=1m");
    struct peer *peers[20];
    for (int i = 0; i < 20; i++) {
        ask(peers[i] = peer_connect(daemon_endpoint(daemon, 0)));
        expect_forbidden(peers[i]);
    }
    daemon_signal(daemon, SIGSTOP); /* so that it sees both at once */
    for (int i = 0; i < 20; i++)
        ask(peers[i]);
    daemon_signal(daemon, SIGTERM);
    daemon_signal(daemon, SIGCONT);
    for (int i = 0; i < 20; i++) {
        expect_forbidden(peers[i]);
        peer_expect_end(peers[i]);
        peer_free(peers[i]);
    }
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

START_TEST(packets_sent_before_the_drain_arrive)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    (void)peer_id(a);
    (void)peer_id(b);
    for (int i = 0; i < 200; i++)
        peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_say(a, "whoami");
    peer_expect(a, peer_id(a));
    daemon_signal(daemon, SIGTERM);
    for (int i = 0; i < 200; i++)
        peer_expect_packet(b, peer_id(a), "{\"type\":\"x\"}");
    peer_expect_close(b, 1001, "Going away");
    peer_expect_close(a, 1001, "Going away");
    peer_free(a);
    peer_free(b);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--drain-timeout=1h", "--close-timeout=1h");
    struct peer *peer = peer_open(daemon);
    daemon_signal(daemon, SIGTERM);
    peer_expect_close(peer, 1001, "Going away"); /* is not answered */
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    peer_free(peer);
    daemon_free(daemon);
}
END_TEST

/* ThreadSanitizer runs a handler within a handler, though libuv masks it: there
 * the inner one waits for a lock of the outer one. */
#ifndef __SANITIZE_THREAD__
START_TEST(signals_that_follow_do_not_change_its_status)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    daemon_signal(daemon, SIGTERM);
    while (daemon_is_running(daemon) && daemon_now_ms() < deadline_ms) {
        daemon_signal(daemon, SIGHUP);
        daemon_signal(daemon, SIGINT);
    }
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST
#endif

/* Fills the queue of a peer that reads nothing. */
static void stuff(struct daemon *daemon, struct peer *deaf)
{
    struct peer *sender = peer_open(daemon);
    char payload[30000] = "{\"type\":\"x\",\"data\":{\"pad\":\"";
    size_t n = strlen(payload);
    memset(payload + n, 'x', sizeof payload - n - 4);
    strcpy(payload + sizeof payload - 4, "\"}}");
    (void)peer_id(sender);
    do
        peer_call(sender, peer_id(deaf), payload);
    while (!peer_has_input(sender, 0));
    peer_expect_error(sender);
    peer_free(sender);
}

START_TEST(a_deaf_peer_does_not_hold_up_the_end)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--drain-timeout=200ms", "--close-timeout=1h",
                       "--send-timeout=1h", "--send-queue-limit=160K");
    struct peer *deaf = peer_open_narrow(daemon);
    (void)peer_id(deaf);
    stuff(daemon, deaf);
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    char *log = daemon_log(daemon);
    ck_assert_ptr_nonnull(strstr(log, "drain ended by force"));
    free(log);
    peer_free(deaf);
    daemon_free(daemon);
}
END_TEST

START_TEST(nobody_is_let_in_while_it_drains)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--drain-timeout=1m", "--close-timeout=1m");
    struct peer *peer = peer_open(daemon);
    struct peer *late = peer_connect(daemon_endpoint(daemon, 0));
    daemon_signal(daemon, SIGTERM);
    peer_expect_close(peer, 1001, "Going away");
    peer_await_end(late);
    peer_free(late);
    peer_send(peer, PEER_CLOSE, "", 0);
    peer_expect_end(peer);
    peer_free(peer);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

START_TEST(signals_under_load_do_no_harm)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--log-level=warn", "--drain-timeout=300ms");
    struct peer *peers[8];
    for (int i = 0; i < 8; i++)
        (void)peer_id(peers[i] = peer_open(daemon));
    for (int n = 0; n < 300; n++)
        for (int i = 0; i < 8; i++)
            peer_call(peers[i], peer_id(peers[(i + n) % 8]),
                      "{\"type\":\"x\"}");
    daemon_signal(daemon, SIGTERM);
    for (int i = 0; i < 8; i++)
        peer_reset(peers[i]);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_killed_daemon_starts_again_on_the_same_port)
{
    char listen[100];
    struct daemon *daemon = DAEMON("--workers=2");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    snprintf(listen, sizeof listen, "--listen=%s", daemon_endpoint(daemon, 0));
    strstr(listen, "/latest")[0] = '\0';
    daemon_signal(daemon, SIGKILL);
    ck_assert_int_eq(daemon_wait(daemon), 128 + SIGKILL);
    peer_await_end(peer);
    peer_free(peer);
    daemon_run(daemon, (const char *const[]){listen, NULL});
    peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_taken_port_is_named)
{
    char listen[100];
    struct daemon *daemon = DAEMON("--workers=1");
    struct daemon *second = daemon_new();
    snprintf(listen, sizeof listen, "--listen=%s", daemon_endpoint(daemon, 0));
    strstr(listen, "/latest")[0] = '\0';
    daemon_spawn(second, (const char *const[]){listen, NULL});
    ck_assert_int_eq(daemon_wait(second), EX_UNAVAILABLE_STATUS);
    char *log = daemon_log(second);
    ck_assert_msg(strstr(log, listen + strlen("--listen=")), "%s", log);
    free(log);
    daemon_free(second);
    daemon_end(daemon);
}
END_TEST

START_TEST(an_idle_daemon_sleeps)
{
    struct daemon *daemon = DAEMON("--workers=4", "--log-level=warn");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    unsigned before_ms = daemon_cpu_ms(daemon);
    (void)peer_has_input(peer, 1000);
    ck_assert_uint_le(daemon_cpu_ms(daemon) - before_ms, 50);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        sigterm_sends_everybody_away_and_ends_in_order,
        requests_sent_before_the_drain_are_answered,
        packets_sent_before_the_drain_arrive,
        a_second_signal_ends_it_at_once,
#ifndef __SANITIZE_THREAD__
        signals_that_follow_do_not_change_its_status,
#endif
        a_deaf_peer_does_not_hold_up_the_end,
        nobody_is_let_in_while_it_drains,
        signals_under_load_do_no_harm,
        NULL};
    const TTest *const once[] = {a_killed_daemon_starts_again_on_the_same_port,
                                 a_taken_port_is_named, an_idle_daemon_sleeps,
                                 NULL};
    return suite_run_looped("process", looped, DAEMON_GRID, once);
}
