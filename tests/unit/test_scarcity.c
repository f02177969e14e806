#include "client/monologue.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <uv.h>

#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/*
 * A client whose n-th allocation fails, for every n; libraries have theirs.
 * The relay has a thread of its own, where nothing fails.
 */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

static _Thread_local unsigned n_left; /* until one fails; 0: none will */
static unsigned n_failed;

static bool fails(void)
{
    if (n_left == 0 || --n_left > 0)
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
    uv_run(&server_loop, UV_RUN_DEFAULT);
}

static void setup(void)
{
    uv_loop_init(&server_loop);
    fakeserver_open(&server, &server_loop);
    uv_async_init(&server_loop, &stop, on_stop);
    uv_thread_create(&thread, serve, NULL);
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

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)data;
    n_told++;
    last_status = status;
    n_wrong += (status == 0) != (ret != NULL);
    if (status != -ECANCELED)
        monologue_free(m);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)data;
    n_told++;
    if (status < 0) {
        monologue_free(m);
        return;
    }
    if (monologue_call(m, monologue_connection_id(m), "echo", NULL, 200,
                       on_answered, NULL, NULL) == 0)
        n_owed++;
    else
        monologue_free(m);
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)data;
    *ret_out = json_true();
    return 0;
}

/* One whole life; the test's timeout notices when it gets stuck. */
static void live(void)
{
    uv_loop_t loop;
    struct monologue *m = NULL;
    const struct monologue_options options = {
        .endpoint = server.url, .api_key = "key", .timeout_ms = 5000};
    uv_loop_init(&loop);
    if (monologue_new(&options, &loop, &m) == 0) {
        monologue_on(m, "echo", echo, NULL);
        if (monologue_connect(m, on_connected, NULL) == 0)
            n_owed++;
        else
            monologue_free(m);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    n_wrong += uv_loop_close(&loop) != 0;
}

START_TEST(whatever_allocation_fails_every_callback_comes_once)
{
    unsigned n = 0;
    unsigned n_before = 0;
    do {
        n_before = n_failed;
        n_left = ++n;
        live();
        n_left = 0;
        ck_assert_uint_eq(n_told, n_owed);
        ck_assert_uint_eq(n_wrong, 0);
    } while (n_failed > n_before);
    ck_assert_uint_gt(n, 10);
    ck_assert_int_eq(last_status, 0); /* nothing failed, so the call did not */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scarcity");
    TCase *tcase = tcase_create("scarcity");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, whatever_allocation_fails_every_callback_comes_once);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
