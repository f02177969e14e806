/*
 * Times each form of stepping over a nested value that this machine can run:
 * the best of some rounds, since what is slower was disturbed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/json_forms.h"
#include "tests/bench/packets.h"
#include "tests/bench/stopwatch.h"

enum { ROUNDS = 2000, ROUND_BYTES = 1 << 15 };

static void step_over(json_nest_cb nest, const char *text, size_t n)
{
    struct json_store store;
    json_store_init(&store);
    if (nest(text, text + n, &store) != text + n)
        abort();
    json_store_deinit(&store);
}

static double nest_ns(json_nest_cb nest, const char *text, size_t n)
{
    uint64_t best = UINT64_MAX;
    size_t n_times = ROUND_BYTES / n;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = stopwatch_ns();
        for (size_t i = 0; i < n_times; i++)
            step_over(nest, text, n);
        uint64_t taken = stopwatch_ns() - start;
        best = taken < best ? taken : best;
    }
    return (double)best / (double)n_times;
}

int main(void)
{
    static char text[PACKETS_MAX];
    struct json_form forms[JSON_FORMS_MAX];
    size_t n_forms = json_forms(forms);
    printf("%-24s %-6s %8s %10s %8s\n", "value", "form", "bytes", "ns", "GB/s");
    for (size_t i = 0; i < n_packet_cases; i++) {
        size_t n = packets_write(text, &packet_cases[i]);
        for (size_t k = 0; k < n_forms; k++) {
            double ns = nest_ns(forms[k].nest, text, n);
            printf("%-24s %-6s %8zu %10.0f %8.2f\n", packet_cases[i].name,
                   forms[k].name, n, ns, (double)n / ns);
        }
    }
    return 0;
}
