/*
 * The inside of an HTTP reader, for its two files only: http.c reads, and
 * http_message.c tells what was read.
 */
#pragma once

#include <http_parser.h>

#include "proto/bytes.h"
#include "proto/http.h"
#include "proto/http_line.h"

enum part {
    PART_START,     /* a start line is expected or has begun */
    PART_HEADERS,   /* a header or the end of the head is */
    PART_BODY,      /* data while n_left > 0, else the size of a chunk */
    PART_CHUNK_END, /* the CRLF behind the data of a chunk */
    PART_TRAILERS,  /* as headers, after the last chunk; not kept */
    PART_DONE,      /* the message is there; the next byte begins another */
};

/* Where the NUL-terminated texts of a header begin in the head. */
struct header {
    uint32_t name;
    uint32_t value;
};

struct http_reader {
    http_parser parser; /* its data is this reader */
    struct http_limits limits;
    enum http_role role;
    enum part part;
    struct bytes head; /* all lines up to the empty one */
    struct bytes line; /* the line of a chunked body that has begun */
    struct bytes body;
    uint64_t n_left;      /* bytes of data that come before the next line */
    size_t n_room;        /* bytes of lines that may still come */
    uint32_t line_begin;  /* offset in head of the line that has begun */
    uint32_t method;      /* offset in head */
    uint32_t target;      /* offset in head */
    uint32_t target_size; /* bytes of the target so far */
    uint32_t n_blanks;    /* in the request line so far */
    uint32_t n_headers;
    int fault;               /* status; 0 while there is none */
    const char *why;         /* static text */
    bool is_chunked;         /* the body has Transfer-Encoding: chunked */
    bool has_length;         /* the body has a Content-Length */
    bool is_complete;        /* the library has seen the message's end */
    struct header headers[]; /* room for limits.n_headers */
};

/* Whether a head leaves no doubt whom it is for (RFC 9112, section 3.2). */
struct http_flaw http_message_check_host(const struct http_reader *reader);

/*
 * Whether a head leaves no doubt where its body ends (RFC 9112, section 6.3);
 * sets is_chunked and has_length.
 */
struct http_flaw http_message_check_body(struct http_reader *reader);
