#include "daemon/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

/* ---- a machine that is short of things ---- */

static bool has_ipv4_only;
static bool names_all_twice;
static bool has_two_addresses; /* of IPv4, each name */
static int n_taken; /* ports to come that are free at the first address only */

int __real_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **found);
int __wrap_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **found);

int __wrap_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **found)
{
    if (has_ipv4_only && strchr(host, ':') && hints->ai_flags & AI_ADDRCONFIG)
        return EAI_ADDRFAMILY;
    if (has_two_addresses)
        host = "127.0.0.1";
    int rc = __real_getaddrinfo(host, port, hints, found);
    if (rc || !(names_all_twice || has_two_addresses))
        return rc;
    struct addrinfo *last = *found;
    while (last->ai_next)
        last = last->ai_next;
    if (has_two_addresses)
        host = "127.0.0.2";
    return __real_getaddrinfo(host, port, hints, &last->ai_next);
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size);

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    if (n_taken && address->sa_family == AF_INET &&
        ((const struct sockaddr_in *)address)->sin_port) {
        n_taken--;
        errno = EADDRINUSE;
        return -1;
    }
    return __real_bind(fd, address, size);
}

/* ---- a listener ---- */

static struct folder folder;
static struct listener *listener;
static struct errmsg errmsg;

static void setup(void)
{
    folder_init(&folder);
    listener = NULL;
    has_ipv4_only = names_all_twice = has_two_addresses = false;
    n_taken = 0;
}

static void teardown(void)
{
    listener_close(listener);
    folder_deinit(&folder);
}

static int open_address(const struct listen_address *address, int passed_fd)
{
    return listener_open(address, passed_fd, &listener, &errmsg);
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

/* Whether a client is let in. The port is the last thing in an endpoint. */
static bool connects(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(listener_endpoint(listener), ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int rc = connect(fd, (struct sockaddr *)&address, sizeof address);
    ck_assert(rc == 0 || errno == ECONNREFUSED);
    close(fd);
    return rc == 0;
}

static int only_socket(void)
{
    const int *fds;
    ck_assert_uint_eq(listener_sockets(listener, &fds), 1);
    return fds[0];
}

/* A socket as a service manager passes it. */
static int listen_as_manager(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
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

START_TEST(a_port_that_is_not_free_at_all_addresses_is_not_chosen)
{
    const int *fds;
    has_two_addresses = true;
    n_taken = 3;
    ck_assert_msg(open_host("both") == 0, "%s", errmsg.text);
    ck_assert_int_eq(n_taken, 0);
    ck_assert_uint_eq(listener_sockets(listener, &fds), 2);
    ck_assert(connects());
}
END_TEST

START_TEST(the_search_for_a_free_port_ends)
{
    has_two_addresses = true;
    n_taken = 1000;
    ck_assert_int_eq(open_host("both"), -EADDRINUSE);
    ck_assert_int_gt(n_taken, 0);
}
END_TEST

START_TEST(a_port_that_was_asked_for_is_not_looked_for_elsewhere)
{
    has_two_addresses = true;
    n_taken = 1;
    struct listen_address address = {
        .kind = LISTEN_TCP, .host = (char *)"both", .port = 1};
    ck_assert_int_eq(open_address(&address, -1), -EADDRINUSE);
}
END_TEST

START_TEST(an_unknown_name_is_said_to_be_so)
{
    ck_assert_int_eq(open_host("no.such.host.invalid"), -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "the host name is unknown"));
}
END_TEST

START_TEST(who_stops_can_be_succeeded_at_once)
{
    ck_assert_int_eq(open_host("127.0.0.1"), 0);
    struct listener *first = listener;
    const char *port = strrchr(listener_endpoint(first), ':') + 1;
    struct listen_address address = {.kind = LISTEN_TCP,
                                     .host = (char *)"127.0.0.1",
                                     .port = (uint16_t)atoi(port)};
    ck_assert(connects());
    ck_assert_int_eq(open_address(&address, -1), -EADDRINUSE);
    listener_stop(first);
    ck_assert(!connects());
    ck_assert_msg(open_address(&address, -1) == 0, "%s", errmsg.text);
    ck_assert(connects());
    listener_close(first);
    ck_assert(connects());
}
END_TEST

/* ---- passed sockets ---- */

START_TEST(a_passed_socket_does_not_delay_packets_either)
{
    int value = 0;
    socklen_t size = sizeof value;
    int fd = listen_as_manager();
    ck_assert_int_eq(
        open_address(&(struct listen_address){.kind = LISTEN_SYSTEMD}, fd), 0);
    ck_assert(connects());
    int accepted = accept(only_socket(), NULL, NULL);
    ck_assert_int_eq(
        getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
    ck_assert_int_ne(value, 0);
    close(accepted);
}
END_TEST

START_TEST(a_passed_socket_listens_on_for_its_manager)
{
    int ours = listen_as_manager();
    int managers = dup(ours);
    ck_assert_int_eq(
        open_address(&(struct listen_address){.kind = LISTEN_SYSTEMD}, ours),
        0);
    listener_stop(listener);
    ck_assert(connects());
    close(managers);
}
END_TEST

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

/* ---- Unix sockets ---- */

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

/* The descriptor stays open meanwhile: closing it is not what ends them. */
START_TEST(who_waits_at_a_unix_socket_that_stops_is_let_go)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_MAX];
    char byte;
    int clients[3];
    folder_join(&folder, "socket", path);
    ck_assert_int_eq(open_path(path), 0);
    strcpy(address.sun_path, path);
    for (int i = 0; i < 3; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ck_assert_int_eq(
            connect(clients[i], (struct sockaddr *)&address, sizeof address),
            0);
    }
    listener_stop(listener);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(recv(clients[i], &byte, 1, 0), 0);
        close(clients[i]);
    }
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_left_alone)
{
    char path[PATH_MAX];
    struct stat status;
    folder_write(&folder, "keys", "precious", 8);
    folder_join(&folder, "keys", path);
    ck_assert_int_eq(open_path(path), -EEXIST);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "move it away"));
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

int main(void)
{
    const TTest *const tests[] = {
        an_ipv6_address_needs_no_network_of_ipv6,
        an_address_that_a_name_has_twice_is_bound_once,
        a_port_that_is_not_free_at_all_addresses_is_not_chosen,
        the_search_for_a_free_port_ends,
        a_port_that_was_asked_for_is_not_looked_for_elsewhere,
        an_unknown_name_is_said_to_be_so,
        who_stops_can_be_succeeded_at_once,
        a_passed_socket_does_not_delay_packets_either,
        a_passed_socket_listens_on_for_its_manager,
        a_passed_socket_must_listen,
        a_successor_keeps_its_socket,
        who_waits_at_a_unix_socket_that_stops_is_let_go,
        a_file_that_is_no_socket_is_left_alone,
        a_socket_that_a_killed_process_left_is_replaced,
        a_socket_in_use_is_not_taken_over,
        NULL,
    };
    return suite_run_between("listener", tests, setup, teardown);
}
