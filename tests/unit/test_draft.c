#include "proto/draft.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

static struct folder folder;

/* Each test works in a folder of its own. */
static void begin(void)
{
    folder_init(&folder);
    ck_assert_int_eq(chdir(folder.path), 0);
}

static void end(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    folder_deinit(&folder);
}

static void write_plainly(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void expect_text(const char *path, const char *expected)
{
    char text[100] = "";
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    ck_assert_uint_eq(n, strlen(expected));
    ck_assert_str_eq(text, expected);
}

/* In the folder of the test; "." and ".." do not count. */
static int count_files(void)
{
    int n = -2;
    DIR *files = opendir(".");
    ck_assert_ptr_nonnull(files);
    while (readdir(files))
        n++;
    closedir(files);
    return n;
}

START_TEST(a_draft_that_is_kept_takes_the_file_s_place)
{
    struct draft draft;
    struct stat status;
    begin();
    write_plainly("f", "old");
    ck_assert_int_eq(draft_open(&draft, "f"), 0);
    fputs("new", draft.file);
    expect_text("f", "old");
    ck_assert_int_eq(draft_keep(&draft), 0);
    expect_text("f", "new");
    ck_assert_int_eq(stat("f", &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(count_files(), 1);
    end();
}
END_TEST

START_TEST(a_draft_makes_a_file_that_was_not_there)
{
    struct draft draft;
    begin();
    ck_assert_int_eq(draft_open(&draft, "f"), 0);
    fputs("new", draft.file);
    ck_assert_int_eq(draft_keep(&draft), 0);
    expect_text("f", "new");
    end();
}
END_TEST

START_TEST(a_draft_that_is_dropped_leaves_nothing)
{
    struct draft draft;
    begin();
    write_plainly("f", "old");
    ck_assert_int_eq(draft_open(&draft, "f"), 0);
    fputs("new", draft.file);
    draft_drop(&draft);
    expect_text("f", "old");
    ck_assert_int_eq(count_files(), 1);
    end();
}
END_TEST

START_TEST(a_link_stays_one)
{
    struct draft draft;
    struct stat status;
    begin();
    write_plainly("f", "old");
    ck_assert_int_eq(symlink("f", "link"), 0);
    ck_assert_int_eq(draft_open(&draft, "link"), 0);
    fputs("new", draft.file);
    ck_assert_int_eq(draft_keep(&draft), 0);
    expect_text("f", "new");
    ck_assert_int_eq(lstat("link", &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    end();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told)
{
    struct draft draft;
    begin();
    ck_assert_int_eq(draft_open(&draft, "no/f"), -ENOENT);
    ck_assert_int_eq(count_files(), 0);
    end();
}
END_TEST

static void limit_files(rlim_t most)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = most;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Opens a draft where files may be limited; returns the limit as it is. */
static rlim_t begin_with_limit(struct draft *draft)
{
    struct rlimit before;
    begin();
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    write_plainly("f", "old");
    ck_assert_int_eq(draft_open(draft, "f"), 0);
    return before.rlim_cur;
}

/* A disk may have been full for a moment only: the end arrives, but not all. */
START_TEST(a_draft_with_a_gap_is_not_kept)
{
    struct draft draft;
    rlim_t before = begin_with_limit(&draft);
    limit_files(100);
    for (int i = 0; i < 10000; i++)
        fputs("new", draft.file);
    ck_assert(ferror(draft.file));
    limit_files(before);
    ck_assert_int_lt(draft_keep(&draft), 0);
    expect_text("f", "old");
    ck_assert_int_eq(count_files(), 1);
    end();
}
END_TEST

START_TEST(a_draft_that_cannot_be_written_is_not_kept)
{
    struct draft draft;
    rlim_t before = begin_with_limit(&draft);
    fputs("new", draft.file);
    limit_files(0);
    int rc = draft_keep(&draft);
    limit_files(before);
    ck_assert_int_eq(rc, -EFBIG);
    expect_text("f", "old");
    ck_assert_int_eq(count_files(), 1);
    end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_draft_that_is_kept_takes_the_file_s_place,
                                  a_draft_makes_a_file_that_was_not_there,
                                  a_draft_that_is_dropped_leaves_nothing,
                                  a_link_stays_one,
                                  a_folder_that_is_not_there_is_told,
                                  a_draft_with_a_gap_is_not_kept,
                                  a_draft_that_cannot_be_written_is_not_kept,
                                  NULL};
    return suite_run("draft", tests);
}
