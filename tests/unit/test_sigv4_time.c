#include "daemon/sigv4_time.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "tests/lib/suite.h"

enum { UNTOUCHED = 4711 };

static const struct {
    const char *text;
    int rc;
    time_t time;
} times[] = {
    {"20150830T123600Z", 0, 1440938160},
    {"Sun, 30 Aug 2015 12:36:00 GMT", 0, 1440938160},
    {"19700101T000000Z", 0, 0},
    {"20240229T235959Z", 0, 1709251199},
    {"20380119T031408Z", 0, INT64_C(2147483648)},
    {"", -EINVAL, UNTOUCHED},
    {"20150830", -EINVAL, UNTOUCHED},
    {"20150830T123600", -EINVAL, UNTOUCHED},
    {"20150830T123600z", -EINVAL, UNTOUCHED},
    {"20150830T123600ZZ", -EINVAL, UNTOUCHED},
    {"20150830T123600Z ", -EINVAL, UNTOUCHED},
    {" 20150830T123600Z", -EINVAL, UNTOUCHED},
    {"2015 830T123600Z", -EINVAL, UNTOUCHED},
    {"2015083T0123600Z", -EINVAL, UNTOUCHED},
    {"20150830T123660Z", -EINVAL, UNTOUCHED},
    {"20150830T243600Z", -EINVAL, UNTOUCHED},
    {"20150229T123600Z", -EINVAL, UNTOUCHED},
    {"20151330T123600Z", -EINVAL, UNTOUCHED},
    {"00000000T000000Z", -EINVAL, UNTOUCHED},
    {"2015-08-30T12:36:00Z", -EINVAL, UNTOUCHED},
    {"Mon, 30 Aug 2015 12:36:00 GMT", -EINVAL, UNTOUCHED},
    {"Sun, 30 Aug 2015 12:36:00 UTC", -EINVAL, UNTOUCHED},
    {"Sun, 30 Aug 2015 12:36:00 +0000", -EINVAL, UNTOUCHED},
    {"sun, 30 aug 2015 12:36:00 GMT", -EINVAL, UNTOUCHED},
    {"Sunday, 30-Aug-15 12:36:00 GMT", -EINVAL, UNTOUCHED},
};

START_TEST(only_two_forms_are_times)
{
    time_t time = UNTOUCHED;
    ck_assert_int_eq(sigv4_time_read(times[_i].text, &time), times[_i].rc);
    ck_assert_int_eq(time, times[_i].time);
}
END_TEST

START_TEST(a_printed_time_reads_back)
{
    for (time_t time = 0; time < INT64_C(253402300800); time += 86399 * 997) {
        char text[SIGV4_TIME_CHARS + 1];
        time_t again = -1;
        sigv4_time_print(time, text);
        ck_assert_uint_eq(strlen(text), SIGV4_TIME_CHARS);
        ck_assert_int_eq(sigv4_time_read(text, &again), 0);
        ck_assert_int_eq(again, time);
    }
}
END_TEST

START_TEST(a_time_beyond_the_calendar_does_no_harm)
{
    char text[SIGV4_TIME_CHARS + 1];
    sigv4_time_print(INT64_C(253402300800), text);
    ck_assert_str_eq(text, "?");
    sigv4_time_print(INT64_MAX, text);
    ck_assert_str_eq(text, "?");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sigv4_time");
    TCase *tcase = tcase_create("times");
    tcase_add_loop_test(tcase, only_two_forms_are_times, 0,
                        sizeof times / sizeof times[0]);
    tcase_add_test(tcase, a_printed_time_reads_back);
    tcase_add_test(tcase, a_time_beyond_the_calendar_does_no_harm);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
