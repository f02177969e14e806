#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* Pings, pongs, and messages cut into frames, segments and bytes. */

static void expect_pong(struct peer *peer, const void *payload, size_t n)
{
    struct peer_frame frame;
    peer_hear_frame(peer, &frame);
    ck_assert_uint_eq(frame.first, PEER_PONG);
    ck_assert_uint_eq(frame.size, n);
    ck_assert_mem_eq(frame.payload, payload, n);
}

START_TEST(a_ping_is_answered_with_the_same_bytes)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    uint8_t payload[125];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 37); /* not text */
    for (size_t n = 0; n <= sizeof payload; n += 25) {
        peer_send(peer, PEER_PING, payload, n);
        expect_pong(peer, payload, n);
    }
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_pong_is_not_answered)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_send(peer, PEER_PONG, "", 0);
    peer_send(peer, PEER_PONG, "unasked", 7);
    peer_say(peer, "whoami");
    peer_expect(peer, peer_id(peer));
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_ping_may_come_inside_a_message)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    for (int i = 0; i < 3; i++) {
        peer_send(peer, 0x01, "who", 3);
        peer_send(peer, PEER_PING, "1", 1);
        peer_send(peer, 0x00, "", 0);
        peer_send(peer, PEER_PONG, "", 0);
        peer_send(peer, PEER_PING, "2", 1);
        peer_send(peer, 0x80, "ami", 3);
        expect_pong(peer, "1", 1);
        expect_pong(peer, "2", 1);
        peer_expect(peer, peer_id(peer));
    }
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_character_may_be_cut_by_a_frame)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    static const char payload[] = "{\"type\":\"\xf0\x9f\x98\x80\xc3\xa9\"}";
    char *text = peer_packet(peer_id(b), payload);
    size_t size = strlen(text);
    (void)peer_id(a);
    for (size_t cut = 1; cut < size; cut++) {
        peer_send(a, 0x01, text, cut);
        peer_send(a, 0x80, text + cut, size - cut);
        peer_expect_packet(b, peer_id(a), payload);
    }
    free(text);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_message_may_come_byte_by_byte)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    static const char payload[] = "{\"type\":\"drip\",\"data\":{\"n\":1}}";
    uint8_t frames[1000];
    char *text = peer_packet(peer_id(b), payload);
    size_t n = peer_build(frames, 0x01, text, 40);
    n += peer_build(frames + n, PEER_PING, "in between", 10);
    n += peer_build(frames + n, 0x80, text + 40, strlen(text) - 40);
    n += peer_build(frames + n, PEER_TEXT, text, strlen(text));
    free(text);
    (void)peer_id(a);
    for (size_t i = 0; i < n; i++)
        peer_write(a, frames + i, 1);
    expect_pong(a, "in between", 10);
    peer_expect_packet(b, peer_id(a), payload);
    peer_expect_packet(b, peer_id(a), payload);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(many_frames_may_come_in_one_segment)
{
    enum { N = 400 };
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=info");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    static uint8_t frames[N * 120];
    size_t n = 0;
    (void)peer_id(a);
    for (int i = 0; i < N; i++) {
        char payload[64];
        snprintf(payload, sizeof payload, "{\"type\":\"%d\"}", i);
        char *text = peer_packet(peer_id(b), payload);
        n += peer_build(frames + n, PEER_TEXT, text, strlen(text));
        free(text);
    }
    peer_write(a, frames, n);
    for (int i = 0; i < N; i++) {
        char payload[64];
        snprintf(payload, sizeof payload, "{\"type\":\"%d\"}", i);
        peer_expect_packet(b, peer_id(a), payload);
    }
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_mask_of_zeros_is_a_mask)
{
    static const uint8_t frame[] = {0x81, 0x86, 0,   0,   0,   0,
                                    'w',  'h',  'o', 'a', 'm', 'i'};
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_write(peer, frame, sizeof frame);
    peer_expect(peer, peer_id(peer));
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {a_ping_is_answered_with_the_same_bytes,
                                   a_pong_is_not_answered,
                                   a_ping_may_come_inside_a_message,
                                   a_character_may_be_cut_by_a_frame,
                                   a_message_may_come_byte_by_byte,
                                   many_frames_may_come_in_one_segment,
                                   a_mask_of_zeros_is_a_mask,
                                   NULL};
    return suite_run_looped("control", looped, DAEMON_GRID, NULL);
}
