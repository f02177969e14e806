#include "client/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/monologue.h"
#include "proto/frame.h"
#include "tests/lib/suite.h"

/* The other end: the project's own frame reader, told to be a server. */
static const struct frame_rules server_rules = {
    .max_frame = 32768,
    .max_message = MONOLOGUE_MAX_PACKET,
    .max_fragments = 1024,
    .is_server = true,
};

static struct bytes out;
static struct frames *frames;
static unsigned n_messages;
static struct bytes heard; /* all messages, a '|' behind each */

static void on_message(const char *text, size_t size, void *data)
{
    ck_assert_ptr_eq(data, &heard);
    n_messages++;
    ck_assert_int_eq(bytes_append(&heard, text, size, 1 << 24), 0);
    ck_assert_int_eq(bytes_append(&heard, "|", 1, 1 << 24), 0);
}

static void setup(void)
{
    out = heard = BYTES_EMPTY;
    n_messages = 0;
    frames = frames_new(&out, on_message, &heard);
    ck_assert_ptr_nonnull(frames);
}

static void teardown(void)
{
    frames_free(frames);
    bytes_deinit(&out);
    bytes_deinit(&heard);
}

static void assert_heard(const char *text)
{
    ck_assert_uint_eq(bytes_size(&heard), strlen(text));
    ck_assert_mem_eq(bytes_begin(&heard), text, strlen(text));
}

/* Reads all that was sent; returns the last event that was not MORE. */
static enum frame_event read_sent(struct frame *frame_out, unsigned *n_out)
{
    struct frame_partial *partial = NULL;
    enum frame_event last = FRAME_EVENT_MORE;
    uint8_t *in = bytes_begin(&out);
    size_t n = bytes_size(&out);
    *n_out = 0;
    for (;;) {
        struct frame frame;
        size_t used = 0;
        enum frame_event event =
            frame_read(&partial, &server_rules, in, n, &used, &frame);
        if (event == FRAME_EVENT_MORE)
            break;
        in += used;
        n -= used;
        last = event;
        *frame_out = frame;
        ++*n_out;
        if (event == FRAME_EVENT_FAULT || event == FRAME_EVENT_CLOSE)
            break;
    }
    ck_assert_ptr_null(partial);
    return last;
}

#define FEED(bytes) \
    frames_feed(frames, (const uint8_t *)(bytes), sizeof(bytes) - 1)

START_TEST(messages_come_out_however_the_input_is_cut)
{
    static const char in[] = "\x81\x03"
                             "one"
                             "\x01\x01t\x89\x02hi\x80\x02wo"
                             "\x81\x00"
                             "\x8a\x00";
    size_t n = sizeof in - 1;
    srand((unsigned)_i);
    for (size_t at = 0; at < n;) {
        size_t piece = _i == 0   ? n
                       : _i == 1 ? 1
                                 : 1 + (size_t)rand() % (n - at);
        ck_assert_int_eq(frames_feed(frames, (const uint8_t *)in + at, piece),
                         FRAMES_OPEN);
        at += piece;
    }
    assert_heard("one|two||");
    struct frame frame;
    unsigned count = 0;
    ck_assert_int_eq(read_sent(&frame, &count), FRAME_EVENT_PONG);
    ck_assert_uint_eq(count, 1);
    ck_assert_mem_eq(frame.data, "hi", 2);
}
END_TEST

static const struct {
    const char *what;
    const char *bytes;
    size_t size;
    uint16_t code; /* of the close frame it is answered with */
} rude[] = {
#define RUDE(what, bytes, code)             \
    {                                       \
        what, bytes, sizeof bytes - 1, code \
    }
    RUDE("masked", "\x81\x81\0\0\0\0x", CLOSE_PROTOCOL_ERROR),
    RUDE("rsv", "\xc1\x01x", CLOSE_PROTOCOL_ERROR),
    RUDE("opcode", "\x83\x01x", CLOSE_PROTOCOL_ERROR),
    RUDE("continuation", "\x80\x01x", CLOSE_PROTOCOL_ERROR),
    RUDE("interleaved", "\x01\x01x\x01\x01x", CLOSE_PROTOCOL_ERROR),
    RUDE("huge",
         "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"
         "x",
         CLOSE_TOO_BIG),
    RUDE("131073 bytes", "\x81\x7f\0\0\0\0\0\x02\0\x01x", CLOSE_TOO_BIG),
    RUDE("binary", "\x82\x01x", CLOSE_UNSUPPORTED),
    RUDE("not UTF-8", "\x81\x01\xff", CLOSE_NOT_UTF8),
    RUDE("close code 1005", "\x88\x02\x03\xed", CLOSE_PROTOCOL_ERROR),
    /* wslay finds these in a header and then gives no code to the server */
    RUDE("fragmented ping", "\x09\x00", CLOSE_NO_STATUS),
    RUDE("long ping", "\x89\x7e\x00\x7e", CLOSE_NO_STATUS),
    RUDE("padded length", "\x81\x7e\x00\x01x", CLOSE_NO_STATUS),
    RUDE("top bit", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
         CLOSE_NO_STATUS),
};

START_TEST(a_rude_frame_is_answered_with_its_code)
{
    struct frame frame;
    unsigned count = 0;
    enum frames_status status =
        frames_feed(frames, (const uint8_t *)rude[_i].bytes, rude[_i].size);
    ck_assert_msg(status == FRAMES_FAULT, "%s: %d", rude[_i].what, status);
    ck_assert_uint_eq(n_messages, 0);
    ck_assert_int_eq(read_sent(&frame, &count), FRAME_EVENT_CLOSE);
    ck_assert_msg(frame.code == rude[_i].code, "%s: %u", rude[_i].what,
                  frame.code);
    ck_assert_uint_eq(frames_close_code(frames),
                      rude[_i].code == CLOSE_NO_STATUS ? CLOSE_PROTOCOL_ERROR
                                                       : rude[_i].code);
}
END_TEST

START_TEST(a_message_in_too_many_fragments_is_refused)
{
    enum frames_status status = FEED("\x01\x01x");
    for (int i = 1; i < FRAMES_MAX_FRAGMENTS; i++) {
        ck_assert_int_eq(status, FRAMES_OPEN);
        status = FEED("\x00\x00");
    }
    ck_assert_int_eq(status, FRAMES_OPEN);
    ck_assert_int_eq(FEED("\x00\x00"), FRAMES_FAULT);
    ck_assert_uint_eq(frames_close_code(frames), CLOSE_TOO_BIG);
}
END_TEST

START_TEST(a_close_is_echoed_and_told)
{
    struct frame frame;
    unsigned count = 0;
    ck_assert_int_eq(FEED("\x88\x0c\x03\xe9Going away\x81\x01x"),
                     FRAMES_CLOSED);
    ck_assert_uint_eq(frames_close_code(frames), CLOSE_GOING_AWAY);
    ck_assert_str_eq(frames_close_reason(frames), "Going away");
    ck_assert_uint_eq(n_messages, 0);
    ck_assert_int_eq(read_sent(&frame, &count), FRAME_EVENT_CLOSE);
    ck_assert_uint_eq(frame.code, CLOSE_GOING_AWAY);
    ck_assert_int_eq(frames_send(frames, "x", 1), -EPIPE);
}
END_TEST

START_TEST(a_close_reason_in_pieces_is_checked_too)
{
    static const char in[] = "\x88\x04\x03\xe8\xff\xff";
    enum frames_status status = FRAMES_OPEN;
    for (size_t i = 0; i < sizeof in - 1; i++)
        status = frames_feed(frames, (const uint8_t *)in + i, 1);
    ck_assert_int_ne(status, FRAMES_OPEN);
    ck_assert_str_eq(frames_close_reason(frames), "");
}
END_TEST

START_TEST(closing_twice_sends_one_close_frame)
{
    struct frame frame;
    unsigned count = 0;
    frames_close(frames, CLOSE_NORMAL);
    size_t size = bytes_size(&out);
    frames_close(frames, CLOSE_NORMAL);
    ck_assert_uint_eq(bytes_size(&out), size);
    ck_assert_int_eq(read_sent(&frame, &count), FRAME_EVENT_CLOSE);
    ck_assert_int_eq(FEED("\x88\x02\x03\xe8"), FRAMES_CLOSED);
    ck_assert_uint_eq(bytes_size(&out), size);
}
END_TEST

static const size_t sizes[] = {
    0, 1, 125, 126, 32767, 32768, 32769, 65535, 65536, MONOLOGUE_MAX_PACKET};

START_TEST(a_server_reads_what_was_sent)
{
    size_t n = sizes[_i];
    char *text = malloc(n + 1);
    struct frame frame;
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + i % 23);
    ck_assert_int_eq(frames_send(frames, text, n), 0);
    ck_assert_int_eq(read_sent(&frame, &count), FRAME_EVENT_MESSAGE);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(frame.size, n);
    free(text);
}
END_TEST

START_TEST(masks_differ_from_frame_to_frame)
{
    ck_assert_int_eq(frames_send(frames, "0123456789abcdef", 16), 0);
    ck_assert_int_eq(frames_send(frames, "0123456789abcdef", 16), 0);
    size_t half = bytes_size(&out) / 2;
    ck_assert(memcmp(bytes_begin(&out), bytes_begin(&out) + half, half) != 0);
}
END_TEST

START_TEST(what_waits_to_be_sent_is_bounded)
{
    size_t n = 100000;
    char *text = calloc(1, n);
    int status = 0;
    memset(text, 'x', n);
    while (status == 0)
        status = frames_send(frames, text, n);
    ck_assert_int_eq(status, -ENOBUFS);
    ck_assert_uint_le(bytes_size(&out), FRAMES_QUEUE_LIMIT);
    ck_assert_uint_gt(bytes_size(&out), FRAMES_QUEUE_LIMIT - 2 * n);
    bytes_deinit(&out);
    ck_assert_int_eq(frames_send(frames, text, n), 0);
    free(text);
}
END_TEST

START_TEST(a_flood_of_pings_costs_no_more_than_its_pongs)
{
    size_t n = 65536;
    uint8_t *pings = malloc(n);
    for (size_t i = 0; i < n; i += 2)
        memcpy(pings + i, "\x89", 2);
    ck_assert_int_eq(frames_feed(frames, pings, n), FRAMES_OPEN);
    ck_assert_uint_eq(bytes_size(&out), n / 2 * 6);
    free(pings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frames");
    TCase *tcase = tcase_create("frames");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, messages_come_out_however_the_input_is_cut, 0,
                        20);
    tcase_add_loop_test(tcase, a_rude_frame_is_answered_with_its_code, 0,
                        sizeof rude / sizeof *rude);
    tcase_add_test(tcase, a_message_in_too_many_fragments_is_refused);
    tcase_add_test(tcase, a_close_is_echoed_and_told);
    tcase_add_test(tcase, a_close_reason_in_pieces_is_checked_too);
    tcase_add_test(tcase, closing_twice_sends_one_close_frame);
    tcase_add_loop_test(tcase, a_server_reads_what_was_sent, 0,
                        sizeof sizes / sizeof *sizes);
    tcase_add_test(tcase, masks_differ_from_frame_to_frame);
    tcase_add_test(tcase, what_waits_to_be_sent_is_bounded);
    tcase_add_test(tcase, a_flood_of_pings_costs_no_more_than_its_pongs);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
