#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* How long a frame and a message may be, one byte more, and how they come out.
 */

/* {"type":"x","data":{"d":"..."}} of exactly @size bytes; NUL-terminated. */
static char *make_payload(size_t size)
{
    static const char before[] = "{\"type\":\"x\",\"data\":{\"d\":\"";
    static const char behind[] = "\"}}";
    size_t n = size - (sizeof before - 1) - (sizeof behind - 1);
    char *payload = malloc(size + 1);
    char *at = mempcpy(payload, before, sizeof before - 1);
    for (size_t i = 0; i < n; i++)
        *at++ = (char)('a' + i % 26);
    memcpy(at, behind, sizeof behind);
    return payload;
}

/* A packet of exactly @size bytes as it is sent. */
static char *make_packet(const char *to, size_t size, char **payload_out)
{
    size_t overhead = strlen("{\"to\":\"\",\"payload\":}") + strlen(to);
    *payload_out = make_payload(size - overhead);
    char *text = peer_packet(to, *payload_out);
    ck_assert_uint_eq(strlen(text), size);
    return text;
}

static void expect_relayed(struct peer *a, struct peer *b, size_t size)
{
    char *payload;
    char *text = make_packet(peer_id(b), size, &payload);
    peer_say(a, text);
    peer_expect_packet(b, peer_id(a), payload);
    free(payload);
    free(text);
}

START_TEST(packets_of_all_sizes_arrive_whole)
{
    static const size_t sizes[] = {100,   125,    126,    127,   65535,
                                   65536, 65537,  32767,  32768, 32769,
                                   98304, 100000, 131069, 131070};
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        expect_relayed(a, b, sizes[i]);
    expect_relayed(a, a, 131070);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_longest_packet_is_measured_as_it_goes_out)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    for (size_t size = 131071; size <= 131072; size++) {
        char *payload;
        char *text = make_packet(peer_id(b), size, &payload);
        (void)peer_id(a);
        peer_say(a, text);
        peer_expect_error(a);
        free(text);
        free(payload);
    }
    expect_relayed(a, b, 131070);

    /* With a forged from the packet shrinks: it may come in at the limit. */
    char *payload = make_payload(
        131072 - strlen("{\"from\":\"\",\"payload\":}") - PEER_ID_CHARS);
    char *text;
    ck_assert_int_gt(
        asprintf(&text, "{\"to\":\"%s\",\"payload\":%s}", peer_id(b), payload),
        0);
    ck_assert_uint_eq(strlen(text), 131070);
    peer_say(a, text);
    peer_expect_packet(b, peer_id(a), payload);
    ck_assert_uint_eq(b->size, PEER_MESSAGE_MAX);
    free(payload);
    free(text);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_longest_frame_is_relayed_and_a_longer_one_ends_the_sender)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    char *payload;
    char *text = make_packet(peer_id(b), PEER_FRAME_MAX, &payload);
    peer_send(a, PEER_TEXT, text, PEER_FRAME_MAX);
    peer_expect_packet(b, peer_id(a), payload);
    free(payload);
    free(text);

    text = make_packet(peer_id(b), PEER_FRAME_MAX + 1, &payload);
    peer_send(a, PEER_TEXT, text, PEER_FRAME_MAX + 1);
    peer_expect_close(a, 1009, "Max frame length of 32768 has been exceeded.");
    peer_expect_end(a);
    free(payload);
    free(text);
    peer_say(b, "whoami"); /* the first thing that it hears */
    peer_expect(b, peer_id(b));
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

/* Sends text frames of these sizes as one message; the last with FIN. */
static void send_fragments(struct peer *peer, const char *text, const size_t *n)
{
    uint8_t opcode = PEER_TEXT & ~PEER_FIN;
    for (; *n; n++) {
        peer_send(peer, (uint8_t)(opcode | (n[1] ? 0 : PEER_FIN)), text, *n);
        text += *n;
        opcode = PEER_CONTINUATION;
    }
}

START_TEST(the_longest_message_is_answered_and_a_longer_one_ends_the_sender)
{
    static const size_t most[] = {32768, 32768, 32768, 32768, 0};
    static const size_t more[] = {32768, 32768, 32768, 32767, 2, 0};
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    char *text = calloc(1, PEER_MESSAGE_MAX + 2);
    memset(text, 'x', PEER_MESSAGE_MAX + 1);
    (void)peer_id(a);
    send_fragments(a, text, most);
    peer_expect_error(a);
    send_fragments(a, text, more);
    peer_expect_close(a, 1009, "content length exceeded 131072 bytes.");
    peer_expect_end(a);
    free(text);
    peer_free(a);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_length_is_judged_before_anything_has_come_or_been_kept)
{
    static const uint8_t heads[][10] = {
        {0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0},
        {0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0},
        {0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {0x01, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
    };
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    size_t before_kib = 0;
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
            struct peer *peer = peer_open(daemon);
            peer_write(peer, heads[i], sizeof heads[i]);
            peer_expect_close(peer, 1009,
                              "Max frame length of 32768 has been exceeded.");
            peer_expect_end(peer);
            peer_free(peer);
        }
        if (round == 0)
            before_kib = daemon_rss_kib(daemon);
    }
    ck_assert_uint_lt(daemon_rss_kib(daemon), before_kib + 20000);
    daemon_end(daemon);
}
END_TEST

START_TEST(limits_are_settings)
{
    struct daemon *daemon = DAEMON_IN_GRID(
        _i, "--frame-limit=200", "--message-limit=300", "--fragment-limit=3");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    char text[400];
    memset(text, 'x', sizeof text);
    static const size_t three[] = {1, 1, 1, 0};
    static const size_t four[] = {1, 1, 1, 1, 0};
    static const size_t long_one[] = {200, 101, 0};
    (void)peer_id(a);
    send_fragments(a, text, three);
    peer_expect_error(a);
    send_fragments(a, text, long_one);
    peer_expect_close(a, 1009, "content length exceeded 300 bytes.");
    peer_expect_end(a);
    send_fragments(b, text, four);
    peer_expect_close(b, 1009, "too many fragments");
    peer_expect_end(b);
    peer_free(a);
    a = peer_open(daemon);
    peer_send(a, PEER_TEXT, text, 201);
    peer_expect_close(a, 1009, "Max frame length of 200 has been exceeded.");
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        packets_of_all_sizes_arrive_whole,
        the_longest_packet_is_measured_as_it_goes_out,
        the_longest_frame_is_relayed_and_a_longer_one_ends_the_sender,
        the_longest_message_is_answered_and_a_longer_one_ends_the_sender,
        a_length_is_judged_before_anything_has_come_or_been_kept,
        limits_are_settings,
        NULL};
    return suite_run_looped("limit", looped, DAEMON_GRID, NULL);
}
