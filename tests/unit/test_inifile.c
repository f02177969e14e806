#include "proto/inifile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

struct heard {
    char text[4000]; /* "section/name=value|" for each entry */
    int stop_at;     /* the entry that is refused, counted from 1; 0: none */
    int n_entries;
    int line; /* of the last entry */
};

static int hear(const struct inifile_entry *entry, void *data,
                struct errmsg *errmsg)
{
    struct heard *heard = data;
    if (++heard->n_entries == heard->stop_at) {
        errmsg_set(errmsg, "no %s here", entry->name);
        return -EDOM;
    }
    heard->line = entry->line;
    size_t n = strlen(heard->text);
    snprintf(heard->text + n, sizeof heard->text - n, "%s/%s=%s|",
             entry->section, entry->name, entry->value);
    return 0;
}

static int read_text(const char *text, size_t n, struct heard *heard,
                     struct errmsg *errmsg)
{
    FILE *file = fmemopen((char *)text, n, "r");
    ck_assert_ptr_nonnull(file);
    int rc = inifile_read_stream(file, "f", hear, heard, errmsg);
    fclose(file);
    return rc;
}

static const struct {
    const char *text;
    int rc;
    const char *expected; /* what is heard, or the message */
} cases[] = {
    {"a=1\n", 0, "/a=1|"},
    {"a = 1", 0, "/a=1|"},
    {" a=1\n  b=2\n\tc=3\n", 0, "/a=1|/b=2|/c=3|"},
    {"\xef\xbb\xbf"
     "a=1\r\nb=2\r\n",
     0, "/a=1|/b=2|"},
    {"# x\n; y\n\n[s]\na = 1 ; z\n", 0, "s/a=1|"},
    {"a = x=y;z#\n", 0, "/a=x=y;z#|"},
    {"a =\n", 0, "/a=|"},
    {"a=1\nnothing\n", -EINVAL,
     "f:2: not a \"name = value\" or a \"[section]\""},
    {"[s\na=1\n", -EINVAL, "f:1: not a \"name = value\" or a \"[section]\""},
};

START_TEST(lines_are_told_or_refused)
{
    struct heard heard = {.text = ""};
    struct errmsg errmsg = {""};
    int rc = read_text(cases[_i].text, strlen(cases[_i].text), &heard, &errmsg);
    ck_assert_int_eq(rc, cases[_i].rc);
    ck_assert_str_eq(rc ? errmsg.text : heard.text, cases[_i].expected);
}
END_TEST

START_TEST(an_entry_knows_its_line)
{
    static const char text[] = "a=1\n\n# x\n[s]\nb=2\n";
    struct heard heard = {.text = ""};
    ck_assert_int_eq(read_text(text, 4, &heard, NULL), 0);
    ck_assert_int_eq(heard.line, 1);
    ck_assert_int_eq(read_text(text, strlen(text), &heard, NULL), 0);
    ck_assert_int_eq(heard.line, 5);
}
END_TEST

START_TEST(a_long_line_is_refused_not_cut)
{
    for (size_t n = 150; n < 1000; n++) {
        char text[1100];
        struct heard heard = {.text = ""};
        struct errmsg errmsg = {""};
        memset(text, 'v', n);
        memcpy(text, "a=1\nb=", 6);
        text[n] = '\0';
        int rc = read_text(text, n, &heard, &errmsg);
        if (rc == 0) {
            ck_assert_uint_eq(strlen(heard.text), n + 3);
            continue;
        }
        ck_assert_int_eq(rc, -EINVAL);
        ck_assert_str_eq(heard.text, "/a=1|");
        ck_assert_ptr_nonnull(strstr(errmsg.text, "f:2: the line is longer"));
        return;
    }
    ck_abort_msg("no limit was met");
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
    struct heard heard = {.text = ""};
    struct errmsg errmsg = {""};
    ck_assert_int_eq(read_text("a=1\nb=x\0y\n", 10, &heard, &errmsg), -EINVAL);
    ck_assert_str_eq(errmsg.text, "f:2: a NUL byte is not text");
}
END_TEST

START_TEST(the_first_refusal_ends_the_reading)
{
    struct heard heard = {.text = "", .stop_at = 2};
    struct errmsg errmsg = {""};
    ck_assert_int_eq(read_text("a=1\n\nb=2\nc=3\n", 13, &heard, &errmsg),
                     -EDOM);
    ck_assert_str_eq(errmsg.text, "f:3: no b here");
    ck_assert_int_eq(heard.n_entries, 2);
}
END_TEST

START_TEST(of_two_faults_the_first_is_told)
{
    struct heard heard = {.text = "", .stop_at = 2};
    struct errmsg errmsg = {""};
    ck_assert_int_eq(read_text("a=1\nbad\nb=2\n", 12, &heard, &errmsg),
                     -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "f:2: not a"));
}
END_TEST

START_TEST(a_missing_file_or_a_folder_is_told)
{
    struct heard heard = {.text = ""};
    struct errmsg errmsg = {""};
    ck_assert_int_eq(inifile_read("/nonexistent/x", hear, &heard, &errmsg),
                     -ENOENT);
    ck_assert_str_eq(errmsg.text, "/nonexistent/x: No such file or directory");
    ck_assert_int_eq(inifile_read("/", hear, &heard, &errmsg), -EISDIR);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "Is a directory"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inifile");
    TCase *table = tcase_create("lines");
    tcase_add_loop_test(table, lines_are_told_or_refused, 0,
                        sizeof cases / sizeof cases[0]);
    suite_add_tcase(suite, table);
    TCase *rest = tcase_create("files");
    tcase_add_test(rest, an_entry_knows_its_line);
    tcase_add_test(rest, a_long_line_is_refused_not_cut);
    tcase_add_test(rest, a_nul_byte_is_refused);
    tcase_add_test(rest, the_first_refusal_ends_the_reading);
    tcase_add_test(rest, of_two_faults_the_first_is_told);
    tcase_add_test(rest, a_missing_file_or_a_folder_is_told);
    suite_add_tcase(suite, rest);
    return suite_run_suite(suite);
}
