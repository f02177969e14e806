#include "proto/frame.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/frame_script.h"
#include "tests/lib/frame_trace.h"
#include "tests/lib/suite.h"

/* A mask of zeros, so that the streams below can be read. */
#define MASK "\0\0\0\0"
#define STREAM(literal) literal, sizeof(literal) - 1

static const struct frame_rules server = {.max_frame = 32768,
                                          .max_message = 131072,
                                          .max_fragments = 16,
                                          .is_server = true};

/* What was asked of malloc() and calloc(); the n_until_null-th fails. */
static size_t n_allocations;
static size_t largest_allocation;
static size_t n_until_null;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool may_have(size_t size)
{
    n_allocations++;
    if (size > largest_allocation)
        largest_allocation = size;
    return n_until_null == 0 || --n_until_null > 0;
}

void *__wrap_malloc(size_t size)
{
    return may_have(size) ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return may_have(n * size) ? __real_calloc(n, size) : NULL;
}

/* Reads whole, byte by byte and in random cuts; returns what all agree on. */
static struct bytes trace_every_way(const struct frame_rules *rules,
                                    const uint8_t *stream, size_t n)
{
    struct bytes whole = trace_frames(rules, stream, n, TRACE_WHOLE);
    for (unsigned seed = 0; seed < 4; seed++) {
        struct trace_cuts cuts = {seed ? 1 + n / seed : 1, seed};
        struct bytes cut = trace_frames(rules, stream, n, cuts);
        ck_assert_msg(trace_equals(&whole, &cut), "whole: %.*s\ncut: %.*s",
                      (int)bytes_size(&whole), (char *)whole.data,
                      (int)bytes_size(&cut), (char *)cut.data);
        bytes_deinit(&cut);
    }
    return whole;
}

static void check_trace(const struct frame_rules *rules, const void *stream,
                        size_t n, const char *expected)
{
    struct bytes trace = trace_every_way(rules, stream, n);
    ck_assert_int_eq(bytes_append(&trace, "", 1, TRACE_LIMIT), 0);
    ck_assert_str_eq((char *)bytes_begin(&trace), expected);
    bytes_deinit(&trace);
}

/* Takes @stream. */
static void check_stream(struct bytes *stream, const char *expected)
{
    check_trace(&server, bytes_begin(stream), bytes_size(stream), expected);
    bytes_deinit(stream);
}

#define MESSAGE(size, text) "message opcode=1 code=0 size=" size " \n" text
#define PING(size, text) "ping opcode=0 code=0 size=" size " \n" text
#define PONG(size, text) "pong opcode=0 code=0 size=" size " \n" text
#define CLOSE(code, size, text) \
    "close opcode=0 code=" code " size=" size " \n" text
#define FAULT(code, reason) "fault opcode=0 code=" code " size=0 " reason "\n"

/* Each line ends in a fault or a close; what follows it is not read. */
static const struct {
    const char *stream;
    size_t size;
    const char *expected;
} streams[] = {
    {STREAM("\xc1\x80"),
     FAULT("1002", "RSV != 0 and no extension negotiated, RSV:4")},
    {STREAM("\xa1\x80"),
     FAULT("1002", "RSV != 0 and no extension negotiated, RSV:2")},
    {STREAM("\x91\x80"),
     FAULT("1002", "RSV != 0 and no extension negotiated, RSV:1")},
    {STREAM("\x81\x01"
            "a"),
     FAULT("1002", "received a frame that is not masked as expected")},
    {STREAM("\x09\x80"), FAULT("1002", "fragmented control frame")},
    {STREAM("\x08\x80"), FAULT("1002", "fragmented control frame")},
    {STREAM("\x89\xfe"),
     FAULT("1002", "control frame with payload length > 125 octets")},
    {STREAM("\x88\xff"),
     FAULT("1002", "control frame with payload length > 125 octets")},
    {STREAM("\x8b\x80"),
     FAULT("1002", "control frame using reserved opcode 11")},
    {STREAM("\x8f\x80"),
     FAULT("1002", "control frame using reserved opcode 15")},
    {STREAM("\x83\x80"), FAULT("1002", "data frame using reserved opcode 3")},
    {STREAM("\x07\x80"), FAULT("1002", "data frame using reserved opcode 7")},
    {STREAM("\x80\x80"),
     FAULT("1002",
           "received continuation data frame outside fragmented message")},
    {STREAM("\x81\x81" MASK "a"
            "\x00\x80"),
     MESSAGE("1", "a")
         FAULT("1002",
               "received continuation data frame outside fragmented message")},
    {STREAM("\x01\x81" MASK "a"
            "\x01\x81"),
     FAULT("1002", "received non-continuation data frame while inside "
                   "fragmented message")},
    {STREAM("\x01\x80" MASK "\x81\x81"),
     FAULT("1002", "received non-continuation data frame while inside "
                   "fragmented message")},
    {STREAM("\x81\xfe\x00\x7d"),
     FAULT("1002",
           "invalid data frame length (not using minimal length encoding)")},
    {STREAM("\x81\xff\0\0\0\0\0\0\xff\xff"),
     FAULT("1002",
           "invalid data frame length (not using minimal length encoding)")},
    {STREAM("\x81\xff\x80\0\0\0\0\1\0\0"),
     FAULT("1002",
           "invalid data frame length (not using minimal length encoding)")},
    {STREAM("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
     FAULT("1002",
           "invalid data frame length (not using minimal length encoding)")},
    {STREAM("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff"),
     FAULT("1009", "Max frame length of 32768 has been exceeded.")},
    {STREAM("\x81\xff\0\0\0\1\0\0\0\0"),
     FAULT("1009", "Max frame length of 32768 has been exceeded.")},
    {STREAM("\x81\xff\0\0\0\0\x40\0\0\0"),
     FAULT("1009", "Max frame length of 32768 has been exceeded.")},
    {STREAM("\x81\xfe\x80\x01"),
     FAULT("1009", "Max frame length of 32768 has been exceeded.")},
    {STREAM("\x82\x80"), FAULT("1003", "Invalid message type")},
    {STREAM("\x02\x80"), FAULT("1003", "Invalid message type")},
    {STREAM("\x88\x81"),
     FAULT("1002", "received close control frame with payload len 1")},
    {STREAM("\x88\x82" MASK "\x03\xed"),
     FAULT("1002", "Invalid close frame getStatus code: 1005")},
    {STREAM("\x88\x83" MASK "\x00\x00"
            "a"),
     FAULT("1002", "Invalid close frame getStatus code: 0")},
    {STREAM("\x88\x82" MASK "\xff\xff"),
     FAULT("1002", "Invalid close frame getStatus code: 65535")},
    {STREAM("\x88\x83" MASK "\x03\xe8\xff"),
     FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x88\x83" MASK "\x03\xe8\xc3"),
     FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x88\x80" MASK "after"), CLOSE("1005", "0", "")},
    {STREAM("\x88\x82" MASK "\x03\xe8"), CLOSE("1000", "0", "")},
    {STREAM("\x88\x85" MASK "\x03\xe9"
            "bye\x81\x81" MASK "a"),
     CLOSE("1001", "3", "bye")},
    {STREAM("\x01\x81" MASK "a"
            "\x88\x80" MASK),
     CLOSE("1005", "0", "")},
    {STREAM("\x81\x82" MASK "\xc0\x80"), FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x81\x83" MASK "\xed\xa0\x80"),
     FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x81\x84" MASK "\xf4\x90\x80\x80"),
     FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x81\x81" MASK "\xc3"), FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x01\x81" MASK "\xc3"
            "\x80\x80" MASK),
     FAULT("1007", "bytes are not UTF-8")},
    {STREAM("\x01\x82" MASK "\xe2\x82"
            "\x89\x80" MASK "\x00\x80" MASK "\x80\x81" MASK "\xac"
            "\x88\x80" MASK),
     PING("0", "") MESSAGE("3", "\xe2\x82\xac") CLOSE("1005", "0", "")},
};

START_TEST(every_stream_of_the_table_ends_as_it_says)
{
    check_trace(&server, streams[_i].stream, streams[_i].size,
                streams[_i].expected);
}
END_TEST

START_TEST(a_whole_message_is_read_where_it_lies)
{
    struct bytes stream = BYTES_EMPTY;
    struct frame_partial *partial = NULL;
    struct frame frame;
    size_t used;
    script_add_text(&stream, 0x81, "gr\xc3\xbc\xc3\x9f dich");
    script_add_text(&stream, 0x89, "still there?");
    uint8_t *in = bytes_begin(&stream);
    size_t n = bytes_size(&stream);

    ck_assert_int_eq(frame_read(&partial, &server, in, n, &used, &frame),
                     FRAME_EVENT_MESSAGE);
    ck_assert_ptr_eq(frame.data, in + 6);
    ck_assert_uint_eq(used, 6 + 11);
    ck_assert_mem_eq(frame.data, "gr\xc3\xbc\xc3\x9f dich", 11);
    in += used;
    n -= used;
    ck_assert_int_eq(frame_read(&partial, &server, in, n, &used, &frame),
                     FRAME_EVENT_PING);
    ck_assert_ptr_eq(frame.data, in + 6);
    ck_assert_uint_eq(used, n);
    ck_assert_ptr_null(partial);
    ck_assert_int_eq(frame_read(&partial, &server, in + n, 0, &used, &frame),
                     FRAME_EVENT_MORE);
    ck_assert_uint_eq(used, 0);
    bytes_deinit(&stream);
}
END_TEST

START_TEST(nothing_is_kept_between_messages)
{
    struct bytes stream = BYTES_EMPTY;
    struct bytes trace = BYTES_EMPTY;
    struct frame_partial *partial = NULL;
    script_add_text(&stream, 0x81, "one");
    const uint8_t *in = bytes_begin(&stream);
    trace_piece(&trace, &partial, &server, in, 1);
    ck_assert_ptr_nonnull(partial);
    trace_piece(&trace, &partial, &server, in + 1, 7);
    ck_assert_ptr_nonnull(partial);
    trace_piece(&trace, &partial, &server, in + 8, 1);
    ck_assert_ptr_null(partial);
    ck_assert_int_eq(bytes_append(&trace, "", 1, TRACE_LIMIT), 0);
    ck_assert_str_eq((char *)bytes_begin(&trace), MESSAGE("3", "one"));
    bytes_deinit(&trace);
    bytes_deinit(&stream);
}
END_TEST

START_TEST(control_frames_come_between_fragments)
{
    struct bytes stream = BYTES_EMPTY;
    script_add_text(&stream, 0x01, "one ");
    script_add_text(&stream, 0x89, "ping");
    script_add_text(&stream, 0x00, "");
    script_add_text(&stream, 0x8a, "pong");
    script_add_text(&stream, 0x00, "two ");
    script_add_text(&stream, 0x89, "");
    script_add_text(&stream, 0x80, "three");
    script_add_text(&stream, 0x81, "");
    script_add_text(&stream, 0x88, "");
    check_stream(&stream, PING("4", "ping") PONG("4", "pong") PING("0", "")
                              MESSAGE("13", "one two three") MESSAGE("0", "")
                                  CLOSE("1005", "0", ""));
}
END_TEST

START_TEST(a_message_of_empty_fragments_is_empty)
{
    struct bytes stream = BYTES_EMPTY;
    script_add_text(&stream, 0x01, "");
    for (int i = 0; i < 14; i++)
        script_add_text(&stream, 0x00, "");
    script_add_text(&stream, 0x80, "");
    check_stream(&stream, MESSAGE("0", ""));
}
END_TEST

START_TEST(empty_fragments_are_counted)
{
    struct bytes stream = BYTES_EMPTY;
    script_add_text(&stream, 0x01, "");
    for (int i = 0; i < 15; i++)
        script_add_text(&stream, 0x00, "");
    script_add_text(&stream, 0x80, "");
    check_stream(&stream, FAULT("1009", "too many fragments"));
}
END_TEST

START_TEST(the_count_of_fragments_begins_anew_with_each_message)
{
    struct bytes stream = BYTES_EMPTY;
    for (int i = 0; i < 2; i++) {
        script_add_text(&stream, 0x01, "a");
        for (int k = 0; k < 14; k++)
            script_add_text(&stream, 0x00, "b");
        script_add_text(&stream, 0x80, "c");
    }
    check_stream(&stream, MESSAGE("16", "abbbbbbbbbbbbbbc")
                              MESSAGE("16", "abbbbbbbbbbbbbbc"));
}
END_TEST

/* Puts one message of @size bytes, in frames of 32768. */
static void put_large(struct bytes *out, size_t size)
{
    static uint8_t text[32768];
    memset(text, 'x', sizeof(text));
    uint8_t opcode = FRAME_TEXT;
    for (; size > sizeof(text); size -= sizeof(text)) {
        script_add(out, opcode, text, sizeof(text));
        opcode = FRAME_CONTINUATION;
    }
    script_add(out, 0x80 | opcode, text, size);
}

START_TEST(a_frame_and_a_message_may_be_as_long_as_their_limits)
{
    const size_t sizes[] = {32768, 131072};
    for (size_t i = 0; i < 2; i++) {
        struct bytes stream = BYTES_EMPTY;
        put_large(&stream, sizes[i]);
        struct bytes trace =
            trace_every_way(&server, bytes_begin(&stream), bytes_size(&stream));
        char head[64];
        int n = snprintf(head, sizeof(head), MESSAGE("%zu", ""), sizes[i]);
        ck_assert_uint_eq(bytes_size(&trace), (size_t)n + sizes[i]);
        ck_assert_mem_eq(bytes_begin(&trace), head, (size_t)n);
        for (size_t k = 0; k < sizes[i]; k++)
            ck_assert_uint_eq(bytes_begin(&trace)[(size_t)n + k], 'x');
        bytes_deinit(&trace);
        bytes_deinit(&stream);
    }
}
END_TEST

START_TEST(a_message_over_its_limit_is_refused_at_the_header)
{
    struct bytes stream = BYTES_EMPTY;
    put_large(&stream, 131073);
    check_trace(&server, bytes_begin(&stream), bytes_size(&stream) - 5,
                FAULT("1009", "content length exceeded 131072 bytes."));
    bytes_deinit(&stream);
}
END_TEST

START_TEST(rules_may_become_stricter_within_a_message)
{
    struct frame_rules strict = server;
    struct bytes stream = BYTES_EMPTY;
    struct bytes trace = BYTES_EMPTY;
    struct frame_partial *partial = NULL;
    strict.max_message = 50;
    put_large(&stream, 32768 + 1000);
    const uint8_t *in = bytes_begin(&stream);
    size_t first = 8 + 32768;
    ck_assert_int_eq(trace_piece(&trace, &partial, &server, in, first - 1),
                     FRAME_EVENT_MORE);
    ck_assert_int_eq(trace_piece(&trace, &partial, &strict, in + first - 1, 1),
                     FRAME_EVENT_MORE);
    ck_assert_int_eq(trace_piece(&trace, &partial, &strict, in + first, 4),
                     FRAME_EVENT_FAULT);
    ck_assert_int_eq(bytes_append(&trace, "", 1, TRACE_LIMIT), 0);
    ck_assert_str_eq((char *)bytes_begin(&trace),
                     FAULT("1009", "content length exceeded 50 bytes."));
    bytes_deinit(&trace);
    bytes_deinit(&stream);
}
END_TEST

START_TEST(a_bad_byte_is_refused_before_its_frame_is_whole)
{
    struct bytes stream = BYTES_EMPTY;
    struct bytes trace = BYTES_EMPTY;
    struct frame_partial *partial = NULL;
    uint8_t text[1000];
    memset(text, 'x', sizeof(text));
    text[400] = 0xff;
    script_add(&stream, 0x81, text, sizeof(text));
    const uint8_t *in = bytes_begin(&stream);
    ck_assert_int_eq(trace_piece(&trace, &partial, &server, in, 8 + 400),
                     FRAME_EVENT_MORE);
    ck_assert_int_eq(trace_piece(&trace, &partial, &server, in + 8 + 400, 1),
                     FRAME_EVENT_FAULT);
    bytes_deinit(&trace);
    bytes_deinit(&stream);
}
END_TEST

START_TEST(a_length_over_the_limit_allocates_nothing)
{
    for (unsigned bit = 15; bit < 64; bit++) {
        uint8_t in[14] = {0x81, 0xff};
        struct frame_partial *partial = NULL;
        struct frame frame;
        size_t used;
        for (unsigned i = 0; i < 8; i++)
            in[2 + i] = (uint8_t)((1ull << bit | 1) >> (56 - 8 * i));
        n_allocations = 0;
        enum frame_event event =
            frame_read(&partial, &server, in, sizeof(in), &used, &frame);
        size_t n = n_allocations; /* of its own: the assertions allocate */
        ck_assert_int_eq(event, FRAME_EVENT_FAULT);
        ck_assert_uint_eq(n, 0);
    }
}
END_TEST

START_TEST(memory_follows_the_bytes_that_came)
{
    const size_t least = 1100; /* the first block, and the partial itself */
    uint8_t in[8] = {0x81, 0xfe, 0x80};
    struct frame_partial *partial = NULL;
    struct frame frame;
    size_t used;
    largest_allocation = 0;
    ck_assert_int_eq(
        frame_read(&partial, &server, in, sizeof(in), &used, &frame),
        FRAME_EVENT_MORE);
    for (size_t n = 1; n < 32768; n++) {
        in[0] = 'x';
        ck_assert_int_eq(frame_read(&partial, &server, in, 1, &used, &frame),
                         FRAME_EVENT_MORE);
        ck_assert_uint_le(largest_allocation, n < least / 2 ? least : 2 * n);
    }
    ck_assert_int_eq(frame_read(&partial, &server, in, 1, &used, &frame),
                     FRAME_EVENT_MESSAGE);
    ck_assert_uint_eq(largest_allocation, 32768);
    frame_partial_free(partial);
}
END_TEST

/* Returns the last event, with the n-th allocation of frame_read() failing. */
static enum frame_event read_in_need(const struct bytes *stream, size_t nth,
                                     struct frame *frame_out)
{
    struct frame_partial *partial = NULL;
    enum frame_event event = FRAME_EVENT_MORE;
    size_t n = bytes_size(stream);
    n_until_null = nth;
    for (size_t at = 0; event == FRAME_EVENT_MORE && at < n; at++) {
        size_t used;
        uint8_t in = bytes_begin(stream)[at];
        event = frame_read(&partial, &server, &in, 1, &used, frame_out);
    }
    n_until_null = 0;
    frame_partial_free(partial);
    return event;
}

START_TEST(out_of_memory_is_a_fault_1011)
{
    struct bytes stream = BYTES_EMPTY;
    struct frame frame;
    size_t n_faults = 0;
    uint8_t text[3000];
    memset(text, 'x', sizeof(text));
    script_add(&stream, 0x01, text, sizeof(text));
    script_add(&stream, 0x80, text, sizeof(text));
    while (read_in_need(&stream, n_faults + 1, &frame) == FRAME_EVENT_FAULT) {
        ck_assert_uint_eq(frame.code, 1011);
        ck_assert_str_eq(frame.reason, "Internal server error");
        n_faults++;
    }
    ck_assert_uint_eq(n_faults, 5); /* the partial; 1008, 2016, 4032, 8064 */
    bytes_deinit(&stream);
}
END_TEST

START_TEST(a_client_refuses_what_is_masked)
{
    struct frame_rules client = server;
    client.is_server = false;
    check_trace(&client,
                STREAM("\x81\x02"
                       "hi\x81\x82"),
                MESSAGE("2", "hi") FAULT(
                    "1002", "received a frame that is not masked as expected"));
}
END_TEST

START_TEST(binary_may_be_allowed_and_is_no_text)
{
    struct frame_rules rules = server;
    rules.takes_binary = true;
    check_trace(&rules,
                STREAM("\x82\x81" MASK "\xff"
                       "\x02\x81" MASK "\xfe"
                       "\x80\x81" MASK "\xfd"
                       "\x81\x81" MASK "a"),
                "message opcode=2 code=0 size=1 \n\xff"
                "message opcode=2 code=0 size=2 \n\xfe\xfd" MESSAGE("1", "a"));
}
END_TEST

START_TEST(only_codes_of_the_rfc_are_valid)
{
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        bool reserved = code == 1004 || code == 1005 || code == 1006;
        bool expected = code >= 1000 && code < 5000 && !reserved &&
                        (code < 1015 || code >= 3000);
        ck_assert_int_eq(frame_close_code_is_valid((uint16_t)code), expected);
    }
}
END_TEST

START_TEST(random_streams_read_the_same_in_any_cuts)
{
    srand((unsigned)_i);
    for (int round = 0; round < 200; round++) {
        struct bytes stream = BYTES_EMPTY;
        bool in_message = false;
        int n_frames = 1 + rand() % 30;
        for (int i = 0; i < n_frames; i++)
            script_add_random(&stream, &in_message);
        struct bytes trace =
            trace_every_way(&server, bytes_begin(&stream), bytes_size(&stream));
        bytes_deinit(&trace);
        bytes_deinit(&stream);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_whole_message_is_read_where_it_lies,
        nothing_is_kept_between_messages,
        control_frames_come_between_fragments,
        a_message_of_empty_fragments_is_empty,
        empty_fragments_are_counted,
        the_count_of_fragments_begins_anew_with_each_message,
        a_frame_and_a_message_may_be_as_long_as_their_limits,
        a_message_over_its_limit_is_refused_at_the_header,
        rules_may_become_stricter_within_a_message,
        a_bad_byte_is_refused_before_its_frame_is_whole,
        a_length_over_the_limit_allocates_nothing,
        memory_follows_the_bytes_that_came,
        out_of_memory_is_a_fault_1011,
        a_client_refuses_what_is_masked,
        binary_may_be_allowed_and_is_no_text,
        only_codes_of_the_rfc_are_valid,
    };
    Suite *suite = suite_create("frame");
    TCase *tcase = tcase_create("frame");
    tcase_add_loop_test(tcase, every_stream_of_the_table_ends_as_it_says, 0,
                        sizeof(streams) / sizeof(streams[0]));
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, random_streams_read_the_same_in_any_cuts, 0, 10);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
