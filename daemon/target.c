#include "daemon/target.h"

#include <string.h>

#include "daemon/percent.h"
#include "daemon/slice.h"

/* Returns the rest of @text behind @prefix, or NULL. */
static const char *behind(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    return text && strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

/* Whether the path ends here. */
static bool is_end(char c)
{
    return c == '\0' || c == '?';
}

/* Reads the path's last segment as an id, escapes undone. */
static enum target_kind parse_id(const char *at, struct connid *id_out)
{
    struct slice segment = {at, strcspn(at, "?")};
    char text[CONNID_CHARS];
    size_t n = 0;
    if (is_end(*at))
        return TARGET_CONNECTIONS;
    while (segment.size > 0 && n < CONNID_CHARS)
        text[n++] = (char)percent_take(&segment);
    return segment.size == 0 && connid_parse(text, n, id_out) == 0
               ? TARGET_CONNECTION
               : TARGET_BAD_ID;
}

enum target_kind target_parse(const char *target, const char *stage,
                              struct connid *id_out)
{
    const char *rest = behind(behind(target, "/"), stage);
    if (!rest)
        return TARGET_UNKNOWN;
    if (is_end(*rest) || (*rest == '/' && is_end(rest[1])))
        return TARGET_SOCKET;
    const char *at = behind(rest, "/@connections");
    if (!at)
        at = behind(rest, "/%40connections");
    if (!at)
        return TARGET_UNKNOWN;
    if (is_end(*at))
        return TARGET_CONNECTIONS;
    return *at == '/' ? parse_id(at + 1, id_out) : TARGET_UNKNOWN;
}
