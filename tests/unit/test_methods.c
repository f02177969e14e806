#include "client/methods.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

/* Two handlers that differ in address only; neither is ever called. */
static int first(struct monologue_request *request, const json_t *args,
                 json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)ret_out;
    (void)data;
    return -ENOSYS;
}

static int second(struct monologue_request *request, const json_t *args,
                  json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)ret_out;
    (void)data;
    return -ENOENT;
}

static int add(struct methods *methods, const char *name,
               monologue_handler_cb cb, const char *letter)
{
    const struct methods_handler handler = {.cb = cb, .data = (void *)letter};
    return methods_add(methods, name, &handler);
}

static int take(struct methods *methods, const char *name,
                monologue_handler_cb cb, const char *letter)
{
    const struct methods_handler handler = {.cb = cb, .data = (void *)letter};
    return methods_remove(methods, name, &handler);
}

/* What a walk visited, as the letters the handlers were added with. */
struct trace {
    char letters[32];
    struct methods *methods; /* to change during the walk, or NULL */
};

static void visit(const struct methods_handler *handler, void *visit_data)
{
    struct trace *trace = visit_data;
    strcat(trace->letters, handler->data);
    if (trace->methods && strcmp(handler->data, "a") == 0) {
        ck_assert_int_eq(take(trace->methods, "add", first, "b"), 0);
        ck_assert_int_eq(take(trace->methods, "add", first, "a"), 0);
        ck_assert_int_eq(take(trace->methods, "**", first, "y"), 0);
        ck_assert_int_eq(add(trace->methods, "add", first, "d"), 0);
        ck_assert_int_eq(add(trace->methods, "*", first, "z"), 0);
    }
}

static const char *walk_name(struct methods *methods, const char *name)
{
    static struct trace trace;
    trace = (struct trace){.methods = NULL};
    methods_walk(methods, name, visit, &trace);
    return trace.letters;
}

static const char *walk(struct methods *methods, bool changing)
{
    static struct trace trace;
    trace = (struct trace){.methods = changing ? methods : NULL};
    methods_walk(methods, "add", visit, &trace);
    return trace.letters;
}

START_TEST(handlers_of_a_name_are_visited_in_order)
{
    struct methods methods;
    methods_init(&methods, 10);
    add(&methods, "add", first, "a");
    add(&methods, "sub", first, "x");
    add(&methods, "add", second, "b");
    ck_assert_str_eq(walk(&methods, false), "ab");
    ck_assert(methods_has(&methods, "sub"));
    ck_assert(!methods_has(&methods, "ad"));
    methods_deinit(&methods);
}
END_TEST

START_TEST(removing_takes_exactly_one)
{
    struct methods methods;
    methods_init(&methods, 10);
    add(&methods, "add", first, "a");
    add(&methods, "add", second, "a");
    ck_assert_int_eq(take(&methods, "sub", first, "a"), -ENOENT);
    ck_assert_int_eq(take(&methods, "add", first, NULL), -ENOENT);
    ck_assert_int_eq(take(&methods, "add", second, "a"), 0);
    ck_assert_int_eq(take(&methods, "add", second, "a"), -ENOENT);
    ck_assert_str_eq(walk(&methods, false), "a");
    ck_assert_int_eq(take(&methods, "add", first, "a"), 0);
    ck_assert(!methods_has(&methods, "add"));
    methods_deinit(&methods);
}
END_TEST

START_TEST(of_several_alike_the_last_goes)
{
    struct methods methods;
    methods_init(&methods, 10);
    add(&methods, "add", first, "a");
    add(&methods, "add", second, "b");
    add(&methods, "add", first, "a");
    ck_assert_int_eq(take(&methods, "add", first, "a"), 0);
    ck_assert_str_eq(walk(&methods, false), "ab");
    methods_deinit(&methods);
}
END_TEST

START_TEST(a_name_has_no_more_handlers_than_allowed)
{
    struct methods methods;
    methods_init(&methods, 2);
    ck_assert_int_eq(add(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(add(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(add(&methods, "add", first, NULL), -ENOSPC);
    ck_assert_int_eq(add(&methods, "sub", first, NULL), 0);
    ck_assert_int_eq(take(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(add(&methods, "add", first, NULL), 0);
    methods_deinit(&methods);
}
END_TEST

START_TEST(names_have_bounds)
{
    struct methods methods;
    char name[MONOLOGUE_MAX_NAME + 2];
    memset(name, 'x', sizeof name);
    name[MONOLOGUE_MAX_NAME + 1] = '\0';
    methods_init(&methods, 2);
    ck_assert_int_eq(add(&methods, name, first, NULL), -EINVAL);
    ck_assert_int_eq(add(&methods, name + 1, first, NULL), 0);
    ck_assert_int_eq(add(&methods, "", first, NULL), -EINVAL);
    ck_assert_int_eq(add(&methods, "a.**.**", first, NULL), -EINVAL);
    methods_deinit(&methods);
}
END_TEST

START_TEST(a_walk_survives_changes_made_on_the_way)
{
    struct methods methods;
    methods_init(&methods, 10);
    add(&methods, "add", first, "a");
    add(&methods, "add", first, "b");
    add(&methods, "add", first, "c");
    add(&methods, "**", first, "y");
    ck_assert_str_eq(walk(&methods, true), "ac");
    ck_assert_str_eq(walk(&methods, false), "cdz");
    methods_deinit(&methods);
}
END_TEST

/* Patterns in the order of adding, a letter each from a on, and who is called
 * in which order. */
static const struct {
    const char *patterns[6];
    const char *name;
    const char *letters;
} orders[] = {
    {{"**", "*", "a"}, "a", "cba"},
    {{"a.**", "a.*", "*.b", "a.b", "**"}, "a.b", "dbace"},
    {{"a.**", "a"}, "a", "ba"},
    {{"**.b", "**.a.b", "**"}, "a.b", "cba"},
    {{"**.a.x", "**.*", "**.a.*", "**"}, "a.x", "dbac"},
    {{"*.*", "*.b", "*.**"}, "a.b", "bac"},
    {{"b", "*", "**.c"}, "c", "bc"},
    {{"a.b", "a.c"}, "a", ""},
    {{"*", "*", "a"}, "a", "cab"},
};

START_TEST(patterns_are_called_in_their_order)
{
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f"};
    struct methods methods;
    methods_init(&methods, 10);
    for (int i = 0; i < 6 && orders[_i].patterns[i]; i++)
        ck_assert_int_eq(
            add(&methods, orders[_i].patterns[i], first, letters[i]), 0);
    ck_assert_str_eq(walk_name(&methods, orders[_i].name), orders[_i].letters);
    ck_assert(methods_has(&methods, orders[_i].name) == !!*orders[_i].letters);
    methods_deinit(&methods);
}
END_TEST

START_TEST(a_pattern_that_is_removed_is_forgotten)
{
    struct methods methods;
    methods_init(&methods, 10);
    add(&methods, "**", first, "a");
    ck_assert(methods_has(&methods, "add"));
    ck_assert_int_eq(take(&methods, "*", first, "a"), -ENOENT);
    ck_assert_int_eq(take(&methods, "**", first, "a"), 0);
    ck_assert(!methods_has(&methods, "add"));
    methods_deinit(&methods);
}
END_TEST

START_TEST(a_thousand_names_are_told_apart)
{
    struct methods methods;
    char name[16];
    methods_init(&methods, 10);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "name%d", i);
        ck_assert_int_eq(add(&methods, name, first, i % 2 ? "a" : "b"), 0);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "name%d", i);
        ck_assert_str_eq(walk_name(&methods, name), i % 2 ? "a" : "b");
    }
    methods_deinit(&methods);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("methods");
    TCase *tcase = tcase_create("methods");
    tcase_add_test(tcase, handlers_of_a_name_are_visited_in_order);
    tcase_add_test(tcase, removing_takes_exactly_one);
    tcase_add_test(tcase, of_several_alike_the_last_goes);
    tcase_add_test(tcase, a_name_has_no_more_handlers_than_allowed);
    tcase_add_test(tcase, names_have_bounds);
    tcase_add_test(tcase, a_walk_survives_changes_made_on_the_way);
    tcase_add_loop_test(tcase, patterns_are_called_in_their_order, 0,
                        sizeof orders / sizeof *orders);
    tcase_add_test(tcase, a_pattern_that_is_removed_is_forgotten);
    tcase_add_test(tcase, a_thousand_names_are_told_apart);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
