#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* SIGHUP: new settings and keys for the next, nothing lost for who is here. */

static struct daemon *start(int i, const char *keys, const char *settings)
{
    char workers[20];
    struct daemon *daemon = daemon_new();
    snprintf(workers, sizeof workers, "--workers=%d", daemon_grid_workers(i));
    daemon_write_file(daemon, "keys", keys);
    daemon_write_file(daemon, "conf", settings);
    daemon_run(daemon, (const char *const[]){"--config=conf", workers, NULL});
    return daemon;
}

static bool is_let_in(struct daemon *daemon, const char *key)
{
    char request[500];
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    snprintf(request, sizeof request,
             "GET /latest HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "x-api-key: %s\r\n\r\n",
             key);
    peer_write_text(peer, request);
    const char *head = peer_read_until(peer, "\r\n\r\n");
    bool is_open = strncmp(head, "HTTP/1.1 101 ", 13) == 0;
    ck_assert(is_open || strncmp(head, "HTTP/1.1 403 ", 13) == 0);
    peer_free(peer);
    return is_open;
}

/* The settings reach each worker by its mailbox, so shortly after the log. */
static void await_let_in(struct daemon *daemon, const char *key, bool is_wanted)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    for (int n_in_row = 0; n_in_row < 8;) {
        n_in_row = is_let_in(daemon, key) == is_wanted ? n_in_row + 1 : 0;
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("%s is %slet in", key, is_wanted ? "not " : "");
    }
}

START_TEST(a_reload_lets_new_keys_in_and_old_ones_out)
{
    struct daemon *daemon = start(_i, "a = first-key\n", "keys_file = keys\n");
    struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), "first-key");
    (void)peer_id(peer);
    ck_assert(!is_let_in(daemon, "second-key"));
    daemon_write_file(daemon, "keys", "a = first-key\nb = second-key\n");
    daemon_signal(daemon, SIGHUP);
    await_let_in(daemon, "second-key", true);
    ck_assert(is_let_in(daemon, "first-key"));
    daemon_write_file(daemon, "keys", "b = second-key\n");
    daemon_signal(daemon, SIGHUP);
    await_let_in(daemon, "first-key", false);
    peer_say(peer, "whoami"); /* who was in stays in */
    peer_expect(peer, peer_id(peer));
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_broken_file_changes_nothing)
{
    static const struct {
        const char *file;
        const char *text;
        const char *said;
    } cases[] = {
        {"keys", "", "keys"},
        {"keys", "no equals sign\n", "keys"},
        {"keys", "a = first-key\nb = with blanks in it\n", "keys"},
        {"conf", "keys_file = keys\nidle_timeout = soon\n", "conf"},
        {"conf", "keys_file = keys\nno_such_setting = 1\n", "conf"},
        {"conf", "keys_file = not-there\n", "not-there"},
        {"conf", "keys_file = keys\nstage = newest\n", "stage"},
    };
    struct daemon *daemon = start(_i, "a = first-key\n", "keys_file = keys\n");
    struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), "first-key");
    (void)peer_id(peer);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        daemon_write_file(daemon, "keys", "a = first-key\n");
        daemon_write_file(daemon, "conf", "keys_file = keys\n");
        daemon_write_file(daemon, cases[i].file, cases[i].text);
        char *before = daemon_log(daemon);
        daemon_signal(daemon, SIGHUP);
        long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
        char *refusal = NULL;
        char *log = NULL;
        while (!refusal) {
            free(log);
            log = daemon_log(daemon);
            refusal = strstr(log + strlen(before), "reload refused");
            if (daemon_now_ms() > deadline_ms)
                daemon_fail("case %zu is not refused", i);
        }
        ck_assert_msg(strstr(refusal, cases[i].said), "%zu: %s", i, refusal);
        free(before);
        free(log);
        ck_assert(is_let_in(daemon, "first-key"));
        peer_say(peer, "whoami");
        peer_expect(peer, peer_id(peer));
    }
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_shorter_limit_holds_for_who_is_here_already)
{
    struct daemon *daemon = start(_i, "a = first-key\n", "keys_file = keys\n");
    struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), "first-key");
    (void)peer_id(peer);
    daemon_write_file(daemon, "conf",
                      "keys_file = keys\nidle_timeout = 100ms\n");
    daemon_signal(daemon, SIGHUP);
    peer_expect_close(peer, 1001, "Going away");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(reloads_under_load_lose_nothing)
{
    struct daemon *daemon = start(_i, "a = first-key\n", "keys_file = keys\n");
    struct peer *a = peer_open_at(daemon_endpoint(daemon, 0), "first-key");
    struct peer *b = peer_open_at(daemon_endpoint(daemon, 0), "first-key");
    struct peer *in_head = peer_connect(daemon_endpoint(daemon, 0));
    peer_write_text(in_head, "GET /latest HTTP/1.1\r\n");
    (void)peer_id(a);
    (void)peer_id(b);
    for (int i = 0; i < 1000; i++) {
        char payload[40];
        snprintf(payload, sizeof payload, "{\"type\":\"%d\"}", i);
        peer_call(a, peer_id(b), payload);
        if (i % 50 == 0)
            daemon_signal(daemon, SIGHUP);
        peer_expect_packet(b, peer_id(a), payload);
    }
    peer_write_text(in_head,
                    "Host: x\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "x-api-key: first-key\r\n\r\n");
    ck_assert_int_eq(
        strncmp(peer_read_until(in_head, "\r\n\r\n"), "HTTP/1.1 101 ", 13), 0);
    (void)peer_id(in_head);
    peer_free(in_head);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_new_certificate_is_used_and_a_broken_one_is_not)
{
    struct daemon *daemon = daemon_new();
    daemon_run(daemon,
               (const char *const[]){"--api-key=k", DAEMON_TLS,
                                     "--listen=wss://127.0.0.1:0", NULL});
    struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), "k");
    char *good = daemon_read_file(daemon, "tls-cert.pem");
    daemon_write_file(daemon, "tls-cert.pem", "-----BEGIN NOTHING-----\n");
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "reload refused");
    struct peer *other = peer_open_at(daemon_endpoint(daemon, 0), "k");
    (void)peer_id(other);
    peer_free(other);
    daemon_write_file(daemon, "tls-cert.pem", good);
    daemon_signal(daemon, SIGHUP);
    daemon_await_log(daemon, "server reloaded");
    other = peer_open_at(daemon_endpoint(daemon, 0), "k");
    (void)peer_id(other);
    peer_call(other, peer_id(peer), "{\"type\":\"x\"}");
    peer_expect_packet(peer, peer_id(other), "{\"type\":\"x\"}");
    free(good);
    peer_free(other);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        a_reload_lets_new_keys_in_and_old_ones_out,
        a_broken_file_changes_nothing,
        a_shorter_limit_holds_for_who_is_here_already,
        reloads_under_load_lose_nothing, NULL};
    const TTest *const once[] = {
        a_new_certificate_is_used_and_a_broken_one_is_not, NULL};
    return suite_run_looped("reload", looped, 3, once);
}
