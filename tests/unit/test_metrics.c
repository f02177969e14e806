#include "daemon/metrics.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

enum { LIMIT = 1 << 20 };

/* The exposition of @sums, NUL-terminated; free it. */
static char *expose(const uint64_t sums[N_METRICS])
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(metrics_append(&out, LIMIT, sums), 0);
    ck_assert_int_eq(bytes_append(&out, "", 1, LIMIT), 0);
    char *text = strdup((char *)bytes_begin(&out));
    bytes_deinit(&out);
    return text;
}

START_TEST(sets_are_summed)
{
    uint64_t sums[N_METRICS] = {0};
    struct metrics *a = metrics_new();
    struct metrics *b = metrics_new();
    metrics_add(a, METRIC_CONNECTS, 2);
    metrics_add(b, METRIC_CONNECTS, 3);
    metrics_add(b, METRIC_BYTES_OUT, UINT64_C(5000000000));
    metrics_sum(a, sums);
    metrics_sum(b, sums);
    ck_assert_uint_eq(sums[METRIC_CONNECTS], 5);
    ck_assert_uint_eq(sums[METRIC_BYTES_OUT], UINT64_C(5000000000));
    char *text = expose(sums);
    ck_assert_ptr_nonnull(strstr(text, "\nmonologued_connect_total 5\n"));
    ck_assert_ptr_nonnull(strstr(
        text,
        "\nmonologued_message_bytes_total{direction=\"out\"} 5000000000\n"));
    free(text);
    metrics_free(a);
    metrics_free(b);
}
END_TEST

START_TEST(a_gauge_goes_down_again)
{
    uint64_t sums[N_METRICS] = {0};
    struct metrics *metrics = metrics_new();
    metrics_add(metrics, METRIC_OPEN, 1);
    metrics_add(metrics, METRIC_OPEN, 1);
    metrics_add(metrics, METRIC_OPEN, (uint64_t)-1);
    metrics_sum(metrics, sums);
    ck_assert_uint_eq(sums[METRIC_OPEN], 1);
    metrics_free(metrics);
}
END_TEST

/* Each metric gets a number of its own and must come out once, in order. */
START_TEST(every_metric_has_one_line_of_its_own)
{
    uint64_t sums[N_METRICS];
    unsigned n = 0;
    for (unsigned i = 0; i < N_METRICS; i++)
        sums[i] = 1000 + i;
    char *text = expose(sums);
    char *save;
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(strncmp(line, "monologued_", 11), 0);
        ck_assert_uint_eq(strtoul(strrchr(line, ' '), NULL, 10), 1000 + n);
        n++;
    }
    ck_assert_uint_eq(n, N_METRICS);
    free(text);
}
END_TEST

START_TEST(labels_stand_where_their_metric_is)
{
    uint64_t sums[N_METRICS] = {0};
    sums[METRIC_CLOSED + END_IDLE] = 1;
    sums[METRIC_HANDSHAKE_FAILURES + END_EOF] = 2;
    sums[METRIC_MANAGED + 2 * METRICS_OUTCOMES + OUTCOME_GONE] = 3;
    sums[METRIC_UNDELIVERED_MAILBOX_FULL] = 4;
    char *text = expose(sums);
    static const char *const expected[] = {
        "\nmonologued_disconnect_total{reason=\"idle\"} 1\n",
        "\nmonologued_handshake_failures_total{reason=\"eof\"} 2\n",
        ("\nmonologued_management_calls_total{action=\"DELETE\",outcome="
         "\"gone\"} 3\n"),
        "\nmonologued_undelivered_total{cause=\"mailbox_full\"} 4\n",
        "\nmonologued_build_info{version=\"",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(strstr(text, expected[i]) != NULL, "no %s", expected[i]);
    free(text);
}
END_TEST

static const struct {
    int status;
    unsigned position;
    enum metric kind;
} refusals[] = {
    {400, 0, METRIC_CLIENT_ERRORS},  {403, 1, METRIC_CLIENT_ERRORS},
    {429, 6, METRIC_CLIENT_ERRORS},  {500, 8, METRIC_EXECUTION_ERRORS},
    {418, 10, METRIC_CLIENT_ERRORS}, {503, 9, METRIC_EXECUTION_ERRORS},
};

START_TEST(refusals_are_counted_by_status_and_as_cloudwatch_does)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        uint64_t sums[N_METRICS] = {0};
        struct metrics *metrics = metrics_new();
        metrics_count_refusal(metrics, refusals[i].status);
        metrics_sum(metrics, sums);
        ck_assert_uint_eq(sums[METRIC_REFUSALS + refusals[i].position], 1);
        ck_assert_uint_eq(sums[refusals[i].kind], 1);
        metrics_free(metrics);
    }
}
END_TEST

START_TEST(undelivered_packets_are_counted_by_cause_and_as_cloudwatch_does)
{
    static const struct {
        enum metric cause;
        enum metric kind;
    } cases[] = {
        {METRIC_UNDELIVERED_THROTTLED, METRIC_CLIENT_ERRORS},
        {METRIC_UNDELIVERED_MALFORMED, METRIC_INTEGRATION_ERRORS},
        {METRIC_UNDELIVERED_GONE, METRIC_INTEGRATION_ERRORS},
        {METRIC_UNDELIVERED_TOO_LONG, METRIC_INTEGRATION_ERRORS},
        {METRIC_UNDELIVERED_QUEUE_FULL, METRIC_EXECUTION_ERRORS},
        {METRIC_UNDELIVERED_MAILBOX_FULL, METRIC_EXECUTION_ERRORS},
        {METRIC_UNDELIVERED_NO_MEMORY, METRIC_EXECUTION_ERRORS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t sums[N_METRICS] = {0};
        struct metrics *metrics = metrics_new();
        metrics_count_undelivered(metrics, cases[i].cause);
        metrics_sum(metrics, sums);
        ck_assert_uint_eq(sums[cases[i].cause], 1);
        ck_assert_uint_eq(sums[cases[i].kind], 1);
        metrics_free(metrics);
    }
    ck_assert_int_eq(metrics_cause(-ENOENT), METRIC_UNDELIVERED_GONE);
    ck_assert_int_eq(metrics_cause(-ENOBUFS), METRIC_UNDELIVERED_QUEUE_FULL);
    ck_assert_int_eq(metrics_cause(-ENOMEM), METRIC_UNDELIVERED_NO_MEMORY);
}
END_TEST

enum { N_COUNTED = 200000 };

static void *count_many(void *data)
{
    for (int i = 0; i < N_COUNTED; i++)
        metrics_add(data, METRIC_MESSAGES_IN, 1);
    return NULL;
}

START_TEST(whoever_reads_meanwhile_sees_a_number_that_only_grows)
{
    struct metrics *metrics = metrics_new();
    pthread_t thread;
    uint64_t last = 0;
    pthread_create(&thread, NULL, count_many, metrics);
    while (last < N_COUNTED) {
        uint64_t sums[N_METRICS] = {0};
        metrics_sum(metrics, sums);
        ck_assert_uint_ge(sums[METRIC_MESSAGES_IN], last);
        last = sums[METRIC_MESSAGES_IN];
    }
    pthread_join(thread, NULL);
    ck_assert_uint_eq(last, N_COUNTED);
    metrics_free(metrics);
}
END_TEST

START_TEST(a_limit_is_kept)
{
    const uint64_t sums[N_METRICS] = {0};
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(metrics_append(&out, 1000, sums), -ENOBUFS);
    ck_assert_uint_le(bytes_size(&out), 1000);
    bytes_deinit(&out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sets_are_summed,
        a_gauge_goes_down_again,
        every_metric_has_one_line_of_its_own,
        labels_stand_where_their_metric_is,
        refusals_are_counted_by_status_and_as_cloudwatch_does,
        undelivered_packets_are_counted_by_cause_and_as_cloudwatch_does,
        whoever_reads_meanwhile_sees_a_number_that_only_grows,
        a_limit_is_kept,
        NULL};
    return suite_run("metrics", tests);
}
