#include "daemon/registry.h"

#include <stdlib.h>

#include "daemon/connection.h"
#include "tests/lib/suite.h"

enum { N = 5000 };

static struct connection *make(struct connid_source *source, unsigned slot)
{
    struct connection *c = calloc(1, sizeof *c);
    connid_mint(source, slot, &c->id);
    return c;
}

START_TEST(who_was_added_is_found_until_removed)
{
    static struct connection *all[N];
    static bool is_in[N];
    struct connid_source source;
    struct registry registry;
    size_t n_in = 0;
    srand(3);
    connid_source_init(&source);
    ck_assert_int_eq(registry_init(&registry), 0);
    for (int i = 0; i < N; i++)
        all[i] = make(&source, 1);
    for (int step = 0; step < 20 * N; step++) {
        int i = rand() % N;
        /* Fill up first, then empty, so that the table grows and shrinks. */
        bool add = rand() % 8 < (step < 10 * N ? 6 : 2);
        if (add && !is_in[i]) {
            ck_assert_int_eq(registry_add(&registry, all[i]), 0);
            is_in[i] = true;
            n_in++;
        } else if (!add && is_in[i]) {
            registry_remove(&registry, all[i]);
            is_in[i] = false;
            n_in--;
        }
        int k = rand() % N;
        if ((registry_find(&registry, &all[k]->id) == all[k]) != is_in[k])
            ck_abort_msg("step %d: connection %d", step, k);
        ck_assert_uint_eq(registry.n_connections, n_in);
    }
    for (int k = 0; k < N; k++)
        ck_assert((registry_find(&registry, &all[k]->id) == all[k]) ==
                  is_in[k]);
    for (int i = 0; i < N; i++) {
        if (is_in[i])
            registry_remove(&registry, all[i]);
        free(all[i]);
    }
    ck_assert_uint_eq(registry.n_connections, 0);
    ck_assert_uint_lt(registry.mask, 256);
    registry_deinit(&registry);
}
END_TEST

START_TEST(ids_of_one_chain_do_not_hide_each_other)
{
    /* Ids that differ in the last characters only share one home slot. */
    static struct connection c[40];
    struct registry registry;
    ck_assert_int_eq(registry_init(&registry), 0);
    for (int i = 0; i < 40; i++) {
        memcpy(c[i].id.chars, "AAAAAAAAAAACAAA=", CONNID_CHARS);
        c[i].id.chars[13] = (char)('A' + i);
        ck_assert_int_eq(registry_add(&registry, &c[i]), 0);
    }
    for (int i = 0; i < 40; i += 3)
        registry_remove(&registry, &c[i]);
    for (int i = 0; i < 40; i++)
        ck_assert_ptr_eq(registry_find(&registry, &c[i].id),
                         i % 3 ? &c[i] : NULL);
    registry_deinit(&registry);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {who_was_added_is_found_until_removed,
                                  ids_of_one_chain_do_not_hide_each_other,
                                  NULL};
    return suite_run("registry", tests);
}
