#include "daemon/usage.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/suite.h"

enum { DAY_S = 86400, NOON_S = DAY_S * 20000 + DAY_S / 2, START_MS = 1000 };

static struct usage *usage;

static struct keys *read_keys(const char *text)
{
    char path[] = "/tmp/test_usage.XXXXXX";
    struct errmsg errmsg = {""}, warning;
    struct keys *keys = keys_new();
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int rc = keys_read(keys, path, &errmsg, &warning);
    unlink(path);
    ck_assert_msg(rc == 0, "%s", errmsg.text);
    return keys;
}

/* Puts the plans of a keys file in force; the keys are gone afterwards. */
static void load(const char *text, uint64_t now_ms)
{
    struct keys *keys = read_keys(text);
    ck_assert_int_eq(usage_set_plans(usage, keys, now_ms), 0);
    keys_free(keys);
}

static struct usage_entry *find(const char *key)
{
    char text[100];
    snprintf(text, sizeof text, "x = %s\n", key);
    struct keys *keys = read_keys(text);
    struct usage_entry *entry = usage_find(usage, keys_find(keys, key)->digest);
    keys_free(keys);
    return entry;
}

static enum usage_verdict take(const char *key, uint64_t now_ms,
                               int64_t epoch_s)
{
    struct usage_entry *entry = find(key);
    ck_assert_ptr_nonnull(entry);
    return usage_take(usage, entry, now_ms, epoch_s);
}

static void start(const char *text)
{
    usage = usage_new();
    ck_assert_ptr_nonnull(usage);
    load(text, START_MS);
}

START_TEST(a_key_without_a_plan_has_no_entry)
{
    start("a = one\nb = two plan=p\n[plan p]\nrate = 1\n");
    ck_assert_ptr_null(find("one"));
    ck_assert_ptr_nonnull(find("two"));
    ck_assert_ptr_null(find("three"));
    usage_free(usage);
}
END_TEST

START_TEST(each_key_has_its_own_rate)
{
    start("a = one plan=p\nb = two plan=p\n[plan p]\nrate = 10\nburst = 2\n");
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_THROTTLED);
    ck_assert_int_eq(take("two", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1099, NOON_S), USAGE_THROTTLED);
    ck_assert_int_eq(take("one", 1100, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1100, NOON_S), USAGE_THROTTLED);
    usage_free(usage);
}
END_TEST

static const struct {
    const char *period;
    int64_t last_s; /* of the period that it begins in */
} quotas[] = {
    {"day", 1704067199},   /* Sunday 2023-12-31 23:59:59 */
    {"month", 1704067199}, /* the same */
    {"week", 1704585599},  /* Saturday 2024-01-06 23:59:59 */
};

START_TEST(a_quota_is_spent_until_its_period_ends)
{
    char text[100];
    int64_t last_s = quotas[_i].last_s;
    snprintf(text, sizeof text, "a = one plan=p\n[plan p]\nquota = 2/%s\n",
             quotas[_i].period);
    start(text);
    ck_assert_int_eq(take("one", 1000, last_s), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, last_s), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, last_s), USAGE_SPENT);
    ck_assert_int_eq(take("one", 9999, last_s), USAGE_SPENT);
    ck_assert_int_eq(take("one", 9999, last_s + 1), USAGE_OK);
    ck_assert_int_eq(take("one", 9999, last_s + 1), USAGE_OK);
    ck_assert_int_eq(take("one", 9999, last_s + 2), USAGE_SPENT);
    usage_free(usage);
}
END_TEST

START_TEST(entries_stay_where_they_are_while_others_come)
{
    enum { N = 1000, LINE = 40 };
    char *text = malloc(N * LINE);
    struct usage_entry *first;
    struct usage_counter counter;
    size_t n = (size_t)sprintf(text, "[plan p]\nquota = 1/day\n[keys]\n");
    start("k0 = key-0 plan=p\n[plan p]\nquota = 1/day\n");
    first = find("key-0");
    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(text + n, "k%d = key-%d plan=p\n", i, i);
    load(text, START_MS);
    ck_assert_ptr_eq(find("key-0"), first);
    for (int i = 0; i < N; i++) {
        char key[20];
        snprintf(key, sizeof key, "key-%d", i);
        ck_assert_int_eq(take(key, START_MS, NOON_S), USAGE_OK);
    }
    ck_assert_int_eq(take("key-999", START_MS, NOON_S), USAGE_SPENT);
    ck_assert(usage_get(usage, N - 1, &counter));
    ck_assert(!usage_get(usage, N, &counter));
    free(text);
    usage_free(usage);
}
END_TEST

START_TEST(what_is_refused_costs_nothing)
{
    start("a = one plan=p\n[plan p]\nrate = 1\nburst = 1\nquota = 2/day\n");
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(take("one", 1500, NOON_S), USAGE_THROTTLED);
    ck_assert_int_eq(take("one", 2000, NOON_S), USAGE_OK);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(take("one", 3000, NOON_S), USAGE_SPENT);
    ck_assert_int_eq(take("one", 3000, NOON_S + DAY_S), USAGE_OK);
    ck_assert_int_eq(take("one", 3000, NOON_S + DAY_S), USAGE_THROTTLED);
    usage_free(usage);
}
END_TEST

START_TEST(a_reload_keeps_what_was_used)
{
    start("a = one plan=p\n[plan p]\nrate = 1\nburst = 3\nquota = 3/day\n");
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    load("b = one plan=q\n[plan q]\nrate = 2\nburst = 3\nquota = 4/day\n",
         1000);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_THROTTLED);
    ck_assert_int_eq(take("one", 1500, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 9000, NOON_S), USAGE_SPENT);
    usage_free(usage);
}
END_TEST

START_TEST(a_key_that_comes_back_does_not_start_anew)
{
    static const char with[] = "a = one plan=p\n[plan p]\nquota = 1/day\n";
    start(with);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    load("b = two\n", 1000);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_SPENT);
    load(with, 1000);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_SPENT);
    load("a = one\n", 1000); /* without a plan */
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    load(with, 1000);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_SPENT);
    usage_free(usage);
}
END_TEST

START_TEST(another_period_starts_anew)
{
    start("a = one plan=p\n[plan p]\nquota = 1/day\n");
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    load("a = one plan=p\n[plan p]\nquota = 1/month\n", 1000);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_SPENT);
    usage_free(usage);
}
END_TEST

START_TEST(a_rate_that_is_new_starts_full)
{
    start("a = one plan=p\n[plan p]\nquota = 9/day\n");
    load("a = one plan=p\n[plan p]\nrate = 1\nburst = 2\n", 5000);
    ck_assert_int_eq(take("one", 5000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 5000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 5000, NOON_S), USAGE_THROTTLED);
    usage_free(usage);
}
END_TEST

START_TEST(counters_are_told_and_restored)
{
    struct usage_counter counter;
    start("a = one plan=p\n[plan p]\nrate = 100\nburst = 9\nquota = 3/day\n");
    ck_assert_uint_eq(usage_count_changes(usage), 0);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_uint_eq(usage_count_changes(usage), 2);
    ck_assert(usage_get(usage, 0, &counter));
    ck_assert(!usage_get(usage, 1, &counter));
    ck_assert_str_eq(counter.name, "a");
    ck_assert_int_eq(counter.period, PLAN_DAY);
    ck_assert_int_eq(counter.start_s, NOON_S - DAY_S / 2);
    ck_assert_uint_eq(counter.n_used, 2);
    usage_free(usage);

    usage = usage_new();
    ck_assert_int_eq(usage_restore(usage, &counter), 0);
    ck_assert_int_eq(usage_restore(usage, &counter), -EEXIST);
    load("a = one plan=p\n[plan p]\nquota = 3/day\n", START_MS);
    ck_assert_uint_eq(usage_count_changes(usage), 0);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_OK);
    ck_assert_int_eq(take("one", 1000, NOON_S), USAGE_SPENT);
    ck_assert_int_eq(take("one", 1000, NOON_S + DAY_S), USAGE_OK);
    usage_free(usage);
}
END_TEST

enum { N_THREADS = 4, N_EACH = 5000 };

static void *take_many(void *entry)
{
    unsigned n = 0;
    for (int i = 0; i < N_EACH; i++)
        n += usage_take(usage, entry, 1000, NOON_S) == USAGE_OK;
    return (void *)(uintptr_t)n;
}

START_TEST(threads_share_one_quota)
{
    start("a = one plan=p\n[plan p]\nquota = 12345/day\n");
    pthread_t threads[N_THREADS];
    uintptr_t n = 0;
    struct usage_entry *entry = find("one");
    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_many, entry),
                         0);
    for (int i = 0; i < N_THREADS; i++) {
        void *taken;
        pthread_join(threads[i], &taken);
        n += (uintptr_t)taken;
    }
    ck_assert_uint_eq(n, 12345);
    usage_free(usage);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {a_quota_is_spent_until_its_period_ends,
                                   NULL};
    const TTest *const once[] = {a_key_without_a_plan_has_no_entry,
                                 each_key_has_its_own_rate,
                                 entries_stay_where_they_are_while_others_come,
                                 what_is_refused_costs_nothing,
                                 a_reload_keeps_what_was_used,
                                 a_key_that_comes_back_does_not_start_anew,
                                 another_period_starts_anew,
                                 a_rate_that_is_new_starts_full,
                                 counters_are_told_and_restored,
                                 threads_share_one_quota,
                                 NULL};
    return suite_run_looped("usage", looped, 3, once);
}
