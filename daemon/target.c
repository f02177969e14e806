#include "daemon/target.h"

#include <ctype.h>
#include <string.h>

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

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads the path's last segment as an id, escapes undone. */
static enum target_kind parse_id(const char *at, struct connid *id_out)
{
    char text[CONNID_CHARS];
    size_t n = 0;
    if (is_end(*at))
        return TARGET_CONNECTIONS;
    for (; !is_end(*at) && n < CONNID_CHARS; at++) {
        char c = *at;
        if (c == '%') {
            int high = hex_digit(at[1]);
            int low = high < 0 ? -1 : hex_digit(at[2]);
            if (low < 0)
                return TARGET_BAD_ID;
            c = (char)(high * 16 + low);
            at += 2;
        }
        text[n++] = c;
    }
    return is_end(*at) && connid_parse(text, n, id_out) == 0 ? TARGET_CONNECTION
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
