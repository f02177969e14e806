#include "proto/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http_reader.h"

/*
 * The parser library lets pass much that RFC 9112 does not: a bare LF, folded
 * headers, blanks before a colon, versions from 0.0 to 9.9. Hence it is shown
 * the start line, the headers and the framing of chunks as whole lines only,
 * each checked before. Control bytes are refused as they come, the rest at the
 * end of a line. What lies between the lines is data; the library says how
 * much of it there is.
 */

/* A chunk of one byte costs five: "1", CRLF, and CRLF behind the byte. */
enum { FRAMING_PER_BYTE = 8 };

/* Below the library's own limit on heads, which is one for the process. */
enum { HEAD_SIZE_MAX = 64 * 1024 };

static enum http_event refuse(struct http_reader *reader, int status,
                              const char *why)
{
    reader->fault = status;
    reader->why = why;
    return HTTP_EVENT_FAULT;
}

/* Whether there is none; else it becomes the reader's fault. */
static bool is_flawless(struct http_reader *reader, struct http_flaw flaw)
{
    if (flaw.status)
        refuse(reader, flaw.status, flaw.why);
    return !flaw.status;
}

static int skips_body(http_parser *parser)
{
    const struct http_reader *reader = parser->data;
    int status = parser->status_code;
    if (reader->role == HTTP_REQUESTS)
        return 0;
    return status / 100 == 1 || status == 204 || status == 304 ||
           (!reader->is_chunked && !reader->has_length);
}

static int see_chunk(http_parser *parser)
{
    struct http_reader *reader = parser->data;
    reader->n_left = parser->content_length;
    if (reader->n_left == 0) {
        reader->part = PART_TRAILERS;
        reader->n_room = reader->limits.head_size;
    }
    return 0;
}

static int see_end(http_parser *parser)
{
    struct http_reader *reader = parser->data;
    reader->is_complete = true;
    return 0;
}

static const http_parser_settings settings = {
    .on_headers_complete = skips_body,
    .on_chunk_header = see_chunk,
    .on_message_complete = see_end,
};

/* Shows the library a whole line, or data. Returns false after a fault. */
static bool show(struct http_reader *reader, const void *data, size_t n)
{
    size_t n_seen = http_parser_execute(&reader->parser, &settings, data, n);
    enum http_errno error = HTTP_PARSER_ERRNO(&reader->parser);
    if (error == HPE_OK && n_seen == n)
        return true;
    refuse(reader, error == HPE_INVALID_METHOD ? 501 : 400,
           http_errno_description(error));
    return false;
}

static void start_head(struct http_reader *reader)
{
    http_parser_init(&reader->parser, reader->role == HTTP_REQUESTS
                                          ? HTTP_REQUEST
                                          : HTTP_RESPONSE);
    reader->part = PART_START;
    reader->line_begin = (uint32_t)bytes_size(&reader->head);
    reader->target_size = 0;
    reader->n_blanks = 0;
    reader->n_headers = 0;
    reader->is_chunked = false;
    reader->has_length = false;
    reader->is_complete = false;
}

static void start_message(struct http_reader *reader)
{
    bytes_deinit(&reader->head);
    bytes_deinit(&reader->body);
    reader->n_room = reader->limits.head_size;
    start_head(reader);
}

struct http_reader *http_reader_new(enum http_role role,
                                    const struct http_limits *limits)
{
    assert(limits->head_size <= HEAD_SIZE_MAX);
    struct http_reader *reader =
        calloc(1, sizeof *reader + limits->n_headers * sizeof(struct header));
    if (!reader)
        return NULL;
    reader->role = role;
    reader->limits = *limits;
    reader->parser.data = reader;
    start_message(reader);
    return reader;
}

void http_reader_free(struct http_reader *reader)
{
    if (!reader)
        return;
    bytes_deinit(&reader->head);
    bytes_deinit(&reader->line);
    bytes_deinit(&reader->body);
    free(reader);
}

static bool take_request_line(struct http_reader *reader, char *line, size_t n)
{
    size_t method_size, target_size;
    if (!is_flawless(reader, http_line_split_request(line, n, &method_size,
                                                     &target_size)) ||
        !show(reader, line, n))
        return false;
    size_t target = method_size + 1;
    line[method_size] = '\0';
    line[target + target_size] = '\0';
    reader->method = reader->line_begin;
    reader->target = reader->line_begin + (uint32_t)target;
    return true;
}

static bool take_start_line(struct http_reader *reader, char *line, size_t n)
{
    if (reader->role == HTTP_REQUESTS) {
        if (n == 2) /* RFC 9112, section 2.2: empty lines may come before */
            return true;
        if (!take_request_line(reader, line, n))
            return false;
    } else if (!is_flawless(reader, http_line_check_status(line, n)) ||
               !show(reader, line, n)) {
        return false;
    }
    reader->part = PART_HEADERS;
    return true;
}

static bool take_header(struct http_reader *reader, char *line, size_t n)
{
    struct http_line_header header;
    if (!is_flawless(reader, http_line_split_header(line, n, &header)) ||
        !show(reader, line, n))
        return false;
    if (reader->n_headers == reader->limits.n_headers) {
        refuse(reader, 431, "too many headers");
        return false;
    }
    line[header.name_size] = '\0';
    line[header.value + header.value_size] = '\0';
    reader->headers[reader->n_headers++] = (struct header){
        .name = reader->line_begin,
        .value = reader->line_begin + (uint32_t)header.value,
    };
    return true;
}

static enum http_event end_message(struct http_reader *reader)
{
    reader->part = PART_DONE;
    return HTTP_EVENT_MESSAGE;
}

/* Refuses data that is announced and too much, before any of it is there. */
static enum http_event expect_data(struct http_reader *reader,
                                   enum http_event event)
{
    if (reader->n_left > reader->limits.body_size - bytes_size(&reader->body))
        return refuse(reader, 413, "body over its limit");
    return event;
}

static enum http_event end_head(struct http_reader *reader, const char *line,
                                size_t n)
{
    if (reader->role == HTTP_REQUESTS &&
        !is_flawless(reader, http_message_check_host(reader)))
        return HTTP_EVENT_FAULT;
    if (!is_flawless(reader, http_message_check_body(reader)) ||
        !show(reader, line, n))
        return HTTP_EVENT_FAULT;

    int status = http_status(reader);
    if (reader->role == HTTP_RESPONSES && status / 100 == 1 && status != 101) {
        start_head(reader);
        return HTTP_EVENT_MORE;
    }
    if (reader->is_complete)
        return end_message(reader);
    reader->part = PART_BODY;
    reader->n_room = reader->limits.head_size;
    if (!reader->is_chunked)
        reader->n_left = reader->parser.content_length;
    return expect_data(reader, HTTP_EVENT_HEAD);
}

static enum http_event take_head_line(struct http_reader *reader, char *line,
                                      size_t n)
{
    if (reader->part == PART_HEADERS && n == 2)
        return end_head(reader, line, n);
    bool is_taken = reader->part == PART_START
                        ? take_start_line(reader, line, n)
                        : take_header(reader, line, n);
    reader->line_begin = (uint32_t)bytes_size(&reader->head);
    return is_taken ? HTTP_EVENT_MORE : HTTP_EVENT_FAULT;
}

/* A line between the data of chunks, or behind them. */
static struct http_flaw check_body_line(const struct http_reader *reader,
                                        char *line, size_t n)
{
    struct http_line_header unused;
    switch (reader->part) {
    case PART_BODY:
        return http_line_check_chunk(line, n);
    case PART_CHUNK_END:
        if (n > 2)
            return (struct http_flaw){400, "a chunk longer than its size"};
        break;
    case PART_TRAILERS:
        if (n > 2)
            return http_line_split_header(line, n, &unused);
        break;
    case PART_START:
    case PART_HEADERS:
    case PART_DONE:
        assert(!"lines of a body come in a body");
    }
    return HTTP_FLAWLESS;
}

static enum http_event take_body_line(struct http_reader *reader, char *line,
                                      size_t n)
{
    if (!is_flawless(reader, check_body_line(reader, line, n)))
        return HTTP_EVENT_FAULT;
    if (reader->part == PART_CHUNK_END)
        reader->part = PART_BODY;
    if (!show(reader, line, n))
        return HTTP_EVENT_FAULT;
    bytes_deinit(&reader->line);
    if (reader->is_complete)
        return end_message(reader);
    return expect_data(reader, HTTP_EVENT_MORE);
}

static enum http_event take_line(struct http_reader *reader)
{
    bool is_head = reader->part <= PART_HEADERS;
    struct bytes *lines = is_head ? &reader->head : &reader->line;
    size_t begin = is_head ? reader->line_begin : 0;
    char *line = (char *)bytes_begin(lines) + begin;
    size_t n = bytes_size(lines) - begin;
    if (n < 2 || memchr(line, '\r', n) != line + n - 2)
        return refuse(reader, 400, "CR or LF other than together");
    return is_head ? take_head_line(reader, line, n)
                   : take_body_line(reader, line, n);
}

/* Returns false after a fault. */
static bool check_request_byte(struct http_reader *reader, uint8_t c)
{
    if (c == '\t' || c > '~') {
        refuse(reader, 400, "odd byte in the request line");
        return false;
    }
    if (c == ' ')
        reader->n_blanks++;
    else if (reader->n_blanks == 1 && c != '\r' && c != '\n' &&
             ++reader->target_size > reader->limits.target_size) {
        refuse(reader, 414, "target over its limit");
        return false;
    }
    return true;
}

/* Returns how many bytes may stand in a line: less than @n after a fault. */
static size_t check_bytes(struct http_reader *reader, const uint8_t *in,
                          size_t n)
{
    bool is_request_line =
        reader->part == PART_START && reader->role == HTTP_REQUESTS;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = in[i];
        bool is_control = c < ' ' && c != '\t' && c != '\r' && c != '\n';
        if (is_control || c == 0x7f) {
            refuse(reader, 400, "control byte in a line");
            return i;
        }
        if (is_request_line && !check_request_byte(reader, c))
            return i;
    }
    return n;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Gathers a line up to its LF and takes it when it is whole. */
static enum http_event read_line(struct http_reader *reader, const uint8_t *in,
                                 size_t n, size_t *used_out)
{
    struct bytes *lines =
        reader->part <= PART_HEADERS ? &reader->head : &reader->line;
    size_t limit = reader->limits.head_size;
    size_t room = min(reader->n_room, limit - bytes_size(lines));
    *used_out = 0;
    if (room == 0)
        return refuse(reader, 431, "head over its limit");
    n = min(n, room);
    const uint8_t *lf = memchr(in, '\n', n);
    if (lf)
        n = (size_t)(lf - in) + 1;
    *used_out = check_bytes(reader, in, n);
    if (reader->fault)
        return HTTP_EVENT_FAULT;
    if (bytes_append(lines, in, n, limit))
        return refuse(reader, 500, "out of memory");
    reader->n_room -= n;
    return lf ? take_line(reader) : HTTP_EVENT_MORE;
}

static enum http_event read_data(struct http_reader *reader, const uint8_t *in,
                                 size_t n, size_t *used_out)
{
    if (n > reader->n_left)
        n = (size_t)reader->n_left;
    *used_out = n;
    if (bytes_append(&reader->body, in, n, reader->limits.body_size))
        return refuse(reader, 500, "out of memory");
    reader->n_left -= n;
    reader->n_room += FRAMING_PER_BYTE * n;
    if (reader->n_left == 0 && reader->is_chunked)
        reader->part = PART_CHUNK_END;
    if (!show(reader, in, n))
        return HTTP_EVENT_FAULT;
    return reader->is_complete ? end_message(reader) : HTTP_EVENT_MORE;
}

enum http_event http_read(struct http_reader *reader, const uint8_t *in,
                          size_t n, size_t *used_out)
{
    assert(!reader->fault);
    if (reader->part == PART_DONE && n > 0)
        start_message(reader);
    enum http_event event = HTTP_EVENT_MORE;
    size_t used = 0;
    while (event == HTTP_EVENT_MORE && used < n) {
        size_t size;
        event = reader->n_left > 0
                    ? read_data(reader, in + used, n - used, &size)
                    : read_line(reader, in + used, n - used, &size);
        used += size;
    }
    *used_out = used;
    return event;
}

int http_fault(const struct http_reader *reader, const char **why_out)
{
    assert(reader->fault);
    if (why_out)
        *why_out = reader->why;
    return reader->fault;
}
