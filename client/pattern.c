#include "client/pattern.h"

#include <string.h>

/* A part is where it begins; its end is a dot or that of the name. */
static size_t part_size(const char *part)
{
    return strcspn(part, ".");
}

/* Returns NULL behind the last one. */
static const char *next_part(const char *part)
{
    const char *end = part + part_size(part);
    return *end ? end + 1 : NULL;
}

static const char *nth_part(const char *name, size_t n)
{
    const char *part = name;
    while (part && n-- > 0)
        part = next_part(part);
    return part;
}

static bool are_equal(const char *a, const char *b)
{
    size_t n = part_size(a);
    return n == part_size(b) && memcmp(a, b, n) == 0;
}

static bool is_one(const char *part)
{
    return are_equal(part, "*");
}

static bool is_any(const char *part)
{
    return are_equal(part, "**");
}

bool pattern_is_one(const char *name)
{
    for (const char *part = name; part; part = next_part(part))
        if (is_one(part) || is_any(part))
            return true;
    return false;
}

bool pattern_is_valid(const char *name)
{
    for (const char *part = name; part; part = next_part(part)) {
        const char *next = next_part(part);
        if (next && is_any(part) && is_any(next))
            return false;
    }
    return true;
}

/*
 * What follows a `**` is tried at each part in turn. Only the last one that was
 * met need be tried again: what an earlier one could take more of, it can.
 */
bool pattern_matches(const char *pattern, const char *name)
{
    const char *behind = NULL; /* the last `**` */
    const char *retry = NULL;  /* where what is behind it was tried; or none */
    while (name) {
        if (pattern && is_any(pattern)) {
            pattern = behind = next_part(pattern);
            retry = name;
        } else if (pattern && (is_one(pattern) || are_equal(pattern, name))) {
            pattern = next_part(pattern);
            name = next_part(name);
        } else if (retry) {
            pattern = behind;
            name = retry = next_part(retry);
        } else {
            return false;
        }
    }
    return !pattern || (is_any(pattern) && !next_part(pattern));
}

size_t pattern_common(const char *a, const char *b)
{
    size_t n = 0;
    while (a && b && are_equal(a, b)) {
        a = next_part(a);
        b = next_part(b);
        n++;
    }
    return n;
}

/* Of what stands at the first part that differs; NULL: nothing. */
static unsigned rank(const char *part)
{
    if (!part)
        return 0;
    if (is_any(part))
        return 3;
    return is_one(part) ? 2 : 1;
}

bool pattern_precedes(const char *a, const char *b, size_t common)
{
    const char *part = nth_part(a, common);
    const char *other = nth_part(b, common);
    bool is_behind_any = common > 0 && is_any(nth_part(a, common - 1));
    if (is_behind_any)
        return !part || other;
    return rank(part) < rank(other);
}
