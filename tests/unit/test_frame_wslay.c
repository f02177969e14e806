#include "proto/frame.h"

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "tests/lib/frame_script.h"
#include "tests/lib/frame_trace.h"
#include "tests/lib/suite.h"

/*
 * wslay reads the same streams as we do, and must deliver the same messages
 * and refuse with the same code. Where we differ on purpose, see agree().
 */

static const struct frame_rules rules = {.max_frame = 2000,
                                         .max_message = 2000,
                                         .max_fragments = 1000000,
                                         .is_server = true,
                                         .takes_binary = true};

/* How a reading went: what was delivered, then how it ended. */
struct outcome {
    struct bytes trace;
    unsigned code; /* with which it was refused; 0: it was not */
    char reason[FRAME_REASON_MAX + 1]; /* ours only */
};

struct wire {
    const uint8_t *at;
    size_t n;
    struct outcome *outcome;
};

static ssize_t give(wslay_event_context_ptr context, uint8_t *buf, size_t len,
                    int flags, void *data)
{
    struct wire *wire = data;
    (void)flags;
    if (wire->n == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    size_t size = wire->n < len ? wire->n : len;
    memcpy(buf, wire->at, size);
    wire->at += size;
    wire->n -= size;
    return (ssize_t)size;
}

static ssize_t swallow(wslay_event_context_ptr context, const uint8_t *buf,
                       size_t len, int flags, void *data)
{
    (void)context;
    (void)buf;
    (void)flags;
    (void)data;
    return (ssize_t)len;
}

static void note(wslay_event_context_ptr context,
                 const struct wslay_event_on_msg_recv_arg *arg, void *data)
{
    struct wire *wire = data;
    struct frame frame = {
        .data = arg->msg, .size = arg->msg_length, .opcode = arg->opcode};
    enum frame_event event = FRAME_EVENT_MESSAGE;
    (void)context;
    if (arg->opcode == WSLAY_PING) {
        event = FRAME_EVENT_PING;
    } else if (arg->opcode == WSLAY_PONG) {
        event = FRAME_EVENT_PONG;
    } else if (arg->opcode == WSLAY_CONNECTION_CLOSE) {
        event = FRAME_EVENT_CLOSE;
        frame.code = arg->status_code ? arg->status_code : CLOSE_NO_STATUS;
        if (frame.size >= 2) {
            frame.data += 2;
            frame.size -= 2;
        }
    }
    trace_add(&wire->outcome->trace, event, &frame);
}

/* Returns the code with which it refused what it was given, or 0. */
static unsigned refusal(wslay_event_context_ptr context, int rc)
{
    if (rc == WSLAY_ERR_CALLBACK_FAILURE)
        return CLOSE_PROTOCOL_ERROR; /* from its frame layer, without a code */
    ck_assert_int_eq(rc, 0);
    if (wslay_event_get_read_enabled(context) ||
        wslay_event_get_close_received(context))
        return 0;
    ck_assert_int_eq(wslay_event_send(context), 0);
    return wslay_event_get_status_code_sent(context);
}

/*
 * wslay judges a header when it is whole; we, the first two bytes when they
 * are there, and the length likewise.
 * @ends_in_header: give it what a header cut short lacks
 */
static struct outcome read_by_wslay(const uint8_t *stream, size_t n,
                                    bool ends_in_header)
{
    static const uint8_t rest[FRAME_HEADER_MAX];
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = give,
        .send_callback = swallow,
        .on_msg_recv_callback = note};
    struct outcome outcome = {.trace = BYTES_EMPTY};
    struct wire wire = {stream, n, &outcome};
    wslay_event_context_ptr context;
    ck_assert_int_eq(
        wslay_event_context_server_init(&context, &callbacks, &wire), 0);
    wslay_event_config_set_max_recv_msg_length(context, rules.max_message);
    int rc = wslay_event_recv(context);
    if (rc == 0 && ends_in_header && wslay_event_get_read_enabled(context)) {
        wire.at = rest;
        wire.n = sizeof(rest);
        rc = wslay_event_recv(context);
    }
    outcome.code = refusal(context, rc);
    wslay_event_context_free(context);
    return outcome;
}

/* @n_left_out: bytes of the stream behind the last event */
static struct outcome read_by_us(const uint8_t *stream, size_t n,
                                 size_t *n_left_out)
{
    struct outcome outcome = {.trace = BYTES_EMPTY};
    struct frame_partial *partial = NULL;
    struct frame frame;
    uint8_t *in = malloc(n);
    ck_assert_ptr_nonnull(in);
    memcpy(in, stream, n);
    size_t at = 0;
    enum frame_event event;
    do {
        size_t used;
        event = frame_read(&partial, &rules, in + at, n - at, &used, &frame);
        at += used;
        if (event != FRAME_EVENT_MORE && event != FRAME_EVENT_FAULT)
            trace_add(&outcome.trace, event, &frame);
    } while (event != FRAME_EVENT_MORE && event != FRAME_EVENT_CLOSE &&
             event != FRAME_EVENT_FAULT);
    if (event == FRAME_EVENT_FAULT) {
        outcome.code = frame.code;
        strcpy(outcome.reason, frame.reason);
    }
    *n_left_out = n - at;
    frame_partial_free(partial);
    free(in);
    return outcome;
}

static bool begins_with(const struct bytes *whole, const struct bytes *part)
{
    size_t size = bytes_size(part);
    return size == 0 || (size <= bytes_size(whole) &&
                         !memcmp(whole->data, part->data, size));
}

static bool agree(const struct outcome *ours, const struct outcome *theirs)
{
    static const char bad_code[] = "Invalid close frame getStatus code:";
    static const char one_byte[] =
        "received close control frame with payload len 1";
    if (!strcmp(ours->reason, one_byte)) /* to it, a close without a code */
        return begins_with(&theirs->trace, &ours->trace);
    if (!trace_equals(&ours->trace, &theirs->trace))
        return false;
    /* It looks at the reason first, we at the code. */
    if (!strncmp(ours->reason, bad_code, strlen(bad_code)) &&
        theirs->code == CLOSE_NOT_UTF8)
        return true;
    return ours->code == theirs->code;
}

/* Returns our code. */
static unsigned check(const uint8_t *stream, size_t n)
{
    size_t n_left;
    struct outcome ours = read_by_us(stream, n, &n_left);
    bool ends_in_header = ours.code && n_left < FRAME_HEADER_MAX;
    struct outcome theirs = read_by_wslay(stream, n, ends_in_header);
    ck_assert_msg(agree(&ours, &theirs),
                  "ours %u %s, theirs %u\n%.*s\ntheirs:\n%.*s", ours.code,
                  ours.reason, theirs.code, (int)bytes_size(&ours.trace),
                  (char *)ours.trace.data, (int)bytes_size(&theirs.trace),
                  (char *)theirs.trace.data);
    bytes_deinit(&ours.trace);
    bytes_deinit(&theirs.trace);
    return ours.code;
}

static void add_random_close(struct bytes *out)
{
    static const struct {
        const char *payload;
        size_t size;
    } closes[] = {{"", 0},
                  {"\x03\xe8", 2},
                  {"\x03\xe9Going away", 12},
                  {"\x13\x87\xe2\x82\xac", 5},
                  {"\x03", 1},
                  {"\x03\xed", 2},
                  {"\x03\xe8\xff", 3},
                  {"\x13\x88", 2}};
    int i = rand() % 8;
    script_add(out, 0x88, closes[i].payload, closes[i].size);
}

static struct bytes random_stream(void)
{
    struct bytes stream = BYTES_EMPTY;
    bool in_message = false;
    int n_frames = 1 + rand() % 20;
    for (int i = 0; i < n_frames; i++)
        script_add_random(&stream, &in_message);
    if (rand() % 3 == 0)
        add_random_close(&stream);
    return stream;
}

START_TEST(random_streams_read_the_same)
{
    unsigned n_good = 0;
    unsigned n_bad = 0;
    srand((unsigned)_i);
    for (int round = 0; round < 1000; round++) {
        struct bytes stream = random_stream();
        unsigned code = check(bytes_begin(&stream), bytes_size(&stream));
        n_good += code == 0;
        n_bad += code != 0;
        bytes_deinit(&stream);
    }
    ck_assert_uint_gt(n_good, 100);
    ck_assert_uint_gt(n_bad, 100);
}
END_TEST

/*
 * Zeros at the end make whole what is cut short by now: of a close frame wslay
 * checks the text as it comes, we check it all at once.
 */
START_TEST(damaged_streams_read_the_same)
{
    srand((unsigned)_i);
    for (int round = 0; round < 1000; round++) {
        static const uint8_t zeros[FRAME_HEADER_MAX + FRAME_CONTROL_MAX];
        struct bytes stream = random_stream();
        for (int n = 1 + rand() % 3; n > 0; n--) {
            size_t at = (size_t)rand() % bytes_size(&stream);
            bytes_begin(&stream)[at] ^= (uint8_t)(1u << rand() % 8);
        }
        ck_assert_int_eq(
            bytes_append(&stream, zeros, sizeof(zeros), SCRIPT_LIMIT), 0);
        check(bytes_begin(&stream), bytes_size(&stream));
        bytes_deinit(&stream);
    }
}
END_TEST

START_TEST(every_pair_of_first_bytes_reads_the_same)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            uint8_t stream[2 + 8 + 4 + 125] = {(uint8_t)first, (uint8_t)second};
            size_t extended = (second & 0x7f) == 126   ? 2
                              : (second & 0x7f) == 127 ? 8
                                                       : 0;
            size_t payload = extended ? 0 : second & 0x7f;
            check(stream, 2 + extended + 4 + payload);
        }
    }
}
END_TEST

START_TEST(lengths_read_the_same)
{
    static const uint64_t lengths[] = {
        0,    1,     125,   126,        127,       1999,       2000,
        2001, 65535, 65536, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (int form = 126; form <= 127; form++) {
            uint8_t stream[14 + 2000] = {0x81, (uint8_t)(0x80 | form)};
            size_t n = form == 126 ? 2 : 8;
            for (size_t k = 0; k < n; k++)
                stream[2 + k] = (uint8_t)(lengths[i] >> 8 * (n - 1 - k));
            check(stream, 2 + n + 4 + 2000);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame_wslay");
    TCase *tcase = tcase_create("frame_wslay");
    tcase_add_loop_test(tcase, random_streams_read_the_same, 0, 10);
    tcase_add_loop_test(tcase, damaged_streams_read_the_same, 0, 10);
    tcase_add_test(tcase, every_pair_of_first_bytes_reads_the_same);
    tcase_add_test(tcase, lengths_read_the_same);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
