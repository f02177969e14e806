#include "daemon/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/suite.h"

/* ---- a machine that is short of memory ---- */

static bool has_no_memory;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
    return has_no_memory ? NULL : __real_calloc(n, size);
}

/* ---- a worker that waits for the connection that is counted already ---- */

static struct worker worker;
static int client; /* the other end of what is handed over */
static int accepted;

static void refuse_mail(struct mail *mail, void *data)
{
    (void)data;
    mail_free(mail);
    ck_abort_msg("nothing was handed over");
}

static void setup(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    client = fds[0];
    accepted = fds[1];
    worker = (struct worker){.slot = 1};
    atomic_init(&worker.n_connections, 1);
    ck_assert_int_eq(mailbox_init(&worker.mailbox, 1000, refuse_mail, NULL), 0);
}

static void teardown(void)
{
    mailbox_deinit(&worker.mailbox);
    close(client);
}

static bool is_woken(void)
{
    uint64_t n;
    return read(worker.mailbox.wake_fd, &n, sizeof n) == sizeof n;
}

/* Who handed it over has it still, and may serve it. */
static void expect_refused(int rc)
{
    char byte;
    ck_assert_int_eq(
        worker_hand_over(&worker, (struct mail_socket){.fd = accepted}), rc);
    ck_assert_int_eq(send(accepted, "x", 1, 0), 1);
    ck_assert_int_eq(recv(client, &byte, 1, 0), 1);
    close(accepted);
}

START_TEST(who_cannot_be_handed_over_for_want_of_memory_is_not_lost)
{
    has_no_memory = true;
    expect_refused(-ENOMEM);
    has_no_memory = false;
}
END_TEST

START_TEST(who_comes_too_late_is_not_lost)
{
    ck_assert(mailbox_close(&worker.mailbox));
    expect_refused(-EPIPE);
}
END_TEST

/* It may have nothing else to wait for, and end. */
START_TEST(who_does_not_come_is_not_waited_for)
{
    ck_assert(mailbox_may_sleep(&worker.mailbox));
    worker_miss(&worker);
    ck_assert_uint_eq(atomic_load(&worker.n_connections), 0);
    ck_assert(is_woken());
    close(accepted);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        who_cannot_be_handed_over_for_want_of_memory_is_not_lost,
        who_comes_too_late_is_not_lost,
        who_does_not_come_is_not_waited_for,
        NULL,
    };
    return suite_run_between("worker", tests, setup, teardown);
}
