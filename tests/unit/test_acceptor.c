#include "daemon/acceptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/suite.h"

/* ---- a kernel that is short of things ---- */

static int n_failing;      /* accepts to come */
static int failure;        /* and how */
static bool loses_reserve; /* as soon as it is given up */

int __real_accept4(int fd, struct sockaddr *address, socklen_t *size,
                   int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size,
                   int flags);

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
    if (flags & SOCK_NONBLOCK && n_failing > 0) {
        n_failing--;
        errno = failure;
        return -1;
    }
    int rc = __real_accept4(fd, address, size, flags);
    if (loses_reserve)
        allow_descriptors(0);
    loses_reserve = false;
    return rc;
}

/* ---- a socket that listens ---- */

static struct acceptor acceptor;
static int listening_fd;
static struct sockaddr_in address;

static void setup(void)
{
    socklen_t size = sizeof address;
    address = (struct sockaddr_in){.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(
        bind(listening_fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listening_fd, 8), 0);
    ck_assert_int_eq(
        getsockname(listening_fd, (struct sockaddr *)&address, &size), 0);
    acceptor_init(&acceptor);
    n_failing = 0;
    loses_reserve = false;
}

static void teardown(void)
{
    acceptor_deinit(&acceptor);
    close(listening_fd);
}

static int connect_client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

static int take(uint64_t now_ms)
{
    return acceptor_take(&acceptor, listening_fd, "ws://here", now_ms);
}

static void fail_next(int n, int error)
{
    n_failing = n;
    failure = error;
}

/* Whether the peer of @client has closed it; waits for that. */
static bool is_closed(int client)
{
    char byte;
    bool is = recv(client, &byte, 1, 0) <= 0;
    close(client);
    return is;
}

START_TEST(who_waits_is_accepted)
{
    int client = connect_client();
    int fd = take(1);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(take(1), -EAGAIN);
    close(fd);
    ck_assert(is_closed(client));
}
END_TEST

START_TEST(who_left_meanwhile_costs_nobody_else)
{
    int client = connect_client();
    fail_next(3, ECONNABORTED);
    int fd = take(1);
    ck_assert_int_ge(fd, 0);
    close(fd);
    close(client);
}
END_TEST

START_TEST(who_cannot_be_kept_is_turned_away)
{
    int client = connect_client();
    fail_next(1, EMFILE);
    ck_assert_int_eq(take(1), -EAGAIN);
    ck_assert(is_closed(client));
    ck_assert_uint_eq(acceptor.resume_ms, 0);
    ck_assert_int_ge(acceptor.reserve_fd, 0);
}
END_TEST

START_TEST(a_lost_reserve_is_taken_again_after_the_pause)
{
    int first = connect_client();
    int second = connect_client();
    fail_next(3, EMFILE); /* turned away; a pause; turned away */
    loses_reserve = true;
    ck_assert_int_eq(take(1000), -EBUSY);
    ck_assert_uint_gt(acceptor.resume_ms, 1000);
    ck_assert_int_lt(acceptor.reserve_fd, 0);
    ck_assert(is_closed(first));
    allow_descriptors(RLIM_INFINITY);
    acceptor_resume(&acceptor);
    ck_assert_uint_eq(acceptor.resume_ms, 0);
    ck_assert_int_eq(take(2000), -EAGAIN);
    ck_assert(is_closed(second));
}
END_TEST

START_TEST(a_kernel_without_memory_is_given_time)
{
    int client = connect_client();
    fail_next(1, ENOMEM);
    ck_assert_int_eq(take(1000), -EBUSY);
    acceptor_resume(&acceptor);
    int fd = take(2000);
    ck_assert_int_ge(fd, 0); /* nobody was lost */
    close(fd);
    close(client);
}
END_TEST

START_TEST(failures_without_end_do_not_keep_the_thread)
{
    fail_next(1000000, ECONNABORTED);
    ck_assert_int_eq(take(1), -EAGAIN);
    ck_assert_int_gt(n_failing, 0);
}
END_TEST

START_TEST(a_socket_that_was_shut_down_is_told_apart)
{
    ck_assert_int_eq(shutdown(listening_fd, SHUT_RDWR), 0);
    ck_assert_int_eq(take(1), -EINVAL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        who_waits_is_accepted,
        who_left_meanwhile_costs_nobody_else,
        who_cannot_be_kept_is_turned_away,
        a_lost_reserve_is_taken_again_after_the_pause,
        a_kernel_without_memory_is_given_time,
        failures_without_end_do_not_keep_the_thread,
        a_socket_that_was_shut_down_is_told_apart,
        NULL,
    };
    return suite_run_between("acceptor", tests, setup, teardown);
}
