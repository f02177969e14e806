#include "daemon/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/suite.h"

/* printf secret | sha256sum */
#define SECRET_HEX \
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

static struct keys *make_keys(void)
{
    struct keys *keys = keys_new();
    ck_assert_ptr_nonnull(keys);
    return keys;
}

/* Writes a keys file and reads it over @keys. */
static int read_text(struct keys *keys, const char *text, mode_t mode,
                     struct errmsg *errmsg, struct errmsg *warning)
{
    char path[] = "/tmp/test_keys.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
    int rc = keys_read(keys, path, errmsg, warning);
    unlink(path);
    return rc;
}

START_TEST(an_empty_set_lets_nobody_in)
{
    struct keys *keys = make_keys();
    ck_assert_uint_eq(keys_count(keys), 0);
    ck_assert_ptr_null(keys_find(keys, ""));
    ck_assert_ptr_null(keys_find(keys, "secret"));
    keys_free(keys);
}
END_TEST

START_TEST(only_the_exact_key_is_found)
{
    struct keys *keys = make_keys();
    ck_assert_int_eq(keys_add(keys, "alice", "secret", NULL), 0);
    ck_assert_int_eq(keys_add(keys, "bob", "Secret", NULL), 0);
    ck_assert_str_eq(keys_find(keys, "secret")->name, "alice");
    ck_assert_str_eq(keys_find(keys, "Secret")->name, "bob");
    const char *const wrong[] = {"",        "secre",   "secrets",
                                 "SECRET",  " secret", ("sha256:" SECRET_HEX),
                                 SECRET_HEX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_ptr_null(keys_find(keys, wrong[i]));
    keys_free(keys);
}
END_TEST

START_TEST(names_and_keys_are_unique)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg;
    ck_assert_int_eq(keys_add(keys, "alice", "one", NULL), 0);
    ck_assert_int_eq(keys_add(keys, "alice", "two", &errmsg), -EEXIST);
    ck_assert_str_eq(errmsg.text, "alice: there is a key of this name already");
    ck_assert_int_eq(keys_add(keys, "bob", "one", &errmsg), -EEXIST);
    ck_assert_str_eq(errmsg.text, "bob: the same key as alice");
    ck_assert_uint_eq(keys_count(keys), 1);
    keys_free(keys);
}
END_TEST

START_TEST(bad_names_and_keys_are_refused)
{
    struct keys *keys = make_keys();
    char long_key[130], long_name[66];
    memset(long_key, 'k', 129);
    long_key[129] = '\0';
    memset(long_name, 'n', 65);
    long_name[65] = '\0';
    const char *const names[] = {"",         "a b", "a/b",
                                 "\xc3\xa4", "a=b", long_name};
    const char *const bad[] = {"", "a b", "a\nb", "\x7f", "\xc3\xa4", long_key};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(keys_add(keys, names[i], "key", NULL), -EINVAL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(keys_add(keys, "name", bad[i], NULL), -EINVAL);
    ck_assert_int_eq(keys_add(keys, long_name + 1, long_key + 1, NULL), 0);
    keys_free(keys);
}
END_TEST

static const struct {
    const char *text;
    int rc;
    const char *fault; /* the end of the message */
} files[] = {
    {"alice = secret\n", 0, ""},
    {"[keys]\nalice = sha256:" SECRET_HEX "\n", 0, ""},
    {"# who\r\n\r\nalice = secret\r\n", 0, ""},
    {"\xef\xbb\xbf"
     "alice = secret\n",
     0, ""},
    {"", -EINVAL, "holds no key: add a line such as monologued keygen prints"},
    {"# nobody yet\n", -EINVAL,
     "holds no key: add a line such as monologued keygen prints"},
    {"alice\n", -EINVAL, ":1: not a \"name = value\" or a \"[section]\""},
    {"alice =\n", -EINVAL,
     ":1: alice: a key has 1 to 128 characters, this one has 0"},
    {"alice = a b\n", -EINVAL,
     ":1: alice: a key is one word; behind it may stand \"disabled\" and "
     "\"plan=PLAN\", each once"},
    {"alice = a\xc3\xa4\n", -EINVAL,
     ":1: alice: a key is printable ASCII without blanks"},
    {"alice = secret plan=p\n[plan p]\nrate = 1\n", 0, ""},
    {"alice = sha256:" SECRET_HEX " \t plan=p\n[plan p]\nrate = 1\n", 0, ""},
    {"[plan p]\nquota = 1/day\n[keys]\nalice = secret plan=p\n", 0, ""},
    {"[plan p]\nquota = 1/day\n", -EINVAL,
     "holds no key: add a line such as monologued keygen prints"},
    {"alice = secret plan=p\n\nbob = x plan=q\n[plan p]\nrate = 1\n", -EINVAL,
     ":3: bob: there is no plan \"q\": add [plan q] with rate, burst or quota"},
    {"alice = secret\n[plan p]\nrate = x\n", -EINVAL,
     ":3: rate: \"x\" is not requests a second, such as 10 or 0.5"},
    {"alice = secret\n[plan p]\n\nburst = 1\n", -EINVAL,
     ":4: plan p has a burst, but no rate"},
    {"alice = secret plan=\n", -EINVAL,
     ":1: alice: plan= is followed by the name of a [plan]"},
    {"alice = secret disabled disabled\n", -EINVAL,
     ":1: alice: a key is one word; behind it may stand \"disabled\" and "
     "\"plan=PLAN\", each once"},
    {"alice = secret plan=p plan=p\n[plan p]\nrate = 1\n", -EINVAL,
     ":1: alice: a key is one word; behind it may stand \"disabled\" and "
     "\"plan=PLAN\", each once"},
    {"alice = disabled\n", -EINVAL,
     ":1: alice: the key is missing in front of \"disabled\""},
    {"alice = plan=p\n[plan p]\nrate = 1\n", -EINVAL,
     ":1: alice: the key is missing in front of \"plan=p\""},
    {"a = x\na = y\n", -EINVAL, ":2: a: there is a key of this name already"},
    {"a = secret\nb = sha256:" SECRET_HEX "\n", -EINVAL,
     ":2: b: the same key as a"},
    /* The first line that is there twice, whatever the letters. */
    {"z = one\nb = two\nz = three\na = four\nb = five\n", -EINVAL,
     ":3: z: there is a key of this name already"},
    {"z = one\nb = two\nc = one\na = two\nd = one\n", -EINVAL,
     ":3: c: the same key as z"},
    {"a = one\nb = one\nc = three\nc = four\n", -EINVAL,
     ":2: b: the same key as a"},
    {"a = one\na = one\n", -EINVAL,
     ":2: a: there is a key of this name already"},
    {"a = sha256:12\n", -EINVAL,
     ":1: a: sha256: is followed by 64 hexadecimal digits"},
    {"a = sha256:"
     "zbb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n",
     -EINVAL, ":1: a: sha256: is followed by 64 hexadecimal digits"},
    {"[users]\na = b\n", -EINVAL,
     ":2: [users] is not a section of a keys file: use [keys] or [plan NAME]"},
    {"a b = c\n", -EINVAL,
     ":1: \"a b\" is not a name for a key: use 1 to 64 letters, digits, dots, "
     "dashes or underscores"},
};

START_TEST(a_file_is_taken_whole_or_not_at_all)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    ck_assert_int_eq(keys_add(keys, "before", "old", NULL), 0);
    int rc = read_text(keys, files[_i].text, 0600, &errmsg, &warning);
    ck_assert_int_eq(rc, files[_i].rc);
    ck_assert_uint_eq(keys_count(keys), rc ? 1 : 2);
    ck_assert_ptr_nonnull(keys_find(keys, "old"));
    ck_assert_str_eq(warning.text, "");
    if (!rc) {
        ck_assert_str_eq(keys_find(keys, "secret")->name, "alice");
    } else {
        size_t n = strlen(files[_i].fault), whole = strlen(errmsg.text);
        ck_assert_uint_ge(whole, n);
        ck_assert_str_eq(errmsg.text + whole - n, files[_i].fault);
    }
    keys_free(keys);
}
END_TEST

/* As many as API Gateway has at most. */
START_TEST(ten_thousand_keys_are_held_against_each_other)
{
    enum { N = 10000, LINE = 32 };
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    char *text = malloc(N * LINE);
    size_t n = 0;
    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(text + n, "k%d = key-%d\n", i, i);
    sprintf(text + n, "k1 = another\n");
    ck_assert_int_eq(read_text(keys, text, 0600, &errmsg, &warning), -EINVAL);
    ck_assert_ptr_nonnull(
        strstr(errmsg.text, ":10001: k1: there is a key of this name already"));
    text[n] = '\0';
    ck_assert_int_eq(read_text(keys, text, 0600, &errmsg, &warning), 0);
    ck_assert_uint_eq(keys_count(keys), N);
    ck_assert_str_eq(keys_find(keys, "key-9999")->name, "k9999");
    ck_assert_int_eq(keys_add(keys, "last", "key-0", &errmsg), -EEXIST);
    ck_assert_str_eq(errmsg.text, "last: the same key as k0");
    free(text);
    keys_free(keys);
}
END_TEST

START_TEST(a_disabled_key_is_known_but_not_found)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    ck_assert_int_eq(
        read_text(keys, "a = one disabled\nb = two\n", 0600, &errmsg, &warning),
        0);
    ck_assert_uint_eq(keys_count(keys), 2);
    ck_assert_ptr_null(keys_find(keys, "one"));
    ck_assert_str_eq(keys_find(keys, "two")->name, "b");
    ck_assert(keys_get(keys, 0)->is_disabled);
    ck_assert_int_eq(keys_add(keys, "c", "one", NULL), -EEXIST);
    keys_free(keys);
}
END_TEST

START_TEST(keys_know_their_plans_after_each_file)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    ck_assert_int_eq(read_text(keys,
                               "a = one plan=p disabled\nb = two\n"
                               "c = three disabled plan=q\n"
                               "[plan p]\nrate = 2\n[plan q]\nquota = 7/day\n",
                               0600, &errmsg, &warning),
                     0);
    ck_assert_int_eq(
        read_text(keys, "d = four plan=p\n", 0600, &errmsg, &warning), 0);
    ck_assert_int_eq(
        read_text(keys, "e = five plan=x\n", 0600, &errmsg, &warning), -EINVAL);
    ck_assert_double_eq(keys_get(keys, 0)->plan->rate, 2);
    ck_assert_ptr_null(keys_get(keys, 1)->plan);
    ck_assert_uint_eq(keys_get(keys, 2)->plan->quota, 7);
    ck_assert_ptr_eq(keys_find(keys, "four")->plan, keys_get(keys, 0)->plan);
    keys_free(keys);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_never_half_a_key)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    char text[301];
    memset(text, 'k', 300);
    memcpy(text, "a = ", 4);
    text[300] = '\0';
    ck_assert_int_eq(read_text(keys, text, 0600, &errmsg, &warning), -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, ":1: the line is longer"));
    ck_assert_uint_eq(keys_count(keys), 0);
    keys_free(keys);
}
END_TEST

START_TEST(a_file_that_everybody_reads_is_warned_of)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    ck_assert_int_eq(read_text(keys, "a = b\n", 0666, &errmsg, &warning), 0);
    ck_assert_ptr_nonnull(strstr(warning.text, "everybody"));
    ck_assert_int_eq(read_text(keys, "c = d\n", 0640, &errmsg, &warning), 0);
    ck_assert_str_eq(warning.text, "");
    keys_free(keys);
}
END_TEST

START_TEST(a_missing_file_is_told)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    ck_assert_int_eq(keys_read(keys, "/nonexistent/keys", &errmsg, &warning),
                     -ENOENT);
    ck_assert_str_eq(errmsg.text,
                     "/nonexistent/keys: No such file or directory");
    keys_free(keys);
}
END_TEST

START_TEST(a_generated_key_and_its_line_belong_together)
{
    struct keys *keys = make_keys();
    struct errmsg errmsg = {""}, warning = {""};
    char key[KEY_CHARS + 1], other[KEY_CHARS + 1], line[KEYS_LINE_MAX];
    ck_assert_int_eq(keys_generate(key), 0);
    ck_assert_int_eq(keys_generate(other), 0);
    ck_assert_str_ne(key, other);
    ck_assert_uint_eq(strlen(key), KEY_CHARS);
    for (const char *c = key; *c; c++)
        ck_assert((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
                  (*c >= 'a' && *c <= 'z'));
    ck_assert_int_eq(keys_print_line("ci", key, line, &errmsg), 0);
    ck_assert_int_eq(read_text(keys, line, 0600, &errmsg, &warning), 0);
    ck_assert_str_eq(keys_find(keys, key)->name, "ci");
    ck_assert_ptr_null(keys_find(keys, other));
    ck_assert_int_eq(keys_print_line("c i", key, line, &errmsg), -EINVAL);
    keys_free(keys);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keys");
    TCase *tcase = tcase_create("files");
    tcase_add_loop_test(tcase, a_file_is_taken_whole_or_not_at_all, 0,
                        sizeof files / sizeof files[0]);
    tcase_add_test(tcase, ten_thousand_keys_are_held_against_each_other);
    tcase_add_test(tcase, a_disabled_key_is_known_but_not_found);
    tcase_add_test(tcase, keys_know_their_plans_after_each_file);
    tcase_add_test(tcase, a_line_that_is_too_long_is_never_half_a_key);
    tcase_add_test(tcase, a_file_that_everybody_reads_is_warned_of);
    tcase_add_test(tcase, a_missing_file_is_told);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("keys");
    tcase_add_test(tcase, an_empty_set_lets_nobody_in);
    tcase_add_test(tcase, only_the_exact_key_is_found);
    tcase_add_test(tcase, names_and_keys_are_unique);
    tcase_add_test(tcase, bad_names_and_keys_are_refused);
    tcase_add_test(tcase, a_generated_key_and_its_line_belong_together);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
