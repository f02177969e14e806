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

int suite_run(const char *name, const TTest *const tests[])
{
    Suite *suite = suite_create(name);
    for (size_t i = 0; tests[i]; i++) {
        TCase *tcase = tcase_create(tests[i]->name);
        tcase_set_timeout(tcase, TEST_TIMEOUT_S);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    return suite_run_suite(suite);
}
