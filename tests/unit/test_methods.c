#include "client/methods.h"

#include <errno.h>
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

/* What a walk visited, as the letters the handlers were added with. */
struct trace {
    char letters[32];
    struct methods *methods; /* to change during the walk, or NULL */
};

static void visit(monologue_handler_cb cb, void *data, void *visit_data)
{
    struct trace *trace = visit_data;
    (void)cb;
    strcat(trace->letters, data);
    if (trace->methods && strcmp(data, "a") == 0) {
        ck_assert_int_eq(
            methods_remove(trace->methods, "add", first, (void *)"b"), 0);
        ck_assert_int_eq(methods_remove(trace->methods, "add", first, data), 0);
        ck_assert_int_eq(methods_add(trace->methods, "add", first, (void *)"d"),
                         0);
    }
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
    methods_add(&methods, "add", first, (void *)"a");
    methods_add(&methods, "sub", first, (void *)"x");
    methods_add(&methods, "add", second, (void *)"b");
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
    methods_add(&methods, "add", first, (void *)"a");
    methods_add(&methods, "add", second, (void *)"a");
    ck_assert_int_eq(methods_remove(&methods, "sub", first, (void *)"a"),
                     -ENOENT);
    ck_assert_int_eq(methods_remove(&methods, "add", first, NULL), -ENOENT);
    ck_assert_int_eq(methods_remove(&methods, "add", second, (void *)"a"), 0);
    ck_assert_int_eq(methods_remove(&methods, "add", second, (void *)"a"),
                     -ENOENT);
    ck_assert_str_eq(walk(&methods, false), "a");
    methods_deinit(&methods);
}
END_TEST

START_TEST(a_name_has_no_more_handlers_than_allowed)
{
    struct methods methods;
    methods_init(&methods, 2);
    ck_assert_int_eq(methods_add(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(methods_add(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(methods_add(&methods, "add", first, NULL), -ENOSPC);
    ck_assert_int_eq(methods_add(&methods, "sub", first, NULL), 0);
    ck_assert_int_eq(methods_remove(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(methods_add(&methods, "add", first, NULL), 0);
    ck_assert_int_eq(methods_add(&methods, "", first, NULL), -EINVAL);
    methods_deinit(&methods);
}
END_TEST

START_TEST(a_walk_survives_changes_made_on_the_way)
{
    struct methods methods;
    methods_init(&methods, 10);
    methods_add(&methods, "add", first, (void *)"a");
    methods_add(&methods, "add", first, (void *)"b");
    methods_add(&methods, "add", first, (void *)"c");
    ck_assert_str_eq(walk(&methods, true), "ac");
    ck_assert_str_eq(walk(&methods, false), "cd");
    methods_deinit(&methods);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        handlers_of_a_name_are_visited_in_order, removing_takes_exactly_one,
        a_name_has_no_more_handlers_than_allowed,
        a_walk_survives_changes_made_on_the_way, NULL};
    return suite_run("methods", tests);
}
