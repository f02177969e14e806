#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* The addresses that clients come in by. */

/* Two peers, each from its own address, reach each other. */
static void expect_call(struct peer *a, struct peer *b)
{
    (void)peer_id(a);
    peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_expect_packet(b, peer_id(a), "{\"type\":\"x\"}");
    peer_free(a);
    peer_free(b);
}

static struct peer *open_at(struct daemon *daemon, unsigned index)
{
    return peer_open_at(daemon_endpoint(daemon, index), "k");
}

START_TEST(a_unix_socket_is_served_and_removed_at_the_end)
{
    struct daemon *daemon = DAEMON("--api-key=k", "--listen=unix:ws.sock");
    char endpoint[300];
    snprintf(endpoint, sizeof endpoint,
             "ws+unix:%s:", daemon_path(daemon, "ws.sock"));
    expect_call(peer_open_at(endpoint, "k"), peer_open_at(endpoint, "k"));
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    ck_assert_int_ne(access(daemon_path(daemon, "ws.sock"), F_OK), 0);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_stale_unix_socket_is_replaced_and_a_live_one_is_not)
{
    struct daemon *daemon = DAEMON("--api-key=k", "--listen=unix:ws.sock");
    struct daemon *second = daemon_new();
    char listen[300];
    char endpoint[300];
    snprintf(listen, sizeof listen, "--listen=unix:%s",
             daemon_path(daemon, "ws.sock"));
    snprintf(endpoint, sizeof endpoint,
             "ws+unix:%s:", daemon_path(daemon, "ws.sock"));
    const char *const options[] = {"--api-key=k", listen, NULL};
    daemon_spawn(second, options);
    ck_assert_int_eq(daemon_wait(second), 69);
    char *log = daemon_log(second);
    ck_assert_ptr_nonnull(strstr(log, "ws.sock"));
    free(log);
    expect_call(peer_open_at(endpoint, "k"), peer_open_at(endpoint, "k"));

    daemon_signal(daemon, SIGKILL);
    (void)daemon_wait(daemon);
    ck_assert_int_eq(access(daemon_path(daemon, "ws.sock"), F_OK), 0);
    daemon_run(second, options);
    expect_call(peer_open_at(endpoint, "k"), peer_open_at(endpoint, "k"));
    daemon_end(second);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "precious", "data");
    daemon_spawn(daemon, (const char *const[]){"--listen=unix:precious", NULL});
    ck_assert_int_eq(daemon_wait(daemon), 78);
    char *text = daemon_read_file(daemon, "precious");
    ck_assert_str_eq(text, "data");
    free(text);
    daemon_free(daemon);
}
END_TEST

START_TEST(ipv6_is_served)
{
    struct daemon *daemon = DAEMON("--api-key=k", "--listen=ws://[::1]:0");
    ck_assert_int_eq(strncmp(daemon_endpoint(daemon, 0), "ws://[::1]:", 11), 0);
    expect_call(open_at(daemon, 0), open_at(daemon, 0));
    daemon_end(daemon);
}
END_TEST

START_TEST(all_addresses_of_a_name_are_served_on_one_port)
{
    struct daemon *daemon = DAEMON("--api-key=k", "--listen=ws://localhost:0");
    expect_call(open_at(daemon, 0), open_at(daemon, 0));
    daemon_end(daemon);
}
END_TEST

START_TEST(clients_of_several_addresses_reach_each_other)
{
    struct daemon *daemon =
        DAEMON("--api-key=k", "--workers=2", DAEMON_TLS,
               "--listen=ws://127.0.0.1:0", "--listen=wss://127.0.0.1:0",
               "--listen=unix:ws.sock", "--listen=ws://[::1]:0");
    for (unsigned i = 0; i < 4; i++)
        for (unsigned k = 0; k < 4; k++) {
            char unix_endpoint[300];
            snprintf(unix_endpoint, sizeof unix_endpoint,
                     "ws+unix:%s:", daemon_path(daemon, "ws.sock"));
            expect_call(
                i == 2 ? peer_open_at(unix_endpoint, "k") : open_at(daemon, i),
                k == 2 ? peer_open_at(unix_endpoint, "k") : open_at(daemon, k));
        }
    daemon_end(daemon);
}
END_TEST

START_TEST(an_address_of_all_is_told_as_one_that_can_be_reached)
{
    struct daemon *daemon = DAEMON("--api-key=k", "--listen=ws://0.0.0.0:0",
                                   "--listen=ws://[::]:0");
    ck_assert_int_eq(strncmp(daemon_endpoint(daemon, 0), "ws://127.0.0.1:", 15),
                     0);
    expect_call(open_at(daemon, 0), open_at(daemon, 0));
    ck_assert_int_eq(strncmp(daemon_endpoint(daemon, 1), "ws://[::1]:", 11), 0);
    expect_call(open_at(daemon, 1), open_at(daemon, 1));
    daemon_end(daemon);
}
END_TEST

START_TEST(an_address_that_is_not_ours_is_named)
{
    struct daemon *daemon = daemon_new();
    daemon_spawn(daemon,
                 (const char *const[]){"--listen=ws://192.0.2.1:8080", NULL});
    ck_assert_int_eq(daemon_wait(daemon), 69);
    char *log = daemon_log(daemon);
    ck_assert_ptr_nonnull(strstr(log, "192.0.2.1:8080"));
    free(log);
    daemon_free(daemon);
}
END_TEST

START_TEST(the_stage_is_a_setting)
{
    struct daemon *daemon = DAEMON("--api-key=k", "--stage=v1_test-2");
    const char *endpoint = daemon_endpoint(daemon, 0);
    ck_assert_str_eq(strrchr(endpoint, '/'), "/v1_test-2");
    struct peer *peer = peer_connect(endpoint);
    peer_write_text(peer, "GET /latest HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert_int_eq(
        strncmp(peer_read_until(peer, "\r\n\r\n"), "HTTP/1.1 403 ", 13), 0);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_unix_socket_is_served_and_removed_at_the_end,
        a_stale_unix_socket_is_replaced_and_a_live_one_is_not,
        a_file_that_is_no_socket_is_left_alone,
        ipv6_is_served,
        all_addresses_of_a_name_are_served_on_one_port,
        clients_of_several_addresses_reach_each_other,
        an_address_of_all_is_told_as_one_that_can_be_reached,
        an_address_that_is_not_ours_is_named,
        the_stage_is_a_setting,
        NULL};
    return suite_run("listen", tests);
}
