#include "client/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* A name with several addresses, the first few of which nobody listens at. */
int __real_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb, const char *node,
                          const char *service, const struct addrinfo *hints);
int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb, const char *node,
                          const char *service, const struct addrinfo *hints);

static uv_getaddrinfo_cb looked_up;
static unsigned n_dead; /* how many addresses to spoil */
static unsigned n_addresses;

static void spoil(uv_getaddrinfo_t *req, int status, struct addrinfo *addresses)
{
    n_addresses = 0;
    for (struct addrinfo *a = addresses; a; a = a->ai_next)
        if (n_addresses++ < n_dead)
            ((struct sockaddr_in *)a->ai_addr)->sin_port = htons(1);
    looked_up(req, status, addresses);
}

/* Without hints there is one address for each kind of socket: several. */
int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb, const char *node,
                          const char *service, const struct addrinfo *hints)
{
    ck_assert_int_eq(hints->ai_socktype, SOCK_STREAM);
    looked_up = cb;
    return __real_uv_getaddrinfo(loop, req, spoil, node, service, NULL);
}

static uv_loop_t loop;
static struct fakeserver server;
static struct dial dial;
static unsigned n_connected;
static unsigned n_closed;
static int dial_status;

static void on_closed(struct dial *closed, int status)
{
    ck_assert_ptr_eq(closed, &dial);
    ck_assert_int_eq(status, 0);
    n_closed++;
}

static void on_connected(struct dial *connected, int status)
{
    ck_assert_ptr_eq(connected->data, &server);
    n_connected++;
    dial_status = status;
    dial_close(connected, on_closed);
}

static void start(void)
{
    char port[8];
    snprintf(port, sizeof port, "%u", server.port);
    ck_assert_int_eq(
        dial_start(&dial, &loop, "127.0.0.1", port, on_connected, &server), 0);
    ck_assert_uint_eq(n_connected, 0);
}

static void setup(void)
{
    uv_loop_init(&loop);
    fakeserver_open(&server, &loop);
}

static void teardown(void)
{
    while (n_closed == 0)
        uv_run(&loop, UV_RUN_ONCE);
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(n_closed, 1);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void turn_until_told(void)
{
    while (n_connected == 0)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_gt(n_addresses, 2);
}

START_TEST(the_first_address_that_answers_is_taken)
{
    n_dead = (unsigned)_i;
    start();
    turn_until_told();
    ck_assert_int_eq(dial_status, 0);
}
END_TEST

START_TEST(when_no_address_answers_it_is_told_once)
{
    n_dead = 1000;
    start();
    turn_until_told();
    ck_assert_int_eq(dial_status, -ECONNREFUSED);
}
END_TEST

/* Gives up after @_i turns of the loop, whatever is under way then. */
START_TEST(who_gives_up_is_told_nothing_more)
{
    n_dead = 1000;
    start();
    for (int turn = 0; turn < _i && n_connected == 0; turn++)
        uv_run(&loop, UV_RUN_NOWAIT);
    if (n_connected == 0) {
        dial_close(&dial, on_closed);
        while (n_closed == 0)
            uv_run(&loop, UV_RUN_ONCE);
        ck_assert_uint_eq(n_connected, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dial");
    TCase *tcase = tcase_create("dial");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_first_address_that_answers_is_taken, 0, 3);
    tcase_add_test(tcase, when_no_address_answers_it_is_told_once);
    tcase_add_loop_test(tcase, who_gives_up_is_told_nothing_more, 0, 8);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
