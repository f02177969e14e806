/*
 * Times mail between threads: posted and drained by one, as when nobody sleeps;
 * and handed to and fro between two, each of which sleeps until it has some.
 */
#include "daemon/mailbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/socket.h"
#include "tests/bench/stopwatch.h"

enum { N_POSTED = 200000, N_ROUND_TRIPS = 50000, PAYLOAD = 256 };

static const struct connid id = {"AAAAAAAAAAACAAA="};
static const char payload[PAYLOAD];

static void must(bool is_done)
{
    if (!is_done)
        abort();
}

static void post_packet(struct mailbox *mailbox)
{
    struct mail *mail = mail_new(MAIL_PACKETS);
    must(mail && mail_append(mail, &id, &id, payload, PAYLOAD, 1 << 20) == 0);
    must(mailbox_post(mailbox, mail) == 0);
}

static void count_and_free(struct mail *mail, void *data)
{
    ++*(unsigned *)data;
    mail_free(mail);
}

static void time_posting(void)
{
    struct mailbox mailbox;
    unsigned n = 0;
    must(mailbox_init(&mailbox, 1 << 20, count_and_free, &n) == 0);
    uint64_t start_ns = stopwatch_ns();
    for (int i = 0; i < N_POSTED; i++) {
        post_packet(&mailbox);
        mailbox_drain(&mailbox);
    }
    printf("make, post, drain and free   %7.0f ns\n",
           (double)(stopwatch_ns() - start_ns) / N_POSTED);
    must(n == N_POSTED);
    mailbox_deinit(&mailbox);
}

/* One of two threads that answer each mail by one; who began has the last. */
struct side {
    struct mailbox mailbox;
    struct socket_set set;
    struct side *other;
    unsigned n_left; /* mails still to come */
    bool has_begun;
};

static void answer(struct mail *mail, void *data)
{
    struct side *side = data;
    mail_free(mail);
    side->n_left--;
    if (side->n_left > 0 || !side->has_begun)
        post_packet(&side->other->mailbox);
}

static void run(void *data)
{
    struct side *side = data;
    while (side->n_left > 0) {
        socket_set_wait(&side->set, mailbox_may_sleep(&side->mailbox) ? -1 : 0);
        mailbox_drain(&side->mailbox);
    }
}

static void side_init(struct side *side, struct side *other)
{
    side->other = other;
    side->n_left = N_ROUND_TRIPS;
    must(mailbox_init(&side->mailbox, 1 << 20, answer, side) == 0);
    must(socket_set_init(&side->set, NULL) == 0);
    must(socket_set_add_waker(&side->set, side->mailbox.wake_fd) == 0);
}

static void side_deinit(struct side *side)
{
    socket_set_deinit(&side->set);
    mailbox_deinit(&side->mailbox);
}

static void time_waking(void)
{
    static struct side here, there;
    uv_thread_t thread;
    side_init(&here, &there);
    side_init(&there, &here);
    must(uv_thread_create(&thread, run, &there) == 0);
    here.has_begun = true;
    uint64_t start_ns = stopwatch_ns();
    post_packet(&there.mailbox);
    run(&here);
    uv_thread_join(&thread);
    printf("to a sleeping thread and back %6.0f ns\n",
           (double)(stopwatch_ns() - start_ns) / N_ROUND_TRIPS);
    side_deinit(&here);
    side_deinit(&there);
}

int main(void)
{
    time_posting();
    time_waking();
    return 0;
}
