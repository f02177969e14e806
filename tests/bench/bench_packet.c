/*
 * Times packet_scan() on texts of several sizes and kinds: the best of some
 * rounds, since what is slower was disturbed.
 */
#include "proto/packet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/packets.h"
#include "tests/bench/stopwatch.h"

enum { ROUNDS = 4000, ROUND_BYTES = 1 << 15 };

static double scan_ns(const char *text, size_t n)
{
    uint64_t best = UINT64_MAX;
    size_t n_scans = ROUND_BYTES / n;
    for (int round = 0; round < ROUNDS; round++) {
        struct packet packet;
        uint64_t start = stopwatch_ns();
        for (size_t i = 0; i < n_scans; i++)
            if (packet_scan(text, n, &packet) != PACKET_RELAY)
                abort();
        uint64_t taken = stopwatch_ns() - start;
        best = taken < best ? taken : best;
    }
    return (double)best / (double)n_scans;
}

int main(void)
{
    static char text[PACKETS_MAX];
    printf("%-24s %8s %10s %8s\n", "payload", "bytes", "ns/scan", "GB/s");
    for (size_t i = 0; i < n_packet_cases; i++) {
        size_t n = packets_write(text, &packet_cases[i]);
        double ns = scan_ns(text, n);
        printf("%-24s %8zu %10.0f %8.2f\n", packet_cases[i].name, n, ns,
               (double)n / ns);
    }
    return 0;
}
