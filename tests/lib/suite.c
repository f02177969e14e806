#include "tests/lib/suite.h"

#include <stdlib.h>

/* Above what any one test needs on a busy machine, also under valgrind. */
enum { TEST_TIMEOUT_S = 120 };

int suite_run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static TCase *add(Suite *suite, const TTest *test, int n_loops)
{
    TCase *tcase = tcase_create(test->name);
    tcase_set_timeout(tcase, TEST_TIMEOUT_S);
    tcase_add_loop_test(tcase, test, 0, n_loops);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int suite_run_between(const char *name, const TTest *const tests[],
                      void (*setup)(void), void (*teardown)(void))
{
    Suite *suite = suite_create(name);
    for (size_t i = 0; tests[i]; i++)
        tcase_add_checked_fixture(add(suite, tests[i], 1), setup, teardown);
    return suite_run_suite(suite);
}

int suite_run_looped(const char *name, const TTest *const looped[], int n_loops,
                     const TTest *const once[])
{
    Suite *suite = suite_create(name);
    for (size_t i = 0; looped && looped[i]; i++)
        add(suite, looped[i], n_loops);
    for (size_t i = 0; once && once[i]; i++)
        add(suite, once[i], 1);
    return suite_run_suite(suite);
}

int suite_run(const char *name, const TTest *const tests[])
{
    return suite_run_looped(name, NULL, 0, tests);
}
