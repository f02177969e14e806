#include "daemon/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/suite.h"

/* Standard error is a pipe or a file meanwhile; what comes out is gathered. */
struct capture {
    int read_fd;
    int saved_fd;
};

static struct capture capture_pipe(void)
{
    int fds[2];
    struct capture capture;
    ck_assert_int_eq(pipe(fds), 0);
    capture.read_fd = fds[0];
    capture.saved_fd = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    return capture;
}

static void restore(const struct capture *capture)
{
    dup2(capture->saved_fd, STDERR_FILENO);
    close(capture->saved_fd);
}

/* All that was written until nobody can write any more; free it. */
static char *read_all(int fd)
{
    size_t n = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    ssize_t rc;
    while ((rc = read(fd, text + n, capacity - n - 1)) > 0) {
        n += (size_t)rc;
        if (capacity - n < 4096)
            text = realloc(text, capacity *= 2);
    }
    text[n] = '\0';
    close(fd);
    return text;
}

static char *finish(const struct capture *capture)
{
    restore(capture);
    return read_all(capture->read_fd);
}

/* Counts the whole lines and adds those that are told as lost. */
static unsigned long count_told(const char *text)
{
    static const char LOST[] = "log lost lines=";
    unsigned long n = 0;
    const char *end;
    for (; (end = strchr(text, '\n')); text = end + 1) {
        const char *lost =
            memmem(text, (size_t)(end - text), LOST, strlen(LOST));
        n += lost ? strtoul(lost + strlen(LOST), NULL, 10) : 1;
    }
    return n;
}

START_TEST(only_enabled_levels_are_written)
{
    struct capture capture = capture_pipe();
    ck_assert_int_eq(log_open(LOG_WARN, LOG_TEXT), 0);
    log_info("unseen");
    log_warn("seen a=%d", 1);
    log_set_level(LOG_TRACE);
    ck_assert(log_is_enabled(LOG_TRACE));
    log_trace("seen a=2");
    log_set_level(LOG_ERROR);
    ck_assert(!log_is_enabled(LOG_WARN));
    log_close();
    char *text = finish(&capture);
    ck_assert_ptr_null(strstr(text, "unseen"));
    ck_assert_ptr_nonnull(strstr(text, "Z warn seen a=1\n"));
    ck_assert_ptr_nonnull(strstr(text, "Z trace seen a=2\n"));
    free(text);
}
END_TEST

START_TEST(lines_outside_open_and_close_are_written_too)
{
    struct capture capture = capture_pipe();
    log_error("before");
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    log_error("between");
    log_close();
    log_close();
    log_error("after");
    char *text = finish(&capture);
    const char *before = strstr(text, "before\n");
    const char *between = strstr(text, "between\n");
    const char *after = strstr(text, "after\n");
    ck_assert(before && between && after);
    ck_assert(before < between && between < after);
    free(text);
}
END_TEST

START_TEST(the_log_can_be_opened_again)
{
    struct capture capture = capture_pipe();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(log_open(LOG_INFO, LOG_JSON), 0);
        log_info("x n=%d", i);
        log_close();
    }
    char *text = finish(&capture);
    ck_assert_ptr_nonnull(strstr(text, "\"event\":\"x\",\"n\":\"2\"}\n"));
    free(text);
}
END_TEST

enum { N_THREADS = 4, N_LINES = 3000 };

static void *log_many(void *data)
{
    for (int i = 0; i < N_LINES; i++)
        log_info("thread=%d n=%d", *(int *)data, i);
    return NULL;
}

START_TEST(lines_of_many_threads_are_whole_in_order_or_told_as_lost)
{
    FILE *file = tmpfile();
    int saved_fd = dup(STDERR_FILENO);
    pthread_t threads[N_THREADS];
    int numbers[N_THREADS];
    int next[N_THREADS] = {0};
    unsigned long n_lost = 0, n_lines = 0;
    char line[300];
    dup2(fileno(file), STDERR_FILENO);
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    for (int i = 0; i < N_THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, log_many, &numbers[i]);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    log_close();
    dup2(saved_fd, STDERR_FILENO);
    close(saved_fd);
    rewind(file);
    while (fgets(line, sizeof line, file)) {
        int thread, n;
        unsigned long lost;
        if (sscanf(line, "%*s info thread=%d n=%d\n", &thread, &n) == 2) {
            ck_assert_int_ge(n, next[thread]);
            next[thread] = n + 1;
            n_lines++;
        } else {
            ck_assert_int_eq(sscanf(line, "%*s warn log lost lines=%lu", &lost),
                             1);
            n_lost += lost;
        }
    }
    fclose(file);
    ck_assert_uint_gt(n_lines, 0);
    ck_assert_uint_eq(n_lines + n_lost, N_THREADS * N_LINES);
}
END_TEST

/* More lines than pipe and queue hold: log_info() has to return all the same.
 * Once somebody reads, the rest comes, and how much was lost. */
START_TEST(a_reader_that_stops_costs_lines_not_time)
{
    enum { N = 20000, TEXT_MAX = 4 << 20 };
    struct capture capture = capture_pipe();
    char *text = calloc(1, TEXT_MAX);
    size_t n = 0;
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    for (int i = 0; i < N; i++)
        log_info("a line of some length that nobody reads for now n=%d", i);
    while (count_told(text) < N) {
        ssize_t rc = read(capture.read_fd, text + n, TEXT_MAX - 1 - n);
        ck_assert_int_gt(rc, 0);
        n += (size_t)rc;
    }
    ck_assert_uint_eq(count_told(text), N);
    ck_assert_ptr_nonnull(strstr(text, "log lost lines="));
    log_info("and now there is room again");
    log_close();
    restore(&capture);
    free(text);
    text = read_all(capture.read_fd);
    ck_assert_ptr_nonnull(strstr(text, "info and now there is room again\n"));
    free(text);
}
END_TEST

START_TEST(closing_gives_up_on_a_reader_that_never_comes_back)
{
    struct capture capture = capture_pipe();
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    for (int i = 0; i < 5000; i++)
        log_info("a line of some length that nobody will ever read n=%d", i);
    log_close();
    restore(&capture);
    close(capture.read_fd);
}
END_TEST

START_TEST(a_closed_standard_error_does_no_harm)
{
    struct capture capture = capture_pipe();
    signal(SIGPIPE, SIG_IGN);
    close(capture.read_fd);
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    for (int i = 0; i < 5000; i++)
        log_info("into a pipe without reader n=%d", i);
    log_close();
    close(STDERR_FILENO);
    log_info("into no descriptor at all");
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    log_info("into no descriptor at all");
    log_close();
    restore(&capture);
}
END_TEST

START_TEST(a_full_disk_costs_lines_only)
{
    int saved_fd = dup(STDERR_FILENO);
    int fd = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(fd, 0);
    dup2(fd, STDERR_FILENO);
    close(fd);
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    uint64_t n_lost = log_count_lost();
    for (int i = 0; i < 100; i++)
        log_info("n=%d", i);
    log_close();
    ck_assert_uint_eq(log_count_lost(), n_lost + 100);
    dup2(saved_fd, STDERR_FILENO);
    close(saved_fd);
}
END_TEST

START_TEST(the_journal_is_recognised)
{
    struct capture capture = capture_pipe();
    struct stat status;
    char stream[60];
    fstat(STDERR_FILENO, &status);
    snprintf(stream, sizeof stream, "%llu:%llu",
             (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    log_warn("x a=1");
    log_close();
    setenv("JOURNAL_STREAM", "1:1", 1);
    ck_assert_int_eq(log_open(LOG_INFO, LOG_TEXT), 0);
    log_warn("y a=1");
    log_close();
    unsetenv("JOURNAL_STREAM");
    char *text = finish(&capture);
    ck_assert_int_eq(strncmp(text, "<4>x a=1\n20", 11), 0);
    free(text);
}
END_TEST

START_TEST(a_long_line_is_cut_and_says_so)
{
    struct capture capture = capture_pipe();
    char word[3000];
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    log_error("%s", word);
    char *text = finish(&capture);
    size_t n = strlen(text);
    ck_assert_uint_lt(n, 1000);
    ck_assert_str_eq(text + n - 5, "w...\n");
    free(text);
}
END_TEST

START_TEST(levels_and_formats_have_names)
{
    ck_assert_str_eq(log_level_name(LOG_ERROR), "error");
    ck_assert_str_eq(log_level_name(LOG_TRACE), "trace");
    ck_assert_ptr_null(log_level_name((enum log_level)(LOG_TRACE + 1)));
    ck_assert_str_eq(log_format_name(LOG_JSON), "json");
    ck_assert_ptr_null(log_format_name((enum log_format)(LOG_JSON + 1)));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        only_enabled_levels_are_written,
        lines_outside_open_and_close_are_written_too,
        the_log_can_be_opened_again,
        lines_of_many_threads_are_whole_in_order_or_told_as_lost,
        a_reader_that_stops_costs_lines_not_time,
        closing_gives_up_on_a_reader_that_never_comes_back,
        a_closed_standard_error_does_no_harm,
        a_full_disk_costs_lines_only,
        the_journal_is_recognised,
        a_long_line_is_cut_and_says_so,
        levels_and_formats_have_names,
        NULL};
    return suite_run("log", tests);
}
