#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <uv.h>

#include "client/monologue.h"

/*
 * What a call costs in the library: a caller and a callee on one thread, with a
 * server that the environment names, whose CPU time is not counted. A number is
 * the price of both ends: a call out and in, its answer out and in.
 */

enum { N_CALLS = 50000, ARGUMENT_BYTES = 64 };

static uv_loop_t loop;
static struct monologue *caller;
static struct monologue *callee;
static unsigned n_connected;
static unsigned n_called;
static unsigned n_told;
static bool is_raw;
static json_t *args;
static char *args_text;

static void must(int status, const char *what)
{
    if (status == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, monologue_strerror(status));
    exit(EXIT_FAILURE);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)m;
    (void)data;
    must(status, "connecting");
    n_connected++;
}

static struct monologue *open_client(void)
{
    struct monologue *m = NULL;
    const struct monologue_options options = {.timeout_ms = 60000,
                                              .max_requests = N_CALLS};
    must(monologue_new(&options, &loop, &m), "options");
    must(monologue_connect(m, on_connected, NULL), "connecting");
    return m;
}

static int echo(struct monologue_request *request, const json_t *given,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(given, 0));
    return 0;
}

static int echo_raw(struct monologue_request *request, const char *given,
                    size_t size, void *data)
{
    (void)data;
    must(monologue_reply_raw(request, given, size), "answering");
    return MONOLOGUE_LATER;
}

static void call_next(void);

static void on_told(struct monologue *m, int status, json_t *ret, void *data)
{
    (void)m;
    (void)ret;
    (void)data;
    must(status, "a call");
    n_told++;
    call_next();
}

static void on_told_raw(struct monologue *m, int status, const char *ret,
                        size_t size, void *data)
{
    (void)ret;
    (void)size;
    on_told(m, status, NULL, data);
}

static void call_next(void)
{
    const char *to = monologue_connection_id(callee);
    if (n_called == N_CALLS)
        return;
    n_called++;
    must(is_raw
             ? monologue_call_raw(caller, to, "bench.raw", args_text,
                                  strlen(args_text), 0, on_told_raw, NULL, NULL)
             : monologue_call(caller, to, "bench.echo", args, 0, on_told, NULL,
                              NULL),
         "calling");
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Of this thread. */
static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(unsigned window, bool raw)
{
    double cpu = cpu_seconds();
    double start = now_seconds();
    is_raw = raw;
    n_called = n_told = 0;
    for (unsigned i = 0; i < window; i++)
        call_next();
    while (n_told < N_CALLS)
        uv_run(&loop, UV_RUN_ONCE);
    cpu = cpu_seconds() - cpu;
    start = now_seconds() - start;
    printf("%-6s %6u in flight   %6.2f us CPU a call   %8.0f calls/s\n",
           raw ? "raw" : "values", window, cpu * 1e6 / N_CALLS,
           N_CALLS / start);
}

static void make_args(void)
{
    char text[ARGUMENT_BYTES + 1];
    memset(text, 'x', ARGUMENT_BYTES);
    text[ARGUMENT_BYTES] = '\0';
    args = json_pack("[s]", text);
    args_text = json_dumps(args, JSON_COMPACT);
}

int main(void)
{
    static const unsigned windows[] = {1, 16, 1000};
    uv_loop_init(&loop);
    make_args();
    caller = open_client();
    callee = open_client();
    while (n_connected < 2)
        uv_run(&loop, UV_RUN_ONCE);
    must(monologue_on(callee, "bench.echo", echo, NULL), "handling");
    must(monologue_on_raw(callee, "bench.raw", echo_raw, NULL), "handling");
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        measure(windows[i], false);
        measure(windows[i], true);
    }
    monologue_free(caller);
    monologue_free(callee);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    json_decref(args);
    free(args_text);
    return EXIT_SUCCESS;
}
