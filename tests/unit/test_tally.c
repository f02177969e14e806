#include "daemon/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

enum { N_WORKERS = 3, LIMIT = 1 << 20 };

static struct tally *find(struct tallies *tallies, const char *name,
                          unsigned worker)
{
    struct tally *first;
    ck_assert_int_eq(tallies_add(tallies, name, &first), 0);
    return first + worker * TALLY_STRIDE;
}

static char *expose(const struct tallies *tallies)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(tallies_append(tallies, &out, LIMIT), 0);
    ck_assert_int_eq(bytes_append(&out, "", 1, LIMIT), 0);
    char *text = strdup((char *)bytes_begin(&out));
    bytes_deinit(&out);
    return text;
}

START_TEST(the_workers_counters_of_a_key_are_summed)
{
    struct tallies *tallies = tallies_new(N_WORKERS);
    for (unsigned worker = 0; worker < N_WORKERS; worker++) {
        metrics_count(&find(tallies, "alice", worker)->n_connects, 1);
        metrics_count(&find(tallies, "bob", worker)->n_messages, 10 + worker);
    }
    metrics_count(&find(tallies, "", 1)->n_connects, 7);
    char *text = expose(tallies);
    static const char *const expected[] = {
        "\nmonologued_key_connect_total{key=\"alice\"} 3\n",
        "\nmonologued_key_connect_total{key=\"bob\"} 0\n",
        "\nmonologued_key_connect_total{key=\"\"} 7\n",
        "\nmonologued_key_messages_total{key=\"alice\"} 0\n",
        "\nmonologued_key_messages_total{key=\"bob\"} 33\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(strstr(text, expected[i]) != NULL, "no %s", expected[i]);
    free(text);
    tallies_free(tallies);
}
END_TEST

START_TEST(a_name_keeps_its_counters_however_many_follow)
{
    enum { N_NAMES = 3 * TALLY_STRIDE + 1 };
    struct tallies *tallies = tallies_new(N_WORKERS);
    struct tally *before[N_NAMES];
    char name[20];
    for (int i = 0; i < N_NAMES; i++) {
        snprintf(name, sizeof name, "key-%d", i);
        before[i] = find(tallies, name, 2);
        metrics_count(&before[i]->n_messages, (uint64_t)i);
    }
    for (int i = 0; i < N_NAMES; i++) {
        snprintf(name, sizeof name, "key-%d", i);
        ck_assert_ptr_eq(find(tallies, name, 2), before[i]);
        ck_assert_str_eq(before[i]->name, name);
        ck_assert_uint_eq(before[i]->n_messages, i);
    }
    tallies_free(tallies);
}
END_TEST

START_TEST(workers_write_lines_of_cache_of_their_own)
{
    struct tallies *tallies = tallies_new(2);
    for (int i = 0; i < TALLY_STRIDE; i++) {
        char name[20];
        snprintf(name, sizeof name, "%d", i);
        (void)find(tallies, name, 0);
    }
    uintptr_t end = (uintptr_t)(find(tallies, "63", 0) + 1) - 1;
    ck_assert_uint_lt(end / 64, (uintptr_t)find(tallies, "0", 1) / 64);
    tallies_free(tallies);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_workers_counters_of_a_key_are_summed,
                                  a_name_keeps_its_counters_however_many_follow,
                                  workers_write_lines_of_cache_of_their_own,
                                  NULL};
    return suite_run("tally", tests);
}
