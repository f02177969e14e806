/*
 * Picks members of a JSON object by their names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/json_string.h"

struct json_pick {
    const char *name;       /* plain ASCII of at most 15 bytes */
    struct json_span value; /* from its first byte to its last; size 0: none */
};

/*
 * Looks for the members that @picks name in @object, JSON text with blanks
 * around it or without. Of members with the same name the last one counts.
 * Returns false, with some values set perhaps, if @object is not JSON, not an
 * object, or memory ran out (see json_skip_value()).
 */
bool json_pick(const struct json_span *object, struct json_pick *picks,
               size_t n_picks);

/*
 * Takes off the quotes. Returns false, with @string_out unchanged, if @value is
 * not a string or an empty one.
 */
bool json_pick_string(const struct json_span *value,
                      struct json_span *string_out);
