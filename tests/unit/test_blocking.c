#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "client/monologue.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* The relay has a thread of its own; the tests are the caller's threads. */
static uv_loop_t loop;
static uv_thread_t thread;
static uv_async_t stop;
static struct fakeserver server;
static struct monologue_blocking *caller;
static struct monologue_blocking *callee;
static char callee_id[MONOLOGUE_ID_CHARS + 1];

static void on_stop(uv_async_t *async)
{
    fakeserver_close(&server);
    uv_close((uv_handle_t *)async, NULL);
}

static void serve(void *data)
{
    (void)data;
    uv_run(&loop, UV_RUN_DEFAULT);
}

static void setup(void)
{
    uv_loop_init(&loop);
    fakeserver_open(&server, &loop);
    uv_async_init(&loop, &stop, on_stop);
    ck_assert_int_eq(uv_thread_create(&thread, serve, NULL), 0);
    const struct monologue_options options = {.endpoint = server.url};
    ck_assert_int_eq(monologue_blocking_new(&options, &caller), 0);
    ck_assert_int_eq(monologue_blocking_new(&options, &callee), 0);
    ck_assert_int_eq(monologue_blocking_connect(caller), 0);
    ck_assert_int_eq(monologue_blocking_connect(callee), 0);
    ck_assert_int_eq(monologue_blocking_connection_id(callee, callee_id), 0);
}

static void teardown(void)
{
    monologue_blocking_free(caller);
    monologue_blocking_free(callee);
    uv_async_send(&stop);
    uv_thread_join(&thread);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

START_TEST(a_call_returns_what_the_callee_returned)
{
    json_t *ret = NULL;
    json_t *args = json_pack("[s]", "hello");
    ck_assert_int_eq(monologue_blocking_on(callee, "echo", echo, NULL), 0);
    ck_assert_int_eq(
        monologue_blocking_call(caller, callee_id, "echo", args, 0, &ret), 0);
    ck_assert_str_eq(json_string_value(ret), "hello");
    json_decref(ret);
    ck_assert_int_eq(monologue_blocking_off(callee, "echo", echo, NULL), 0);
    ret = NULL;
    ck_assert_int_eq(
        monologue_blocking_call(caller, callee_id, "echo", args, 0, &ret),
        -ENOSYS);
    ck_assert_ptr_null(ret);
    json_decref(args);
}
END_TEST

static void call_often(void *data)
{
    int base = *(int *)data;
    for (int i = 0; i < 50; i++) {
        json_t *ret = NULL;
        json_t *args = json_pack("[i]", base + i);
        ck_assert_int_eq(
            monologue_blocking_call(caller, callee_id, "echo", args, 0, &ret),
            0);
        ck_assert_int_eq(json_integer_value(ret), base + i);
        json_decref(args);
        json_decref(ret);
    }
}

START_TEST(many_threads_may_call_at_once)
{
    uv_thread_t threads[4];
    int bases[4];
    monologue_blocking_on(callee, "echo", echo, NULL);
    for (int i = 0; i < 4; i++) {
        bases[i] = i * 1000;
        uv_thread_create(&threads[i], call_often, &bases[i]);
    }
    for (int i = 0; i < 4; i++)
        uv_thread_join(&threads[i]);
}
END_TEST

START_TEST(what_fails_before_it_is_sent_is_told)
{
    json_t *ret = NULL;
    char errmsg[64];
    ck_assert_int_eq(
        monologue_blocking_call(caller, "callee", "echo", NULL, 0, &ret),
        -EINVAL);
    monologue_blocking_errmsg(caller, errmsg, sizeof errmsg);
    ck_assert_str_ne(errmsg, "");
    ck_assert_uint_lt(strlen(errmsg), sizeof errmsg);
    ck_assert_int_eq(monologue_blocking_connect(caller), -EISCONN);
}
END_TEST

START_TEST(a_closed_client_may_connect_again)
{
    char id[MONOLOGUE_ID_CHARS + 1] = "unchanged";
    json_t *ret = NULL;
    ck_assert_int_eq(monologue_blocking_close(callee), 0);
    ck_assert_int_eq(monologue_blocking_connection_id(callee, id), -ENOTCONN);
    ck_assert_str_eq(id, "unchanged");
    ck_assert_int_eq(
        monologue_blocking_call(callee, callee_id, "x", NULL, 0, &ret),
        -ENOTCONN);
    ck_assert_int_eq(monologue_blocking_connect(callee), 0);
    ck_assert_int_eq(monologue_blocking_connection_id(callee, id), 0);
    ck_assert_str_ne(id, callee_id);
}
END_TEST

static struct monologue_request *kept;
static uv_sem_t has_kept;

static int keep(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)args;
    (void)ret_out;
    (void)data;
    kept = request;
    uv_sem_post(&has_kept);
    return MONOLOGUE_LATER;
}

static int echo_raw(struct monologue_request *request, const char *args,
                    size_t size, void *data)
{
    (void)data;
    monologue_reply_raw(request, args, size);
    return MONOLOGUE_LATER;
}

START_TEST(raw_text_is_passed_on_as_it_is)
{
    static const char args[] = "[1.0, 12345678901234567890]";
    char *ret = NULL;
    ck_assert_int_eq(monologue_blocking_on_raw(callee, "raw", echo_raw, NULL),
                     0);
    ck_assert_int_eq(monologue_blocking_call_raw(caller, callee_id, "raw", args,
                                                 sizeof args - 1, 0, &ret),
                     0);
    ck_assert_str_eq(ret, args);
    free(ret);
    ret = NULL;
    ck_assert_int_eq(monologue_blocking_off_raw(callee, "raw", echo_raw, NULL),
                     0);
    ck_assert_int_eq(
        monologue_blocking_call_raw(caller, callee_id, "raw", NULL, 0, 0, &ret),
        -ENOSYS);
    ck_assert_ptr_null(ret);
    ck_assert_int_eq(
        monologue_blocking_call_raw(caller, callee_id, "raw", "{}", 2, 0, &ret),
        -EINVAL);
}
END_TEST

static void reply(void *data)
{
    uv_sem_wait(&has_kept);
    *(int *)data = monologue_blocking_reply(callee, kept, json_integer(9));
}

START_TEST(any_thread_may_reply)
{
    uv_thread_t replier;
    int status = 1;
    json_t *ret = NULL;
    uv_sem_init(&has_kept, 0);
    monologue_blocking_on(callee, "keep", keep, NULL);
    uv_thread_create(&replier, reply, &status);
    ck_assert_int_eq(
        monologue_blocking_call(caller, callee_id, "keep", NULL, 0, &ret), 0);
    uv_thread_join(&replier);
    uv_sem_destroy(&has_kept);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(json_integer_value(ret), 9);
    json_decref(ret);
}
END_TEST

static void reply_raw(void *data)
{
    uv_sem_wait(&has_kept);
    *(int *)data = monologue_blocking_reply_raw(callee, kept, "[7]", 3);
}

static void refuse(void *data)
{
    uv_sem_wait(&has_kept);
    monologue_blocking_fail(callee, kept, -EBUSY, "not today");
    *(int *)data = 0;
}

static const struct {
    void (*answer)(void *data);
    int status; /* that the caller gets */
} answers[] = {{reply_raw, 0}, {refuse, -EBUSY}};

START_TEST(any_thread_may_reply_with_text_and_fail)
{
    uv_thread_t replier;
    int status = 1;
    char *ret = NULL;
    uv_sem_init(&has_kept, 0);
    monologue_blocking_on(callee, "keep", keep, NULL);
    uv_thread_create(&replier, answers[_i].answer, &status);
    ck_assert_int_eq(monologue_blocking_call_raw(caller, callee_id, "keep",
                                                 NULL, 0, 0, &ret),
                     answers[_i].status);
    uv_thread_join(&replier);
    uv_sem_destroy(&has_kept);
    ck_assert_int_eq(status, 0);
    if (answers[_i].status == 0)
        ck_assert_str_eq(ret, "[7]");
    free(ret);
}
END_TEST

static int call_back(struct monologue_request *request, const json_t *args,
                     json_t **ret_out, void *data)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    json_t *ret = NULL;
    (void)args;
    (void)data;
    ck_assert_int_eq(monologue_blocking_connection_id(callee, id), 0);
    ck_assert_str_eq(id, callee_id);
    *ret_out = json_integer(monologue_blocking_call(
        callee, monologue_request_from(request), "x", NULL, 0, &ret));
    return 0;
}

START_TEST(a_handler_cannot_wait_for_its_own_thread)
{
    json_t *ret = NULL;
    monologue_blocking_on(callee, "call_back", call_back, NULL);
    ck_assert_int_eq(
        monologue_blocking_call(caller, callee_id, "call_back", NULL, 0, &ret),
        0);
    ck_assert_int_eq(json_integer_value(ret), -EDEADLK);
    json_decref(ret);
}
END_TEST

START_TEST(bad_options_are_told_to_this_thread)
{
    struct monologue_blocking *b = NULL;
    ck_assert_int_eq(
        monologue_blocking_new(
            &(struct monologue_options){.endpoint = "http://h"}, &b),
        -EINVAL);
    ck_assert_ptr_null(b);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), "http://h"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blocking");
    TCase *tcase = tcase_create("blocking");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_call_returns_what_the_callee_returned);
    tcase_add_test(tcase, many_threads_may_call_at_once);
    tcase_add_test(tcase, what_fails_before_it_is_sent_is_told);
    tcase_add_test(tcase, a_closed_client_may_connect_again);
    tcase_add_test(tcase, any_thread_may_reply);
    tcase_add_test(tcase, raw_text_is_passed_on_as_it_is);
    tcase_add_loop_test(tcase, any_thread_may_reply_with_text_and_fail, 0, 2);
    tcase_add_test(tcase, a_handler_cannot_wait_for_its_own_thread);
    tcase_add_test(tcase, bad_options_are_told_to_this_thread);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
