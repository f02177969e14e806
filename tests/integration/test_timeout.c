#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* What time ends. Nothing here measures it; but all of it must end. */

START_TEST(an_idle_connection_is_closed)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--idle-timeout=150ms");
    struct peer *quiet = peer_open(daemon);
    struct peer *asked = peer_open(daemon);
    (void)peer_id(asked);
    peer_expect_close(quiet, 1001, "Going away");
    peer_send(quiet, PEER_CLOSE, "\x03\xe9", 2);
    peer_expect_end(quiet);
    peer_expect_close(asked, 1001, "Going away");
    peer_free(quiet);
    peer_free(asked);
    daemon_end(daemon);
}
END_TEST

START_TEST(messages_either_way_keep_a_connection_and_pings_do_not)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--idle-timeout=400ms");
    struct peer *talker = peer_open(daemon);
    struct peer *listener = peer_open(daemon);
    struct peer *pinger = peer_open(daemon);
    struct peer_frame frame;
    (void)peer_id(talker);
    char *text = peer_packet(peer_id(listener), "{\"type\":\"x\"}");
    do {
        peer_say(talker, text);
        peer_expect_packet(listener, peer_id(talker), "{\"type\":\"x\"}");
        (void)peer_has_input(talker, 20); /* nothing: a breath */
        peer_send(pinger, PEER_PING, "", 0);
        peer_hear_frame(pinger, &frame);
    } while (frame.first == PEER_PONG);
    ck_assert_uint_eq(frame.first, PEER_CLOSE);
    ck_assert_mem_eq(frame.payload, "\x03\xe9Going away", 12);
    peer_say(listener, "whoami"); /* it only listened, and is still there */
    peer_expect(listener, peer_id(listener));
    free(text);
    peer_free(talker);
    peer_free(listener);
    peer_free(pinger);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_busy_connection_is_closed_at_the_session_limit)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--session-limit=300ms");
    struct peer *peer = peer_open(daemon);
    struct peer_frame frame;
    do {
        peer_send(peer, PEER_TEXT, "whoami", 6);
        peer_hear_frame(peer, &frame);
    } while (frame.first == PEER_TEXT);
    ck_assert_uint_eq(frame.first, PEER_CLOSE);
    ck_assert_mem_eq(frame.payload, "\x03\xe9Going away", 12);
    peer_send(peer, PEER_CLOSE, "\x03\xe9", 2);
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_is_told_to_go_is_gone_for_others_at_once)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--session-limit=200ms", "--close-timeout=1m");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_expect_close(peer, 1001, "Going away");
    struct peer *other = peer_open(daemon);
    (void)peer_id(other);
    peer_call(other, peer_id(peer), "{\"type\":\"x\"}");
    peer_expect_error(other);
    peer_say(peer, "whoami"); /* is not answered any more */
    peer_send(peer, PEER_PING, "", 0);
    peer_send(peer, PEER_CLOSE, "", 0);
    peer_expect_end(peer);
    peer_free(peer);
    peer_free(other);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_does_not_answer_a_close_is_ended)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--idle-timeout=100ms", "--close-timeout=100ms");
    struct peer *peer = peer_open(daemon);
    peer_expect_close(peer, 1001, "Going away");
    peer_await_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_does_not_end_the_stream_is_ended)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--close-timeout=100ms");
    struct peer *witness = peer_open(daemon);
    (void)peer_id(witness);
    unsigned n_descriptors = daemon_n_descriptors(daemon);
    struct peer *peer = peer_open(daemon);
    peer_send(peer, PEER_CLOSE, "", 0);
    peer_expect_close(peer, 1005, "");
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (daemon_n_descriptors(daemon) > n_descriptors)
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("the connection is kept");
    peer_free(peer);
    peer_free(witness);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_stalled_frame_ends_with_the_idle_timeout)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--idle-timeout=200ms");
    struct peer *peer = peer_open(daemon);
    peer_write(peer, "\x81\xfe\x10\x00\x01\x02\x03\x04{", 9);
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (!peer_has_input(peer, 20)) { /* and drips */
        (void)peer_write_some(peer, "\x21", 1);
        ck_assert_int_lt(daemon_now_ms(), deadline_ms);
    }
    peer_expect_close(peer, 1001, "Going away");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_deaf_receiver_is_ended_and_its_senders_told)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--send-timeout=300ms", "--send-queue-limit=160K");
    struct peer *deaf = peer_open_narrow(daemon);
    struct peer *sender = peer_open(daemon);
    char payload[30000] = "{\"type\":\"x\",\"data\":{\"pad\":\"";
    size_t n = strlen(payload);
    memset(payload + n, 'x', sizeof payload - n - 4);
    strcpy(payload + sizeof payload - 4, "\"}}");
    (void)peer_id(deaf);
    char *text = peer_packet(peer_id(deaf), payload);
    (void)peer_id(sender);
    do
        peer_say(sender, text);
    while (!peer_has_input(sender, 0));
    peer_expect_error(sender); /* the queue is full */
    daemon_await_log(daemon, "reason=send_timeout");
    peer_await_end(deaf);
    while (peer_has_input(sender, 100))
        peer_expect_error(sender);
    peer_say(sender, text);
    peer_expect_error(sender); /* and now it is gone */
    free(text);
    peer_free(deaf);
    peer_free(sender);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        an_idle_connection_is_closed,
        messages_either_way_keep_a_connection_and_pings_do_not,
        a_busy_connection_is_closed_at_the_session_limit,
        who_is_told_to_go_is_gone_for_others_at_once,
        who_does_not_answer_a_close_is_ended,
        who_does_not_end_the_stream_is_ended,
        a_stalled_frame_ends_with_the_idle_timeout,
        a_deaf_receiver_is_ended_and_its_senders_told,
        NULL};
    return suite_run_looped("timeout", looped, DAEMON_GRID, NULL);
}
