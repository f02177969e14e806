/*
 * Packets to measure with: of several kinds and sizes, the same on every run.
 */
#pragma once

#include <stddef.h>

enum { PACKETS_MAX = 1 << 17 }; /* bytes of any of them */

struct packet_case {
    const char *name; /* of the kind */
    /* Writes a JSON value of about @size bytes; returns its size. */
    size_t (*write_body)(char *out, size_t size);
    size_t size; /* of the body, in bytes */
};

extern const struct packet_case packet_cases[];
extern const size_t n_packet_cases;

/* Writes a whole request around such a body; returns its size, at most 150 more
 * than the body's. */
size_t packets_write(char out[PACKETS_MAX], const struct packet_case *what);
