/*
 * Names in parts between dots, and patterns of them: `*` stands for one part,
 * `**` for any number, none included.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a part of @name is a wildcard. */
bool pattern_is_one(const char *name);

/* Whether @name may be a pattern or a name: no `**` follows a `**`. */
bool pattern_is_valid(const char *name);

/*
 * Whether @pattern stands for @name, where wildcards are parts like any others.
 * Takes at most as many steps as the product of their parts.
 */
bool pattern_matches(const char *pattern, const char *name);

/* How many parts @a and @b have in common before the first that differs. */
size_t pattern_common(const char *a, const char *b);

/*
 * Whether @a goes before @b, which was added earlier, has @common parts in
 * common with it and is not the same; see monologue_on().
 */
bool pattern_precedes(const char *a, const char *b, size_t common);
