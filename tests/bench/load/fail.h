/*
 * The benchmarks' way out: a line on standard error, and the end.
 */
#pragma once

void fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));
