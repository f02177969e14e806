#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* Workers accept, each for itself and for others: who serves whom, and that
 * nobody is lost between them. */

static const char request[] = "GET /latest HTTP/1.1\r\n"
                              "Host: localhost\r\n"
                              "Upgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "\r\n";

/* Returns a blocking socket, or -1: nobody listens any more. */
static int connect_raw(struct daemon *daemon)
{
    const struct timeval patience = {.tv_sec = DAEMON_WAIT_MS / 1000};
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(daemon_endpoint(daemon, 0), ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    ck_assert(errno == ECONNREFUSED || errno == ECONNRESET);
    close(fd);
    return -1;
}

/* The first thing that a client hears; false: the end. */
static bool hears_something(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);
    ck_assert_msg(n >= 0 || errno == ECONNRESET, "%s", strerror(errno));
    return n > 0;
}

static void send_request(int fd)
{
    (void)!send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
}

/* ---- sharing ---- */

START_TEST(every_worker_gets_its_share)
{
    enum { N_WORKERS = 4, N = 42 };
    struct daemon *daemon = DAEMON("--workers=4", "--log-level=warn");
    struct peer *peers[N];
    unsigned counts[N_WORKERS] = {0};
    for (int i = 0; i < N; i++)
        peers[i] = peer_connect(daemon_endpoint(daemon, 0));
    for (int i = 0; i < N; i++) {
        peer_upgrade(peers[i], daemon_key(daemon));
        unsigned worker = peer_worker(peer_id(peers[i]));
        ck_assert_uint_lt(worker, N_WORKERS);
        counts[worker]++;
    }
    for (int i = 0; i < N_WORKERS; i++) {
        ck_assert_uint_ge(counts[i], N / N_WORKERS);
        ck_assert_uint_le(counts[i], N / N_WORKERS + 1);
    }
    for (int i = 0; i < N; i++)
        peer_free(peers[i]);
    daemon_end(daemon);
}
END_TEST

/* Opens as many as it is let, @n at most; returns how many. */
static int open_some(struct daemon *daemon, int fds[], int n)
{
    for (int i = 0; i < n; i++) {
        fds[i] = connect_raw(daemon);
        send_request(fds[i]);
        if (hears_something(fds[i]))
            continue;
        close(fds[i]);
        return i;
    }
    return n;
}

static void close_all(const int fds[], int n)
{
    for (int i = 0; i < n; i++)
        close(fds[i]);
}

/* Comes and goes in one of several ways. */
static void pass_by(struct daemon *daemon, int i)
{
    const struct linger at_once = {.l_onoff = 1};
    int fd = connect_raw(daemon);
    if (i % 3)
        send_request(fd);
    if (i % 2)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

START_TEST(the_ceiling_is_exact_after_a_storm)
{
    enum { CEILING = 8, N = 600 };
    struct daemon *daemon =
        DAEMON("--workers=4", "--max-connections=8", "--log-level=error",
               "--api-key-required=false");
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    int fds[CEILING + 1];
    int n = 0;
    for (int i = 0; i < N; i++)
        pass_by(daemon, i);
    /* The last of them may not have left yet. */
    while (n < CEILING && daemon_now_ms() < deadline_ms) {
        n = open_some(daemon, fds, CEILING);
        if (n < CEILING)
            close_all(fds, n);
    }
    ck_assert_int_eq(n, CEILING);
    ck_assert_int_eq(open_some(daemon, fds + CEILING, 1), 0);
    close_all(fds, CEILING);
    daemon_end(daemon);
}
END_TEST

/* ---- want ---- */

START_TEST(who_comes_while_descriptors_are_short_is_served_afterwards)
{
    enum { N = 40, STANDARD_FDS = 3 };
    struct daemon *daemon = DAEMON("--workers=4", "--api-key-required=false");
    struct rlimit before;
    int fds[N];
    ck_assert_int_eq(prlimit(daemon_pid(daemon), RLIMIT_NOFILE, NULL, &before),
                     0);
    const struct rlimit none = {STANDARD_FDS, before.rlim_max};
    ck_assert_int_eq(prlimit(daemon_pid(daemon), RLIMIT_NOFILE, &none, NULL),
                     0);
    for (int i = 0; i < N; i++) {
        fds[i] = connect_raw(daemon);
        send_request(fds[i]);
    }
    daemon_await_log(daemon, "outcome=paused");
    ck_assert_int_eq(prlimit(daemon_pid(daemon), RLIMIT_NOFILE, &before, NULL),
                     0);
    for (int i = 0; i < N; i++)
        ck_assert(hears_something(fds[i]));
    close_all(fds, N);
    daemon_end(daemon);
}
END_TEST

/* ---- ending ---- */

static void await_end(int fd)
{
    while (hears_something(fd))
        ;
    close(fd);
}

/* Nothing but the drain itself would end them in time. */
START_TEST(a_storm_may_come_while_it_drains)
{
    enum { N = 400 };
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--drain-timeout=1h", "--handshake-timeout=1h",
                       "--log-level=error", "--api-key-required=false");
    int fds[N];
    int n = 0;
    while (n < N && (fds[n] = connect_raw(daemon)) >= 0) {
        if (n % 3) {
            send_request(fds[n]);
            shutdown(fds[n], SHUT_WR);
        }
        if (++n == N / 4)
            daemon_signal(daemon, SIGTERM);
    }
    ck_assert_int_ge(n, N / 4);
    for (int i = 0; i < n; i++)
        await_end(fds[i]);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

/* ---- succession ---- */

static int listen_as_manager(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    return fd;
}

static struct daemon *start_at(int fd, const char *workers)
{
    struct daemon *daemon = daemon_new();
    daemon_pass_socket(daemon, fd);
    daemon_run(daemon,
               (const char *const[]){"--listen=systemd:ws", "--api-key=k",
                                     "--drain-timeout=1h", "--close-timeout=1h",
                                     workers, NULL});
    return daemon;
}

static void expect_service(struct peer *peer)
{
    peer_upgrade(peer, "k");
    (void)peer_id(peer);
    peer_free(peer);
}

START_TEST(a_successor_serves_all_who_come_while_the_first_drains)
{
    int fd = listen_as_manager();
    struct daemon *first = start_at(fd, "--workers=1");
    struct peer *last = peer_open_at(daemon_endpoint(first, 0), "k");
    struct daemon *second = start_at(fd, "--workers=4");
    daemon_signal(first, SIGTERM);
    peer_expect_close(last, 1001, "Going away");
    for (int i = 0; i < 40; i++)
        expect_service(peer_connect(daemon_endpoint(second, 0)));
    ck_assert(daemon_is_running(first));
    peer_free(last);
    ck_assert_int_eq(daemon_wait(first), 0);
    daemon_free(first);
    daemon_end(second);
    close(fd);
}
END_TEST

START_TEST(who_waits_between_two_daemons_is_served_by_the_second)
{
    enum { N = 40 };
    char endpoint[100];
    struct peer *peers[N];
    int fd = listen_as_manager();
    struct daemon *first = start_at(fd, "--workers=4");
    expect_service(peer_connect(daemon_endpoint(first, 0)));
    snprintf(endpoint, sizeof endpoint, "%s", daemon_endpoint(first, 0));
    daemon_end(first);
    for (int i = 0; i < N; i++)
        peers[i] = peer_connect(endpoint);
    struct daemon *second = start_at(fd, "--workers=4");
    for (int i = 0; i < N; i++)
        expect_service(peers[i]);
    daemon_end(second);
    close(fd);
}
END_TEST

/* It will see all of them, and what comes after this, at once. */
static void ask_while_it_stands_still(struct daemon *daemon, int clients[],
                                      int n)
{
    daemon_signal(daemon, SIGSTOP);
    for (int i = 0; i < n; i++) {
        clients[i] = connect_raw(daemon);
        send_request(clients[i]);
    }
}

/* All have asked before it is told to end: whom it accepts it answers, and whom
 * it does not wait for the next. */
START_TEST(who_has_asked_is_answered_by_either_of_two_daemons)
{
    enum { N = 40 };
    int clients[N];
    int fd = listen_as_manager();
    struct daemon *first = start_at(fd, _i % 2 ? "--workers=1" : "--workers=4");
    ask_while_it_stands_still(first, clients, N);
    for (int i = 0; i < N; i++)
        shutdown(clients[i], SHUT_WR);
    daemon_signal(first, SIGTERM);
    daemon_signal(first, SIGCONT);
    ck_assert_int_eq(daemon_wait(first), 0);
    struct daemon *second = start_at(fd, "--workers=4");
    for (int i = 0; i < N; i++)
        ck_assert_msg(hears_something(clients[i]), "client %d is lost", i);
    close_all(clients, N);
    daemon_end(second);
    daemon_free(first);
    close(fd);
}
END_TEST

/* Told twice to end it waits for nobody, not even for those that one worker
 * hands to another which has ended everybody already. */
START_TEST(who_comes_into_the_very_end_does_not_delay_it)
{
    enum { N = 40 };
    int clients[N];
    int fd = listen_as_manager();
    struct daemon *daemon = start_at(fd, "--workers=4");
    ask_while_it_stands_still(daemon, clients, N);
    daemon_signal(daemon, SIGTERM);
    daemon_signal(daemon, SIGINT);
    daemon_signal(daemon, SIGCONT);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    close_all(clients, N);
    daemon_free(daemon);
    close(fd);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        a_storm_may_come_while_it_drains,
        who_has_asked_is_answered_by_either_of_two_daemons,
        who_comes_into_the_very_end_does_not_delay_it, NULL};
    const TTest *const once[] = {
        every_worker_gets_its_share,
        the_ceiling_is_exact_after_a_storm,
        who_comes_while_descriptors_are_short_is_served_afterwards,
        a_successor_serves_all_who_come_while_the_first_drains,
        who_waits_between_two_daemons_is_served_by_the_second,
        NULL};
    return suite_run_looped("newcomers", looped, DAEMON_GRID, once);
}
