#include "proto/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/frame_trace.h"
#include "tests/lib/suite.h"

static const struct frame_rules client = {
    .max_frame = 1u << 30, .max_message = 1u << 30, .max_fragments = 1u << 30};

static const struct {
    uint64_t size;
    size_t n;
    uint8_t header[10];
} headers[] = {
    {0, 2, {0x81, 0}},
    {125, 2, {0x81, 125}},
    {126, 4, {0x81, 126, 0, 126}},
    {65535, 4, {0x81, 126, 0xff, 0xff}},
    {65536, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
    {0x0102030405060708, 10, {0x81, 127, 1, 2, 3, 4, 5, 6, 7, 8}},
};

START_TEST(a_length_has_its_shortest_form)
{
    uint8_t header[FRAME_HEADER_MAX];
    size_t n = frame_write_header(header, FRAME_TEXT, true, headers[_i].size);
    ck_assert_uint_eq(n, headers[_i].n);
    ck_assert_mem_eq(header, headers[_i].header, n);
}
END_TEST

START_TEST(a_header_says_whether_it_is_the_last)
{
    uint8_t header[FRAME_HEADER_MAX];
    frame_write_header(header, FRAME_TEXT, false, 0);
    ck_assert_uint_eq(header[0], 0x01);
    frame_write_header(header, FRAME_CONTINUATION, true, 0);
    ck_assert_uint_eq(header[0], 0x80);
}
END_TEST

START_TEST(the_pieces_of_a_message_become_one_frame)
{
    struct bytes out = BYTES_EMPTY;
    const struct iovec parts[] = {{(char[]){"one "}, 4},
                                  {NULL, 0},
                                  {(char[]){"two "}, 4},
                                  {(char[]){"three"}, 5},
                                  {NULL, 0}};
    ck_assert_int_eq(frame_append(&out, 15, FRAME_TEXT, parts, 5, 13), 0);
    ck_assert_uint_eq(bytes_size(&out), 15);
    ck_assert_mem_eq(bytes_begin(&out),
                     "\x81\x0d"
                     "one two three",
                     15);
    bytes_deinit(&out);
}
END_TEST

START_TEST(a_message_over_max_frame_is_cut)
{
    struct bytes out = BYTES_EMPTY;
    const struct iovec parts[] = {
        {(char[]){"one "}, 4}, {(char[]){"two "}, 4}, {(char[]){"three"}, 5}};
    ck_assert_int_eq(frame_append(&out, 100, FRAME_TEXT, parts, 3, 5), 0);
    ck_assert_uint_eq(bytes_size(&out), 19);
    ck_assert_mem_eq(bytes_begin(&out), "\x01\x05one t\x00\x05wo th\x80\x03ree",
                     19);
    bytes_deinit(&out);
}
END_TEST

START_TEST(an_empty_message_is_one_frame)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(frame_append(&out, 2, FRAME_PONG, NULL, 0, 125), 0);
    ck_assert_uint_eq(bytes_size(&out), 2);
    ck_assert_mem_eq(bytes_begin(&out), "\x8a\x00", 2);
    bytes_deinit(&out);
}
END_TEST

START_TEST(what_does_not_fit_is_not_begun)
{
    struct bytes out = BYTES_EMPTY;
    const struct iovec part = {(char[]){"0123456789"}, 10};
    ck_assert_int_eq(frame_append(&out, 11, FRAME_TEXT, &part, 1, 100),
                     -ENOBUFS);
    ck_assert_int_eq(frame_append(&out, 13, FRAME_TEXT, &part, 1, 5), -ENOBUFS);
    ck_assert_ptr_null(out.data);
    ck_assert_int_eq(frame_append(&out, 14, FRAME_TEXT, &part, 1, 5), 0);
    ck_assert_int_eq(frame_append_close(&out, 15, CLOSE_NO_STATUS, NULL, 0),
                     -ENOBUFS);
    ck_assert_uint_eq(bytes_size(&out), 14);
    ck_assert_int_eq(frame_append_close(&out, 16, CLOSE_NO_STATUS, NULL, 0), 0);
    ck_assert_uint_eq(bytes_size(&out), 16);
    bytes_deinit(&out);
}
END_TEST

START_TEST(a_close_frame_bears_code_and_reason)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(
        frame_append_close(&out, 100, CLOSE_GOING_AWAY, "Going away", 10), 0);
    ck_assert_uint_eq(bytes_size(&out), 14);
    ck_assert_mem_eq(bytes_begin(&out), "\x88\x0c\x03\xe9Going away", 14);
    bytes_deinit(&out);
    ck_assert_int_eq(frame_append_close(&out, 100, CLOSE_NORMAL, NULL, 0), 0);
    ck_assert_uint_eq(bytes_size(&out), 4);
    ck_assert_mem_eq(bytes_begin(&out), "\x88\x02\x03\xe8", 4);
    bytes_deinit(&out);
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
    static uint8_t text[200000];
    srand(3);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(' ' + rand() % 90);
    for (int round = 0; round < 100; round++) {
        struct bytes out = BYTES_EMPTY;
        struct iovec parts[5];
        size_t size = 0;
        size_t max_frame = 1 + (size_t)rand() % 100000;
        for (int i = 0; i < 5; i++) {
            size_t n = (size_t)rand() % (rand() % 2 ? 40000 : 130);
            parts[i] = (struct iovec){text + size, n};
            size += n;
        }
        ck_assert_int_eq(
            frame_append(&out, 1u << 30, FRAME_TEXT, parts, 5, max_frame), 0);
        struct bytes trace = trace_frames(&client, bytes_begin(&out),
                                          bytes_size(&out), TRACE_WHOLE);
        ck_assert_uint_gt(bytes_size(&trace), size);
        ck_assert_mem_eq(trace.data + trace.tail - size, text, size);
        bytes_deinit(&trace);
        bytes_deinit(&out);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame_write");
    TCase *tcase = tcase_create("frame_write");
    tcase_add_loop_test(tcase, a_length_has_its_shortest_form, 0,
                        sizeof(headers) / sizeof(headers[0]));
    tcase_add_test(tcase, a_header_says_whether_it_is_the_last);
    tcase_add_test(tcase, the_pieces_of_a_message_become_one_frame);
    tcase_add_test(tcase, a_message_over_max_frame_is_cut);
    tcase_add_test(tcase, an_empty_message_is_one_frame);
    tcase_add_test(tcase, what_does_not_fit_is_not_begun);
    tcase_add_test(tcase, a_close_frame_bears_code_and_reason);
    tcase_add_test(tcase, what_is_written_can_be_read);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
