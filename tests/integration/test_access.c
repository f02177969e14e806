#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* The access log, from handshake to disconnect. */

#define FORMAT                                                          \
    "--access-log-format=$context.eventType $context.routeKey "         \
    "$context.status $context.connectionId $context.identity.sourceIp " \
    "$context.identity.apiKeyId $context.error.message|"

/* Waits until the file holds @text. */
static void await_line(struct daemon *daemon, const char *name,
                       const char *text)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    for (;;) {
        bool is_there = access(daemon_path(daemon, name), R_OK) == 0;
        char *log = is_there ? daemon_read_file(daemon, name) : strdup("");
        bool is_found = strstr(log, text) != NULL;
        if (!is_found && daemon_now_ms() > deadline_ms)
            daemon_fail("%s does not say \"%s\" but %s", name, text, log);
        free(log);
        if (is_found)
            return;
        usleep(1000);
    }
}

static void await_line_of(struct daemon *daemon, struct peer *peer,
                          const char *event, const char *rest)
{
    char line[300];
    snprintf(line, sizeof line, "%s %s 127.0.0.1 %s|\n", event, peer->id, rest);
    await_line(daemon, "access.log", line);
}

static unsigned count_lines(struct daemon *daemon, const char *name,
                            const char *text)
{
    char *log = daemon_read_file(daemon, name);
    unsigned n = 0;
    for (const char *at = log; (at = strstr(at, text)); at += strlen(text))
        n++;
    free(log);
    return n;
}

START_TEST(a_connections_life_is_told)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--access-log=access.log",
                                           FORMAT, "--api-key=s3cret");
    char *endpoint = strdup(daemon_endpoint(daemon, 0));
    struct peer *a = peer_open_at(endpoint, "s3cret");
    struct peer *b = peer_open_at(endpoint, "s3cret");
    (void)peer_id(b);
    peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_expect_packet(b, peer_id(a), "{\"type\":\"x\"}");
    peer_say(a, "nonsense");
    peer_expect_error(a);
    peer_send(a, PEER_CLOSE, "\x03\xe8", 2);
    peer_expect_close(a, 1000, "");
    await_line_of(daemon, a, "CONNECT $connect 101", "api_key -");
    await_line_of(daemon, a, "MESSAGE $default 200", "api_key -");
    await_line_of(daemon, a, "MESSAGE $default 500",
                  "api_key Internal server error");
    await_line_of(daemon, a, "DISCONNECT $disconnect 200", "api_key -");
    peer_reset(b);
    await_line(daemon, "access.log", "DISCONNECT");
    peer_free(a);
    free(endpoint);
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    ck_assert_uint_eq(count_lines(daemon, "access.log", "MESSAGE $default 200"),
                      3);
    ck_assert_uint_eq(count_lines(daemon, "access.log", "CONNECT $connect"), 2);
    ck_assert_uint_eq(count_lines(daemon, "access.log", " 127.0.0.1 "), 8);
    ck_assert_uint_eq(count_lines(daemon, "access.log", "DISCONNECT"), 2);
    ck_assert_uint_eq(count_lines(daemon, "access.log", "s3cret"), 0);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_refusal_has_a_line_and_a_management_call_has_none)
{
    struct daemon *daemon =
        DAEMON("--access-log=access.log", FORMAT, "--workers=1");
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(peer, "GET /latest/@connections/x HTTP/1.1\r\n"
                          "Host: localhost\r\n\r\n");
    (void)peer_read_until(peer, "HTTP/1.1 400 ");
    (void)peer_read_until(peer, "}");
    peer_write_text(peer,
                    "GET /latest HTTP/1.1\r\nHost: localhost\r\n"
                    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    (void)peer_read_until(peer, "HTTP/1.1 403 ");
    (void)peer_read_until(peer, "}");
    await_line(daemon, "access.log",
               "CONNECT $connect 403 - 127.0.0.1 - no valid key|\n");
    peer_free(peer);
    peer = peer_open(daemon);
    (void)peer_id(peer);
    await_line(daemon, "access.log", "MESSAGE $default 200");
    ck_assert_uint_eq(count_lines(daemon, "access.log", "\n"), 3);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_id_of_an_error_frame_is_the_requests)
{
    struct daemon *daemon =
        DAEMON("--access-log=access.log", "--workers=2",
               "--access-log-format=$context.status $context.requestId");
    struct peer *peer = peer_open(daemon);
    char line[100];
    peer_say(peer, "nonsense");
    const char *id = strstr(peer_hear(peer), "\"requestId\":\"");
    snprintf(line, sizeof line, "500 %.16s\n", id + strlen("\"requestId\":\""));
    await_line(daemon, "access.log", line);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_message_above_a_limit_is_told_as_such)
{
    struct daemon *daemon =
        DAEMON("--access-log=access.log", FORMAT, "--workers=1",
               "--request-rate=0.001", "--request-burst=1");
    struct peer *peer = peer_open(daemon);
    peer_say(peer, "whoami");
    (void)peer_hear(peer);
    peer_say(peer, "whoami");
    (void)peer_hear(peer);
    await_line(daemon, "access.log", "MESSAGE $default 429 ");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* As logrotate does it: rename, then tell. */
START_TEST(a_reload_opens_the_file_again)
{
    struct daemon *daemon = daemon_new();
    const char *const options[] = {"--access-log=access.log", "--workers=2",
                                   FORMAT, NULL};
    daemon_run(daemon, options);
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    await_line(daemon, "access.log", "MESSAGE");
    char *from = strdup(daemon_path(daemon, "access.log"));
    ck_assert_int_eq(rename(from, daemon_path(daemon, "access.log.1")), 0);
    free(from);
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "server reloaded");
    peer_say(peer, "whoami");
    peer_expect(peer, peer->id);
    await_line(daemon, "access.log", "MESSAGE");
    ck_assert_uint_eq(count_lines(daemon, "access.log", "\n"), 1);
    ck_assert_uint_eq(count_lines(daemon, "access.log.1", "\n"), 2);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_reload_turns_it_on_and_off)
{
    struct daemon *daemon = daemon_new();
    const char *const options[] = {"--config=conf", "--workers=2", NULL};
    daemon_write_file(daemon, "conf", "listen = ws://127.0.0.1:0\n");
    daemon_spawn(daemon, options);
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    daemon_write_file(daemon, "conf",
                      "listen = ws://127.0.0.1:0\n"
                      "access_log = access.log\n"
                      "access_log_format = {\"a\":\"$context.even\n"
                      "access_log_format = tType\"}\n");
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "server reloaded");
    peer_say(peer, "whoami");
    peer_expect(peer, peer->id);
    await_line(daemon, "access.log", "{\"a\":\"MESSAGE\"}\n");
    daemon_write_file(daemon, "conf",
                      "listen = ws://127.0.0.1:0\naccess_log = no/such\n");
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "reload refused, the old settings stay: "
                             "access_log: no/such: No such file");
    peer_say(peer, "whoami");
    peer_expect(peer, peer->id);
    peer_send(peer, PEER_CLOSE, "", 0);
    peer_expect_close(peer, 1005, "");
    await_line(daemon, "access.log", "{\"a\":\"DISCONNECT\"}\n");
    ck_assert_uint_eq(count_lines(daemon, "access.log", "\n"), 3);
    daemon_write_file(daemon, "conf", "listen = ws://127.0.0.1:0\n");
    daemon_signal(daemon, SIGHUP);
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (count_lines(daemon, "stderr", "server reloaded") < 2)
        ck_assert_int_lt(daemon_now_ms(), deadline_ms);
    peer_free(peer);
    peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    ck_assert_uint_eq(count_lines(daemon, "access.log", "\n"), 3);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_dash_is_standard_error)
{
    struct daemon *daemon = DAEMON("--access-log=-", FORMAT);
    struct peer *peer = peer_open(daemon);
    daemon_await_log(daemon, "\nCONNECT $connect 101 ");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* A full pipe costs lines, which are counted, and no time. */
START_TEST(a_reader_that_stops_stops_nobody)
{
    struct daemon *daemon = daemon_new();
    const char *const options[] = {"--access-log=fifo",
                                   "--access-log-format=json", NULL};
    static uint8_t burst[400 * 20];
    size_t n = 0;
    ck_assert_int_eq(mkfifo(daemon_path(daemon, "fifo"), 0600), 0);
    FILE *reader = fopen(daemon_path(daemon, "fifo"), "r+");
    ck_assert_ptr_nonnull(reader);
    daemon_run(daemon, options);
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    for (int i = 0; i < 400; i++)
        n += peer_build(burst + n, PEER_TEXT, "whoami", 6);
    for (int i = 0; i < 20; i++) { /* 2 MB of lines */
        peer_write(peer, burst, n);
        for (int k = 0; k < 400; k++)
            peer_expect(peer, peer->id);
    }
    peer_free(peer);
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_await_log(daemon, "access log lost lines=");
    fclose(reader);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_format_that_is_wrong_is_told_at_the_check)
{
    struct daemon *daemon = daemon_new();
    const char *const options[] = {
        "--check-config", "--access-log-format=$context.routekey", NULL};
    daemon_spawn(daemon, options);
    ck_assert_int_eq(daemon_wait(daemon), 78);
    daemon_await_log(daemon, "access_log_format: $context.routekey is not a "
                             "variable: did you mean $context.routeKey?");
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {a_connections_life_is_told, NULL};
    const TTest *const once[] = {
        a_refusal_has_a_line_and_a_management_call_has_none,
        the_id_of_an_error_frame_is_the_requests,
        a_message_above_a_limit_is_told_as_such,
        a_reload_opens_the_file_again,
        a_reload_turns_it_on_and_off,
        a_dash_is_standard_error,
        a_reader_that_stops_stops_nobody,
        a_format_that_is_wrong_is_told_at_the_check,
        NULL};
    return suite_run_looped("access", looped, DAEMON_GRID, once);
}
