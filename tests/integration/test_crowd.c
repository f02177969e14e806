#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* Many connections, slow ones among them: what they cost comes back. */

enum { SLACK_KIB = 24 * 1024 };

static void await_descriptors(struct daemon *daemon, unsigned n)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (daemon_n_descriptors(daemon) > n)
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("%u descriptors, not %u", daemon_n_descriptors(daemon),
                        n);
}

START_TEST(hundreds_of_connections_cost_little_and_give_it_back)
{
    enum { N = 800 };
    static struct peer *peers[N];
    int n = _i < 3 ? N : N / 4; /* TLS takes its time */
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    struct peer *witness = peer_open(daemon);
    (void)peer_id(witness);
    unsigned n_descriptors = daemon_n_descriptors(daemon);
    size_t before_kib = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < n; i++)
            peers[i] = peer_open(daemon);
        for (int i = 0; i < n; i++) {
            (void)peer_id(peers[i]);
            peer_call(peers[i], peer_id(peers[i / 2]), "{\"type\":\"x\"}");
            peer_expect_packet(peers[i / 2], peer_id(peers[i]),
                               "{\"type\":\"x\"}");
        }
        for (int i = 0; i < n; i++) {
            if (i % 3 == 0)
                peer_send(peers[i], PEER_CLOSE, "", 0);
            if (i % 3 == 1)
                peer_reset(peers[i]);
            else
                peer_free(peers[i]);
        }
        await_descriptors(daemon, n_descriptors);
        if (round == 0)
            before_kib = daemon_rss_kib(daemon);
    }
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + SLACK_KIB / 4);
    peer_say(witness, "whoami");
    peer_expect(witness, peer_id(witness));
    peer_free(witness);
    daemon_end(daemon);
}
END_TEST

START_TEST(connections_that_come_and_go_leave_nothing)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=info");
    struct peer *witness = peer_open(daemon);
    (void)peer_id(witness);
    unsigned n_descriptors = daemon_n_descriptors(daemon);
    size_t before_kib = 0;
    for (int i = 0; i < 900; i++) {
        struct peer *peer = peer_connect_plain(daemon_endpoint(daemon, 0));
        if (i % 3 == 0)
            (void)peer_write_some(peer, "GET /latest HTTP/1.1\r\n", 22);
        if (i % 2)
            peer_reset(peer);
        else
            peer_free(peer);
        if (i == 300)
            before_kib = daemon_rss_kib(daemon);
    }
    await_descriptors(daemon, n_descriptors);
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + SLACK_KIB);
    peer_say(witness, "whoami");
    peer_expect(witness, peer_id(witness));
    char *log = daemon_log(daemon);
    ck_assert_uint_lt(strlen(log), 5000); /* a scan is not worth the disk */
    free(log);
    peer_free(witness);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_deaf_receiver_costs_its_queue_and_others_are_served)
{
    enum { N_MESSAGES = 600, SIZE = 30000 };
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    struct peer *deaf = peer_open_narrow(daemon);
    struct peer *sender = peer_open(daemon);
    struct peer *other = peer_open(daemon);
    static char payload[SIZE] = "{\"type\":\"x\",\"data\":{\"pad\":\"";
    size_t n = strlen(payload);
    int n_refused = 0;
    memset(payload + n, 'x', SIZE - n - 4);
    strcpy(payload + SIZE - 4, "\"}}");
    char *text = peer_packet(peer_id(deaf), payload);
    (void)peer_id(sender);
    size_t before_kib = daemon_rss_kib(daemon);
    for (int i = 0; i < N_MESSAGES; i++) {
        peer_say(sender, text);
        while (peer_has_input(sender, 0)) {
            peer_expect_error(sender);
            n_refused++;
        }
        if (i % 100)
            continue;
        peer_call(sender, peer_id(other), "{\"type\":\"live\"}");
        peer_expect_packet(other, peer_id(sender), "{\"type\":\"live\"}");
    }
    ck_assert_int_gt(n_refused, 0);
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + SLACK_KIB);
    free(text);
    peer_free(deaf);
    peer_free(sender);
    peer_free(other);
    daemon_end(daemon);
}
END_TEST

START_TEST(without_descriptors_newcomers_are_turned_away_and_then_served)
{
    enum { N = 200 };
    struct peer *peers[N];
    struct daemon *daemon = daemon_new();
    int n_open = 0;
    daemon_limit_descriptors(daemon, 128);
    daemon_run(daemon, (const char *const[]){"--workers=2", NULL});
    for (int i = 0; i < N; i++) {
        peers[i] = peer_connect(daemon_endpoint(daemon, 0));
        (void)peer_write_some(peers[i], "GET", 3);
    }
    unsigned before_ms = daemon_cpu_ms(daemon);
    for (int i = 0; i < N; i++) {
        if (peer_has_input(peers[i], 10))
            peer_await_end(peers[i]);
        else
            n_open++;
    }
    ck_assert_int_gt(n_open, 8);
    ck_assert_int_lt(n_open, 128);
    (void)peer_has_input(peers[0], 500);
    ck_assert_uint_lt(daemon_cpu_ms(daemon) - before_ms, 250); /* no spin */
    for (int i = 0; i < N; i++)
        peer_free(peers[i]);
    await_descriptors(daemon, 64);
    for (int i = 0; i < 10; i++) {
        struct peer *peer = peer_open(daemon);
        (void)peer_id(peer);
        peer_free(peer);
    }
    daemon_end(daemon);
}
END_TEST

START_TEST(the_most_connections_are_a_setting)
{
    struct daemon *daemon = DAEMON("--max-connections=3");
    struct peer *peers[3];
    for (int i = 0; i < 3; i++)
        peers[i] = peer_open(daemon);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_await_end(peer);
    peer_free(peer);
    peer_send(peers[0], PEER_CLOSE, "", 0);
    peer_expect_close(peers[0], 1005, "");
    peer_expect_end(peers[0]);
    peer_free(peers[0]);
    daemon_await_log(daemon, "reason=client");
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    bool is_served = false;
    while (!is_served && daemon_now_ms() < deadline_ms) {
        peer = peer_connect(daemon_endpoint(daemon, 0));
        is_served = !peer_has_input(peer, 50); /* not turned away */
        peer_free(peer);
    }
    ck_assert(is_served);
    for (int i = 1; i < 3; i++) {
        (void)peer_id(peers[i]);
        peer_free(peers[i]);
    }
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        hundreds_of_connections_cost_little_and_give_it_back,
        connections_that_come_and_go_leave_nothing,
        a_deaf_receiver_costs_its_queue_and_others_are_served, NULL};
    const TTest *const once[] = {
        without_descriptors_newcomers_are_turned_away_and_then_served,
        the_most_connections_are_a_setting, NULL};
    return suite_run_looped("crowd", looped, DAEMON_GRID, once);
}
