#include "daemon/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

/* ---- a machine that is short of things ---- */

static bool has_ipv4_only;
static bool names_all_twice;
static int n_failing_accepts;
static bool loses_reserve; /* as soon as it is given up */

int __real_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **found);
int __wrap_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **found);
int __real_accept4(int fd, struct sockaddr *address, socklen_t *size,
                   int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size,
                   int flags);

int __wrap_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **found)
{
    if (has_ipv4_only && strchr(host, ':') && hints->ai_flags & AI_ADDRCONFIG)
        return EAI_ADDRFAMILY;
    int rc = __real_getaddrinfo(host, port, hints, found);
    if (rc || !names_all_twice)
        return rc;
    struct addrinfo *last = *found;
    while (last->ai_next)
        last = last->ai_next;
    return __real_getaddrinfo(host, port, hints, &last->ai_next);
}

static void allow_descriptors(rlim_t n)
{
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = n < files.rlim_max ? n : files.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* Without SOCK_NONBLOCK it is the call that turns away. */
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    if (flags & SOCK_NONBLOCK && n_failing_accepts > 0) {
        n_failing_accepts--;
        allow_descriptors(RLIM_INFINITY);
        errno = EMFILE;
        return -1;
    }
    int rc = __real_accept4(fd, address, size, flags);
    if (loses_reserve)
        allow_descriptors(0);
    loses_reserve = false;
    return rc;
}

/* ---- a listener on its loop ---- */

static uv_loop_t loop;
static struct folder folder;
static struct listener *listener;
static struct errmsg errmsg;
static int accepted_fd;

static void keep(struct mail_socket socket, void *data)
{
    (void)data;
    accepted_fd = socket.fd;
}

static void setup(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    folder_init(&folder);
    listener = NULL;
    accepted_fd = -1;
}

static void teardown(void)
{
    if (listener)
        listener_close(listener);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    folder_deinit(&folder);
}

static int open_address(const struct listen_address *address, int passed_fd)
{
    return listener_open(&loop, address, passed_fd, keep, NULL, &listener,
                         &errmsg);
}

static int open_host(const char *host)
{
    return open_address(
        &(struct listen_address){.kind = LISTEN_TCP, .host = (char *)host}, -1);
}

static int open_path(const char *path)
{
    return open_address(
        &(struct listen_address){.kind = LISTEN_UNIX, .path = (char *)path},
        -1);
}

/* The port is the last thing in an endpoint. */
static int connect_client(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(listener_endpoint(listener), ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

/* ---- addresses ---- */

START_TEST(an_ipv6_address_needs_no_network_of_ipv6)
{
    has_ipv4_only = true;
    ck_assert_msg(open_host("::1") == 0, "%s", errmsg.text);
    ck_assert_int_eq(strncmp(listener_endpoint(listener), "ws://[::1]:", 11),
                     0);
}
END_TEST

START_TEST(an_address_that_a_name_has_twice_is_bound_once)
{
    names_all_twice = true;
    ck_assert_msg(open_host("localhost") == 0, "%s", errmsg.text);
}
END_TEST

START_TEST(an_unknown_name_is_said_to_be_so)
{
    ck_assert_int_eq(open_host("no.such.host.invalid"), -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "the host name is unknown"));
}
END_TEST

START_TEST(a_passed_socket_does_not_delay_packets_either)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int value = 0;
    socklen_t size = sizeof value;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(
        open_address(&(struct listen_address){.kind = LISTEN_SYSTEMD}, fd), 0);
    listener_start(listener);
    int client = connect_client();
    while (accepted_fd < 0)
        uv_run(&loop, UV_RUN_ONCE);
    getsockopt(accepted_fd, IPPROTO_TCP, TCP_NODELAY, &value, &size);
    ck_assert_int_ne(value, 0);
    close(accepted_fd);
    close(client);
}
END_TEST

/* ---- Unix sockets ---- */

START_TEST(a_passed_socket_must_listen)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(
        open_address(&(struct listen_address){.kind = LISTEN_SYSTEMD}, fd),
        -EOPNOTSUPP);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "ListenStream"));
    close(fd);
}
END_TEST

START_TEST(a_successor_keeps_its_socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_MAX], aside[PATH_MAX];
    folder_join(&folder, "socket", path);
    folder_join(&folder, "aside", aside);
    ck_assert_int_eq(open_path(path), 0);
    ck_assert_int_eq(rename(path, aside), 0);
    int successor = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, path);
    ck_assert_int_eq(
        bind(successor, (struct sockaddr *)&address, sizeof address), 0);
    listener_close(listener);
    listener = NULL;
    ck_assert_int_eq(access(path, F_OK), 0);
    close(successor);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    char path[PATH_MAX];
    struct stat status;
    folder_write(&folder, "keys", "precious", 8);
    folder_join(&folder, "keys", path);
    ck_assert_int_eq(open_path(path), -EADDRINUSE);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 8);
}
END_TEST

START_TEST(a_socket_that_a_killed_process_left_is_replaced)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_MAX];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    folder_join(&folder, "socket", path);
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    strcpy(address.sun_path, path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    ck_assert_msg(open_path(path) == 0, "%s", errmsg.text);
}
END_TEST

START_TEST(a_socket_in_use_is_not_taken_over)
{
    struct listener *first;
    char path[PATH_MAX];
    folder_join(&folder, "socket", path);
    ck_assert_int_eq(open_path(path), 0);
    first = listener;
    ck_assert_int_eq(open_path(path), -EADDRINUSE);
    listener = first;
}
END_TEST

/* ---- out of descriptors ---- */

/* Runs the loop until the daemon has closed @client. */
static void run_until_closed(int client)
{
    char byte;
    while (recv(client, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
        uv_run(&loop, UV_RUN_ONCE);
    close(client);
}

START_TEST(who_cannot_be_kept_is_turned_away)
{
    ck_assert_int_eq(open_host("127.0.0.1"), 0);
    listener_start(listener);
    n_failing_accepts = 1;
    run_until_closed(connect_client());
    ck_assert_int_eq(accepted_fd, -1);
}
END_TEST

START_TEST(a_lost_reserve_is_taken_again_after_the_pause)
{
    ck_assert_int_eq(open_host("127.0.0.1"), 0);
    listener_start(listener);
    n_failing_accepts = 3; /* turned away; a pause; turned away */
    loses_reserve = true;
    int first = connect_client();
    int second = connect_client();
    run_until_closed(first);
    run_until_closed(second);
    ck_assert_int_eq(accepted_fd, -1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_ipv6_address_needs_no_network_of_ipv6,
        an_address_that_a_name_has_twice_is_bound_once,
        an_unknown_name_is_said_to_be_so,
        a_passed_socket_does_not_delay_packets_either,
        a_passed_socket_must_listen,
        a_successor_keeps_its_socket,
        a_file_that_is_no_socket_is_left_alone,
        a_socket_that_a_killed_process_left_is_replaced,
        a_socket_in_use_is_not_taken_over,
        who_cannot_be_kept_is_turned_away,
        a_lost_reserve_is_taken_again_after_the_pause,
    };
    Suite *suite = suite_create("listener");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        TCase *tcase = tcase_create(tests[i]->name);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    return suite_run_suite(suite);
}
