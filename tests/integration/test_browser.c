#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* browser_keys: keys of those who cannot set a header, and of nobody else. */

#define KEY "s3cret-of-a-browser"
#define KEY_BASE64URL \
    "czNjcmV0LW9mLWEtYnJvd3Nlcg" /* printf ... | basenc --base64url */
#define OFFER \
    "Sec-WebSocket-Protocol: monologue, x-api-key." KEY_BASE64URL "\r\n"

/* Asks for a connection. Returns the head of the answer. */
static const char *ask(struct peer *peer, const char *target,
                       const char *headers)
{
    peer_write_text(peer, "GET ");
    peer_write_text(peer, target);
    peer_write_text(peer, " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    peer_write_text(peer, headers);
    peer_write_text(peer, "\r\n");
    return peer_read_until(peer, "\r\n\r\n");
}

struct attempt {
    const char *target;
    const char *headers;
    int status;           /* with browser_keys */
    int status_without;   /* and with its default */
    const char *protocol; /* that is selected; NULL: none */
};

static const struct attempt attempts[] = {
    {"/latest", OFFER, 101, 403, "monologue"},
    {"/latest", "Sec-WebSocket-Protocol: x-api-key." KEY_BASE64URL "\r\n", 101,
     403, NULL},
    {"/latest", "Sec-WebSocket-Protocol: monologue, x-api-key.eA\r\n", 403, 403,
     NULL},
    {"/latest?x-api-key=" KEY, "", 101, 403, NULL},
    {"/latest/?a&x-api-key=%73"
     "3cret-of-a-browser",
     "", 101, 403, NULL},
    {"/latest?x-api-key=" KEY, "Sec-WebSocket-Protocol: chat, monologue\r\n",
     101, 403, "monologue"},
    {"/latest?x-api-key=" KEY "x", "", 403, 403, NULL},
    {"/newest?x-api-key=" KEY, "", 403, 403, NULL},

    /* Where the header is, it alone counts. */
    {"/latest", "x-api-key: " KEY "\r\n", 101, 101, NULL},
    {"/latest", "x-api-key: " KEY "\r\nSec-WebSocket-Protocol: monologue\r\n",
     101, 101, "monologue"},
    {"/latest?x-api-key=no", "x-api-key: " KEY "\r\n", 101, 101, NULL},
    {"/latest?x-api-key=" KEY, "x-api-key: no\r\n", 403, 403, NULL},
    {"/latest", OFFER "x-api-key:\r\n", 403, 403, NULL},
    {"/latest", OFFER "x-api-key: " KEY "\r\nx-api-key: " KEY "\r\n", 403, 403,
     NULL},
};

static void try(struct daemon *daemon, const struct attempt *attempt,
                int status, const char *protocol)
{
    char expected[80];
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    const char *head = ask(peer, attempt->target, attempt->headers);
    snprintf(expected, sizeof expected, "HTTP/1.1 %d ", status);
    ck_assert_msg(strncmp(head, expected, strlen(expected)) == 0, "%s %s: %s",
                  attempt->target, attempt->headers, head);
    const char *line = strstr(head, "sec-websocket-protocol: ");
    ck_assert_msg(!line == !protocol, "%s", head);
    if (protocol) { /* the last line, and nothing of the key */
        snprintf(expected, sizeof expected,
                 "sec-websocket-protocol: %s\r\n\r\n", protocol);
        ck_assert_str_eq(line, expected);
    }
    if (status == 101)
        (void)peer_id(peer);
    peer_free(peer);
}

enum { N_ATTEMPTS = sizeof attempts / sizeof *attempts };

START_TEST(with_browser_keys_a_key_may_come_without_a_header)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--api-key=" KEY, "--browser-keys");
    for (int i = 0; i < N_ATTEMPTS; i++)
        try(daemon, &attempts[i], attempts[i].status, attempts[i].protocol);
    daemon_end(daemon);
}
END_TEST

START_TEST(without_it_only_the_header_counts)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--api-key=" KEY);
    for (int i = 0; i < N_ATTEMPTS; i++)
        try(daemon, &attempts[i], attempts[i].status_without, NULL);
    daemon_end(daemon);
}
END_TEST

/* To whom a call to nobody is told, and how. */
START_TEST(a_page_may_ask_for_naks_in_the_query)
{
    static const char target[] =
        "/latest?x-api-key=" KEY "&x-monologue-extensions=nak";
    static const char nobody[] = "eHrdFcnvvHcCE-w=";
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--api-key=" KEY, "--browser-keys");
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    const char *head = ask(peer, target, "");
    ck_assert_ptr_nonnull(strstr(head, "\r\nx-monologue-extensions: nak\r\n"));
    peer_call(peer, nobody, "{\"type\":\"REQ\",\"data\":{\"token\":\"t\"}}");
    peer_expect_packet(
        peer, nobody,
        "{\"type\":\"NAK\",\"data\":{\"token\":\"t\",\"error\":{\"code\":"
        "\"ENOENT\",\"message\":\"no open connection has that id\"}}}");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(without_the_setting_a_query_asks_for_nothing)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--api-key=" KEY);
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    const char *head = ask(peer, "/latest?x-monologue-extensions=nak",
                           "x-api-key: " KEY "\r\n");
    ck_assert_ptr_null(strstr(head, "x-monologue"));
    (void)peer_id(peer);
    peer_call(peer, "eHrdFcnvvHcCE-w=",
              "{\"type\":\"REQ\",\"data\":{\"token\":\"t\"}}");
    peer_expect_error(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(no_log_ever_holds_a_key)
{
    static const char *const traces[] = {KEY, KEY_BASE64URL, "s3cret"};
    struct daemon *daemon =
        DAEMON("--api-key=" KEY, "--browser-keys", "--log-level=trace",
               "--access-log=-", "--access-log-format=json");
    for (int i = 0; i < N_ATTEMPTS; i++)
        try(daemon, &attempts[i], attempts[i].status, attempts[i].protocol);
    daemon_await_log(daemon, "DISCONNECT");
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    char *log = daemon_log(daemon);
    ck_assert_ptr_nonnull(strstr(log, "refused status=403"));
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
        ck_assert_msg(!strstr(log, traces[i]), "%s", log);
    free(log);
    daemon_end(daemon);
}
END_TEST

static bool is_let_in(struct daemon *daemon)
{
    struct peer *peer = peer_connect(daemon_endpoint(daemon, 0));
    bool is_open = strncmp(ask(peer, "/latest?x-api-key=" KEY, ""),
                           "HTTP/1.1 101 ", 13) == 0;
    peer_free(peer);
    return is_open;
}

/* The settings reach each worker by its mailbox, so shortly after the log. */
static void reload(struct daemon *daemon, const char *conf, bool is_wanted)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    daemon_write_file(daemon, "conf", conf);
    daemon_signal(daemon, SIGHUP);
    for (int n_in_row = 0; n_in_row < 8;) {
        n_in_row = is_let_in(daemon) == is_wanted ? n_in_row + 1 : 0;
        ck_assert_int_lt(daemon_now_ms(), deadline_ms);
    }
}

START_TEST(a_reload_turns_it_on_and_off)
{
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "conf", "api_key = " KEY "\n");
    daemon_run(daemon, (const char *const[]){"--config=conf", NULL});
    ck_assert(!is_let_in(daemon));
    reload(daemon, "api_key = " KEY "\nbrowser_keys = on\n", true);
    reload(daemon, "api_key = " KEY "\nbrowser_keys = off\n", false);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        with_browser_keys_a_key_may_come_without_a_header,
        without_it_only_the_header_counts,
        a_page_may_ask_for_naks_in_the_query,
        without_the_setting_a_query_asks_for_nothing,
        NULL,
    };
    const TTest *const once[] = {
        no_log_ever_holds_a_key,
        a_reload_turns_it_on_and_off,
        NULL,
    };
    return suite_run_looped("browser", looped, DAEMON_GRID, once);
}
