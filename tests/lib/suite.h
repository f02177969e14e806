/*
 * Runs the tests of one program and tells Meson how they went.
 */
#pragma once

#include <check.h>

/*
 * Runs @tests, a NULL-terminated array of what START_TEST() defines.
 * Returns the exit status for main(): 0, or 1 when a test failed.
 */
int suite_run(const char *name, const TTest *const tests[]);

/* The same, with @setup before each test and @teardown behind it. */
int suite_run_between(const char *name, const TTest *const tests[],
                      void (*setup)(void), void (*teardown)(void));

/*
 * Runs each of @looped for _i from 0 to @n_loops - 1, then each of @once.
 * Either may be NULL.
 */
int suite_run_looped(const char *name, const TTest *const looped[], int n_loops,
                     const TTest *const once[]);

/* The same for a suite made by hand, such as one with loop tests; takes it. */
int suite_run_suite(Suite *suite);
