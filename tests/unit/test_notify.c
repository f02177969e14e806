#include "daemon/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/suite.h"

/* A service manager: a datagram socket with an abstract name. */
static int open_manager(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[100];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int n = snprintf(name, sizeof name, "@monologued-test-%d", getpid());
    memcpy(address.sun_path + 1, name + 1, (size_t)n - 1);
    ck_assert_int_eq(
        bind(fd, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
        0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static const char *heard(int manager)
{
    static char text[1000];
    ssize_t n = recv(manager, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

START_TEST(the_manager_hears_each_thing_once)
{
    int manager = open_manager();
    notify_ready("Serving ws://127.0.0.1:8080/latest");
    ck_assert_str_eq(heard(manager),
                     "READY=1\nSTATUS=Serving ws://127.0.0.1:8080/latest");
    notify_reloading();
    unsigned long long at_us = 0;
    ck_assert_int_eq(
        sscanf(heard(manager), "RELOADING=1\nMONOTONIC_USEC=%llu", &at_us), 1);
    ck_assert(at_us > 0);
    notify_alive();
    ck_assert_str_eq(heard(manager), "WATCHDOG=1");
    notify_stopping();
    ck_assert_str_eq(heard(manager), "STOPPING=1");
    ck_assert_str_eq(heard(manager), "");
    close(manager);
}
END_TEST

START_TEST(a_manager_with_a_path_hears_too)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/notify-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof address),
                     0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    notify_stopping();
    ck_assert_str_eq(heard(manager), "STOPPING=1");
    close(manager);
    unlink(address.sun_path);
    notify_stopping(); /* nobody is there: no harm */
    rmdir(folder);
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
    unsetenv("NOTIFY_SOCKET");
    notify_ready("x");
    setenv("NOTIFY_SOCKET", "relative/path", 1);
    notify_ready("x");
    setenv("NOTIFY_SOCKET", "@", 1);
    notify_ready("x");
    unsetenv("LISTEN_PID");
    setenv("LISTEN_FDS", "2", 1);
    int fds[4];
    ck_assert_uint_eq(notify_passed_sockets(fds, 4), 0);
    unsetenv("WATCHDOG_USEC");
    ck_assert_uint_eq(notify_watchdog_ms(), 0);
}
END_TEST

static void set_pid(const char *name, long pid)
{
    char text[30];
    snprintf(text, sizeof text, "%ld", pid);
    setenv(name, text, 1);
}

START_TEST(the_watchdog_is_ours_unless_it_names_another)
{
    setenv("WATCHDOG_USEC", "30000000", 1);
    unsetenv("WATCHDOG_PID");
    ck_assert_uint_eq(notify_watchdog_ms(), 30000);
    set_pid("WATCHDOG_PID", getpid());
    ck_assert_uint_eq(notify_watchdog_ms(), 30000);
    set_pid("WATCHDOG_PID", getpid() + 1L);
    ck_assert_uint_eq(notify_watchdog_ms(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "3s", 1);
    ck_assert_uint_eq(notify_watchdog_ms(), 0);
}
END_TEST

START_TEST(passed_sockets_start_at_three_and_are_not_passed_on)
{
    int fds[4] = {-1, -1, -1, -1};
    int sockets[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    ck_assert_int_eq(dup2(sockets[0], 3), 3);
    ck_assert_int_eq(dup2(sockets[1], 4), 4);
    setenv("LISTEN_FDS", "2", 1);
    set_pid("LISTEN_PID", getpid());
    ck_assert_uint_eq(notify_passed_sockets(fds, 4), 2);
    ck_assert_int_eq(fds[0], 3);
    ck_assert_int_eq(fds[1], 4);
    ck_assert_int_eq(fcntl(3, F_GETFD), FD_CLOEXEC);
    ck_assert_uint_eq(notify_passed_sockets(fds, 1), 1);
    set_pid("LISTEN_PID", getpid() + 1L);
    ck_assert_uint_eq(notify_passed_sockets(fds, 4), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_manager_hears_each_thing_once,
        a_manager_with_a_path_hears_too,
        without_a_manager_nothing_happens,
        the_watchdog_is_ours_unless_it_names_another,
        passed_sockets_start_at_three_and_are_not_passed_on,
        NULL};
    return suite_run("notify", tests);
}
