#include "daemon/route.h"

#include <stdio.h>
#include <string.h>

#include "daemon/connection.h"
#include "tests/lib/suite.h"

enum { OWN_SLOT = 1, N_SLOTS = 3, MAX_MESSAGE = 131072 };

static struct registry registry;
static struct connection here;
static struct connid elsewhere, nobody, nowhere;

static const struct route_table table = {
    .registry = &registry,
    .own_slot = OWN_SLOT,
    .n_slots = N_SLOTS,
    .max_message = MAX_MESSAGE,
};

static void set_up(void)
{
    struct connid_source source;
    connid_source_init(&source);
    connid_mint(&source, OWN_SLOT, &here.id);
    connid_mint(&source, OWN_SLOT, &nobody);
    connid_mint(&source, 2, &elsewhere);
    connid_mint(&source, N_SLOTS, &nowhere);
    ck_assert_int_eq(registry_init(&registry), 0);
    ck_assert_int_eq(registry_add(&registry, &here), 0);
}

static void tear_down(void)
{
    registry_deinit(&registry);
}

static enum route_verdict route_to(const char *to, int n, struct route *route)
{
    static char text[1000];
    int size =
        snprintf(text, sizeof text,
                 "{\"to\":\"%.*s\",\"payload\":{\"type\":\"REQ\"}}", n, to);
    return route_message(&table, text, (size_t)size, route);
}

START_TEST(an_id_of_ours_is_found_here)
{
    struct route route;
    ck_assert_int_eq(route_to(here.id.chars, CONNID_CHARS, &route),
                     ROUTE_LOCAL);
    ck_assert_ptr_eq(route.receiver, &here);
    ck_assert_uint_eq(route.packet.payload_size, strlen("{\"type\":\"REQ\"}"));
    ck_assert_int_eq(route_to(nobody.chars, CONNID_CHARS, &route), ROUTE_GONE);
}
END_TEST

START_TEST(an_id_of_another_worker_goes_there_without_looking)
{
    struct route route;
    ck_assert_int_eq(route_to(elsewhere.chars, CONNID_CHARS, &route),
                     ROUTE_REMOTE);
    ck_assert_uint_eq(route.slot, 2);
    ck_assert(connid_equal(&route.to, &elsewhere));
}
END_TEST

START_TEST(an_id_of_no_worker_is_gone)
{
    struct route route;
    ck_assert_int_eq(route_to(nowhere.chars, CONNID_CHARS, &route), ROUTE_GONE);
}
END_TEST

START_TEST(what_has_not_the_shape_of_an_id_is_gone)
{
    static const char *const odd[] = {
        "x",       "AAAAAAAAAAACAAA",  "AAAAAAAAAAACAAA==", "*",
        "a.b",     "../../etc/passwd", "AAAAAAAAAAACAAB=",  "AAAAAAAAAAA+AAA=",
        "\\u0000", "\\r\\n",
    };
    struct route route;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        ck_assert_msg(route_to(odd[i], (int)strlen(odd[i]), &route) ==
                          ROUTE_GONE,
                      "%s", odd[i]);
}
END_TEST

START_TEST(whoami_is_six_bytes_and_no_packet)
{
    struct route route;
    ck_assert_int_eq(route_message(&table, "whoami", 6, &route), ROUTE_WHOAMI);
    ck_assert_int_eq(route_message(&table, "whoami\n", 7, &route),
                     ROUTE_MALFORMED);
}
END_TEST

/* "from" is two bytes longer than "to", and an id of ours is 16. */
START_TEST(the_longest_packet_is_counted_as_it_will_be_relayed)
{
    static char text[MAX_MESSAGE + 16];
    struct route route;
    int head = sprintf(text, "{\"to\":\"%.*s\",\"payload\":{\"type\":\"",
                       CONNID_PRINT(&here.id));
    for (size_t size = MAX_MESSAGE - 4; size <= MAX_MESSAGE; size++) {
        memset(text + head, 'x', sizeof text - (size_t)head);
        memcpy(text + size - 3, "\"}}", 3);
        ck_assert_int_eq(route_message(&table, text, size, &route),
                         size + 2 <= MAX_MESSAGE ? ROUTE_LOCAL
                                                 : ROUTE_TOO_LONG);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_id_of_ours_is_found_here,
        an_id_of_another_worker_goes_there_without_looking,
        an_id_of_no_worker_is_gone,
        what_has_not_the_shape_of_an_id_is_gone,
        whoami_is_six_bytes_and_no_packet,
        the_longest_packet_is_counted_as_it_will_be_relayed};
    Suite *suite = suite_create("route");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        TCase *tcase = tcase_create(tests[i]->name);
        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    return suite_run_suite(suite);
}
