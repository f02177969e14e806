#include "client/pattern.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct {
    const char *pattern;
    const char *name;
    bool matches;
} matches[] = {
    {"*", "a", true},
    {"*", "a.b", false},
    {"*.*", "a.b", true},
    {"a.*", "a.b", true},
    {"a.*", "a", false},
    {"a.*", "a.", true}, /* an empty part is a part */
    {"a.*", "a.b.c", false},
    {"*.b", "a.b", true},
    {"*.b", "a.c", false},
    {"a*", "ab", false}, /* not a wildcard */
    {"a*", "a*", true},
    {"**", "a", true},
    {"**", "a.b.c.d", true},
    {"a.**", "a", true},
    {"a.**", "a.b", true},
    {"a.**", "a.b.c", true},
    {"a.**", "ab", false},
    {"a.**", "b.a", false},
    {"**.c", "c", true},
    {"**.c", "a.b.c", true},
    {"**.c", "a.c.b", false},
    {"a.**.c", "a.c", true},
    {"a.**.c", "a.b.b.c", true},
    {"a.**.c", "a.c.b", false},
    {"a.**.b.c", "a.b.b.c", true},
    {"a.**.b.c", "a.x.b.b.c", true},
    {"a.**.b.**.c", "a.x.b.y.c", true},
    {"a.**.b.**.c", "a.b.c", true},
    {"a.**.b.**.c", "a.x.c", false},
    {"**.*", "a", true},
    {"**.*", "a.b", true},
    {"*.**", "a", true},
    {"**.*.*", "a", false},
    {"**.*.c", "a.c", true},
    {"**.*.c", "a.b.c", true},
    {"**.*.c", "c", false},
    {"a.b", "a.b", true},
    {"a.b", "a.b.", false},
    /* Wildcards in the name are parts like any others. */
    {"a.b", "a.*", false},
    {"a.b", "**", false},
    {"a.*", "a.**", true},
};

START_TEST(a_pattern_stands_for_these_names)
{
    ck_assert_msg(pattern_matches(matches[_i].pattern, matches[_i].name) ==
                      matches[_i].matches,
                  "%s %s", matches[_i].pattern, matches[_i].name);
}
END_TEST

/* Backtracking into every `**` would take longer than the universe has. */
START_TEST(no_name_takes_long)
{
    char name[1025] = "";
    char pattern[1025] = "";
    for (int i = 0; i < 500; i++)
        strcat(name, "a.");
    for (int i = 0; i < 100; i++)
        strcat(pattern, "**.a.");
    strcat(pattern, "b");
    ck_assert(!pattern_matches(pattern, name));
    strcat(name, "b");
    ck_assert(pattern_matches(pattern, name));
}
END_TEST

static const struct {
    const char *name;
    bool is_one;
    bool is_valid;
} names[] = {
    {"a", false, true},       {"a.b", false, true},    {"a*.b", false, true},
    {"***", false, true},     {"*", true, true},       {"a.*", true, true},
    {"**.b", true, true},     {"a.**.b", true, true},  {"**.**", true, false},
    {"a.**.**", true, false}, {"**.*.**", true, true}, {"..", false, true},
};

START_TEST(patterns_are_told_from_names)
{
    ck_assert(pattern_is_one(names[_i].name) == names[_i].is_one);
    ck_assert(pattern_is_valid(names[_i].name) == names[_i].is_valid);
}
END_TEST

static const struct {
    const char *a;
    const char *b; /* was there before */
    size_t common;
    bool precedes;
} pairs[] = {
    {"a.*", "*.a", 0, true},   {"*.a", "a.*", 0, false},
    {"*", "**", 0, true},      {"**", "*", 0, false},
    {"a.*", "a.**", 1, true},  {"a.b.*", "a.*", 1, true},
    {"a.*", "a.*.b", 2, true}, {"a.*.b", "a.*", 2, false},
    {"a.*", "b.*", 0, false}, /* nothing is called by both */
    {"**.a", "**.b", 1, true}, {"**.a", "**.*", 1, true},
    {"**.*", "**.a", 1, true}, {"**.a", "**", 1, false},
    {"**", "**.a", 1, true},
};

START_TEST(the_first_part_that_differs_decides)
{
    ck_assert_uint_eq(pattern_common(pairs[_i].a, pairs[_i].b),
                      pairs[_i].common);
    ck_assert(pattern_precedes(pairs[_i].a, pairs[_i].b, pairs[_i].common) ==
              pairs[_i].precedes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pattern");
    TCase *tcase = tcase_create("pattern");
    tcase_add_loop_test(tcase, a_pattern_stands_for_these_names, 0,
                        sizeof matches / sizeof *matches);
    tcase_add_test(tcase, no_name_takes_long);
    tcase_add_loop_test(tcase, patterns_are_told_from_names, 0,
                        sizeof names / sizeof *names);
    tcase_add_loop_test(tcase, the_first_part_that_differs_decides, 0,
                        sizeof pairs / sizeof *pairs);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
