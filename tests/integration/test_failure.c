#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/*
 * What a client hears of a call that got nowhere: why, if it asked for that in
 * its handshake; the error frame of API Gateway, to the byte, if not.
 */

#define ASKS "x-monologue-extensions: nak\r\n"
#define REQ \
    "{\"type\":\"REQ\",\"data\":{\"token\":\"t\\u0031\",\"name\":\"n\"}}"

static struct peer *open_with(struct daemon *daemon, const char *headers)
{
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_upgrade_with(peer, daemon_key(daemon), headers);
    return peer;
}

/* Ids of connections that have ended, at least one on each worker. */
static char (*collect_dead(struct daemon *daemon))[PEER_ID_CHARS + 1]
{
    static char ids[8][PEER_ID_CHARS + 1];
    struct peer *peers[8];
    for (int i = 0; i < 8; i++) {
        peers[i] = peer_open(daemon);
        strcpy(ids[i], peer_id(peers[i]));
    }
    for (int i = 0; i < 8; i++) {
        peer_send(peers[i], PEER_CLOSE, "", 0);
        peer_await_end(peers[i]);
        peer_free(peers[i]);
    }
    return ids;
}

static void expect_nak(struct peer *peer, const char *from, const char *token,
                       const char *code, const char *message)
{
    char text[1000];
    snprintf(text, sizeof text,
             "{\"from\":\"%s\",\"payload\":{\"type\":\"NAK\",\"data\":{"
             "\"token\":\"%s\",\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}"
             "}}",
             from, token, code, message);
    peer_expect(peer, text);
}

static void expect_gone(struct peer *peer, const char *from, const char *token)
{
    expect_nak(peer, from, token, "ENOENT", "no open connection has that id");
}

START_TEST(a_call_to_a_dead_id_is_told_at_once_on_whatever_worker_it_was)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    char(*dead)[PEER_ID_CHARS + 1] = collect_dead(daemon);
    struct peer *asked = open_with(daemon, ASKS);
    struct peer *other = peer_open(daemon);
    (void)peer_id(other);
    for (int i = 0; i < 8; i++) {
        peer_call(asked, dead[i], REQ);
        expect_gone(asked, dead[i], "t\\u0031");
        peer_call(other, dead[i], REQ);
        peer_expect_error(other);
    }
    peer_call(asked, "AAAAAAAAAAAAAAA=", REQ);
    expect_gone(asked, "AAAAAAAAAAAAAAA=", "t\\u0031");
    peer_free(asked);
    peer_free(other);
    daemon_end(daemon);
}
END_TEST

/* Nothing of a call: neither it nor what answers one is answered by a NAK. */
static const char *const payloads[] = {
    "{\"type\":\"REQ\"}",
    "{\"type\":\"REQ\",\"data\":{}}",
    "{\"type\":\"REQ\",\"data\":{\"token\":\"\"}}",
    "{\"type\":\"REQ\",\"data\":{\"token\":7}}",
    "{\"type\":\"REQ\",\"data\":{\"x\":{\"token\":\"t\"}}}",
    "{\"type\":\"ACK\",\"data\":{\"token\":\"t\"}}",
    "{\"type\":\"NAK\",\"data\":{\"token\":\"t\"}}",
    "{\"type\":\"x\",\"data\":{\"token\":\"t\"}}",
};

START_TEST(what_is_no_call_gets_an_error_frame_all_the_same)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    char(*dead)[PEER_ID_CHARS + 1] = collect_dead(daemon);
    struct peer *asked = open_with(daemon, ASKS);
    (void)peer_id(asked);
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        peer_call(asked, dead[i], payloads[i]);
        peer_expect_error(asked);
    }
    peer_call(asked, "nobody", REQ); /* not the shape of an id */
    peer_expect_error(asked);
    peer_call(asked, "AAAAAAAAAAAAAAA\\n", REQ);
    peer_expect_error(asked);
    peer_say(asked, "{\"to\":\"AAAAAAAAAAAAAAA=\",\"payload\":" REQ);
    peer_expect_error(asked);
    peer_free(asked);
    daemon_end(daemon);
}
END_TEST

START_TEST(tokens_that_are_too_long_get_an_error_frame)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    char(*dead)[PEER_ID_CHARS + 1] = collect_dead(daemon);
    struct peer *asked = open_with(daemon, ASKS);
    char token[300];
    char payload[500];
    (void)peer_id(asked);
    for (int n = 256; n <= 257; n++) {
        snprintf(token, sizeof token, "%0*d", n, 7);
        snprintf(payload, sizeof payload,
                 "{\"type\":\"REQ\",\"data\":{\"token\":\"%s\"}}", token);
        for (int i = 0; i < 8; i++) {
            peer_call(asked, dead[i], payload);
            if (n == 256)
                expect_gone(asked, dead[i], token);
            else
                peer_expect_error(asked);
        }
    }
    peer_free(asked);
    daemon_end(daemon);
}
END_TEST

/* A call that is @size bytes when it is relayed. */
static char *make_call(const char *to, size_t size)
{
    static const char tail[] = "\"]}}}";
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    int n = snprintf(text, size + 1,
                     "{\"to\":\"%s\",\"payload\":{\"type\":\"REQ\",\"data\":{"
                     "\"token\":\"t\",\"args\":[\"",
                     to);
    text[n] = 'x';
    strcpy(text + size - 2 - strlen(tail), tail);
    return text;
}

START_TEST(a_call_that_is_too_long_once_it_is_rewritten_is_told)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *asked = open_with(daemon, ASKS);
    struct peer *callee = peer_open(daemon);
    (void)peer_id(asked);
    char *fits = make_call(peer_id(callee), PEER_MESSAGE_MAX);
    char *exceeds = make_call(peer_id(callee), PEER_MESSAGE_MAX + 1);
    peer_say(asked, exceeds);
    expect_nak(asked, peer_id(callee), "t", "EMSGSIZE",
               "the packet is too long to be relayed");
    peer_say(asked, fits);
    ck_assert_uint_eq(strlen(peer_hear(callee)), PEER_MESSAGE_MAX);
    free(fits);
    free(exceeds);
    peer_free(asked);
    peer_free(callee);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_call_over_the_rate_is_told)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--request-rate=0.001", "--request-burst=2");
    struct peer *asked = open_with(daemon, ASKS);
    (void)peer_id(asked); /* a message */
    peer_say(asked, "whoami");
    peer_expect(asked, peer_id(asked));
    peer_call(asked, "AAAAAAAAAAAAAAA=", REQ);
    expect_nak(asked, "AAAAAAAAAAAAAAA=", "t\\u0031", "EAGAIN",
               "over the limit on requests");
    peer_say(asked, "whoami");
    peer_expect_error_saying(asked, "Too Many Requests");
    peer_free(asked);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_call_to_who_takes_nothing_is_told)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--send-timeout=1h", "--send-queue-limit=160K");
    struct peer *deaf = peer_open_narrow(daemon);
    struct peer *asked = open_with(daemon, ASKS);
    (void)peer_id(asked);
    char *call = make_call(peer_id(deaf), 30000);
    do
        peer_say(asked, call);
    while (!peer_has_input(asked, 0));
    expect_nak(asked, peer_id(deaf), "t", "ENOBUFS",
               "the receiver does not take what it is sent");
    free(call);
    peer_free(deaf);
    peer_free(asked);
    daemon_end(daemon);
}
END_TEST

/* Ways to ask, or not to. */
static const struct {
    const char *headers;
    bool is_granted;
} handshakes[] = {
    {"", false},
    {ASKS, true},
    {"X-Monologue-Extensions: NAK\r\n", true},
    {"x-monologue-extensions: other, nak;q=1\r\n", false},
    {"x-monologue-extensions: other ,\tnak\r\n", true},
    {"x-monologue-extensions: a\r\nx-monologue-extensions: nak\r\n", true},
    {"x-monologue-extensions: nakx\r\n", false},
    {"x-monologue-extensions:\r\n", false},
    {"sec-websocket-extensions: nak\r\n", false},
};

START_TEST(the_101_says_what_was_granted_and_only_that)
{
    struct daemon *daemon = DAEMON("--log-level=debug");
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    const char *head =
        peer_upgrade_with(peer, daemon_key(daemon), handshakes[_i].headers);
    const char *end = strstr(head, "sec-websocket-accept:");
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(strstr(end, "\r\n"),
                     handshakes[_i].is_granted
                         ? "\r\nx-monologue-extensions: nak\r\n\r\n"
                         : "\r\n\r\n");
    peer_call(peer, "AAAAAAAAAAAAAAA=", REQ);
    if (handshakes[_i].is_granted)
        expect_gone(peer, "AAAAAAAAAAAAAAA=", "t\\u0031");
    else
        peer_expect_error(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        a_call_to_a_dead_id_is_told_at_once_on_whatever_worker_it_was,
        what_is_no_call_gets_an_error_frame_all_the_same,
        tokens_that_are_too_long_get_an_error_frame,
        a_call_that_is_too_long_once_it_is_rewritten_is_told,
        a_call_over_the_rate_is_told,
        a_call_to_who_takes_nothing_is_told,
    };
    Suite *suite = suite_create("failure");
    TCase *tcase = tcase_create("failure");
    for (size_t i = 0; i < sizeof looped / sizeof *looped; i++)
        tcase_add_loop_test(tcase, looped[i], 0, DAEMON_GRID);
    tcase_add_loop_test(tcase, the_101_says_what_was_granted_and_only_that, 0,
                        sizeof handshakes / sizeof *handshakes);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
