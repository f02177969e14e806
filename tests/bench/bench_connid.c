/*
 * Times minting and reading ids.
 */
#include "proto/connid.h"

#include <stdio.h>

#include "tests/bench/stopwatch.h"

enum { N = 1 << 22, N_IDS = 1 << 10 };

static struct connid ids[N_IDS];

static void print(const char *what, uint64_t start_ns)
{
    printf("%-6s %6.1f ns\n", what, (double)(stopwatch_ns() - start_ns) / N);
}

int main(void)
{
    struct connid_source source;
    struct connid id;
    volatile unsigned sum = 0; /* so that nothing is optimised away */
    connid_source_init(&source);
    uint64_t start_ns = stopwatch_ns();
    for (unsigned i = 0; i < N; i++)
        connid_mint(&source, i % CONNID_SLOTS, &ids[i % N_IDS]);
    print("mint", start_ns);
    start_ns = stopwatch_ns();
    for (unsigned i = 0; i < N; i++)
        sum += (unsigned)connid_parse(ids[i % N_IDS].chars, CONNID_CHARS, &id);
    print("parse", start_ns);
    start_ns = stopwatch_ns();
    for (unsigned i = 0; i < N; i++)
        sum += connid_slot(&ids[i % N_IDS]);
    print("slot", start_ns);
    (void)sum;
    return 0;
}
