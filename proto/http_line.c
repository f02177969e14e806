#include "proto/http_line.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* tchar of RFC 9110, section 5.6.2 */
static bool is_token(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = lower(text[i]);
        if (!(c >= 'a' && c <= 'z') && !is_digit(c) &&
            (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return n > 0;
}

/* Checks that @text begins with a version that we speak, if with any. */
static struct http_flaw check_version(const char *text, size_t n)
{
    if (n < 8 || memcmp(text, "HTTP/", 5) != 0 || !is_digit(text[5]))
        return (struct http_flaw){400, "no HTTP version"};
    if (memcmp(text + 5, "1.0", 3) != 0 && memcmp(text + 5, "1.1", 3) != 0)
        return (struct http_flaw){505, "version other than 1.0 and 1.1"};
    return HTTP_FLAWLESS;
}

struct http_flaw http_line_split_request(const char *line, size_t n,
                                         size_t *method_size_out,
                                         size_t *target_size_out)
{
    const struct http_flaw not_a_request = {400, "not a request line"};
    const char *end = line + n - 2;
    const char *method_end = memchr(line, ' ', n);
    if (!method_end || !is_token(line, (size_t)(method_end - line)))
        return not_a_request;
    const char *target = method_end + 1;
    const char *target_end = memchr(target, ' ', (size_t)(end - target));
    if (!target_end || target_end == target)
        return not_a_request;
    const char *version = target_end + 1;
    struct http_flaw flaw = check_version(version, (size_t)(end - version));
    if (flaw.status)
        return flaw;
    if (end - version != 8)
        return not_a_request;
    *method_size_out = (size_t)(method_end - line);
    *target_size_out = (size_t)(target_end - target);
    return HTTP_FLAWLESS;
}

struct http_flaw http_line_check_status(const char *line, size_t n)
{
    struct http_flaw flaw = check_version(line, n);
    if (flaw.status)
        return flaw;
    if (n < sizeof "HTTP/1.1 200\r\n" - 1 || line[8] != ' ' || line[9] < '1' ||
        line[9] > '9' || !is_digit(line[10]) || !is_digit(line[11]) ||
        (line[12] != ' ' && line[12] != '\r'))
        return (struct http_flaw){400, "not a status line"};
    return HTTP_FLAWLESS;
}

struct http_flaw http_line_split_header(const char *line, size_t n,
                                        struct http_line_header *header_out)
{
    if (is_blank(line[0]))
        return (struct http_flaw){400, "folded header"};
    const char *colon = memchr(line, ':', n);
    if (!colon || !is_token(line, (size_t)(colon - line)))
        return (struct http_flaw){400, "not a header's name"};
    const char *value = colon + 1;
    const char *end = line + n - 2;
    while (value < end && is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    header_out->name_size = (size_t)(colon - line);
    header_out->value = (size_t)(value - line);
    header_out->value_size = (size_t)(end - value);
    return HTTP_FLAWLESS;
}

struct http_flaw http_line_check_chunk(const char *line, size_t n)
{
    const char *end = line + n - 2;
    const char *at = line;
    while (is_digit(*at) || (lower(*at) >= 'a' && lower(*at) <= 'f'))
        at++;
    bool has_size = at > line;
    while (is_blank(*at))
        at++;
    if (!has_size || (at < end && *at != ';'))
        return (struct http_flaw){400, "not the size of a chunk"};
    return HTTP_FLAWLESS;
}

static bool equals(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool http_line_equals(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

bool http_line_has_token(const char *list, const char *token)
{
    size_t n = strlen(token);
    for (;;) {
        list += strspn(list, " \t,");
        if (*list == '\0')
            return false;
        size_t item = strcspn(list, ",");
        size_t size = item;
        while (is_blank(list[size - 1]))
            size--;
        if (size == n && equals(list, token, n))
            return true;
        list += item;
    }
}

/* uri-host and port of RFC 3986, section 3.2 */
bool http_line_is_host(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "-._~%!$&'()*+,;=:[]")] == '\0';
}
