#include "proto/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

START_TEST(an_empty_buffer_owns_no_memory)
{
    struct bytes bytes = BYTES_EMPTY;
    ck_assert(bytes_is_empty(&bytes));
    ck_assert_ptr_null(bytes.data);
    ck_assert_int_eq(bytes_append(&bytes, "abc", 3, 100), 0);
    bytes_consume(&bytes, 3);
    ck_assert_ptr_null(bytes.data);
}
END_TEST

START_TEST(the_limit_counts_what_is_held_not_what_was)
{
    struct bytes bytes = BYTES_EMPTY;
    ck_assert_int_eq(bytes_append(&bytes, "12345", 5, 5), 0);
    ck_assert_int_eq(bytes_append(&bytes, "6", 1, 5), -ENOBUFS);
    ck_assert_uint_eq(bytes_size(&bytes), 5);
    bytes_consume(&bytes, 2);
    ck_assert_int_eq(bytes_append(&bytes, "67", 2, 5), 0);
    ck_assert_mem_eq(bytes_begin(&bytes), "34567", 5);
    bytes_deinit(&bytes);
}
END_TEST

START_TEST(a_buffer_that_is_filled_grows_to_its_limit)
{
    const size_t limits[] = {1, 1007, 1009, 131072};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct bytes bytes = BYTES_EMPTY;
        for (size_t n = 0; n < limits[i]; n++) {
            ck_assert_int_eq(bytes_append(&bytes, "x", 1, limits[i]), 0);
            ck_assert_uint_le(bytes.capacity, limits[i]);
        }
        ck_assert_uint_eq(bytes.capacity, limits[i]);
        bytes_deinit(&bytes);
    }
}
END_TEST

START_TEST(a_length_near_size_max_is_refused)
{
    struct bytes bytes = BYTES_EMPTY;
    uint8_t *tail = NULL;
    ck_assert_int_eq(bytes_append(&bytes, "1", 1, 5), 0);
    ck_assert_int_eq(bytes_reserve(&bytes, SIZE_MAX, 5, &tail), -ENOBUFS);
    ck_assert_ptr_null(tail);
    bytes_deinit(&bytes);
}
END_TEST

START_TEST(bytes_come_out_as_they_went_in)
{
    struct bytes bytes = BYTES_EMPTY;
    uint8_t in = 0;
    uint8_t out = 0;
    srand(7);
    for (int i = 0; i < 500; i++) {
        uint8_t chunk[300];
        size_t n = (size_t)(rand() % 300);
        for (size_t k = 0; k < n; k++)
            chunk[k] = in++;
        ck_assert_int_eq(bytes_append(&bytes, chunk, n, 1 << 20), 0);
        size_t taken = (size_t)rand() % (bytes_size(&bytes) + 1);
        size_t n_wrong = 0;
        for (size_t k = 0; k < taken; k++)
            n_wrong += bytes_begin(&bytes)[k] != out++;
        ck_assert_uint_eq(n_wrong, 0);
        bytes_consume(&bytes, taken);
    }
    bytes_deinit(&bytes);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {an_empty_buffer_owns_no_memory,
                                  the_limit_counts_what_is_held_not_what_was,
                                  a_buffer_that_is_filled_grows_to_its_limit,
                                  a_length_near_size_max_is_refused,
                                  bytes_come_out_as_they_went_in,
                                  NULL};
    return suite_run("bytes", tests);
}
