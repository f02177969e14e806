#include "client/dial.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/*
 * A name whose addresses the test chooses. The lookup and the connecting are
 * real; what the wraps see of them is written down, and an attempt may be held
 * back until the test says go.
 */
int __real_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb, const char *node,
                          const char *service, const struct addrinfo *hints);
int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb, const char *node,
                          const char *service, const struct addrinfo *hints);
void __real_uv_freeaddrinfo(struct addrinfo *addresses);
void __wrap_uv_freeaddrinfo(struct addrinfo *addresses);
int __real_uv_tcp_connect(uv_connect_t *req, uv_tcp_t *tcp,
                          const struct sockaddr *address, uv_connect_cb cb);
int __wrap_uv_tcp_connect(uv_connect_t *req, uv_tcp_t *tcp,
                          const struct sockaddr *address, uv_connect_cb cb);

/* What is at an address. */
enum kind {
    LIVE,       /* the server */
    LATE,       /* the server too, but reached only when let_go() says so */
    REFUSED,    /* nobody listens */
    HOLE,       /* no answer, ever */
    PROHIBITED, /* nor, by the administrator's will; told at once */
    NOWHERE,    /* no route, told at once; of the other family */
    N_KINDS
};

enum { MAX = 64 };

static uv_loop_t loop;
static struct fakeserver server;
static int hole; /* a listener whose queue is full */
static int plug; /* the connection that fills it */
static uint16_t ports[N_KINDS];
static struct dial dial;
static unsigned n_connected;
static unsigned n_closed;
static int dial_status;

static struct sockaddr_in6 addresses[MAX]; /* or sockaddr_in in its place */
static struct addrinfo list[MAX];
static unsigned n_lists; /* given out and not freed yet */
static uv_getaddrinfo_cb looked_up;

static struct {
    uint16_t port;
    int family;
    uint64_t at_ms;
} tried[MAX];
static unsigned n_tried;

static struct {
    uv_connect_t *req;
    uv_tcp_t *tcp;
    uv_connect_cb cb;
} late[MAX];
static unsigned n_late;

static struct sockaddr_in local(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

/* Makes the name stand for addresses of these kinds. */
static void resolve_to(unsigned n, const enum kind kinds[])
{
    for (unsigned i = 0; i < n; i++) {
        bool is_other = kinds[i] == NOWHERE;
        if (is_other)
            addresses[i] = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                                 .sin6_port = htons(4711)};
        else
            *(struct sockaddr_in *)&addresses[i] = local(ports[kinds[i]]);
        list[i] = (struct addrinfo){.ai_family = is_other ? AF_INET6 : AF_INET,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_addr = (struct sockaddr *)&addresses[i],
                                    .ai_addrlen =
                                        is_other ? sizeof(struct sockaddr_in6)
                                                 : sizeof(struct sockaddr_in),
                                    .ai_next = i + 1 < n ? &list[i + 1] : NULL};
    }
}

#define RESOLVE_TO(...)                                                \
    resolve_to(sizeof((enum kind[]){__VA_ARGS__}) / sizeof(enum kind), \
               (const enum kind[]){__VA_ARGS__})

static void on_looked_up(uv_getaddrinfo_t *req, int status,
                         struct addrinfo *real)
{
    __real_uv_freeaddrinfo(real);
    n_lists += status == 0;
    looked_up(req, status, status == 0 ? list : NULL);
}

int __wrap_uv_getaddrinfo(uv_loop_t *on, uv_getaddrinfo_t *req,
                          uv_getaddrinfo_cb cb, const char *node,
                          const char *service, const struct addrinfo *hints)
{
    ck_assert_int_eq(hints->ai_socktype, SOCK_STREAM);
    looked_up = cb;
    return __real_uv_getaddrinfo(on, req, on_looked_up, node, service, hints);
}

void __wrap_uv_freeaddrinfo(struct addrinfo *freed)
{
    if (!freed)
        return;
    ck_assert_ptr_eq(freed, list);
    ck_assert_uint_eq(n_lists, 1);
    n_lists = 0;
}

int __wrap_uv_tcp_connect(uv_connect_t *req, uv_tcp_t *tcp,
                          const struct sockaddr *address, uv_connect_cb cb)
{
    uint16_t port = ntohs(((const struct sockaddr_in *)address)->sin_port);
    ck_assert_uint_lt(n_tried, MAX);
    tried[n_tried].port = port;
    tried[n_tried].at_ms = uv_now(&loop);
    tried[n_tried++].family = address->sa_family;
    if (address->sa_family == AF_INET6)
        return UV_ENETUNREACH;
    if (port == ports[PROHIBITED])
        return UV_EACCES;
    if (port != ports[LATE])
        return __real_uv_tcp_connect(req, tcp, address, cb);
    late[n_late].req = req;
    late[n_late].tcp = tcp;
    late[n_late++].cb = cb;
    return 0;
}

/* Those held back connect at once: both are ready in the same turn. */
static void let_go(void)
{
    const struct sockaddr_in address = local(server.port);
    for (unsigned i = 0; i < n_late; i++)
        ck_assert_int_eq(__real_uv_tcp_connect(
                             late[i].req, late[i].tcp,
                             (const struct sockaddr *)&address, late[i].cb),
                         0);
    n_late = 0;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static int open_socket(void)
{
    const struct sockaddr_in address = local(0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Linux drops what asks for a connection while the queue is full. */
static void dig_hole(void)
{
    hole = open_socket();
    ports[HOLE] = port_of(hole);
    ck_assert_int_eq(listen(hole, 0), 0);
    const struct sockaddr_in address = local(ports[HOLE]);
    plug = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        connect(plug, (const struct sockaddr *)&address, sizeof address), 0);
    struct pollfd queued = {.fd = hole, .events = POLLIN};
    ck_assert_int_eq(poll(&queued, 1, -1), 1);
}

static unsigned n_descriptors(void)
{
    unsigned n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static void on_closed(struct dial *closed, int status)
{
    ck_assert_ptr_eq(closed, &dial);
    ck_assert_int_eq(status, 0);
    n_closed++;
}

static void on_connected(struct dial *connected, int status)
{
    ck_assert_ptr_eq(connected->data, &server);
    ck_assert_int_eq(status == 0, connected->socket != NULL);
    n_connected++;
    dial_status = status;
}

static unsigned n_before; /* descriptors */

static void start(void)
{
    n_before = n_descriptors();
    ck_assert_int_eq(
        dial_start(&dial, &loop, "127.0.0.1", "4711", on_connected, &server),
        0);
    ck_assert_uint_eq(n_connected, 0);
}

static void hang_up(void)
{
    dial_close(&dial, on_closed);
    while (n_closed == 0)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_closed, 1);
    ck_assert_uint_eq(n_lists, 0);
}

static void setup(void)
{
    uv_loop_init(&loop);
    fakeserver_open(&server, &loop);
    ports[LIVE] = server.port;
    ports[LATE] = 1; /* never used as such */
    ports[PROHIBITED] = 2;
    int nobody = open_socket();
    ports[REFUSED] = port_of(nobody);
    close(nobody);
    dig_hole();
}

static void teardown(void)
{
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    close(hole);
    close(plug);
}

static void turn_until_told(void)
{
    while (n_connected == 0)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_connected, 1);
}

static void turn_until_tried(unsigned n)
{
    while (n_tried < n)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(n_tried, n);
}

/* The winner's descriptor and that of the server's end: no other is left. */
static void expect_one_socket(void)
{
    while (server.n_connections == 0)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);         /* the losers' close callbacks */
    ck_assert_uint_eq(dial.n_handles, 2); /* the socket, and the timer */
    ck_assert_uint_eq(n_descriptors(), n_before + 2);
}

static const struct {
    enum kind kinds[5];
    unsigned n;
    unsigned n_tried;
    int status;
} cases[] = {
    {{LIVE}, 1, 1, 0},
    {{LIVE, REFUSED}, 2, 1, 0},
    {{REFUSED, LIVE}, 2, 2, 0},
    {{NOWHERE, LIVE}, 2, 2, 0},
    {{NOWHERE, NOWHERE, LIVE}, 3, 2, 0}, /* by turns */
    {{HOLE, LIVE}, 2, 2, 0},
    {{HOLE, HOLE, LIVE}, 3, 3, 0},
    {{HOLE, REFUSED, REFUSED, LIVE}, 4, 4, 0},
    {{NOWHERE, HOLE, NOWHERE, LIVE}, 4, 4, 0},
    {{REFUSED}, 1, 1, UV_ECONNREFUSED},
    {{NOWHERE}, 1, 1, UV_ENETUNREACH},
    {{PROHIBITED}, 1, 1, UV_EHOSTUNREACH},
    {{PROHIBITED, LIVE}, 2, 2, 0},
    {{REFUSED, REFUSED}, 2, 2, UV_ECONNREFUSED},
    {{NOWHERE, REFUSED}, 2, 2, UV_ECONNREFUSED},
    {{REFUSED, NOWHERE}, 2, 2, UV_ECONNREFUSED},
};

START_TEST(the_first_address_that_answers_is_taken)
{
    resolve_to(cases[_i].n, cases[_i].kinds);
    start();
    turn_until_told();
    ck_assert_int_eq(dial_status, cases[_i].status);
    ck_assert_uint_eq(n_tried, cases[_i].n_tried);
    if (dial_status == 0)
        expect_one_socket();
    hang_up();
}
END_TEST

START_TEST(families_take_turns)
{
    static const int families[] = {AF_INET,  AF_INET6, AF_INET,
                                   AF_INET6, AF_INET,  AF_INET};
    RESOLVE_TO(REFUSED, REFUSED, REFUSED, REFUSED, NOWHERE, NOWHERE);
    start();
    turn_until_told();
    ck_assert_uint_eq(n_tried, 6);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(tried[i].family, families[i]);
    hang_up();
}
END_TEST

START_TEST(an_address_that_hangs_is_left_alone_after_a_while)
{
    RESOLVE_TO(HOLE, HOLE, LIVE);
    start();
    turn_until_told();
    ck_assert_uint_ge(tried[1].at_ms - tried[0].at_ms, DIAL_PATIENCE_MS);
    ck_assert_uint_ge(tried[2].at_ms - tried[1].at_ms, DIAL_PATIENCE_MS);
    hang_up();
}
END_TEST

/* Of two that connect in the same turn of the loop. */
START_TEST(only_one_address_wins)
{
    RESOLVE_TO(LATE, LATE);
    start();
    turn_until_tried(2);
    let_go();
    turn_until_told();
    ck_assert_int_eq(dial_status, 0);
    while (server.n_connections < 2)
        uv_run(&loop, UV_RUN_ONCE);
    while (!list_is_empty(&server.peers) &&
           server.peers.next != server.peers.prev) /* one hangs up again */
        uv_run(&loop, UV_RUN_ONCE);
    expect_one_socket();
    ck_assert_uint_eq(n_connected, 1);
    hang_up();
}
END_TEST

/* Nothing is told of the others, even when they were asked first. */
START_TEST(the_address_that_hung_may_win_yet)
{
    RESOLVE_TO(LATE, HOLE, HOLE);
    start();
    turn_until_tried(2);
    let_go();
    turn_until_told();
    ck_assert_int_eq(dial_status, 0);
    expect_one_socket();
    hang_up();
}
END_TEST

START_TEST(a_name_with_many_addresses_is_not_tried_to_its_end)
{
    enum kind kinds[MAX];
    for (unsigned i = 0; i < MAX; i++)
        kinds[i] = REFUSED;
    resolve_to(MAX, kinds);
    start();
    turn_until_told();
    ck_assert_int_eq(dial_status, UV_ECONNREFUSED);
    ck_assert_uint_eq(n_tried, DIAL_MAX_ADDRESSES);
    hang_up();
}
END_TEST

static const enum kind mixtures[][3] = {
    {REFUSED, REFUSED, REFUSED}, {HOLE, HOLE, HOLE}, {NOWHERE, HOLE, REFUSED},
    {LATE, NOWHERE, LIVE},       {HOLE, LIVE, LIVE}, {LIVE, LIVE, LIVE},
};
enum { N_MIXTURES = sizeof mixtures / sizeof *mixtures, N_TURNS = 8 };

/* Gives up after some turns of the loop, whatever is under way then. */
START_TEST(who_gives_up_is_told_nothing_more)
{
    resolve_to(3, mixtures[_i / N_TURNS]);
    start();
    for (int turn = 0; turn < _i % N_TURNS; turn++)
        if (n_tried < 3 && n_connected == 0) /* else it may take minutes */
            uv_run(&loop, turn % 2 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    unsigned n = n_connected;
    hang_up();
    ck_assert_uint_eq(n_connected, n);
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(n_connected, n);
    /* Without the listener, and what libuv opens for itself at first use. */
    ck_assert_uint_le(n_descriptors(), n_before - 1);
    fakeserver_open(&server, &loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dial");
    TCase *tcase = tcase_create("dial");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_first_address_that_answers_is_taken, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, families_take_turns);
    tcase_add_test(tcase, an_address_that_hangs_is_left_alone_after_a_while);
    tcase_add_test(tcase, only_one_address_wins);
    tcase_add_test(tcase, the_address_that_hung_may_win_yet);
    tcase_add_test(tcase, a_name_with_many_addresses_is_not_tried_to_its_end);
    tcase_add_loop_test(tcase, who_gives_up_is_told_nothing_more, 0,
                        N_MIXTURES * N_TURNS);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
