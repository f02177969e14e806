/*
 * Times packet_scan() on texts of several sizes and kinds: the best of some
 * rounds, since what is slower was disturbed.
 */
#include "proto/packet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 4000, ROUND_BYTES = 1 << 15, TEXT_MAX = 1 << 17 };

static const char head[] = "{\"to\":\"eHrdFcnvvHcCE-w=\",\"payload\":"
                           "{\"type\":\"REQ\",\"data\":{\"token\":\"4711\","
                           "\"name\":\"echo\",\"args\":[";
static const char tail[] = "]}}}";

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The bodies: write an argument of about @size bytes; return its size. */

static size_t plain_string(char *out, size_t size)
{
    memset(out, 'x', size);
    out[0] = out[size - 1] = '"';
    return size;
}

static size_t escaped_string(char *out, size_t size)
{
    plain_string(out, size);
    for (size_t i = 1; i + 8 < size; i += 8)
        memcpy(out + i, "\\\"", 2);
    return size;
}

static size_t records(char *out, size_t size)
{
    size_t n = 0;
    for (int i = 0; n == 0 || n + 130 < size; i++)
        n += (size_t)sprintf(
            out + n,
            "%s{\"id\":%d,\"name\":\"user %d\",\"tags\":[\"red\",\"green\"],"
            "\"score\":%d.%d,\"admin\":%s,\"parent\":{\"id\":null}}",
            i > 0 ? "," : "", i, i * 7919, i * 31, i % 10,
            i % 3 ? "false" : "true");
    return n;
}

static size_t spaced_records(char *out, size_t size)
{
    size_t n = 0;
    for (int i = 0; n == 0 || n + 130 < size; i++)
        n += (size_t)sprintf(out + n,
                             "%s{\n        \"id\": %d,\n        \"name\": "
                             "\"user %d\",\n        \"tags\": [\"red\"]\n    }",
                             i > 0 ? ",\n    " : "", i, i * 7919);
    return n;
}

static size_t numbers(char *out, size_t size)
{
    size_t n = 0;
    for (int i = 0; n == 0 || n + 12 < size; i++)
        n += (size_t)sprintf(out + n, "%s%d", i > 0 ? "," : "",
                             i * 7919 % 100003);
    return n;
}

static size_t brackets(char *out, size_t size)
{
    memset(out, '[', size / 2);
    memset(out + size / 2, ']', size / 2);
    return size / 2 * 2;
}

static double scan_ns(const char *text, size_t n)
{
    uint64_t best = UINT64_MAX;
    size_t n_scans = ROUND_BYTES / n;
    for (int round = 0; round < ROUNDS; round++) {
        struct packet packet;
        uint64_t start = now_ns();
        for (size_t i = 0; i < n_scans; i++)
            if (packet_scan(text, n, &packet) != PACKET_RELAY)
                abort();
        uint64_t taken = now_ns() - start;
        best = taken < best ? taken : best;
    }
    return (double)best / (double)n_scans;
}

int main(void)
{
    static const struct {
        const char *name;
        size_t (*write_body)(char *out, size_t size);
        size_t size;
    } cases[] = {
        {"string", plain_string, 64},
        {"string", plain_string, 256},
        {"string", plain_string, 16384},
        {"string, an escape in 8", escaped_string, 16384},
        {"nested", records, 1024},
        {"nested", records, 16384},
        {"nested, indented", spaced_records, 16384},
        {"numbers", numbers, 16384},
        {"brackets", brackets, 16384},
    };
    char *text = malloc(TEXT_MAX);
    if (text == NULL)
        return 1;
    printf("%-24s %8s %10s %8s\n", "payload", "bytes", "ns/scan", "GB/s");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = sizeof head - 1;
        memcpy(text, head, n);
        n += cases[i].write_body(text + n, cases[i].size);
        memcpy(text + n, tail, sizeof tail - 1);
        n += sizeof tail - 1;
        double ns = scan_ns(text, n);
        printf("%-24s %8zu %10.0f %8.2f\n", cases[i].name, n, ns,
               (double)n / ns);
    }
    free(text);
    return 0;
}
