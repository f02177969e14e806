/*
 * Numbers with a unit, as people write them: 10m, 500ms, 128K.
 */
#pragma once

#include <stdint.h>

enum quantity_unit {
    QUANTITY_PLAIN,
    QUANTITY_BYTES,        /* K, M, G: powers of 1024 */
    QUANTITY_MILLISECONDS, /* ms, s, m, h: one of them must stand there */
};

enum { QUANTITY_CHARS = 24 };

/*
 * Reads a number of @unit; 0 may stand without one.
 * Returns 0, or with @value_out unchanged -EINVAL (not such a number) or
 * -ERANGE (more than 64 bits hold).
 */
int quantity_parse(const char *text, enum quantity_unit unit,
                   uint64_t *value_out);

/*
 * Reads digits with or without a point among them: "50", "0.5".
 * Returns 0, or -EINVAL with @rate_out unchanged.
 */
int quantity_parse_rate(const char *text, double *rate_out);

/* Writes the shortest text that reads back the same; NUL-terminated. */
void quantity_print(uint64_t value, enum quantity_unit unit,
                    char text_out[static QUANTITY_CHARS]);
