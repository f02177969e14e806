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

static void expect_nobody(void)
{
    char byte;
    ck_assert_int_eq(recv(client, &byte, 1, MSG_DONTWAIT), 0);
    ck_assert_uint_eq(atomic_load(&worker.n_connections), 0);
}

static bool is_woken(void)
{
    uint64_t n;
    return read(worker.mailbox.wake_fd, &n, sizeof n) == sizeof n;
}

/* It may have nothing else to wait for, and end. */
START_TEST(who_is_lost_on_the_way_is_not_waited_for)
{
    ck_assert(mailbox_may_sleep(&worker.mailbox));
    has_no_memory = true;
    int rc = worker_hand_over(&worker, (struct mail_socket){.fd = accepted});
    has_no_memory = false;
    ck_assert_int_eq(rc, -ENOMEM);
    expect_nobody();
    ck_assert(is_woken());
    mailbox_drain(&worker.mailbox);
}
END_TEST

START_TEST(who_comes_too_late_is_not_counted)
{
    ck_assert(mailbox_close(&worker.mailbox));
    ck_assert_int_eq(
        worker_hand_over(&worker, (struct mail_socket){.fd = accepted}),
        -EPIPE);
    expect_nobody();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        who_is_lost_on_the_way_is_not_waited_for,
        who_comes_too_late_is_not_counted,
    };
    Suite *suite = suite_create("worker");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        TCase *tcase = tcase_create(tests[i]->name);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    return suite_run_suite(suite);
}
