#include "daemon/quantity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suffix {
    const char *text;
    uint64_t factor;
};

/* The largest first; the last always divides. */
static const struct suffix suffixes[][5] = {
    [QUANTITY_PLAIN] = {{"", 1}},
    [QUANTITY_BYTES] = {{"G", 1 << 30},
                        {"M", 1 << 20},
                        {"K", 1 << 10},
                        {"", 1}},
    [QUANTITY_MILLISECONDS] = {{"h", 3600000},
                               {"m", 60000},
                               {"s", 1000},
                               {"ms", 1}},
};

int quantity_parse(const char *text, enum quantity_unit unit,
                   uint64_t *value_out)
{
    const struct suffix *suffix = suffixes[unit];
    uint64_t value = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0)
        return -EINVAL;
    while (suffix->text && strcmp(suffix->text, text + n) != 0)
        suffix++;
    if (!suffix->text && strcmp(text, "0") != 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return -ERANGE;
    if (value && __builtin_mul_overflow(value, suffix->factor, &value))
        return -ERANGE;
    *value_out = value;
    return 0;
}

int quantity_parse_rate(const char *text, double *rate_out)
{
    size_t n = strspn(text, "0123456789.");
    const char *point = strchr(text, '.');
    if (n == 0 || n > 15 || text[n] || text[0] == '.' || text[n - 1] == '.' ||
        (point && strchr(point + 1, '.')))
        return -EINVAL;
    *rate_out = strtod(text, NULL);
    return 0;
}

void quantity_print(uint64_t value, enum quantity_unit unit,
                    char text_out[static QUANTITY_CHARS])
{
    const struct suffix *suffix = suffixes[unit];
    while (value % suffix->factor)
        suffix++;
    if (value == 0)
        strcpy(text_out, "0");
    else
        snprintf(text_out, QUANTITY_CHARS, "%" PRIu64 "%s",
                 value / suffix->factor, suffix->text);
}
