#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* How a connection ends when its peer ends it, in order or not. */

/* Waits until nobody is called @id any more. */
static void await_gone(struct peer *peer, const char *id)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    char *text = peer_packet(id, "{\"type\":\"x\"}");
    (void)peer_id(peer);
    while (daemon_now_ms() < deadline_ms) {
        peer_say(peer, text);
        peer_say(peer, "whoami");
        if (strcmp(peer_hear(peer), peer_id(peer)) != 0) {
            peer_expect(peer, peer_id(peer));
            free(text);
            return;
        }
        /* The error may still come, from another worker. */
        if (peer_has_input(peer, 20)) {
            peer_expect_error(peer);
            free(text);
            return;
        }
    }
    daemon_fail("%s is still there", id);
}

START_TEST(a_close_is_echoed_and_the_stream_ended)
{
    static const struct {
        const char *payload;
        size_t n;
        unsigned code;
        const char *reason;
    } cases[] = {
        {"", 0, 1005, ""},
        {"\x03\xe8", 2, 1000, ""},
        {"\x03\xe9", 2, 1001, ""},
        {"\x03\xe8"
         "bye",
         5, 1000, "bye"},
        {"\x0b\xb8"
         "na\xc3\xafve",
         8, 3000, "na\xc3\xafve"},
        {"\x13\x87"
         "custom",
         8, 4999, "custom"},
        {"\x03\xf3", 2, 1011, ""},
    };
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer *peer = peer_open(daemon);
        (void)peer_id(peer);
        peer_send(peer, PEER_CLOSE, cases[i].payload, cases[i].n);
        peer_expect_close(peer, cases[i].code, cases[i].reason);
        peer_expect_end(peer);
        peer_free(peer);
    }
    daemon_end(daemon);
}
END_TEST

START_TEST(the_longest_reason_is_echoed)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    char payload[126] = "\x03\xe8";
    memset(payload + 2, 'r', 123);
    peer_send(peer, PEER_CLOSE, payload, 125);
    peer_expect_close(peer, 1000, payload + 2);
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(what_follows_a_close_is_ignored)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    char *text = peer_packet(peer_id(b), "{\"type\":\"late\"}");
    uint8_t frames[1000];
    size_t n = peer_build(frames, PEER_CLOSE, "\x03\xe8", 2);
    n += peer_build(frames + n, PEER_TEXT, text, strlen(text));
    n += peer_build(frames + n, PEER_CLOSE, "\x03\xe9", 2);
    n += peer_build(frames + n, PEER_PING, "", 0);
    memcpy(frames + n, "\xff\xff\xff", 3);
    peer_write(a, frames, n + 3);
    peer_expect_close(a, 1000, "");
    peer_expect_end(a); /* no second close */
    peer_say(b, "whoami");
    peer_expect(b, peer_id(b));
    free(text);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(answers_come_before_the_close)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    uint8_t frames[1000];
    (void)peer_id(peer);
    size_t n = peer_build(frames, PEER_TEXT, "whoami", 6);
    n += peer_build(frames + n, PEER_TEXT, "x", 1);
    n += peer_build(frames + n, PEER_CLOSE, "", 0);
    peer_write(peer, frames, n);
    peer_expect(peer, peer_id(peer));
    peer_expect_error(peer);
    peer_expect_close(peer, 1005, "");
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_closes_and_leaves_at_once_is_gone)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    char id[PEER_ID_CHARS + 1];
    snprintf(id, sizeof id, "%s", peer_id(b));
    peer_send(b, PEER_CLOSE, "", 0);
    peer_free(b);
    await_gone(a, id);
    peer_free(a);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_half_closed_stream_still_gets_its_answers)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    uint8_t frames[100];
    (void)peer_id(peer);
    size_t n = peer_build(frames, PEER_TEXT, "whoami", 6);
    n += peer_build(frames + n, PEER_PING, "p", 1);
    peer_write(peer, frames, n);
    peer_finish(peer);
    peer_expect(peer, peer_id(peer));
    struct peer_frame frame;
    peer_hear_frame(peer, &frame);
    ck_assert_uint_eq(frame.first, PEER_PONG);
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* The kernel takes no more, and the daemon's queue is full, when the stream is
 * halved. */
START_TEST(a_half_closed_stream_still_gets_what_waits_for_it)
{
    enum { SIZE = 30000, MESSAGES_MAX = 1000 };
    /* Plain or over TLS; with one worker, so that an answer to the sender shows
     * what has become of all that it sent before. */
    struct daemon *daemon = DAEMON_IN_GRID(_i < 3 ? 0 : 3, "--log-level=debug");
    struct peer *slow = peer_open_narrow(daemon);
    struct peer *sender = peer_open(daemon);
    static char payload[SIZE + 20];
    strcpy(payload, "{\"type\":\"");
    memset(payload + strlen(payload), 'x', SIZE);
    strcat(payload, "\"}");
    const char *to = peer_id(slow);
    const char *from = peer_id(sender);
    int n = 0;
    for (;; n++) {
        ck_assert_int_lt(n, MESSAGES_MAX);
        peer_call(sender, to, payload);
        peer_say(sender, "whoami");
        if (strcmp(peer_hear(sender), from) != 0)
            break; /* the queue is full: this one was refused */
    }
    peer_expect(sender, from);
    peer_finish(slow);
    while (n-- > 0)
        peer_expect_packet(slow, from, payload);
    peer_expect_end(slow);
    peer_free(slow);
    peer_free(sender);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_close_is_echoed_to_who_has_finished_already)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    peer_send(peer, PEER_CLOSE, "\x03\xe8", 2);
    peer_finish(peer);
    peer_expect_close(peer, 1000, "");
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* What a peer has done when its stream breaks. */
enum point { IN_TLS, IN_HEAD, OPEN, IN_HEADER, IN_FRAME, IN_MESSAGE, IN_CLOSE };

static struct peer *go_to(struct daemon *daemon, int point)
{
    static const char *const said[] = {
        [IN_HEADER] = "\x81",
        [IN_FRAME] = "\x81\x86\x01\x02\x03\x04wh",
        [IN_MESSAGE] = "\x01\x81\x01\x01\x01\x01w",
        [IN_CLOSE] = "\x88\x82\x01\x01\x01\x01\x02\xe9",
    };
    struct peer *peer;
    if (point == IN_TLS) {
        peer = peer_connect_plain(daemon_endpoint(daemon, 0));
        (void)peer_write_some(peer, "\x16\x03\x01\x02\x00", 5);
    } else if (point == IN_HEAD) {
        peer = peer_connect(daemon_endpoint(daemon, 0));
        peer_write_text(peer, "GET /latest HTTP/1.1\r\nHo");
    } else {
        peer = peer_open(daemon);
        if (said[point])
            peer_write_text(peer, said[point]);
    }
    return peer;
}

START_TEST(streams_may_break_at_any_point)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *witness = peer_open(daemon);
    (void)peer_id(witness);
    unsigned n_descriptors = daemon_n_descriptors(daemon);
    for (int round = 0; round < 10; round++) {
        for (int point = IN_TLS; point <= IN_CLOSE; point++) {
            struct peer *peer = go_to(daemon, point);
            if (round % 2)
                peer_reset(peer);
            else
                peer_free(peer);
        }
    }
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (daemon_n_descriptors(daemon) > n_descriptors)
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("%u descriptors, not %u", daemon_n_descriptors(daemon),
                        n_descriptors);
    peer_say(witness, "whoami");
    peer_expect(witness, peer_id(witness));
    peer_free(witness);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_target_may_vanish_under_a_burst)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    struct peer *a = peer_open(daemon);
    (void)peer_id(a);
    for (int round = 0; round < 30; round++) {
        enum { N = 50 };
        struct peer *b = peer_open(daemon);
        char *text = peer_packet(peer_id(b), "{\"type\":\"x\"}");
        for (int i = 0; i < N; i++) {
            peer_say(a, text);
            if (i == round)
                peer_reset(b);
        }
        peer_say(a, text);
        peer_say(a, "whoami");
        free(text);
        /* What was delivered is silent; the rest is answered. */
        while (strcmp(peer_hear(a), peer_id(a)) != 0)
            continue;
    }
    peer_free(a);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_writes_to_itself_may_vanish)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    for (int round = 0; round < 20; round++) {
        struct peer *peer = peer_open(daemon);
        char *text = peer_packet(peer_id(peer), "{\"type\":\"x\"}");
        for (int i = 0; i < 50; i++)
            peer_say(peer, text);
        peer_reset(peer);
        free(text);
    }
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_log_says_whose_end_it_tells)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    char line[100];
    struct peer *peer = peer_connect_plain(daemon_endpoint(daemon, 0));
    peer_free(peer);
    daemon_await_log(daemon, "peer=127.0.0.1:");
    peer = peer_open(daemon);
    snprintf(line, sizeof line, "connection=%s ended reason=", peer_id(peer));
    peer_send(peer, PEER_CLOSE, "", 0);
    peer_expect_close(peer, 1005, "");
    peer_free(peer);
    daemon_await_log(daemon, line);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        a_close_is_echoed_and_the_stream_ended,
        the_longest_reason_is_echoed,
        what_follows_a_close_is_ignored,
        answers_come_before_the_close,
        who_closes_and_leaves_at_once_is_gone,
        a_half_closed_stream_still_gets_its_answers,
        a_half_closed_stream_still_gets_what_waits_for_it,
        a_close_is_echoed_to_who_has_finished_already,
        streams_may_break_at_any_point,
        a_target_may_vanish_under_a_burst,
        who_writes_to_itself_may_vanish,
        the_log_says_whose_end_it_tells,
        NULL};
    return suite_run_looped("closing", looped, DAEMON_GRID, NULL);
}
