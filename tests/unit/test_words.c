#include "client/cli/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/seen.h"
#include "tests/lib/suite.h"

/* Lines, and their words with | between them; NULL: the line is refused. */
static const struct {
    const char *line;
    const char *words;
} cases[] = {
    {"", ""},
    {" \t ", ""},
    {"# all of it", ""},
    {"a", "a"},
    {"  call  ID\tadd ", "call|ID|add"},
    {"a # rest", "a"},
    {"a#b", "a#b"},
    {"'a b' c", "a b|c"},
    {"x'a b'y", "xa by"},
    {"''", ""},
    {"a '' b", "a||b"},
    {"\"a b\"", "\"a b\""},
    {"\"a\\\" b\"", "\"a\\\" b\""},
    {"{\"a\": 1} [2, 3]", "{\"a\": 1}|[2, 3]"},
    {"{\"a\": \"} \\\" [\"} x", "{\"a\": \"} \\\" [\"}|x"},
    {"[ 'a b' ]", "[ 'a b' ]"},
    {"[it's]", "[it's]"},
    {"a} b]", "a}|b]"},
    {"{", NULL},
    {"[1, 2", NULL},
    {"'open", NULL},
    {"\"open", NULL},
    {"\"open\\\"", NULL},
    {"\"open\\", NULL},
};

START_TEST(a_line_falls_into_words)
{
    struct words words = {NULL, 0};
    struct errmsg errmsg = {""};
    char joined[200] = "";
    int rc = words_split(cases[_i].line, &words, &errmsg);
    ck_assert_int_eq(rc, cases[_i].words ? 0 : -EINVAL);
    if (rc < 0) {
        ck_assert_ptr_nonnull(strstr(errmsg.text, "not closed"));
        ck_assert_ptr_null(words.all);
        return;
    }
    for (int i = 0; i < words.n; i++) {
        strcat(joined, i ? "|" : "");
        strcat(joined, words.all[i]);
    }
    ck_assert_str_eq(joined, cases[_i].words);
    ck_assert_ptr_null(words.all[words.n]);
    words_deinit(&words);
}
END_TEST

START_TEST(what_is_seen_again_comes_first)
{
    static struct seen seen;
    seen_add(&seen, "a");
    seen_add(&seen, "b");
    seen_add(&seen, "c");
    seen_add(&seen, "a");
    ck_assert_uint_eq(seen.n, 3);
    ck_assert_str_eq(seen.words[0], "a");
    ck_assert_str_eq(seen.words[1], "c");
    ck_assert_str_eq(seen.words[2], "b");
    seen_deinit(&seen);
}
END_TEST

START_TEST(the_oldest_is_forgotten)
{
    static struct seen seen;
    char word[20];
    for (int i = 0; i < SEEN_MAX + 10; i++) {
        snprintf(word, sizeof word, "%d", i);
        seen_add(&seen, word);
    }
    ck_assert_uint_eq(seen.n, SEEN_MAX);
    ck_assert_str_eq(seen.words[0], "209");
    ck_assert_str_eq(seen.words[SEEN_MAX - 1], "10");
    seen_add(&seen, "10");
    ck_assert_uint_eq(seen.n, SEEN_MAX);
    ck_assert_str_eq(seen.words[SEEN_MAX - 1], "11");
    seen_deinit(&seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *tcase = tcase_create("words");
    tcase_add_loop_test(tcase, a_line_falls_into_words, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, what_is_seen_again_comes_first);
    tcase_add_test(tcase, the_oldest_is_forgotten);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
