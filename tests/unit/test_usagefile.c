#include "daemon/usagefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/suite.h"

#define HEX "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define OTHER "00000000000000000000000000000000000000000000000000000000000000ff"

enum { DAY_S = 86400, TODAY_S = 1704067200 /* Monday 2024-01-01 */ };

static char folder[] = "/tmp/test_usagefile.XXXXXX";
static char path[80];

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void expect_text(const char *expected)
{
    char text[2000];
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_file_that_is_not_there_is_empty)
{
    struct usage *usage = usage_new();
    struct usage_counter counter;
    struct errmsg errmsg = {""};
    unlink(path);
    ck_assert_int_eq(usagefile_read(path, usage, &errmsg), 0);
    ck_assert(!usage_get(usage, 0, &counter));
    usage_free(usage);
}
END_TEST

#define GOOD                                       \
    "a = sha256:" HEX " 17/day since 2024-01-01\n" \
    "b.c = sha256:" OTHER " 18446744073709551615/month since 2024-01-01\n"

START_TEST(what_is_written_reads_back)
{
    struct usage *usage = usage_new();
    struct usage_counter counter;
    struct errmsg errmsg = {""};
    struct stat status;
    write_text(GOOD);
    int rc = usagefile_read(path, usage, &errmsg);
    ck_assert_msg(rc == 0, "%s", errmsg.text);
    ck_assert(usage_get(usage, 0, &counter));
    ck_assert_str_eq(counter.name, "a");
    ck_assert_uint_eq(counter.digest[0], 0x2b);
    ck_assert_uint_eq(counter.digest[31], 0x5b);
    ck_assert_int_eq(counter.period, PLAN_DAY);
    ck_assert_int_eq(counter.start_s, TODAY_S);
    ck_assert_uint_eq(counter.n_used, 17);
    unlink(path);
    ck_assert_int_eq(usagefile_write(path, usage, TODAY_S + 99, &errmsg), 0);
    expect_text(GOOD);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    usage_free(usage);
}
END_TEST

START_TEST(what_is_over_is_not_written)
{
    struct usage *usage = usage_new();
    struct errmsg errmsg = {""};
    write_text(GOOD);
    ck_assert_int_eq(usagefile_read(path, usage, &errmsg), 0);
    ck_assert_int_eq(usagefile_write(path, usage, TODAY_S + DAY_S, &errmsg), 0);
    expect_text("b.c = sha256:" OTHER
                " 18446744073709551615/month since 2024-01-01\n");
    usage_free(usage);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct usage *usage = usage_new();
    struct errmsg errmsg = {""};
    struct stat status;
    char target[100];
    snprintf(target, sizeof target, "%s/target", folder);
    unlink(path);
    write_text("");
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_int_eq(usagefile_write(path, usage, TODAY_S, &errmsg), 0);
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    unlink(target);
    unlink(path);
    usage_free(usage);
}
END_TEST

START_TEST(a_try_leaves_nothing_behind)
{
    struct errmsg errmsg = {""};
    unlink(path);
    ck_assert_int_eq(usagefile_try(path, &errmsg), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* only an empty one goes */
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_text(GOOD);
    ck_assert_int_eq(usagefile_try(path, &errmsg), 0);
    expect_text(GOOD);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told)
{
    struct usage *usage = usage_new();
    struct errmsg errmsg = {""};
    ck_assert_int_eq(usagefile_write("/nonexistent/usage", usage, 0, &errmsg),
                     -ENOENT);
    ck_assert_str_eq(errmsg.text, "cannot write /nonexistent/usage: No such "
                                  "file or directory");
    ck_assert_int_eq(usagefile_try("/nonexistent/usage", &errmsg), -ENOENT);
    usage_free(usage);
}
END_TEST

/* Lines of which each spoils the file. */
static const char *const broken[] = {
    "a = sha256:" HEX " 17/day since 2024-01-01 x",
    "a = sha256:" HEX " 17/day since 2024-01-01x",
    "a = sha256:" HEX " 17/day since 2024-01-32",
    "a = sha256:" HEX " 17/day since",
    "a = sha256:" HEX " 17/day",
    "a = sha256:" HEX " 17",
    "a = sha256:" HEX,
    "a = sha256:" HEX " /day since 2024-01-01",
    "a = sha256:" HEX " -1/day since 2024-01-01",
    "a = sha256:" HEX " 18446744073709551616/day since 2024-01-01",
    "a = sha256:" HEX " 17/year since 2024-01-01",
    "a = sha256:" HEX " 17/week since 2024-01-01", /* a Monday */
    "a = sha256:" HEX " 17/month since 2024-01-02",
    "a = sha256:" HEX " 17/day until 2024-01-01",
    "a = sha256:" HEX "0 17/day since 2024-01-01",
    "a = sha256:X" HEX " 17/day since 2024-01-01",
    "a = md5:" HEX " 17/day since 2024-01-01",
    "a =",
    "a",
    "b = sha256:" OTHER " 1/day since 2024-01-01", /* there is one */
    "[usage]\na = sha256:" HEX " 17/day since 2024-01-01",
};

START_TEST(a_broken_line_is_told_with_its_number)
{
    struct usage *usage = usage_new();
    struct errmsg errmsg = {""};
    char text[400], place[100];
    bool has_section = broken[_i][0] == '[';
    snprintf(text, sizeof text,
             "x = sha256:" OTHER " 1/day since 2024-01-01\n"
             "%s\n",
             broken[_i]);
    write_text(text);
    ck_assert_int_eq(usagefile_read(path, usage, &errmsg), -EINVAL);
    snprintf(place, sizeof place, "%s:%d: ", path, has_section ? 3 : 2);
    ck_assert_msg(strncmp(errmsg.text, place, strlen(place)) == 0, "%s",
                  errmsg.text);
    usage_free(usage);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {a_broken_line_is_told_with_its_number, NULL};
    const TTest *const once[] = {a_file_that_is_not_there_is_empty,
                                 what_is_written_reads_back,
                                 what_is_over_is_not_written,
                                 a_link_stays_a_link,
                                 a_try_leaves_nothing_behind,
                                 a_folder_that_is_not_there_is_told,
                                 NULL};
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/usage", folder);
    int status = suite_run_looped("usagefile", looped,
                                  sizeof broken / sizeof *broken, once);
    unlink(path);
    rmdir(folder);
    return status;
}
