#include "tests/bench/packets.h"

#include <stdio.h>
#include <string.h>

static const char head[] = "{\"to\":\"eHrdFcnvvHcCE-w=\",\"payload\":"
                           "{\"type\":\"REQ\",\"data\":{\"token\":\"4711\","
                           "\"name\":\"echo\",\"args\":[";
static const char tail[] = "]}}}";

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

const struct packet_case packet_cases[] = {
    {"string", plain_string, 64},
    {"string", plain_string, 256},
    {"string", plain_string, 16384},
    {"string, an escape in 8", escaped_string, 16384},
    {"nested", records, 256},
    {"nested", records, 512},
    {"nested", records, 1024},
    {"nested", records, 16384},
    {"nested, indented", spaced_records, 16384},
    {"numbers", numbers, 16384},
    {"brackets", brackets, 16384},
};
const size_t n_packet_cases = sizeof packet_cases / sizeof *packet_cases;

size_t packets_write(char out[PACKETS_MAX], const struct packet_case *what)
{
    size_t n = sizeof head - 1;
    memcpy(out, head, n);
    n += what->write_body(out + n, what->size);
    memcpy(out + n, tail, sizeof tail - 1);
    return n + sizeof tail - 1;
}
