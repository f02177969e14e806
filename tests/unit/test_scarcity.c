#include "client/client.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/*
 * A client whose n-th allocation fails, for every n: ours and jansson's, on
 * whatever thread, but for the relay's. libuv, wslay and OpenSSL have theirs.
 */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

static _Thread_local bool is_relay;
static _Atomic long n_left; /* until one fails; 0 and less: none will */
static _Atomic unsigned n_failed;

static bool fails(void)
{
    if (is_relay || n_left <= 0 || n_left-- != 1)
        return false;
    n_failed++;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t n)
{
    return fails() ? NULL : __real_realloc(old, n);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static uv_loop_t server_loop;
static uv_thread_t thread;
static uv_async_t stop;
static struct fakeserver server;

static void on_stop(uv_async_t *async)
{
    fakeserver_close(&server);
    uv_close((uv_handle_t *)async, NULL);
}

static void serve(void *data)
{
    (void)data;
    is_relay = true;
    uv_run(&server_loop, UV_RUN_DEFAULT);
}

/* Hangs up on whoever calls "drop". */
static bool drop_on_demand(struct fakepeer *peer, const char *text, size_t size,
                           void *data)
{
    (void)data;
    if (!memmem(text, size, "\"drop\"", 6))
        return false;
    fakepeer_drop(peer);
    return true;
}

static void open_server(const char *proxy_answer)
{
    json_set_alloc_funcs(malloc, free);
    uv_loop_init(&server_loop);
    fakeserver_open(&server, &server_loop);
    server.answer = proxy_answer;
    server.message_cb = drop_on_demand;
    uv_async_init(&server_loop, &stop, on_stop);
    uv_thread_create(&thread, serve, NULL);
}

static void setup(void)
{
    open_server(NULL);
}

static void setup_proxy(void)
{
    open_server("HTTP/1.1 200 OK\r\n\r\n");
}

static void teardown(void)
{
    uv_async_send(&stop);
    uv_thread_join(&thread);
    ck_assert_int_eq(uv_loop_close(&server_loop), 0);
}

/* Callbacks that are owed, and those that came. */
static unsigned n_owed;
static unsigned n_told;
static int last_status;  /* of the last call */
static unsigned n_wrong; /* counted, as check allocates where it asserts */

/* A call, and what becomes of it when nothing fails. */
enum { TIMEOUT_MS = 200 };

struct talk {
    int (*call)(struct monologue *m);
    int status;
};
static const struct talk *talk;

static void on_closed(struct monologue *m, void *data)
{
    (void)data;
    n_told++;
    monologue_free(m);
}

static void settle(struct monologue *m, int status, bool has_value)
{
    n_told++;
    last_status = status;
    n_wrong += (status == 0) != has_value;
    if (status == -ECANCELED)
        return;
    n_owed++;
    n_wrong += monologue_close(m, on_closed, NULL) != 0;
}

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)data;
    settle(m, status, ret != NULL);
}

static void on_answered_raw(struct monologue *m, int status, const char *ret,
                            size_t size, void *data)
{
    (void)data;
    (void)size;
    settle(m, status, ret != NULL);
}

static int call(struct monologue *m, const char *name)
{
    json_t *args = json_pack("[s]", "hello");
    if (!args)
        return -ENOMEM;
    int status = monologue_call(m, monologue_connection_id(m), name, args,
                                TIMEOUT_MS, on_answered, NULL, NULL);
    json_decref(args);
    return status;
}

static int call_echo(struct monologue *m)
{
    return call(m, "echo");
}

static int call_later(struct monologue *m)
{
    return call(m, "later");
}

static int call_nobody(struct monologue *m)
{
    return call(m, "nobody");
}

static int call_failing(struct monologue *m)
{
    return call(m, "failing");
}

static int call_raw(struct monologue *m)
{
    return monologue_call_raw(m, monologue_connection_id(m), "raw", "[1]", 3,
                              TIMEOUT_MS, on_answered_raw, NULL, NULL);
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

static int later(struct monologue_request *request, const json_t *args,
                 json_t **ret_out, void *data)
{
    (void)args;
    (void)ret_out;
    (void)data;
    monologue_reply(request, json_true());
    return MONOLOGUE_LATER;
}

static int failing(struct monologue_request *request, const json_t *args,
                   json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)ret_out;
    (void)data;
    return -EPERM;
}

static int raw(struct monologue_request *request, const char *args, size_t size,
               void *data)
{
    (void)data;
    monologue_reply_raw(request, args, size);
    return MONOLOGUE_LATER;
}

static void listen_to_all(struct monologue *m)
{
    monologue_on(m, "echo", echo, NULL);
    monologue_on(m, "l*", later, NULL);
    monologue_on(m, "later", later, NULL);
    monologue_on(m, "failing", failing, NULL);
    monologue_on_raw(m, "raw", raw, NULL);
}

static const struct talk talks[] = {
    {call_echo, 0},
    {call_later, 0},
    {call_nobody, -ENOSYS},
    {call_raw, 0},
    {call_failing, -EREMOTEIO},
};

static void start_call(struct monologue *m, int (*make)(struct monologue *m))
{
    n_owed++;
    if (make(m) == 0)
        return;
    n_owed--;
    monologue_free(m);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    n_told++;
    if (status < 0)
        monologue_free(m);
    else
        start_call(m, talk->call);
}

/* Returns whether the client is there, and connecting. */
static bool begin(const struct monologue_options *given, uv_loop_t *loop,
                  monologue_connect_cb cb, struct monologue **m_out)
{
    struct monologue_options options = *given;
    options.endpoint = server.url;
    options.api_key = "key";
    options.timeout_ms = 5000;
    if (monologue_new(&options, loop, m_out) < 0)
        return false;
    listen_to_all(*m_out);
    if (monologue_connect(*m_out, cb, NULL) == 0) {
        n_owed++;
        return true;
    }
    monologue_free(*m_out);
    return false;
}

/* ---- ways to live; the test's timeout notices when one gets stuck ---- */

static void run_dry(uv_loop_t *loop)
{
    uv_run(loop, UV_RUN_DEFAULT);
    n_wrong += uv_loop_close(loop) != 0;
}

static void live_on_our_loop(void)
{
    uv_loop_t loop;
    struct monologue *m = NULL;
    uv_loop_init(&loop);
    begin(&(struct monologue_options){0}, &loop, on_connected, &m);
    run_dry(&loop);
}

/* The server plays it, and takes no client that does not ask for a tunnel. */
static void live_behind_a_proxy(void)
{
    char proxy[64];
    uv_loop_t loop;
    struct monologue *m = NULL;
    snprintf(proxy, sizeof proxy, "http://u:p@127.0.0.1:%u", server.port);
    uv_loop_init(&loop);
    begin(&(struct monologue_options){.proxy = proxy}, &loop, on_connected, &m);
    run_dry(&loop);
}

static void live_on_its_own_loop(void)
{
    struct monologue *m = NULL;
    if (!begin(&(struct monologue_options){0}, NULL, on_connected, &m))
        return;
    do {
        struct pollfd fd = {.fd = monologue_fd(m),
                            .events = (short)monologue_events(m)};
        (void)poll(&fd, 1, monologue_timeout(m));
    } while (monologue_dispatch(m) == 0);
}

/* The server hangs up on the first connection; the second goes to its end. */
static unsigned n_connections;

static void on_dropped(struct monologue *m, int status, json_t *ret, void *data)
{
    (void)m;
    (void)ret;
    (void)data;
    n_told++;
    n_wrong += status != -ECONNRESET && status != -ECANCELED;
}

static int call_drop(struct monologue *m)
{
    return monologue_call(m, monologue_connection_id(m), "drop", NULL, 60000,
                          on_dropped, NULL, NULL);
}

static void on_answered_again(struct monologue *m, int status, json_t *ret,
                              void *data)
{
    if (status != -ECONNRESET) {
        on_answered(m, status, ret, data);
        return;
    }
    n_told++; /* an end for lack of memory: there will be another connection */
}

static int call_again(struct monologue *m)
{
    return monologue_call(m, monologue_connection_id(m), "echo", NULL,
                          TIMEOUT_MS, on_answered_again, NULL, NULL);
}

/* The first connection is old at once; the second goes to its end. */
static int grow_old(struct monologue *m)
{
    n_owed--; /* it is no call */
    m->plan_ms = uv_now(m->loop);
    client_arm(m, m->plan_ms);
    return 0;
}

static int (*first)(struct monologue *m); /* what the first one is for */

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)data;
    if (event->kind == MONOLOGUE_EVENT_CONNECTED)
        start_call(m, ++n_connections == 1 ? first : call_again);
    if (event->kind == MONOLOGUE_EVENT_DISCONNECTED ||
        event->kind == MONOLOGUE_EVENT_FAILED)
        n_wrong += (!event->will_reconnect && !event->is_ours) ||
                   event->text[0] == '\0';
}

static void count(struct monologue *m, int status, void *data)
{
    (void)m;
    (void)status;
    (void)data;
    n_told++; /* what fails is tried again */
}

static void live_through_an_end(void)
{
    uv_loop_t loop;
    struct monologue *m = NULL;
    const struct monologue_options options = {.event_cb = on_event,
                                              .reconnect = true,
                                              .reconnect_base_ms = 1,
                                              .reconnect_cap_ms = 2};
    n_connections = 0;
    uv_loop_init(&loop);
    begin(&options, &loop, count, &m);
    run_dry(&loop);
}

static void live_blocking(void)
{
    struct monologue_blocking *b = NULL;
    const struct monologue_options options = {.endpoint = server.url,
                                              .api_key = "key"};
    char id[MONOLOGUE_ID_CHARS + 1];
    json_t *ret = NULL;
    char *text = NULL;
    int status;
    if (monologue_blocking_new(&options, &b) < 0)
        return;
    monologue_blocking_on(b, "echo", echo, NULL);
    monologue_blocking_on_raw(b, "raw", raw, NULL);
    monologue_blocking_connect(b);
    if (monologue_blocking_connection_id(b, id) == 0) {
        last_status =
            monologue_blocking_call(b, id, "echo", NULL, TIMEOUT_MS, &ret);
        n_wrong += (last_status == 0) != (ret != NULL);
        json_decref(ret);
        status = monologue_blocking_call_raw(b, id, "raw", "[1]", 3, TIMEOUT_MS,
                                             &text);
        n_wrong += (status == 0) != (text != NULL);
        free(text);
    }
    monologue_blocking_close(b);
    monologue_blocking_free(b);
}

static void fail_each_allocation(void (*live)(void), int wanted)
{
    unsigned n = 0;
    unsigned n_before = 0;
    do {
        n_before = n_failed;
        n_left = ++n;
        live();
        n_left = 0;
        ck_assert_msg(n_told == n_owed, "%u told, %u owed: allocation %u",
                      n_told, n_owed, n);
        ck_assert_msg(n_wrong == 0, "wrong: allocation %u", n);
    } while (n_failed > n_before);
    ck_assert_uint_gt(n, 10);
    ck_assert_int_eq(last_status, wanted); /* as nothing failed */
}

START_TEST(every_callback_comes_once_on_our_loop)
{
    talk = &talks[_i];
    fail_each_allocation(live_on_our_loop, talk->status);
}
END_TEST

START_TEST(every_callback_comes_once_on_its_own_loop)
{
    talk = &talks[_i];
    fail_each_allocation(live_on_its_own_loop, talk->status);
}
END_TEST

START_TEST(every_callback_comes_once_behind_a_proxy)
{
    talk = &talks[0];
    fail_each_allocation(live_behind_a_proxy, 0);
}
END_TEST

START_TEST(a_client_that_reconnects_gets_through)
{
    first = _i ? grow_old : call_drop;
    fail_each_allocation(live_through_an_end, 0);
    ck_assert_uint_eq(n_connections, 2);
}
END_TEST

START_TEST(every_blocking_function_returns)
{
    fail_each_allocation(live_blocking, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scarcity");
    TCase *tcase = tcase_create("scarcity");
    int n = sizeof talks / sizeof *talks;
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_callback_comes_once_on_our_loop, 0, n);
    tcase_add_loop_test(tcase, every_callback_comes_once_on_its_own_loop, 0, n);
    tcase_add_loop_test(tcase, a_client_that_reconnects_gets_through, 0, 2);
    tcase_add_test(tcase, every_blocking_function_returns);
    suite_add_tcase(suite, tcase);

    TCase *proxied = tcase_create("behind a proxy");
    tcase_set_timeout(proxied, 120);
    tcase_add_checked_fixture(proxied, setup_proxy, teardown);
    tcase_add_test(proxied, every_callback_comes_once_behind_a_proxy);
    suite_add_tcase(suite, proxied);
    return suite_run_suite(suite);
}
