/*
 * A JSON value as text: on one line, or laid out for a person.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct render_style {
    bool is_laid_out; /* what is wider than a line is broken and indented */
    bool is_coloured;
};

/* Control characters come out as escapes, reals as short as they can be.
 * Returns 0 or -EIO; -ENOMEM. */
int render(FILE *out, const json_t *value, const struct render_style *style);
