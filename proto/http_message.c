#include <assert.h>
#include <string.h>

#include "proto/http_reader.h"

static const char *text_at(const struct http_reader *reader, uint32_t offset)
{
    return (const char *)bytes_begin(&reader->head) + offset;
}

const char *http_method(const struct http_reader *reader)
{
    assert(reader->role == HTTP_REQUESTS);
    return text_at(reader, reader->method);
}

const char *http_target(const struct http_reader *reader)
{
    assert(reader->role == HTTP_REQUESTS);
    return text_at(reader, reader->target);
}

int http_status(const struct http_reader *reader)
{
    return reader->parser.status_code;
}

int http_minor_version(const struct http_reader *reader)
{
    return reader->parser.http_minor;
}

static bool is_connect(const struct http_reader *reader)
{
    return reader->role == HTTP_REQUESTS &&
           reader->parser.method == HTTP_CONNECT;
}

bool http_is_upgrade(const struct http_reader *reader)
{
    if (reader->role == HTTP_RESPONSES)
        return http_status(reader) == 101;
    return http_minor_version(reader) == 1 &&
           http_header(reader, "Upgrade", NULL) &&
           http_has_token(reader, "Connection", "upgrade");
}

bool http_keeps_alive(const struct http_reader *reader)
{
    if (is_connect(reader) || http_has_token(reader, "Connection", "close"))
        return false;
    if (reader->role == HTTP_RESPONSES && !reader->has_length &&
        !reader->is_chunked && http_status(reader) != 204 &&
        http_status(reader) != 304)
        return false;
    return http_minor_version(reader) == 1 ||
           http_has_token(reader, "Connection", "keep-alive");
}

const char *http_header(const struct http_reader *reader, const char *name,
                        size_t *n_out)
{
    const char *first = NULL;
    const char *other, *value;
    size_t n = 0;
    for (size_t i = 0; http_header_at(reader, i, &other, &value); i++) {
        if (!http_line_equals(other, name))
            continue;
        if (n++ == 0)
            first = value;
    }
    if (n_out)
        *n_out = n;
    return first;
}

bool http_header_at(const struct http_reader *reader, size_t index,
                    const char **name_out, const char **value_out)
{
    if (index >= reader->n_headers)
        return false;
    *name_out = text_at(reader, reader->headers[index].name);
    *value_out = text_at(reader, reader->headers[index].value);
    return true;
}

bool http_has_token(const struct http_reader *reader, const char *name,
                    const char *token)
{
    const char *other, *value;
    for (size_t i = 0; http_header_at(reader, i, &other, &value); i++)
        if (http_line_equals(other, name) && http_line_has_token(value, token))
            return true;
    return false;
}

const uint8_t *http_body(const struct http_reader *reader, size_t *size_out)
{
    *size_out = bytes_size(&reader->body);
    return *size_out ? bytes_begin(&reader->body) : NULL;
}

struct http_flaw http_message_check_host(const struct http_reader *reader)
{
    size_t n;
    const char *host = http_header(reader, "Host", &n);
    if (n > 1 || (n == 0 && http_minor_version(reader) == 1))
        return (struct http_flaw){400, "not exactly one Host"};
    if (host && !http_line_is_host(host))
        return (struct http_flaw){400, "not a Host"};
    return HTTP_FLAWLESS;
}

struct http_flaw http_message_check_body(struct http_reader *reader)
{
    size_t n_lengths, n_codings;
    const char *length = http_header(reader, "Content-Length", &n_lengths);
    const char *coding = http_header(reader, "Transfer-Encoding", &n_codings);
    reader->has_length = n_lengths > 0;
    reader->is_chunked = n_codings > 0;
    if (n_lengths > 1)
        return (struct http_flaw){400, "more than one Content-Length"};
    if (length && (!*length || length[strspn(length, "0123456789")]))
        return (struct http_flaw){400, "not a Content-Length"};
    if (length && coding)
        return (struct http_flaw){400, "two ways to tell the body's length"};
    if (coding && http_minor_version(reader) == 0)
        return (struct http_flaw){400, "Transfer-Encoding in HTTP/1.0"};
    if ((http_is_upgrade(reader) || is_connect(reader)) &&
        (coding || (length && length[strspn(length, "0")])))
        return (struct http_flaw){400, "a body where the protocol changes"};
    if (n_codings > 1 || (coding && !http_line_equals(coding, "chunked")))
        return (struct http_flaw){501, "a coding other than chunked"};
    return HTTP_FLAWLESS;
}
