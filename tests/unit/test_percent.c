#include "daemon/percent.h"

#include "tests/lib/suite.h"

static const struct {
    const char *text;
    const char *decoded;
} texts[] = {
    {"", ""},           {"plain", "plain"},     {"%41%42", "AB"},
    {"%2b+%2B", "+++"}, {"%c3%A9", "\xc3\xa9"}, {"%2541", "%41"},
    {"%", "%"},         {"%4", "%4"},           {"%zz", "%zz"},
    {"%4g", "%4g"},     {"%%41", "%A"},
};

START_TEST(a_text_is_decoded_byte_by_byte)
{
    struct slice rest = slice_of(texts[_i].text);
    for (const char *c = texts[_i].decoded; *c; c++)
        ck_assert_int_eq(percent_take(&rest), (unsigned char)*c);
    ck_assert_int_eq(percent_take(&rest), -1);
    ck_assert_int_eq(percent_take(&rest), -1);
}
END_TEST

START_TEST(nothing_behind_the_end_is_read)
{
    struct slice cut = {"%41", 2};
    ck_assert_int_eq(percent_take(&cut), '%');
    ck_assert_int_eq(percent_take(&cut), '4');
    ck_assert_int_eq(percent_take(&cut), -1);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {a_text_is_decoded_byte_by_byte, NULL};
    const TTest *const once[] = {nothing_behind_the_end_is_read, NULL};
    return suite_run_looped("percent", looped, sizeof texts / sizeof *texts,
                            once);
}
