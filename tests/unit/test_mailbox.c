#include "daemon/mailbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/socket.h"
#include "tests/lib/suite.h"

enum { N_THREADS = 4, N_MAILS = 5000, LIMIT = 1 << 20 };

static const struct connid alice = {"AAAAAAAAAAACAAA="};
static const struct connid bob = {"BBBBBBBBBBBCAAA="};

START_TEST(records_come_back_as_they_were_appended)
{
    struct mail *mail = mail_new(MAIL_PACKETS);
    struct mail_record record;
    const uint8_t *payload;
    size_t offset = 0;
    ck_assert_int_eq(mail_append(mail, &alice, &bob, "hello", 5, 1000), 0);
    ck_assert_int_eq(mail_append(mail, &bob, &alice, NULL, 0, 1000), 0);
    ck_assert_int_eq(mail_append(mail, &bob, &alice, "x", 1, 80), -ENOBUFS);
    ck_assert(mail_next(mail, &offset, &record, &payload));
    ck_assert(connid_equal(&record.to, &alice));
    ck_assert(connid_equal(&record.from, &bob));
    ck_assert_uint_eq(record.size, 5);
    ck_assert_mem_eq(payload, "hello", 5);
    ck_assert(mail_next(mail, &offset, &record, &payload));
    ck_assert(connid_equal(&record.to, &bob));
    ck_assert_uint_eq(record.size, 0);
    ck_assert(!mail_next(mail, &offset, &record, &payload));
    mail_free(mail);
}
END_TEST

struct receiver {
    struct mailbox mailbox;
    bool is_done;
    unsigned next[N_THREADS]; /* the number expected from each thread */
    unsigned n_received;
};

/* A mail carries its number as the payload of its one record. */
static void check_order(struct mail *mail, void *data)
{
    struct receiver *r = data;
    struct mail_record record;
    const uint8_t *payload;
    size_t offset = 0;
    unsigned number;
    ck_assert(mail_next(mail, &offset, &record, &payload));
    memcpy(&number, payload, sizeof number);
    ck_assert_uint_eq(number, r->next[mail->origin]++);
    mail_free(mail);
    if (++r->n_received == N_THREADS * N_MAILS) {
        ck_assert(mailbox_close(&r->mailbox));
        r->is_done = true;
    }
}

static struct mail *numbered(unsigned origin, unsigned number)
{
    struct mail *mail = mail_new(MAIL_PACKETS);
    mail->origin = origin;
    ck_assert_int_eq(
        mail_append(mail, &alice, &bob, &number, sizeof number, LIMIT), 0);
    return mail;
}

struct poster {
    struct receiver *receiver;
    unsigned origin;
    uv_thread_t thread;
};

static void post_many(void *data)
{
    struct poster *p = data;
    for (unsigned i = 0; i < N_MAILS; i++) {
        struct mail *mail = numbered(p->origin, i);
        while (mailbox_post(&p->receiver->mailbox, mail) == -ENOBUFS)
            uv_sleep(0);
    }
}

START_TEST(mail_of_each_thread_arrives_in_order_and_once)
{
    struct receiver r = {0};
    struct poster posters[N_THREADS];
    struct socket_set set;
    ck_assert_int_eq(mailbox_init(&r.mailbox, 4096, check_order, &r), 0);
    ck_assert_int_eq(socket_set_init(&set, NULL), 0);
    ck_assert_int_eq(socket_set_add_waker(&set, r.mailbox.wake_fd), 0);
    for (unsigned i = 0; i < N_THREADS; i++) {
        posters[i] = (struct poster){.receiver = &r, .origin = i};
        uv_thread_create(&posters[i].thread, post_many, &posters[i]);
    }
    while (!r.is_done) {
        socket_set_wait(&set, mailbox_may_sleep(&r.mailbox) ? -1 : 0);
        mailbox_drain(&r.mailbox);
    }
    for (unsigned i = 0; i < N_THREADS; i++)
        uv_thread_join(&posters[i].thread);
    ck_assert_uint_eq(r.n_received, N_THREADS * N_MAILS);
    socket_set_deinit(&set);
    mailbox_deinit(&r.mailbox);
}
END_TEST

static void count_and_free(struct mail *mail, void *data)
{
    ++*(unsigned *)data;
    mail_free(mail);
}

START_TEST(a_full_mailbox_takes_orders_but_no_packets)
{
    struct mailbox mailbox;
    unsigned n = 0;
    mailbox_init(&mailbox, 60, count_and_free, &n);
    struct mail *second = numbered(0, 2);
    ck_assert_int_eq(mailbox_post(&mailbox, numbered(0, 1)), 0);
    ck_assert_int_eq(mailbox_post(&mailbox, second), -ENOBUFS);
    ck_assert_int_eq(mailbox_post(&mailbox, mail_new(MAIL_DRAIN)), 0);
    mailbox_drain(&mailbox);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(mailbox_post(&mailbox, second), 0);
    mailbox_drain(&mailbox);
    ck_assert_uint_eq(n, 3);
    ck_assert(mailbox_close(&mailbox));
    mailbox_deinit(&mailbox);
}
END_TEST

static uint64_t n_wakes(const struct mailbox *mailbox)
{
    uint64_t n;
    return read(mailbox->wake_fd, &n, sizeof n) == sizeof n ? n : 0;
}

START_TEST(only_who_sleeps_is_woken_and_only_once)
{
    struct mailbox mailbox;
    unsigned n = 0;
    mailbox_init(&mailbox, LIMIT, count_and_free, &n);
    ck_assert_int_eq(mailbox_post(&mailbox, numbered(0, 1)), 0);
    ck_assert_uint_eq(n_wakes(&mailbox), 0);
    ck_assert(!mailbox_may_sleep(&mailbox));
    mailbox_drain(&mailbox);
    ck_assert(mailbox_may_sleep(&mailbox));
    ck_assert_int_eq(mailbox_post(&mailbox, numbered(0, 2)), 0);
    ck_assert_int_eq(mailbox_post(&mailbox, numbered(0, 3)), 0);
    ck_assert_uint_eq(n_wakes(&mailbox), 1);
    mailbox_drain(&mailbox);
    ck_assert_uint_eq(n, 3);
    ck_assert(mailbox_close(&mailbox));
    mailbox_deinit(&mailbox);
}
END_TEST

START_TEST(who_sleeps_can_be_rung_for_without_mail)
{
    struct mailbox mailbox;
    unsigned n = 0;
    mailbox_init(&mailbox, LIMIT, count_and_free, &n);
    ck_assert(mailbox_may_sleep(&mailbox));
    mailbox_ring(&mailbox);
    mailbox_ring(&mailbox);
    ck_assert_uint_eq(n_wakes(&mailbox), 1);
    mailbox_drain(&mailbox);
    mailbox_ring(&mailbox);
    ck_assert_uint_eq(n_wakes(&mailbox), 0);
    ck_assert(!mailbox_may_sleep(&mailbox)); /* it came before that */
    mailbox_drain(&mailbox);
    ck_assert(mailbox_may_sleep(&mailbox));
    ck_assert_uint_eq(n, 0);
    ck_assert(mailbox_close(&mailbox));
    mailbox_deinit(&mailbox);
}
END_TEST

START_TEST(a_mailbox_is_closed_only_when_it_is_empty)
{
    struct mailbox mailbox;
    unsigned n = 0;
    mailbox_init(&mailbox, LIMIT, count_and_free, &n);
    struct mail *late = mail_new(MAIL_STOP);
    ck_assert_int_eq(mailbox_post(&mailbox, mail_new(MAIL_STOP)), 0);
    ck_assert(!mailbox_close(&mailbox));
    ck_assert_int_eq(mailbox_post(&mailbox, mail_new(MAIL_STOP)), 0);
    mailbox_drain(&mailbox);
    ck_assert_uint_eq(n, 2);
    ck_assert(mailbox_close(&mailbox));
    ck_assert_int_eq(mailbox_post(&mailbox, late), -EPIPE);
    mail_free(late);
    mailbox_deinit(&mailbox);
}
END_TEST

/* A worker that was never started closes nothing. */
START_TEST(what_still_waits_is_freed)
{
    struct mailbox mailbox;
    unsigned n = 0;
    int fds[2];
    mailbox_init(&mailbox, LIMIT, count_and_free, &n);
    ck_assert_int_eq(pipe(fds), 0);
    struct mail *newcomer = mail_new(MAIL_ACCEPTED);
    newcomer->socket.fd = fds[1];
    ck_assert_int_eq(mailbox_post(&mailbox, newcomer), 0);
    mailbox_deinit(&mailbox);
    char byte;
    ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* the socket is closed */
    close(fds[0]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {records_come_back_as_they_were_appended,
                                  mail_of_each_thread_arrives_in_order_and_once,
                                  a_full_mailbox_takes_orders_but_no_packets,
                                  only_who_sleeps_is_woken_and_only_once,
                                  who_sleeps_can_be_rung_for_without_mail,
                                  a_mailbox_is_closed_only_when_it_is_empty,
                                  what_still_waits_is_freed,
                                  NULL};
    return suite_run("mailbox", tests);
}
