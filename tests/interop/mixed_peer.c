/*
 * The C half of mixed.mjs: calls "echo" of the program whose id is given, while
 * that calls our "echo"; ends when it is told to, after all of them.
 *
 * usage: mixed_peer ID CALLS, with MONOLOGUE_ENDPOINT, MONOLOGUE_API_KEY and
 * CA_FILE in the environment
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "client/monologue.h"

enum { WINDOW = 64, TIMEOUT_MS = 120000, PAD_MAX = 3000 };

struct mixed {
    struct monologue *monologue;
    const char *to;
    json_int_t n_calls;    /* to be made, and to be answered */
    json_int_t n_called;   /* by us */
    json_int_t n_settled;  /* of these */
    json_int_t n_answered; /* calls on us */
    bool is_finished;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "mixed_peer: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* What the @n-th call says; mixed.mjs makes the same. */
static json_t *make_args(json_int_t n)
{
    char pad[PAD_MAX + 1];
    size_t size = (size_t)(n * 7919 % PAD_MAX);
    memset(pad, 'a' + (int)(n % 26), size);
    pad[size] = '\0';
    return json_pack("[I{s:s,s:[n,b,s]}]", n, "pad", pad, "odd", 1,
                     "\xc3\xa9 \xf0\x9f\x98\x80 \x01\"\\/");
}

static void call_more(struct mixed *mixed);

static void on_answer(struct monologue *monologue, int status, json_t *ret,
                      void *data)
{
    struct mixed *mixed = data;
    (void)monologue;
    if (status)
        fail("a call", monologue_strerror(status));
    json_t *expected = make_args(mixed->n_settled++);
    if (!json_equal(ret, expected))
        fail("an answer", "lost, altered or out of order");
    json_decref(expected);
    call_more(mixed);
}

static void call_more(struct mixed *mixed)
{
    while (mixed->n_called < mixed->n_calls &&
           mixed->n_called - mixed->n_settled < WINDOW) {
        json_t *args = make_args(mixed->n_called++);
        int rc = monologue_call(mixed->monologue, mixed->to, "echo", args, 0,
                                on_answer, mixed, NULL);
        json_decref(args);
        if (rc)
            fail("calling", monologue_strerror(rc));
    }
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    struct mixed *mixed = data;
    json_t *expected = make_args(mixed->n_answered++);
    if (strcmp(monologue_request_from(request), mixed->to) ||
        !json_equal(args, expected))
        fail("a call on us", "lost, altered or out of order");
    *ret_out = expected;
    return 0;
}

/* The last thing that comes, so everything else must have come. */
static int finish(struct monologue_request *request, const json_t *args,
                  json_t **ret_out, void *data)
{
    struct mixed *mixed = data;
    (void)request;
    (void)args;
    (void)ret_out;
    if (mixed->n_settled != mixed->n_calls ||
        mixed->n_answered != mixed->n_calls)
        fail("finishing", "something is still missing");
    mixed->is_finished = true;
    monologue_close(mixed->monologue, NULL, NULL);
    return 0;
}

static void on_connected(struct monologue *monologue, int status, void *data)
{
    if (status)
        fail("connecting", monologue_errmsg(monologue));
    printf("%s\n", monologue_connection_id(monologue));
    fflush(stdout);
    call_more(data);
}

static void on_event(struct monologue *monologue,
                     const struct monologue_event *event, void *data)
{
    (void)monologue;
    (void)data;
    if (event->kind == MONOLOGUE_EVENT_CONNECTED || event->is_ours)
        return;
    fail(monologue_strerror(event->status), event->text);
}

int main(int argc, char *argv[])
{
    struct mixed mixed = {0};
    const struct monologue_options options = {
        .ca_file = getenv("CA_FILE"),
        .timeout_ms = TIMEOUT_MS,
        .event_cb = on_event,
    };
    uv_loop_t loop;
    if (argc != 3)
        fail("usage", "mixed_peer ID CALLS");
    mixed.to = argv[1];
    mixed.n_calls = atoll(argv[2]);
    uv_loop_init(&loop);
    if (monologue_new(&options, &loop, &mixed.monologue))
        fail("options", monologue_errmsg(NULL));
    monologue_on(mixed.monologue, "echo", echo, &mixed);
    monologue_on(mixed.monologue, "finish", finish, &mixed);
    monologue_connect(mixed.monologue, on_connected, &mixed);
    uv_run(&loop, UV_RUN_DEFAULT);
    monologue_free(mixed.monologue);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return mixed.is_finished ? EXIT_SUCCESS : EXIT_FAILURE;
}
