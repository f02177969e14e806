#include "tests/lib/cable.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/suite.h"

/* What the tests of bad networks rely on: the cable does what it is told. */

static int listener;
static uint16_t port;
static struct cable *cable;
static int ends[N_CABLE_WAYS]; /* who speaks that way: client, server */

static struct sockaddr_in local(uint16_t at)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(at),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static void setup(void)
{
    struct sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size),
                     0);
    port = ntohs(address.sin_port);
    cable = cable_new(port);
}

static void teardown(void)
{
    cable_free(cable);
    close(listener);
}

static int dial(void)
{
    const struct sockaddr_in address = local(cable_port(cable));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

static void plug(void)
{
    ends[CABLE_UP] = dial();
    ends[CABLE_DOWN] = accept(listener, NULL, NULL);
    ck_assert_int_ge(ends[CABLE_DOWN], 0);
}

static void unplug(void)
{
    close(ends[CABLE_UP]);
    close(ends[CABLE_DOWN]);
}

static void say(enum cable_way way, const char *text, size_t n)
{
    ck_assert_int_eq(send(ends[way], text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Reads to the end. Returns how many bytes came, or the negative errno. */
static ssize_t hear_all(enum cable_way way, char *text, size_t size)
{
    size_t n = 0;
    ssize_t got = 0;
    while (n < size && (got = read(ends[!way], text + n, size - n)) > 0)
        n += (size_t)got;
    return got < 0 ? -errno : (ssize_t)n;
}

static void hear(enum cable_way way, const char *text, size_t n)
{
    char heard[4096];
    ck_assert_uint_le(n, sizeof heard);
    ck_assert_int_eq(hear_all(way, heard, n), (ssize_t)n);
    ck_assert_mem_eq(heard, text, n);
}

START_TEST(what_is_said_is_heard_both_ways_in_pieces_of_any_size)
{
    static const size_t pieces[] = {0, 1, 7, 1000000};
    char text[4000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)rand();
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        cable_set(cable, &(struct cable_rules){.piece = pieces[i]});
        plug();
        say(CABLE_UP, text, sizeof text);
        say(CABLE_DOWN, text + 1, sizeof text - 1);
        hear(CABLE_UP, text, sizeof text);
        hear(CABLE_DOWN, text + 1, sizeof text - 1);
        ck_assert_uint_eq(cable_passed(cable, CABLE_UP), sizeof text);
        ck_assert_uint_eq(cable_passed(cable, CABLE_DOWN), sizeof text - 1);
        ck_assert_uint_eq(cable_n_connections(cable), i + 1);
        unplug();
    }
}
END_TEST

START_TEST(who_stops_talking_can_still_listen)
{
    char text[8];
    plug();
    say(CABLE_UP, "a", 1);
    shutdown(ends[CABLE_UP], SHUT_WR);
    ck_assert_int_eq(hear_all(CABLE_UP, text, sizeof text), 1);
    say(CABLE_DOWN, "bc", 2);
    shutdown(ends[CABLE_DOWN], SHUT_WR);
    ck_assert_int_eq(hear_all(CABLE_DOWN, text, sizeof text), 2);
    unplug();
}
END_TEST

START_TEST(a_cut_lets_pass_what_it_is_told_and_ends_both_sides)
{
    enum cable_way way = _i % N_CABLE_WAYS;
    char text[64];
    for (size_t n = 0; n < 6; n++) {
        cable_set(cable, &(struct cable_rules){
                             .is_cut = true, .cut_after = n, .cut_way = way});
        plug();
        if (n > 0)
            say(way, "Hello", 5);
        ck_assert_int_eq(hear_all(way, text, sizeof text), (ssize_t)n);
        ck_assert_mem_eq(text, "Hello", n);
        ck_assert_int_eq(hear_all(!way, text, sizeof text), 0);
        ck_assert_uint_eq(cable_passed(cable, way), n);
        unplug();
    }
}
END_TEST

START_TEST(a_reset_is_told_as_such)
{
    char text[64];
    plug();
    say(CABLE_UP, "x", 1);
    hear(CABLE_UP, "x", 1);
    cable_cut(cable, CABLE_RST);
    ck_assert_int_eq(hear_all(CABLE_UP, text, sizeof text), -ECONNRESET);
    ck_assert_int_eq(hear_all(CABLE_DOWN, text, sizeof text), -ECONNRESET);
    unplug();
    plug(); /* only the connections that were are cut */
    say(CABLE_DOWN, "y", 1);
    hear(CABLE_DOWN, "y", 1);
    unplug();
}
END_TEST

START_TEST(a_reset_of_one_side_resets_the_other)
{
    const struct linger now = {.l_onoff = 1};
    char text[8];
    plug();
    setsockopt(ends[CABLE_UP], SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(ends[CABLE_UP]);
    ck_assert_int_eq(hear_all(CABLE_UP, text, sizeof text), -ECONNRESET);
    close(ends[CABLE_DOWN]);
}
END_TEST

START_TEST(a_stalled_connection_says_nothing_until_it_is_cut)
{
    char text[64];
    cable_set(cable, &(struct cable_rules){.is_cut = true,
                                           .cut_after = 2,
                                           .cut_way = CABLE_DOWN,
                                           .end = CABLE_STALL});
    plug();
    say(CABLE_DOWN, "Hello", 5);
    hear(CABLE_DOWN, "He", 2);
    say(CABLE_UP, "never", 5);
    cable_cut(cable, CABLE_FIN);
    ck_assert_int_eq(hear_all(CABLE_DOWN, text, sizeof text), 0);
    ck_assert_int_eq(hear_all(CABLE_UP, text, sizeof text), 0);
    unplug();
}
END_TEST

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

START_TEST(a_slow_cable_takes_its_time)
{
    cable_set(cable, &(struct cable_rules){.delay_ms = 50});
    plug();
    long long begin = now_ms();
    say(CABLE_UP, "ping", 4);
    hear(CABLE_UP, "ping", 4);
    say(CABLE_DOWN, "pong", 4);
    hear(CABLE_DOWN, "pong", 4);
    ck_assert_int_ge(now_ms() - begin, 100);
    unplug();
}
END_TEST

START_TEST(without_a_server_clients_are_reset)
{
    char text[8];
    close(listener);
    ends[CABLE_UP] = dial();
    ck_assert_int_eq(hear_all(CABLE_DOWN, text, sizeof text), -ECONNRESET);
    close(ends[CABLE_UP]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cable");
    TCase *tcase = tcase_create("cable");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase,
                   what_is_said_is_heard_both_ways_in_pieces_of_any_size);
    tcase_add_test(tcase, who_stops_talking_can_still_listen);
    tcase_add_loop_test(tcase,
                        a_cut_lets_pass_what_it_is_told_and_ends_both_sides, 0,
                        N_CABLE_WAYS);
    tcase_add_test(tcase, a_reset_is_told_as_such);
    tcase_add_test(tcase, a_reset_of_one_side_resets_the_other);
    tcase_add_test(tcase, a_stalled_connection_says_nothing_until_it_is_cut);
    tcase_add_test(tcase, a_slow_cable_takes_its_time);
    tcase_add_test(tcase, without_a_server_clients_are_reset);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
