#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* The opening handshake, and what can still be said when it fails. */

#define UPGRADE                     \
    "Upgrade: websocket\r\n"        \
    "Connection: Upgrade\r\n"       \
    "Sec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static const char key[] = "integration-tests-only";

static struct daemon *start(int i)
{
    return DAEMON_IN_GRID(i, "--api-key=integration-tests-only");
}

/* Matches @text with @pattern, in which each # stands for a digit, each @ for
 * a hexadecimal one, each ~ for a character of an id and each ^ for a letter.
 */
static bool matches(const char *text, const char *pattern)
{
    static const char any_id[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789-_";
    for (; *pattern; pattern++, text++) {
        bool is_good;
        switch (*pattern) {
        case '#':
            is_good = *text >= '0' && *text <= '9';
            break;
        case '@':
            is_good = *text && strchr("0123456789abcdef", *text);
            break;
        case '~':
            is_good = *text && strchr(any_id, *text);
            break;
        case '^':
            is_good = (*text | 32) >= 'a' && (*text | 32) <= 'z';
            break;
        default:
            is_good = *text == *pattern;
        }
        if (!is_good)
            return false;
    }
    return *text == '\0';
}

#define DATE "Date: ^^^, ## ^^^ #### ##:##:## GMT\r\n"
#define TRACE "x-amzn-RequestId: @@@@@@@@-@@@@-@@@@-@@@@-@@@@@@@@@@@@\r\n"
#define GATEWAY "x-amz-apigw-id: ~~~~~~~~~~~~~~~=\r\n"

START_TEST(the_101_has_these_bytes_in_this_order)
{
    struct daemon *daemon = start(_i);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(peer, "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE
                          "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                          "Sec-WebSocket-Protocol: chat\r\n"
                          "x-api-key: integration-tests-only\r\n\r\n");
    const char *head = peer_read_until(peer, "\r\n\r\n");
    ck_assert_msg(matches(head,
                          "HTTP/1.1 101 Switching Protocols\r\n" DATE
                          "Connection: upgrade\r\n"
                          "upgrade: websocket\r\n"
                          "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
                          "\r\n\r\n"),
                  "%s", head);
    ck_assert_uint_eq(strlen(peer_id(peer)), 16);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_forbidden_one_has_these_bytes_in_this_order)
{
    struct daemon *daemon = start(_i);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(peer, "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE "\r\n");
    const char *head = peer_read_until(peer, "\r\n\r\n");
    ck_assert_msg(matches(head,
                          "HTTP/1.1 403 Forbidden\r\n" DATE
                          "Content-Type: application/json\r\n"
                          "Content-Length: 23\r\n"
                          "Connection: keep-alive\r\n" TRACE
                          "x-amzn-ErrorType: ForbiddenException\r\n" GATEWAY
                          "\r\n"),
                  "%s", head);
    ck_assert_str_eq(peer_read_text(peer, 23), "{\"message\":\"Forbidden\"}");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

struct attempt {
    const char *name;
    const char *request; /* lines before the last, empty one */
    int status;
};

#define KEY "x-api-key: integration-tests-only\r\n"
#define GOOD "Host: x\r\n" UPGRADE KEY

static const struct attempt attempts[] = {
    {"the stage", "GET /latest HTTP/1.1\r\n" GOOD, 101},
    {"the stage and a slash", "GET /latest/ HTTP/1.1\r\n" GOOD, 101},
    {"a query", "GET /latest?a=1&b=%0d%0a HTTP/1.1\r\n" GOOD, 101},
    {"a query after a slash", "GET /latest/?a HTTP/1.1\r\n" GOOD, 101},
    {"no stage", "GET / HTTP/1.1\r\n" GOOD, 403},
    {"a wrong stage", "GET /newest HTTP/1.1\r\n" GOOD, 403},
    {"a longer stage", "GET /latestx HTTP/1.1\r\n" GOOD, 403},
    {"a stage in capitals", "GET /LATEST HTTP/1.1\r\n" GOOD, 403},
    {"two slashes", "GET //latest HTTP/1.1\r\n" GOOD, 403},
    {"a path below the stage", "GET /latest/x HTTP/1.1\r\n" GOOD, 403},
    {"a stage in disguise", "GET /%6catest HTTP/1.1\r\n" GOOD, 403},
    {"no key", "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE, 403},
    {"an empty key",
     "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE "x-api-key:\r\n", 403},
    {"a wrong key",
     "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE "x-api-key: wrong\r\n", 403},
    {"the key's beginning",
     "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE
     "x-api-key: integration-tests-onl\r\n",
     403},
    {"the key and more",
     "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE
     "x-api-key: integration-tests-onlyy\r\n",
     403},
    {"the key in capitals",
     "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE
     "x-api-key: INTEGRATION-TESTS-ONLY\r\n",
     403},
    {"the key twice", "GET /latest HTTP/1.1\r\n" GOOD KEY, 403},
    {"the key in the query",
     "GET /latest?x-api-key=integration-tests-only HTTP/1.1\r\n"
     "Host: x\r\n" UPGRADE,
     403},
    {"names in capitals",
     "GET /latest HTTP/1.1\r\nHOST: x\r\nUPGRADE: WebSocket\r\n"
     "CONNECTION: keep-alive, UPGRADE\r\nSEC-WEBSOCKET-VERSION: 13\r\n"
     "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"
     "X-API-KEY: integration-tests-only\r\n",
     101},
    {"blanks around values",
     "GET /latest HTTP/1.1\r\nhost:x\r\nupgrade:\t websocket \t\r\n"
     "connection:   Upgrade  \r\nsec-websocket-version:13\r\n"
     "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==   \r\n"
     "x-api-key:integration-tests-only \r\n",
     101},
    {"a plain GET", "GET /latest HTTP/1.1\r\nHost: x\r\n" KEY, 426},
    {"version 8",
     "GET /latest HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
     "Connection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" KEY,
     426},
    {"no Sec-WebSocket-Key",
     "GET /latest HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" KEY,
     400},
    {"a Sec-WebSocket-Key of 15 bytes",
     "GET /latest HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" KEY,
     400},
    {"two Sec-WebSocket-Keys",
     "GET /latest HTTP/1.1\r\n" GOOD
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
     400},
    {"POST", "POST /latest HTTP/1.1\r\n" GOOD, 403},
    {"OPTIONS of all", "OPTIONS * HTTP/1.1\r\nHost: x\r\n", 403},
    {"HTTP/2.0", "GET /latest HTTP/2.0\r\n" GOOD, 400},
    {"no Host", "GET /latest HTTP/1.1\r\n" UPGRADE KEY, 400},
    {"two Hosts", "GET /latest HTTP/1.1\r\nHost: y\r\n" GOOD, 400},
    {"not HTTP at all", "\x16\x03\x01\r\n", 400},
    {"a blank before a colon",
     "GET /latest HTTP/1.1\r\nHost : x\r\n" UPGRADE KEY, 400},
    {"a folded line", "GET /latest HTTP/1.1\r\nHost: x\r\n y\r\n" UPGRADE, 400},
    {"a body of an upgrade",
     "GET /latest HTTP/1.1\r\n" GOOD "Content-Length: 5\r\n", 400},
    {"a chunked upgrade",
     "GET /latest HTTP/1.1\r\n" GOOD "Transfer-Encoding: chunked\r\n", 400},
};

enum { N_ATTEMPTS = sizeof attempts / sizeof *attempts };

static void try_to_open(struct daemon *daemon, const struct attempt *attempt)
{
    char expected[20];
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    snprintf(expected, sizeof expected, "HTTP/1.1 %d ", attempt->status);
    peer_write_text(peer, attempt->request);
    peer_write_text(peer, "\r\n");
    const char *head = peer_read_until(peer, "\r\n\r\n");
    ck_assert_msg(strncmp(head, expected, strlen(expected)) == 0,
                  "%s: not %d but %s", attempt->name, attempt->status, head);
    bool is_told = strstr(head, "\r\nSec-WebSocket-Version: 13\r\n") != NULL;
    ck_assert(is_told == (strcmp(attempt->name, "version 8") == 0));
    if (attempt->status == 101)
        (void)peer_id(peer);
    peer_free(peer);
}

START_TEST(each_request_has_its_answer)
{
    struct daemon *daemon = start(0);
    for (int i = 0; i < N_ATTEMPTS; i++)
        try_to_open(daemon, &attempts[i]);
    char *log = daemon_log(daemon);
    ck_assert_ptr_null(strstr(log, key));
    free(log);
    daemon_end(daemon);
}
END_TEST

START_TEST(what_is_too_large_is_refused_before_it_has_all_come)
{
    static const struct {
        const char *before;
        const char *repeated;
        int n;
        int status;
    } cases[] = {
        {"GET /latest?", "xxxxxxxx", 8192, 414},
        {"GET /latest HTTP/1.1\r\nHost: x\r\na: ", "xxxxxxxx", 8192, 431},
        {"GET /latest HTTP/1.1\r\nHost: x\r\n", "a:b\r\n", 3000, 431},
        {"GET /latest HTTP/1.1\r\nHost: x\r\n",
         "Sec-WebSocket-Protocol: \t \r\n", 3000, 431},
    };
    struct daemon *daemon = start(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[20];
        struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
        snprintf(expected, sizeof expected, "HTTP/1.1 %d ", cases[i].status);
        peer_write_text(peer, cases[i].before);
        for (int k = 0; k < cases[i].n; k++)
            if (peer_write_some(peer, cases[i].repeated,
                                strlen(cases[i].repeated)) <= 0)
                break;
        const char *head = peer_read_until(peer, "\r\n\r\n");
        ck_assert_msg(strncmp(head, expected, strlen(expected)) == 0, "%s",
                      head);
        ck_assert_ptr_nonnull(strstr(head, "\r\nConnection: close\r\n"));
        peer_await_end(peer);
        peer_free(peer);
    }
    daemon_end(daemon);
}
END_TEST

START_TEST(a_refused_client_may_ask_again_on_the_same_connection)
{
    struct daemon *daemon = start(_i);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    for (int i = 0; i < 5; i++) {
        peer_write_text(peer, "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE
                              "x-api-key: guess\r\n\r\n");
        ck_assert_int_eq(
            strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 403 ", 13), 0);
        ck_assert_str_eq(peer_read_text(peer, 23),
                         "{\"message\":\"Forbidden\"}");
    }
    peer_upgrade(peer, key);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(guesses_are_counted)
{
    struct daemon *daemon = start(0);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    int n = 0;
    const char *head;
    do {
        peer_write_text(peer,
                        "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE "\r\n");
        head = peer_read_until(peer, "\r\n\r\n");
        bool is_last = strstr(head, "\r\nConnection: close\r\n") != NULL;
        peer_read_text(peer, 23);
        if (is_last)
            break;
    } while (++n < 1000);
    ck_assert_int_lt(n, 1000);
    peer_expect_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(requests_in_one_segment_are_answered_in_order)
{
    struct daemon *daemon = start(_i);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(peer,
                    "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE "\r\n"
                    "GET /latest HTTP/1.1\r\nHost: x\r\n\r\n"
                    "GET /latest HTTP/1.1\r\nHost: x\r\n" UPGRADE KEY "\r\n");
    ck_assert_int_eq(
        strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 403 ", 13), 0);
    peer_read_text(peer, 23);
    const char *head = peer_read_until(peer, "\r\n\r\n");
    ck_assert_int_eq(strncmp(head, "HTTP/1.1 426 ", 13), 0);
    int n_body = 0;
    sscanf(strstr(head, "Content-Length: "), "Content-Length: %d", &n_body);
    peer_read_text(peer, (size_t)n_body);
    ck_assert_int_eq(
        strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 101 ", 13), 0);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(frames_may_come_with_the_request)
{
    struct daemon *daemon = start(_i);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    static const char request[] = "GET /latest HTTP/1.1\r\n" GOOD "\r\n";
    uint8_t all[2000];
    size_t n = sizeof request - 1;
    memcpy(all, request, n);
    n += peer_build(all + n, PEER_TEXT, "whoami", 6);
    n += peer_build(all + n, PEER_PING, "p", 1);
    n += peer_build(all + n, PEER_TEXT, "whoami", 6);
    peer_write(peer, all, n);
    ck_assert_int_eq(
        strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 101 ", 13), 0);
    char id[PEER_ID_CHARS + 1];
    struct peer_frame pong;
    snprintf(id, sizeof id, "%s", peer_hear(peer));
    peer_hear_frame(peer, &pong);
    ck_assert_uint_eq(pong.first, PEER_PONG);
    ck_assert_str_eq((char *)pong.payload, "p");
    peer_expect(peer, id);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_request_may_come_byte_by_byte)
{
    struct daemon *daemon = start(_i);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    static const char request[] = "GET /latest HTTP/1.1\r\n" GOOD "\r\n";
    for (size_t i = 0; i < sizeof request - 1; i++)
        peer_write(peer, request + i, 1);
    ck_assert_int_eq(
        strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 101 ", 13), 0);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_does_not_finish_the_handshake_is_closed)
{
    static const char *const beginnings[] = {"", "GET /lat",
                                             "GET /latest HTTP/1.1\r\nHost: "};
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--api-key=x", "--handshake-timeout=200ms");
    struct peer *peers[3];
    struct peer *silent = peer_connect_plain(daemon_endpoint(daemon, 0));
    for (int i = 0; i < 3; i++) {
        peers[i] = peer_connect(daemon_endpoint(daemon, 0));
        peer_write_text(peers[i], beginnings[i]);
    }
    for (int i = 0; i < 3; i++) {
        peer_expect_end(peers[i]);
        peer_free(peers[i]);
    }
    peer_expect_end(silent);
    peer_free(silent);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_drips_a_handshake_is_closed_all_the_same)
{
    struct daemon *daemon = DAEMON("--handshake-timeout=200ms");
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    peer_write_text(peer, "GET /latest HTTP/1.1\r\nHost: x\r\nx: ");
    while (!peer_has_input(peer, 20)) {
        (void)peer_write_some(peer, "x", 1);
        ck_assert_int_lt(daemon_now_ms(), deadline_ms);
    }
    peer_await_end(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(tls_on_the_plain_port_gets_a_400)
{
    static const uint8_t hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00,
                                    0x01, 0xfc, 0x03, 0x03, 0x0a, 0x0d, 0x00};
    struct daemon *daemon = start(0);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write(peer, hello, sizeof hello);
    ck_assert_int_eq(
        strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 400 ", 13), 0);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(http_on_the_tls_port_is_ended)
{
    struct daemon *daemon = start(3);
    struct peer *peer = peer_connect_plain(daemon_endpoint(daemon, 0));
    peer_write_text(peer, "GET /latest HTTP/1.1\r\n" GOOD "\r\n");
    peer_await_end(peer);
    peer_free(peer);
    peer = peer_open_at(daemon_endpoint(daemon, 0), key);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_connects_too_fast_gets_a_429)
{
    struct daemon *daemon = DAEMON("--api-key=integration-tests-only",
                                   "--connect-rate=0.001", "--connect-burst=2");
    for (int i = 0; i < 2; i++)
        peer_free(peer_open_at(daemon_endpoint(daemon, 0), key));
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(peer, "GET /latest HTTP/1.1\r\n" GOOD "\r\n");
    const char *head = peer_read_until(peer, "\r\n\r\n");
    ck_assert_int_eq(strncmp(head, "HTTP/1.1 429 ", 13), 0);
    ck_assert_ptr_nonnull(
        strstr(head, "\r\nx-amzn-ErrorType: TooManyRequestsException\r\n"));
    ck_assert_str_eq(peer_read_text(peer, 31),
                     "{\"message\":\"Too Many Requests\"}");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(no_key_is_asked_for_where_none_is_required)
{
    struct daemon *daemon = DAEMON("--api-key-required=false");
    struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), NULL);
    (void)peer_id(peer);
    peer_free(peer);
    peer = peer_open_at(daemon_endpoint(daemon, 0), "whatever");
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        the_101_has_these_bytes_in_this_order,
        a_forbidden_one_has_these_bytes_in_this_order,
        a_refused_client_may_ask_again_on_the_same_connection,
        requests_in_one_segment_are_answered_in_order,
        frames_may_come_with_the_request,
        a_request_may_come_byte_by_byte,
        who_does_not_finish_the_handshake_is_closed,
        NULL};
    const TTest *const once[] = {
        each_request_has_its_answer,
        what_is_too_large_is_refused_before_it_has_all_come,
        guesses_are_counted,
        who_drips_a_handshake_is_closed_all_the_same,
        tls_on_the_plain_port_gets_a_400,
        http_on_the_tls_port_is_ended,
        who_connects_too_fast_gets_a_429,
        no_key_is_asked_for_where_none_is_required,
        NULL};
    return suite_run_looped("handshake", looped, DAEMON_GRID, once);
}
