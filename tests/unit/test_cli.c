#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <uv.h>

#include "client/monologue.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* The monologue command against a relay on the test's own loop. */

static uv_loop_t loop;
static struct fakeserver server;
static char endpoint_option[80];

struct run {
    uv_process_t process;
    uv_pipe_t pipes[2]; /* standard output and error */
    char text[2][65536];
    size_t n[2];
    unsigned n_closed; /* process and pipes */
    int exit_status;
    int signal;
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct run *run = handle->data;
    run->n_closed++;
}

static void on_ended(uv_process_t *process, int64_t exit_status, int signal)
{
    struct run *run = process->data;
    run->exit_status = (int)exit_status;
    run->signal = signal;
    uv_close((uv_handle_t *)process, on_handle_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct run *run = handle->data;
    int i = handle == (uv_handle_t *)&run->pipes[1];
    (void)suggested;
    *buf = uv_buf_init(run->text[i] + run->n[i],
                       (unsigned)(sizeof run->text[i] - 1 - run->n[i]));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct run *run = stream->data;
    int i = stream == (uv_stream_t *)&run->pipes[1];
    (void)buf;
    if (n < 0) {
        uv_close((uv_handle_t *)stream, on_handle_closed);
        return;
    }
    run->n[i] += (size_t)n;
    run->text[i][run->n[i]] = '\0';
}

/* Starts `monologue @args`, with the relay's endpoint if it is not closed. */
static struct run *start(const char *const args[])
{
    struct run *run = calloc(1, sizeof *run);
    char *argv[32] = {getenv("MONOLOGUE_COMMAND"), endpoint_option};
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}};
    ck_assert_ptr_nonnull(argv[0]);
    for (int i = 0; args[i]; i++)
        argv[i + 2] = (char *)args[i];
    for (int i = 0; i < 2; i++) {
        uv_pipe_init(&loop, &run->pipes[i], 0);
        run->pipes[i].data = run;
        stdio[i + 1].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
        stdio[i + 1].data.stream = (uv_stream_t *)&run->pipes[i];
    }
    const uv_process_options_t options = {.exit_cb = on_ended,
                                          .file = argv[0],
                                          .args = argv,
                                          .stdio = stdio,
                                          .stdio_count = 3};
    run->process.data = run;
    ck_assert_int_eq(uv_spawn(&loop, &run->process, &options), 0);
    for (int i = 0; i < 2; i++)
        uv_read_start((uv_stream_t *)&run->pipes[i], on_alloc, on_read);
    return run;
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static void await(const struct run *run)
{
    while (run->n_closed < 3)
        uv_run(&loop, UV_RUN_ONCE);
}

static void assert_run(struct run *run, int exit_status, const char *out,
                       const char *err)
{
    await(run);
    ck_assert_msg(run->exit_status == exit_status && run->signal == 0,
                  "exit status %d, signal %d: %s", run->exit_status,
                  run->signal, run->text[1]);
    ck_assert_str_eq(run->text[0], out);
    ck_assert_msg(err ? strstr(run->text[1], err) != NULL : run->n[1] == 0,
                  "%s", run->text[1]);
    free(run);
}

/* Starts a listener and waits for the first line, its connection id. */
static struct run *start_listener(char id_out[MONOLOGUE_ID_CHARS + 1],
                                  const char *const args[])
{
    struct run *run = start(args);
    while (run->n[0] <= MONOLOGUE_ID_CHARS && run->n_closed == 0)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_msg(run->n[0] == MONOLOGUE_ID_CHARS + 1, "%s", run->text[1]);
    ck_assert_int_eq(run->text[0][MONOLOGUE_ID_CHARS], '\n');
    memcpy(id_out, run->text[0], MONOLOGUE_ID_CHARS);
    id_out[MONOLOGUE_ID_CHARS] = '\0';
    return run;
}

#define LISTEN(id, ...) \
    start_listener(id, (const char *const[]){"listen", __VA_ARGS__, NULL})

static void setup(void)
{
    unsetenv("MONOLOGUE_ENDPOINT");
    unsetenv("MONOLOGUE_API_KEY");
    uv_loop_init(&loop);
    fakeserver_open(&server, &loop);
    snprintf(endpoint_option, sizeof endpoint_option, "--endpoint=%s",
             server.url);
}

static void teardown(void)
{
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(whoami_prints_the_id)
{
    struct run *run = START("whoami", "--api-key", "secret");
    await(run);
    ck_assert_int_eq(run->exit_status, EX_OK);
    ck_assert_uint_eq(run->n[0], MONOLOGUE_ID_CHARS + 1);
    ck_assert_str_eq(server.api_key, "secret");
    ck_assert_uint_eq(server.n_closes, 1);
    free(run);
    run = START("--json", "whoami");
    await(run);
    ck_assert_mem_eq(run->text[0], "{\"connectionId\":\"", 17);
    free(run);
}
END_TEST

START_TEST(call_prints_what_a_command_returns)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener = LISTEN(id, "echo", "--", "cat");
    assert_run(START("call", id, "echo", "1", "two", "[3]", "-4", "null"),
               EX_OK, "[1,\"two\",[3],-4,null]\n", NULL);
    assert_run(START("call", id, "--timeout", "10", "echo"), EX_OK, "[]\n",
               NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    ck_assert_int_eq(listener->exit_status, EX_OK);
    free(listener);
}
END_TEST

START_TEST(output_that_is_not_json_is_a_string)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener =
        LISTEN(id, "say", "--", "sh", "-c", "echo hello; echo $MONOLOGUE_FROM");
    struct run *run = START("call", id, "say");
    await(run);
    ck_assert_mem_eq(run->text[0], "\"hello\\n", 8);
    ck_assert_uint_eq(run->n[0], 8 + MONOLOGUE_ID_CHARS + 2);
    free(run);
    uv_process_kill(&listener->process, SIGINT);
    await(listener);
    ck_assert_int_eq(listener->exit_status, EX_OK);
    free(listener);
}
END_TEST

START_TEST(a_command_that_fails_fails_the_call)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener =
        LISTEN(id, "fail", "--", "sh", "-c", "echo out; exit 3");
    assert_run(START("call", id, "fail"), EX_SOFTWARE, "",
               "the method gave no answer");
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    ck_assert_ptr_nonnull(strstr(listener->text[1], "exit status 3"));
    free(listener);
}
END_TEST

START_TEST(more_calls_than_commands_at_once_are_all_answered)
{
    enum { N = 40 };
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *runs[N];
    struct run *listener = LISTEN(id, "echo", "--", "cat");
    for (int i = 0; i < N; i++)
        runs[i] = START("call", id, "echo", "7", "--timeout", "100");
    for (int i = 0; i < N; i++)
        assert_run(runs[i], EX_OK, "[7]\n", NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    free(listener);
}
END_TEST

START_TEST(without_a_command_calls_are_printed)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener = LISTEN(id, "log");
    assert_run(START("call", id, "log", "{\"a\":1}"), EX_OK, "null\n", NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    ck_assert_ptr_nonnull(
        strstr(listener->text[0], "\"name\":\"log\",\"args\":[{\"a\":1}]}\n"));
    free(listener);
}
END_TEST

START_TEST(a_listener_that_loses_its_connection_ends)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener = LISTEN(id, "log");
    fakepeer_drop(fakeserver_last(&server));
    await(listener);
    ck_assert_int_eq(listener->exit_status, EX_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(listener->text[1], server.url));
    free(listener);
}
END_TEST

START_TEST(a_call_to_a_gone_connection_hints_at_it)
{
    assert_run(START("call", "AAAAAAAAAAAAAAA=", "add", "--timeout", "0.3"),
               EX_TEMPFAIL, "", "still connected");
    assert_run(START("call", "-AAAAAAAAAAAAAA=", "add", "--timeout", "0.3"),
               EX_TEMPFAIL, "", "still connected");
}
END_TEST

START_TEST(a_refused_key_has_its_exit_status)
{
    server.response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    assert_run(START("whoami"), EX_NOPERM, "", "--api-key");
}
END_TEST

START_TEST(a_proxy_is_asked_and_its_refusal_has_its_exit_status)
{
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://u:secret@127.0.0.1:%u", server.port);
    server.answer = "HTTP/1.1 200 OK\r\n\r\n";
    struct run *run = START("whoami", "--proxy", proxy);
    await(run);
    ck_assert_int_eq(run->exit_status, EX_OK);
    free(run);
    ck_assert_str_eq(server.authorization, "Basic dTpzZWNyZXQ=");
    server.answer = "HTTP/1.1 407 Who?\r\n\r\n";
    assert_run(START("whoami", "--proxy", proxy), EX_NOPERM, "", "the proxy");
}
END_TEST

START_TEST(a_server_that_is_none_has_its_exit_status)
{
    server.response = "220 smtp\r\n";
    assert_run(START("whoami"), EX_PROTOCOL, "", "HTTP");
}
END_TEST

START_TEST(a_silent_server_has_its_exit_status)
{
    server.is_silent = true;
    assert_run(START("whoami", "--timeout", "0.2"), EX_TEMPFAIL, "", "200 ms");
}
END_TEST

START_TEST(no_server_has_its_exit_status)
{
    assert_run(START("whoami", "--endpoint", "ws://127.0.0.1:1/"),
               EX_UNAVAILABLE, "", "127.0.0.1 port 1");
}
END_TEST

START_TEST(bad_configuration_has_its_exit_status)
{
    assert_run(START("whoami", "--endpoint", "http://h/"), EX_CONFIG, "",
               "http://h/");
    assert_run(START("whoami", "--endpoint", "wss://h/", "--ca", "/nowhere"),
               EX_CONFIG, "", "/nowhere");
}
END_TEST

START_TEST(misuse_has_its_exit_status)
{
    assert_run(START("whoami", "x"), EX_USAGE, "", "whoami --help");
    assert_run(START("sing"), EX_USAGE, "", "sing");
    assert_run(START("--json"), EX_USAGE, "", "a verb is missing");
    assert_run(START("whoami", "--loud"), EX_USAGE, "", "--loud");
    assert_run(START("whoami", "-x"), EX_USAGE, "", "x");
    assert_run(START("whoami", "--timeout", "0"), EX_USAGE, "", "--timeout");
    assert_run(START("whoami", "--timeout", "1s"), EX_USAGE, "", "--timeout");
    assert_run(START("call", "AAAAAAAAAAAAAAA="), EX_USAGE, "", "a name");
    assert_run(START("call", "short", "add"), EX_USAGE, "", "connection id");
    assert_run(START("listen"), EX_USAGE, "", "a name");
}
END_TEST

START_TEST(what_is_mistyped_is_suggested)
{
    assert_run(START("cal"), EX_USAGE, "", "did you mean call?");
    assert_run(START("pign"), EX_USAGE, "", "did you mean ping?");
    assert_run(START("whoami", "--jsn"), EX_USAGE, "", "did you mean --json?");
    assert_run(START("listen", "x", "--paralel=3"), EX_USAGE, "",
               "did you mean --parallel?");
    assert_run(START("whoami", "--end", "x"), EX_USAGE, "",
               "did you mean --endpoint?");
    assert_run(START("help", "lisen"), EX_USAGE, "", "did you mean listen?");
    assert_run(START("whoami", "--json=1"), EX_USAGE, "", "takes no value");
    assert_run(START("whoami", "--ca"), EX_USAGE, "", "needs a value: FILE");
    assert_run(START("listen", "x", "--parallel", "0"), EX_USAGE, "",
               "from 1 to 1000");
    assert_run(START("listen", "x", "cat"), EX_USAGE, "", "put -- before");
    assert_run(START("whoami", "--color", "red"), EX_USAGE, "",
               "auto, always or never");
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(an_argument_may_be_a_file)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    char folder[] = "/tmp/monologue-XXXXXX";
    char path[40];
    char arg[41];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(arg, sizeof arg, "@%s", path);
    struct run *listener = LISTEN(id, "echo", "--", "cat");
    write_file(path, "{\"a\": [1.5, true]}\n");
    assert_run(START("call", id, "echo", arg), EX_OK,
               "[{\"a\": [1.5, true]}]\n", NULL);
    write_file(path, "no json\n\n");
    assert_run(START("call", id, "echo", "1", arg), EX_OK,
               "[1,\"no json\\n\"]\n", NULL);
    write_file(path, "\xff");
    assert_run(START("call", id, "echo", arg), EX_DATAERR, "", "not UTF-8");
    assert_run(START("call", id, "echo", "@/nowhere"), EX_NOINPUT, "",
               "/nowhere: No such file");
    assert_run(START("call", id, "echo", "@/dev/zero"), EX_DATAERR, "",
               "131072 bytes");
    assert_run(START("call", id, "echo", "-"), EX_OK, "[\"\"]\n", NULL);
    assert_run(START("call", id, "echo", "-", "-"), EX_USAGE, "", "once");
    unlink(path);
    rmdir(folder);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    free(listener);
}
END_TEST

START_TEST(no_digit_is_lost_on_the_way)
{
    static const char numbers[] =
        "[123456789012345678901234567890,0.1,1e400,-0,\"\\ud800\"]";
    char id[MONOLOGUE_ID_CHARS + 1];
    char expected[200];
    struct run *listener = LISTEN(id, "echo", "--", "cat");
    snprintf(expected, sizeof expected, "[%s]\n", numbers);
    assert_run(START("call", id, "echo", numbers), EX_OK, expected, NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    free(listener);
    listener = LISTEN(id, "log");
    assert_run(START("call", id, "log", numbers), EX_OK, "null\n", NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    ck_assert_ptr_nonnull(strstr(listener->text[0], numbers));
    free(listener);
}
END_TEST

START_TEST(raw_prints_a_string_without_quotes)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener =
        LISTEN(id, "say", "--", "printf", "%s", "\"a\\nb \\u007f\"");
    assert_run(START("call", id, "say", "--raw"), EX_OK, "a\nb \x7f\n", NULL);
    assert_run(START("call", id, "say"), EX_OK, "\"a\\nb \\u007f\"\n", NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    free(listener);
}
END_TEST

START_TEST(no_more_commands_run_at_once_than_wished)
{
    enum { N = 6 };
    char id[MONOLOGUE_ID_CHARS + 1];
    char folder[] = "/tmp/monologue-XXXXXX";
    struct run *runs[N];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    /* A second one would find the folder taken, and fail. */
    struct run *listener =
        LISTEN(id, "alone", "--parallel=1", "--", "sh", "-c",
               "mkdir $0/taken && rmdir $0/taken && echo 1", folder);
    for (int i = 0; i < N; i++)
        runs[i] = START("call", id, "alone", "--timeout", "100");
    for (int i = 0; i < N; i++)
        assert_run(runs[i], EX_OK, "1\n", NULL);
    rmdir(folder);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    free(listener);
}
END_TEST

START_TEST(a_listener_answers_pings_as_well)
{
    char id[MONOLOGUE_ID_CHARS + 1];
    struct run *listener = LISTEN(id, "log");
    assert_run(START("call", id, "ping"), EX_OK, "null\n", NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    ck_assert_ptr_null(strstr(listener->text[0], "ping"));
    free(listener);
    listener = LISTEN(id, "ping", "--", "echo", "mine");
    assert_run(START("call", id, "ping"), EX_OK, "\"mine\"\n", NULL);
    uv_process_kill(&listener->process, SIGTERM);
    await(listener);
    free(listener);
}
END_TEST

START_TEST(help_and_version_need_no_server)
{
    struct run *run = START("call", "--help");
    await(run);
    ck_assert_int_eq(run->exit_status, EX_OK);
    ck_assert_ptr_nonnull(strstr(run->text[0], "monologue call ID NAME"));
    free(run);
    assert_run(START("--version"), EX_OK, "monologue " MONOLOGUE_VERSION "\n",
               NULL);
    ck_assert_uint_eq(server.n_connections, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = tcase_create("cli");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, whoami_prints_the_id);
    tcase_add_test(tcase, call_prints_what_a_command_returns);
    tcase_add_test(tcase, output_that_is_not_json_is_a_string);
    tcase_add_test(tcase, a_command_that_fails_fails_the_call);
    tcase_add_test(tcase, more_calls_than_commands_at_once_are_all_answered);
    tcase_add_test(tcase, without_a_command_calls_are_printed);
    tcase_add_test(tcase, a_listener_that_loses_its_connection_ends);
    tcase_add_test(tcase, a_call_to_a_gone_connection_hints_at_it);
    tcase_add_test(tcase, a_refused_key_has_its_exit_status);
    tcase_add_test(tcase, a_proxy_is_asked_and_its_refusal_has_its_exit_status);
    tcase_add_test(tcase, a_server_that_is_none_has_its_exit_status);
    tcase_add_test(tcase, a_silent_server_has_its_exit_status);
    tcase_add_test(tcase, no_server_has_its_exit_status);
    tcase_add_test(tcase, bad_configuration_has_its_exit_status);
    tcase_add_test(tcase, misuse_has_its_exit_status);
    tcase_add_test(tcase, what_is_mistyped_is_suggested);
    tcase_add_test(tcase, an_argument_may_be_a_file);
    tcase_add_test(tcase, no_digit_is_lost_on_the_way);
    tcase_add_test(tcase, raw_prints_a_string_without_quotes);
    tcase_add_test(tcase, no_more_commands_run_at_once_than_wished);
    tcase_add_test(tcase, a_listener_answers_pings_as_well);
    tcase_add_test(tcase, help_and_version_need_no_server);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
