#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/*
 * Floods of what must be answered: from peers that read the answers, and from
 * peers that do not. The daemon answers all that it reads, stops reading when
 * its answers are not taken, and goes on when they are.
 */

enum {
    QUIET_MS = 300,        /* without progress: the daemon reads no more */
    FLOOD_MAX = 64 << 20,  /* bytes that it must not have taken by then */
    SLACK_KIB = 24 * 1024, /* of memory, over what it had before */
};

/* So that it is full soon. */
#define SMALL_QUEUE \
    "--send-queue-limit=32K", "--message-limit=2K", "--frame-limit=2K"

/* Writes the @n bytes of @unit again and again until the daemon stops taking
 * them, or @most times. Returns how many units are begun or written; the rest
 * of the last one is @rest_out bytes. */
static int flood(struct peer *peer, const void *unit, size_t n, int most,
                 size_t *rest_out)
{
    struct pollfd fd = {.fd = peer->fd, .events = POLLOUT};
    uint8_t block[8192];
    size_t n_units = sizeof block / n;
    size_t total = 0;
    size_t wanted = (size_t)most * n;
    for (size_t i = 0; i < n_units; i++)
        memcpy(block + i * n, unit, n);
    while (total < wanted) {
        size_t at = total % (n_units * n);
        size_t left = n_units * n - at;
        long rc = peer_write_some(
            peer, block + at, left < wanted - total ? left : wanted - total);
        if (rc < 0)
            daemon_fail("the flooding peer was ended");
        if (rc == 0 && poll(&fd, 1, QUIET_MS) == 0)
            break;
        total += (size_t)rc;
        ck_assert_uint_lt(total, FLOOD_MAX);
    }
    *rest_out = (n - total % n) % n;
    return (int)((total + n - 1) / n);
}

static void expect_answers(struct peer *peer, bool are_pongs, int n)
{
    for (int i = 0; i < n; i++) {
        struct peer_frame frame;
        if (!are_pongs) {
            peer_expect_error(peer);
            continue;
        }
        peer_hear_frame(peer, &frame);
        ck_assert_uint_eq(frame.first, PEER_PONG);
    }
}

static void flood_deaf(int i, const void *unit, size_t n, bool are_pongs)
{
    struct daemon *daemon = DAEMON_IN_GRID(i, SMALL_QUEUE);
    struct peer *peer = peer_open_narrow(daemon);
    struct peer *other = peer_open(daemon);
    size_t before_kib = daemon_rss_kib(daemon);
    size_t rest;
    int n_units = flood(peer, unit, n, INT32_MAX / 16, &rest);
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + SLACK_KIB);
    (void)peer_id(other); /* is served meanwhile */
    peer_widen(peer);
    if (rest) { /* the last unit is not whole; it will be */
        expect_answers(peer, are_pongs, n_units - 1);
        peer_write(peer, (const uint8_t *)unit + n - rest, rest);
        expect_answers(peer, are_pongs, 1);
    } else {
        expect_answers(peer, are_pongs, n_units);
    }
    (void)peer_id(peer);
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + SLACK_KIB);
    peer_free(peer);
    peer_free(other);
    daemon_end(daemon);
}

/* A flood from a peer that reads all the time. */
static void flood_reading(int i, const void *unit, size_t n, bool are_pongs)
{
    enum { N = 60000, AT_A_TIME = 700 };
    struct daemon *daemon = DAEMON_IN_GRID(i, SMALL_QUEUE, "--log-level=warn");
    struct peer *peer = peer_open(daemon);
    uint8_t *units = malloc(n * AT_A_TIME);
    size_t n_written = 0;
    int n_sent = 0;
    int n_heard = 0;
    for (int k = 0; k < AT_A_TIME; k++)
        memcpy(units + (size_t)k * n, unit, n);
    (void)peer_id(peer);
    while (n_heard < N) {
        long rc = 0;
        if (n_sent < N)
            rc = peer_write_some(peer, units + n_written,
                                 n * AT_A_TIME - n_written);
        ck_assert_int_ge(rc, 0);
        n_written += (size_t)rc;
        n_sent += (int)(n_written / n);
        n_written %= n;
        if (n_written && n_sent >= N) {
            peer_write(peer, units + n_written, n - n_written);
            n_written = 0;
            n_sent++;
        }
        while (n_heard < n_sent && peer_has_input(peer, rc == 0 ? 1000 : 0)) {
            expect_answers(peer, are_pongs, 1);
            n_heard++;
        }
    }
    expect_answers(peer, are_pongs, n_sent - n_heard);
    peer_say(peer, "whoami");
    peer_expect(peer, peer_id(peer));
    free(units);
    peer_free(peer);
    daemon_end(daemon);
}

static const uint8_t ping[] = {0x89, 0x80, 0, 0, 0, 0};
static const uint8_t bad[] = {0x81, 0x81, 0, 0, 0, 0, 'x'};

START_TEST(pings_of_a_deaf_peer_cost_little_and_are_answered_in_the_end)
{
    uint8_t unit[200];
    flood_deaf(_i, unit,
               peer_build(unit, PEER_PING, "01234567890123456789", 20), true);
}
END_TEST

START_TEST(nonsense_of_a_deaf_peer_costs_little_and_is_answered_in_the_end)
{
    static const char text[190];
    uint8_t unit[200];
    flood_deaf(_i, unit, peer_build(unit, PEER_TEXT, text, sizeof text), false);
}
END_TEST

START_TEST(each_ping_of_a_flood_is_answered)
{
    flood_reading(_i, ping, sizeof ping, true);
}
END_TEST

START_TEST(each_nonsense_of_a_flood_is_answered)
{
    flood_reading(_i, bad, sizeof bad, false);
}
END_TEST

START_TEST(packets_to_the_gone_are_each_answered)
{
    enum { N = 20000 };
    struct daemon *daemon = DAEMON_IN_GRID(_i, SMALL_QUEUE, "--log-level=warn");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    char *text = peer_packet(peer_id(b), "{\"type\":\"x\"}");
    uint8_t *frames = malloc(N * 100);
    size_t n_frames = 0;
    size_t n_written = 0;
    (void)peer_id(a);
    peer_send(b, PEER_CLOSE, "", 0);
    peer_expect_close(b, 1005, "");
    for (int i = 0; i < N; i++)
        n_frames +=
            peer_build(frames + n_frames, PEER_TEXT, text, strlen(text));
    for (int n_heard = 0; n_heard < N;) {
        long rc = 0;
        if (n_written < n_frames)
            rc = peer_write_some(a, frames + n_written, n_frames - n_written);
        if (rc < 0)
            daemon_fail("the sender was ended after %d answers", n_heard);
        n_written += (size_t)rc;
        while (n_heard < N && peer_has_input(a, rc == 0 ? 1 : 0)) {
            peer_expect_error(a);
            n_heard++;
        }
    }
    free(text);
    free(frames);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

static void send_fragments_endlessly(struct daemon *daemon, const void *unit,
                                     size_t n)
{
    static const uint8_t begin[] = {0x01, 0x81, 0, 0, 0, 0, 'x'};
    struct peer *peer = peer_open(daemon);
    size_t before_kib = daemon_rss_kib(daemon);
    uint8_t block[4200]; /* of whole units */
    size_t n_written = 0;
    size_t total = 0;
    for (size_t at = 0; at < sizeof block; at += n)
        memcpy(block + at, unit, n);
    peer_write(peer, begin, sizeof begin);
    while (!peer_has_input(peer, 0) && total < FLOOD_MAX) {
        long rc =
            peer_write_some(peer, block + n_written, sizeof block - n_written);
        if (rc < 0)
            break;
        n_written = (n_written + (size_t)rc) % sizeof block;
        total += (size_t)rc;
    }
    peer_expect_close(peer, 1009, "too many fragments");
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + SLACK_KIB);
    peer_await_end(peer);
    peer_free(peer);
}

START_TEST(endless_tiny_fragments_end_in_a_close)
{
    static const uint8_t one[] = {0x00, 0x81, 0, 0, 0, 0, 'x'};
    static const uint8_t empty[] = {0x00, 0x80, 0, 0, 0, 0};
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    send_fragments_endlessly(daemon, one, sizeof one);
    send_fragments_endlessly(daemon, empty, sizeof empty);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_greedy_sender_does_not_starve_a_quiet_pair)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    struct peer *greedy = peer_open(daemon);
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    struct peer *c = peer_open(daemon); /* with two workers: the greedy one's */
    uint8_t block[65536];
    size_t n_written = 0;
    size_t size = 0;
    while (size + sizeof bad <= sizeof block)
        size += peer_build(block + size, PEER_PONG, "x", 1);
    for (int i = 0; i < 30; i++) {
        struct peer *callee = i % 2 ? b : c;
        peer_call(a, peer_id(callee), "{\"type\":\"REQ\"}");
        do {
            long rc =
                peer_write_some(greedy, block + n_written, size - n_written);
            ck_assert_int_ge(rc, 0);
            n_written = (n_written + (size_t)rc) % size;
        } while (!peer_has_input(callee, 0));
        peer_expect_packet(callee, peer_id(a), "{\"type\":\"REQ\"}");
    }
    peer_free(greedy);
    peer_free(a);
    peer_free(b);
    peer_free(c);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        pings_of_a_deaf_peer_cost_little_and_are_answered_in_the_end,
        nonsense_of_a_deaf_peer_costs_little_and_is_answered_in_the_end,
        each_ping_of_a_flood_is_answered,
        each_nonsense_of_a_flood_is_answered,
        packets_to_the_gone_are_each_answered,
        endless_tiny_fragments_end_in_a_close,
        a_greedy_sender_does_not_starve_a_quiet_pair,
        NULL};
    return suite_run_looped("flood", looped, DAEMON_GRID, NULL);
}
