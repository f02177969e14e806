#include "daemon/socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/suite.h"

static unsigned n_told;

static void count(struct socket *socket, bool is_readable, bool is_writable)
{
    (void)socket;
    (void)is_writable;
    n_told += is_readable;
}

/* A child between fork() and exec() is such another holder. */
START_TEST(a_closed_socket_leaves_the_set_though_another_holds_its_stream)
{
    struct socket_set set;
    struct socket socket;
    struct epoll_event event;
    int fds[2];
    ck_assert_int_eq(socket_set_init(&set, count), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    int other = dup(fds[0]);
    ck_assert_int_eq(socket_open(&socket, &set, fds[0], NULL), 0);
    ck_assert_int_eq(send(fds[1], "x", 1, 0), 1);
    socket_set_wait(&set, -1);
    socket_set_tell(&set);
    ck_assert_uint_eq(n_told, 1);
    socket_close(&socket);
    ck_assert_int_eq(epoll_wait(set.epoll_fd, &event, 1, 0), 0);
    close(other);
    close(fds[1]);
    socket_set_deinit(&set);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_closed_socket_leaves_the_set_though_another_holds_its_stream, NULL};
    return suite_run("socket", tests);
}
