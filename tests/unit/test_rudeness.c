#include "client/monologue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tests/lib/fakeserver.h"
#include "tests/lib/suite.h"

/* One client of a server that misbehaves. */

static uv_loop_t loop;
static struct fakeserver server;
static struct monologue *client;
static unsigned n_connects;
static int connect_status;
static unsigned n_events[MONOLOGUE_EVENT_OVERLOAD + 1];
static int closed_status;
static uint16_t closed_code;
static unsigned n_outcomes;
static int outcome_status;

static void on_event(struct monologue *m, const struct monologue_event *event,
                     void *data)
{
    (void)m;
    (void)data;
    ck_assert_str_ne(event->text, "");
    n_events[event->kind]++;
    if (event->kind != MONOLOGUE_EVENT_DISCONNECTED)
        return;
    closed_status = event->status;
    closed_code = event->code;
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)m;
    (void)data;
    n_connects++;
    connect_status = status;
}

static void on_answered(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)m;
    (void)ret;
    (void)data;
    n_outcomes++;
    outcome_status = status;
}

static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(*n, wanted);
}

static void connect_client(void)
{
    unsigned n = n_connects;
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, n + 1);
}

static void make_client(const char *endpoint, uint32_t timeout_ms,
                        uint32_t keepalive_ms)
{
    const struct monologue_options options = {.endpoint = endpoint,
                                              .timeout_ms = timeout_ms,
                                              .keepalive_ms = keepalive_ms,
                                              .max_requests = 10,
                                              .event_cb = on_event};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
}

static void setup(void)
{
    uv_loop_init(&loop);
    fakeserver_open(&server, &loop);
    make_client(server.url, 500, 60000);
}

static void setup_connected(void)
{
    setup();
    connect_client();
    ck_assert_int_eq(connect_status, 0);
}

/* With signs of life that are soon due: for nothing that takes its time. */
static void setup_watched(void)
{
    uv_loop_init(&loop);
    fakeserver_open(&server, &loop);
    make_client(server.url, 5000, 200);
    connect_client();
    ck_assert_int_eq(connect_status, 0);
}

static void teardown(void)
{
    monologue_free(client);
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

#define HEAD_101                 \
    "HTTP/1.1 101 Switching\r\n" \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"

static const struct {
    const char *response;
    int status;
    const char *words; /* in the message */
} responses[] = {
    {HEAD_101 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     -EPROTO, "handshake"},
    {HEAD_101 "\r\n", -EPROTO, "handshake"},
    {"HTTP/1.1 101 Switching\r\n\r\n", -EPROTO, "handshake"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", -ECONNREFUSED, "200"},
    {"HTTP/1.1 200 OK\r\n\r\nendless", -ECONNREFUSED, "200"},
    {"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
     -ECONNREFUSED, "301"},
    {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", -EKEYREJECTED, "key"},
    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 23\r\n\r\n"
     "{\"message\":\"Forbidden\"}",
     -EKEYREJECTED, "key"},
    {"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", -EAGAIN, "429"},
    {"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", -EAGAIN, "503"},
    {"SSH-2.0-OpenSSH_9.2\r\n", -EPROTO, "HTTP"},
    {"\x15\x03\x01\x00\x02\x02\x46", -EPROTO, "HTTP"},
};

START_TEST(a_handshake_that_fails_is_told_with_its_reason)
{
    server.response = responses[_i].response;
    connect_client();
    ck_assert_msg(connect_status == responses[_i].status, "%s: %d",
                  responses[_i].response, connect_status);
    ck_assert_msg(strstr(monologue_errmsg(client), responses[_i].words), "%s",
                  monologue_errmsg(client));
    ck_assert_msg(strstr(monologue_errmsg(client), server.url), "%s",
                  monologue_errmsg(client));
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_DISCONNECTED], 0);
    server.response = NULL; /* nothing of it stays */
    connect_client();
    ck_assert_int_eq(connect_status, 0);
}
END_TEST

START_TEST(an_endless_head_is_not_read_to_its_end)
{
    size_t n = 1 << 20;
    char *head = malloc(n + 1);
    strcpy(head, "HTTP/1.1 101 Switching\r\n");
    for (size_t at = strlen(head); at + 8 <= n; at += 8)
        strcpy(head + at, "a: bcd\r\n");
    server.response = head;
    connect_client();
    ck_assert_int_eq(connect_status, -EPROTO);
    free(head);
}
END_TEST

START_TEST(an_endless_line_is_not_read_to_its_end)
{
    size_t n = 1 << 20;
    char *head = malloc(n + 1);
    memset(head, 'x', n);
    memcpy(head, "HTTP/1.1 101 ", 13);
    head[n] = '\0';
    server.response = head;
    connect_client();
    ck_assert_int_eq(connect_status, -EPROTO);
    free(head);
}
END_TEST

/* Always alive, never done. */
static void drip(uv_timer_t *timer)
{
    struct fakepeer *peer = fakeserver_last(&server);
    (void)timer;
    if (peer)
        fakepeer_write(peer, "x", 1);
}

START_TEST(a_server_that_drips_is_given_up)
{
    uv_timer_t timer;
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, drip, 10, 10);
    server.response = "HTTP/1.1 101 ";
    connect_client();
    ck_assert_int_eq(connect_status, -ETIMEDOUT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}
END_TEST

START_TEST(a_silent_server_is_given_up)
{
    server.is_silent = true;
    connect_client();
    ck_assert_int_eq(connect_status, -ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "500 ms"));
}
END_TEST

START_TEST(a_server_that_hangs_up_is_told)
{
    server.is_abrupt = true;
    connect_client();
    ck_assert_int_eq(connect_status, -ECONNRESET);
}
END_TEST

START_TEST(nobody_at_the_port_is_told)
{
    struct fakeserver gone;
    fakeserver_open(&gone, &loop);
    fakeserver_close(&gone);
    uv_run(&loop, UV_RUN_NOWAIT);
    monologue_free(client);
    make_client(gone.url, 5000, 60000);
    connect_client();
    ck_assert_int_eq(connect_status, -ECONNREFUSED);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "127.0.0.1"));
}
END_TEST

START_TEST(a_name_nobody_knows_is_told)
{
    monologue_free(client);
    make_client("ws://nowhere.invalid/latest", 60000, 60000);
    connect_client();
    ck_assert_int_lt(connect_status, 0);
    ck_assert_int_ne(connect_status, -ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "nowhere.invalid"));
}
END_TEST

/* What the server says instead of the id. */
static bool answer_otherwise(struct fakepeer *peer, const char *text,
                             size_t size, void *data)
{
    ck_assert_uint_eq(size, 6);
    ck_assert_mem_eq(text, "whoami", 6);
    fakepeer_send(peer, data);
    return true;
}

static const struct {
    const char *answer;
    int status;
} greetings[] = {
    {"{\"message\": \"Internal server error\", \"connectionId\":\"a\", "
     "\"requestId\":\"b\"}",
     -EREMOTEIO},
    {"{\"message\": \"Forbidden\"}", -EREMOTEIO},
    {"", -EPROTO},
    {"hello", -EPROTO},
    {"\"eHrdFcnvvHcCE-w=\"", -EPROTO},
    {"eHrdFcnvvHcCE-w=\n", -EPROTO},
    {"eHrdFcnvvHcCE-x=", -EPROTO},
};

START_TEST(whoami_answered_otherwise_fails_at_once)
{
    server.message_cb = answer_otherwise;
    server.data = (void *)greetings[_i].answer;
    connect_client();
    ck_assert_int_eq(connect_status, greetings[_i].status);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "whoami"));
    ck_assert_ptr_null(monologue_connection_id(client));
}
END_TEST

static bool answer_after_a_packet(struct fakepeer *peer, const char *text,
                                  size_t size, void *data)
{
    (void)text;
    (void)size;
    (void)data;
    fakepeer_send(peer, "{\"from\":\"x\",\"payload\":{\"type\":\"ACK\","
                        "\"data\":{\"token\":\"t\"}}}");
    fakepeer_send(peer, "eHrdFcnvvHcCE-w=");
    return true;
}

START_TEST(packets_before_the_id_are_not_taken_for_it)
{
    server.message_cb = answer_after_a_packet;
    connect_client();
    ck_assert_int_eq(connect_status, 0);
    ck_assert_str_eq(monologue_connection_id(client), "eHrdFcnvvHcCE-w=");
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_STRAY], 1);
}
END_TEST

static bool keep_silent(struct fakepeer *peer, const char *text, size_t size,
                        void *data)
{
    (void)peer;
    (void)text;
    (void)size;
    (void)data;
    return true;
}

START_TEST(whoami_not_answered_times_out)
{
    server.message_cb = keep_silent;
    connect_client();
    ck_assert_int_eq(connect_status, -ETIMEDOUT);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
} faults[] = {
#define BYTES(text)           \
    {                         \
        text, sizeof text - 1 \
    }
    BYTES("\x81\x81\0\0\0\0x"),
    BYTES("\x83\x01x"),
    BYTES("\x81\x7f\0\0\0\0\x40\0\0\0x"),
    BYTES("\x82\x01x"),
    BYTES("\x81\x01\xff"),
    BYTES("\x80\x01x"),
    BYTES("\x89\x7e\x01\x00"),
    BYTES("\xc1\x01x"), /* RSV bits nobody agreed on */
    BYTES("\x91\x01x"),
    BYTES("\x8b\x00"),                      /* a control frame nobody knows */
    BYTES("\x09\x00"),                      /* half a ping */
    BYTES("\x08\x02\x03\xe8"),              /* half a close */
    BYTES("\x01\x01x\x81\x01x"),            /* a message inside a message */
    BYTES("\x01\x01\xc3\x80\x01("),         /* no UTF-8 over two frames */
    BYTES("\x81\x7f\x80\0\0\0\0\0\0\0"),    /* a length of 2^63 */
    BYTES("\x81\x7f\0\0\0\0\0\x02\0\x01x"), /* a byte too long */
    BYTES("\x81\x7e\x00\x01x"),             /* a length that is padded */
    BYTES("\x88\x01\x03"),                  /* half a close code */
    BYTES("\x88\x02\x03\xed"),              /* 1005 stands for no code at all */
    BYTES("\x88\x03\x03\xe8\xff"),          /* a reason that is no UTF-8 */
};

START_TEST(a_bad_frame_ends_the_connection_and_fails_its_calls)
{
    server.message_cb = keep_silent;
    monologue_call(client, monologue_connection_id(client), "add", NULL, 0,
                   on_answered, NULL, NULL);
    fakepeer_write(fakeserver_last(&server), faults[_i].bytes, faults[_i].size);
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(closed_status, -EPROTO);
    ck_assert_uint_eq(n_outcomes, 1);
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    server.message_cb = NULL;
    connect_client();
    ck_assert_int_eq(connect_status, 0);
}
END_TEST

static const struct {
    unsigned n;
    size_t size; /* of each, in bytes */
} fragments[] = {
    {2000, 0}, {2000, 1}, {5, 30000}, /* over 131072 in all */
};

START_TEST(a_message_without_end_ends_the_connection)
{
    static uint8_t bytes[200000];
    size_t size = fragments[_i].size;
    size_t n = 0;
    for (unsigned i = 0; i < fragments[_i].n; i++) {
        bytes[n++] = i == 0; /* text, then continuations */
        bytes[n++] = size < 126 ? (uint8_t)size : 126;
        if (size >= 126) {
            bytes[n++] = (uint8_t)(size >> 8);
            bytes[n++] = (uint8_t)size;
        }
        memset(bytes + n, 'x', size);
        n += size;
    }
    fakepeer_write(fakeserver_last(&server), bytes, n);
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(closed_status, -EPROTO);
    ck_assert_uint_eq(closed_code, 1009);
}
END_TEST

START_TEST(a_connection_that_breaks_fails_its_calls)
{
    server.message_cb = keep_silent;
    monologue_call(client, monologue_connection_id(client), "add", NULL, 0,
                   on_answered, NULL, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    fakepeer_drop(fakeserver_last(&server));
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(closed_status, -ECONNRESET);
    ck_assert_uint_eq(closed_code, 1006);
    ck_assert_uint_eq(n_outcomes, 1);
    ck_assert_int_eq(outcome_status, -ECONNRESET);
    ck_assert_ptr_null(monologue_connection_id(client));
}
END_TEST

START_TEST(a_close_of_the_server_is_echoed_and_told)
{
    fakepeer_write(fakeserver_last(&server), "\x88\x0c\x03\xe9Going away", 14);
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(closed_status, -ECONNRESET);
    ck_assert_uint_eq(closed_code, 1001);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "1001: Going"));
    turn_until(&server.n_closes, 1);
}
END_TEST

/* Answers each call twice, and from a stranger before that. */
static bool answer_twice(struct fakepeer *peer, const char *text, size_t size,
                         void *data)
{
    char answer[256];
    const char *token = memmem(text, size, "\"token\":\"", 9);
    (void)data;
    if (!token)
        return false;
    for (int i = 0; i < 3; i++) {
        snprintf(answer, sizeof answer,
                 "{\"from\":\"%.*s\",\"payload\":{\"type\":\"ACK\",\"data\":"
                 "{\"token\":\"%.32s\",\"ret\":%d}}}",
                 CONNID_CHARS,
                 i == 0 ? "AAAAAAAAAAAAAAA=" : fakepeer_id(peer)->chars,
                 token + 9, i);
        fakepeer_send(peer, answer);
    }
    return true;
}

static void expect_one(struct monologue *m, int status, json_t *ret, void *data)
{
    on_answered(m, status, ret, data);
    ck_assert_int_eq(json_integer_value(ret), 1);
}

START_TEST(one_answer_of_the_callee_counts)
{
    struct monologue_stats stats = {0};
    server.message_cb = answer_twice;
    monologue_call(client, monologue_connection_id(client), "add", NULL, 0,
                   expect_one, NULL, NULL);
    while (stats.n_late == 0) {
        uv_run(&loop, UV_RUN_ONCE);
        monologue_stats(client, &stats, sizeof stats);
    }
    ck_assert_uint_eq(n_outcomes, 1);
    ck_assert_int_eq(outcome_status, 0);
    ck_assert_uint_eq(stats.n_answered, 1);
    ck_assert_uint_eq(stats.n_waiting, 0);
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_STRAY], 1); /* the stranger's */
}
END_TEST

START_TEST(an_answer_to_nothing_is_a_stray)
{
    char answer[256];
    snprintf(answer, sizeof answer,
             "{\"from\":\"%s\",\"payload\":{\"type\":\"ACK\",\"data\":"
             "{\"token\":\"%032d\"}}}",
             monologue_connection_id(client), 0);
    fakepeer_send(fakeserver_last(&server), answer);
    turn_until(&n_events[MONOLOGUE_EVENT_STRAY], 1);
    ck_assert_ptr_nonnull(monologue_connection_id(client));
}
END_TEST

static int keep(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    struct monologue_request **kept = data;
    (void)args;
    (void)ret_out;
    for (int i = 0; i < 10; i++)
        if (!kept[i]) {
            kept[i] = request;
            return MONOLOGUE_LATER;
        }
    ck_abort_msg("more requests at work than allowed");
}

START_TEST(a_flood_of_calls_is_bounded)
{
    struct monologue_request *kept[10] = {NULL};
    monologue_on(client, "add", keep, kept);
    for (int i = 0; i < 1000; i++)
        fakepeer_send(fakeserver_last(&server),
                      "{\"from\":\"AAAAAAAAAAAAAAA=\",\"payload\":"
                      "{\"type\":\"REQ\",\"data\":"
                      "{\"token\":\"t\",\"name\":\"add\",\"args\":[]}}}");
    turn_until(&n_events[MONOLOGUE_EVENT_OVERLOAD], 990);
    for (int i = 0; i < 10; i++)
        monologue_decline(kept[i]);
}
END_TEST

/* Who asks but does not listen is not heard for ever either. */
START_TEST(pings_of_a_deaf_server_do_not_fill_the_memory)
{
    size_t n = 32 << 20;
    size_t before = SIZE_MAX;
    uint8_t *pings = malloc(n);
    for (size_t i = 0; i < n; i += 2)
        memcpy(pings + i, "\x89", 2);
    monologue_free(client);
    client = NULL;
    const struct monologue_options options = {.endpoint = server.url};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
    connect_client();
    struct fakepeer *peer = fakeserver_last(&server);
    fakepeer_stop_reading(peer);
    fakepeer_write(peer, pings, n);
    free(pings);
    for (int n_still = 0; n_still < 1000; n_still++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        if (fakepeer_n_unsent(peer) < before)
            n_still = 0;
        before = fakepeer_n_unsent(peer);
    }
    ck_assert_uint_gt(before, n / 4);
    ck_assert_ptr_nonnull(monologue_connection_id(client));
}
END_TEST

START_TEST(a_flood_of_pings_is_answered)
{
    uint8_t *pings = malloc(200000);
    for (size_t i = 0; i < 200000; i += 2)
        memcpy(pings + i, "\x89", 2);
    fakepeer_write(fakeserver_last(&server), pings, 200000);
    free(pings);
    turn_until(&server.n_pongs, 100000);
    ck_assert_ptr_nonnull(monologue_connection_id(client));
}
END_TEST

/* Its reason must not drown in the error of a write that was under way. */
START_TEST(the_last_words_of_a_server_that_hangs_up_are_heard)
{
    static char text[100000];
    struct fakepeer *peer = fakeserver_last(&server);
    memset(text, 'x', sizeof text - 1);
    json_t *args = json_pack("[s]", text);
    fakepeer_stop_reading(peer);
    for (unsigned i = 0; i < 60; i++)
        ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                        "f", args, 60000, on_answered, NULL,
                                        NULL),
                         0);
    json_decref(args);
    uv_run(&loop, UV_RUN_NOWAIT);
    fakepeer_write(peer, "\x88\x08\x03\xf0policy", 10);
    fakepeer_drop(peer); /* with much unread: a reset */
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(closed_status, -ECONNRESET);
    ck_assert_uint_eq(closed_code, 1008);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "policy"));
    ck_assert_uint_eq(n_outcomes, 60);
}
END_TEST

static bool count_whoami(struct fakepeer *peer, const char *text, size_t size,
                         void *data)
{
    unsigned *n = data;
    (void)peer;
    *n += size == 6 && memcmp(text, "whoami", 6) == 0;
    return false;
}

START_TEST(an_idle_connection_is_kept_alive)
{
    unsigned n = 0;
    server.message_cb = count_whoami;
    server.data = &n;
    turn_until(&n, 3);
    ck_assert_ptr_nonnull(monologue_connection_id(client));
    ck_assert_uint_eq(n_events[MONOLOGUE_EVENT_STRAY], 0);
}
END_TEST

START_TEST(a_server_that_has_died_is_noticed)
{
    server.message_cb = keep_silent;
    turn_until(&n_events[MONOLOGUE_EVENT_DISCONNECTED], 1);
    ck_assert_int_eq(closed_status, -ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "silent"));
}
END_TEST

static unsigned n_user_closes;

static void on_user_closed(struct monologue *m, void *data)
{
    (void)m;
    (void)data;
    n_user_closes++;
}

START_TEST(closing_does_not_wait_for_ever)
{
    /* The head of a frame that never ends: no close frame will be read. */
    fakepeer_write(fakeserver_last(&server), "\x81\x7e\x10\x00", 4);
    server.is_deaf = true;
    monologue_close(client, on_user_closed, NULL);
    turn_until(&n_user_closes, 1);
    ck_assert_uint_eq(server.n_closes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rudeness");
    TCase *fresh = tcase_create("connecting");
    tcase_set_timeout(fresh, 120);
    tcase_add_checked_fixture(fresh, setup, teardown);
    tcase_add_loop_test(fresh, a_handshake_that_fails_is_told_with_its_reason,
                        0, sizeof responses / sizeof *responses);
    tcase_add_test(fresh, an_endless_head_is_not_read_to_its_end);
    tcase_add_test(fresh, an_endless_line_is_not_read_to_its_end);
    tcase_add_test(fresh, a_server_that_drips_is_given_up);
    tcase_add_test(fresh, a_silent_server_is_given_up);
    tcase_add_test(fresh, a_server_that_hangs_up_is_told);
    tcase_add_test(fresh, nobody_at_the_port_is_told);
    tcase_add_test(fresh, a_name_nobody_knows_is_told);
    tcase_add_loop_test(fresh, whoami_answered_otherwise_fails_at_once, 0,
                        sizeof greetings / sizeof *greetings);
    tcase_add_test(fresh, packets_before_the_id_are_not_taken_for_it);
    tcase_add_test(fresh, whoami_not_answered_times_out);
    suite_add_tcase(suite, fresh);

    TCase *connected = tcase_create("connected");
    tcase_set_timeout(connected, 120);
    tcase_add_checked_fixture(connected, setup_connected, teardown);
    tcase_add_loop_test(connected,
                        a_bad_frame_ends_the_connection_and_fails_its_calls, 0,
                        sizeof faults / sizeof *faults);
    tcase_add_loop_test(connected, a_message_without_end_ends_the_connection, 0,
                        sizeof fragments / sizeof *fragments);
    tcase_add_test(connected, a_connection_that_breaks_fails_its_calls);
    tcase_add_test(connected, a_close_of_the_server_is_echoed_and_told);
    tcase_add_test(connected, one_answer_of_the_callee_counts);
    tcase_add_test(connected, an_answer_to_nothing_is_a_stray);
    tcase_add_test(connected, a_flood_of_calls_is_bounded);
    tcase_add_test(connected, a_flood_of_pings_is_answered);
    tcase_add_test(connected, pings_of_a_deaf_server_do_not_fill_the_memory);
    tcase_add_test(connected,
                   the_last_words_of_a_server_that_hangs_up_are_heard);
    tcase_add_test(connected, closing_does_not_wait_for_ever);
    suite_add_tcase(suite, connected);

    TCase *watched = tcase_create("watched");
    tcase_set_timeout(watched, 120);
    tcase_add_checked_fixture(watched, setup_watched, teardown);
    tcase_add_test(watched, an_idle_connection_is_kept_alive);
    tcase_add_test(watched, a_server_that_has_died_is_noticed);
    suite_add_tcase(suite, watched);
    return suite_run_suite(suite);
}
