#include "daemon/courier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/worker.h"
#include "tests/lib/suite.h"

/* ---- two workers, whose threads have never been started ---- */

enum { US, HOST, N_WORKERS };

static struct worker workers[N_WORKERS];
static struct worker_pool pool;
static struct snapshot *snapshot;
static struct tally tally;

/* A client of a worker, and the other end of its socket. */
struct client {
    struct connection *connection;
    struct connid id;
    int fd;
};

static struct client sender, receiver;

static struct config *make_config(void)
{
    char name[] = "monologued";
    char *argv[] = {name, NULL};
    char *environment[] = {NULL};
    const char *const settings[] = {"api_key=k", NULL};
    struct config *config = NULL;
    struct errmsg errmsg;
    ck_assert_int_eq(
        config_load_over(settings, 1, argv, environment, &config, &errmsg),
        CONFIG_RUN);
    return config;
}

static void open_client(struct client *client, struct worker *worker)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    client->fd = fds[0];
    connid_mint(&worker->ids, worker->slot, &client->id);
    atomic_fetch_add(&worker->n_connections, 1);
    connection_new(worker, (struct mail_socket){.fd = fds[1]});
    struct deadline *phase =
        deadlines_take_due(&worker->deadlines[DEADLINE_HANDSHAKE], UINT64_MAX);
    client->connection = list_entry(phase, struct connection, phase);
    ck_assert_int_eq(connection_open(client->connection, &client->id, &tally),
                     0);
}

static void setup(void)
{
    struct errmsg errmsg;
    log_set_level(LOG_ERROR);
    ck_assert_int_eq(snapshot_new(make_config(), NULL, &snapshot, &errmsg), 0);
    pool = (struct worker_pool){.workers = workers, .n_workers = N_WORKERS};
    for (unsigned i = 0; i < N_WORKERS; i++)
        ck_assert_int_eq(worker_init(&workers[i], &pool, i, snapshot, NULL), 0);
    open_client(&sender, &workers[US]);
    open_client(&receiver, &workers[HOST]);
    workers[HOST].awake_ms =
        deadlines_next(&workers[HOST].deadlines[DEADLINE_IDLE]);
}

static void free_dead(struct worker *worker)
{
    list_for_each (node, after, &worker->dead)
        connection_free(list_entry(node, struct connection, dirty));
}

static void teardown(void)
{
    connection_drop(sender.connection, END_ERROR);
    connection_drop(receiver.connection, END_ERROR);
    close(sender.fd);
    close(receiver.fd);
    for (unsigned i = 0; i < N_WORKERS; i++) {
        free_dead(&workers[i]);
        worker_deinit(&workers[i]);
    }
    snapshot_unref(snapshot);
}

/* ---- what we have for the host, and what becomes of it ---- */

static void take_for(const struct connid *to, const char *payload)
{
    ck_assert_int_eq(courier_take(&workers[US], HOST, to, &sender.id, payload,
                                  strlen(payload)),
                     0);
}

static void take(const char *payload)
{
    take_for(&receiver.id, payload);
}

static bool has_mail(void)
{
    return mailbox_has_mail(&workers[HOST].mailbox);
}

/* As its thread would, if it had one. */
static void wake_host(void)
{
    mailbox_drain(&workers[HOST].mailbox);
    if (receiver.connection->state == CONNECTION_OPEN)
        connection_flush(receiver.connection);
}

/* What has come to a client and was not read yet; a frame's head is skipped. */
static void expect_text(const struct client *client, const char *text)
{
    char in[500] = "";
    ssize_t n = recv(client->fd, in, sizeof in - 1, 0);
    ck_assert_int_gt(n, 2);
    ck_assert_msg(strstr(in + 2, text) != NULL, "no %s in %s", text, in + 2);
}

static void expect_nothing(const struct client *client)
{
    char byte;
    ck_assert_int_eq(recv(client->fd, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

/* Fills what the kernel keeps for the receiver, who does not read. */
static void fill_receiver(void)
{
    static const char zeros[4096];
    while (send(receiver.connection->socket.fd, zeros, sizeof zeros,
                MSG_NOSIGNAL) > 0)
        ;
    ck_assert_int_eq(errno, EAGAIN);
}

/* ---- in the host's place ---- */

START_TEST(who_sleeps_is_sent_to_without_being_woken)
{
    take("[1]");
    take("[2]");
    courier_leave(&workers[US]);
    expect_text(&receiver, "\"payload\":[2]}");
    ck_assert(!has_mail());
}
END_TEST

START_TEST(who_is_awake_gets_mail)
{
    take("[1]");
    uv_mutex_lock(&workers[HOST].turn);
    courier_leave(&workers[US]);
    uv_mutex_unlock(&workers[HOST].turn);
    expect_nothing(&receiver);
    ck_assert(has_mail());
    wake_host();
    expect_text(&receiver, "\"payload\":[1]}");
}
END_TEST

START_TEST(nothing_overtakes_what_was_posted)
{
    uv_mutex_lock(&workers[HOST].turn);
    take("[1]");
    courier_leave(&workers[US]);
    uv_mutex_unlock(&workers[HOST].turn);
    take("[2]");
    courier_leave(&workers[US]);
    expect_nothing(&receiver);
    wake_host();
    char in[500] = "";
    ck_assert_int_gt(recv(receiver.fd, in, sizeof in - 1, 0), 0);
    const char *first = memmem(in, sizeof in, "[1]", 3);
    const char *second = memmem(in, sizeof in, "[2]", 3);
    ck_assert(first && second && first < second);
}
END_TEST

START_TEST(many_packets_are_left_to_the_host)
{
    for (int i = 0; i < 100; i++)
        take("[1]");
    courier_leave(&workers[US]);
    expect_nothing(&receiver);
    ck_assert(has_mail());
}
END_TEST

START_TEST(large_packets_are_left_to_the_host)
{
    char *payload = malloc(100001);
    memset(payload, '1', 100000);
    payload[100000] = '\0';
    take(payload);
    free(payload);
    courier_leave(&workers[US]);
    expect_nothing(&receiver);
    ck_assert(has_mail());
}
END_TEST

START_TEST(who_ends_is_not_disturbed)
{
    workers[HOST].is_draining = true;
    take("[1]");
    courier_leave(&workers[US]);
    expect_nothing(&receiver);
    ck_assert(has_mail());
}
END_TEST

START_TEST(what_nobody_takes_is_told_in_the_same_turn)
{
    struct connid gone;
    connid_mint(&workers[HOST].ids, HOST, &gone);
    take_for(&gone, "[1]");
    courier_leave(&workers[US]);
    connection_flush(sender.connection);
    expect_text(&sender, "Internal server error");
    ck_assert(!has_mail());
}
END_TEST

/* ---- what is left for the host to do ---- */

START_TEST(who_must_wait_for_its_peer_is_told_when)
{
    fill_receiver();
    take("[1]");
    courier_leave(&workers[US]);
    ck_assert(receiver.connection->socket.is_blocked);
    ck_assert(has_mail());
}
END_TEST

START_TEST(whose_next_deadline_comes_first_sleeps_on)
{
    fill_receiver();
    workers[HOST].awake_ms = 0;
    take("[1]");
    courier_leave(&workers[US]);
    ck_assert(receiver.connection->socket.is_blocked);
    ck_assert(!has_mail());
}
END_TEST

START_TEST(whose_peer_is_gone_is_left_to_the_host)
{
    shutdown(receiver.connection->socket.fd, SHUT_WR);
    take("[1]");
    courier_leave(&workers[US]);
    ck_assert_int_eq(receiver.connection->state, CONNECTION_OPEN);
    ck_assert(has_mail());
    wake_host();
    ck_assert_int_eq(receiver.connection->state, CONNECTION_CLOSED);
}
END_TEST

/* Sends a packet for the sender, masked with zeros. */
static void say(const struct client *client)
{
    uint8_t frame[200] = {0x81};
    int n = sprintf((char *)frame + 6,
                    "{\"to\":\"%.*s\",\"payload\":{\"type\":\"a\"}}",
                    CONNID_PRINT(&sender.id));
    ck_assert_int_lt(n, 126);
    frame[1] = (uint8_t)(0x80 | n);
    ck_assert_int_eq(send(client->fd, frame, (size_t)n + 6, 0), n + 6);
}

/* The host has been told of it, and has not got its turn yet. */
START_TEST(what_was_said_last_is_heard_whoever_sends)
{
    say(&receiver);
    shutdown(receiver.fd, SHUT_RDWR);
    socket_set_wait(&workers[HOST].sockets, 0);
    ck_assert_int_eq(workers[HOST].sockets.n_ready, 1);
    take("[1]");
    courier_leave(&workers[US]);
    socket_set_tell(&workers[HOST].sockets);
    ck_assert_ptr_nonnull(workers[HOST].courier.packets[US]);
}
END_TEST

START_TEST(the_host_counts_what_was_done_for_it)
{
    uint64_t sums[N_METRICS] = {0};
    take("[1]");
    courier_leave(&workers[US]);
    metrics_sum(workers[HOST].metrics, sums);
    ck_assert_uint_eq(sums[METRIC_RELAYED_REMOTE], 1);
    ck_assert_uint_eq(sums[METRIC_MESSAGES_OUT], 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        who_sleeps_is_sent_to_without_being_woken,
        who_is_awake_gets_mail,
        nothing_overtakes_what_was_posted,
        many_packets_are_left_to_the_host,
        large_packets_are_left_to_the_host,
        who_ends_is_not_disturbed,
        what_nobody_takes_is_told_in_the_same_turn,
        who_must_wait_for_its_peer_is_told_when,
        whose_next_deadline_comes_first_sleeps_on,
        whose_peer_is_gone_is_left_to_the_host,
        what_was_said_last_is_heard_whoever_sends,
        the_host_counts_what_was_done_for_it,
        NULL,
    };
    return suite_run_between("courier", tests, setup, teardown);
}
