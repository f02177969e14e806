/*
 * The lines of HTTP/1.1 heads, to the letter of RFC 9112 and RFC 9110: where
 * their parts lie, and what the parser library would let pass.
 *
 * Lines come with their CRLF, which the caller has checked to be the only CR
 * and LF in them, and without other control bytes. Texts are compared without
 * the C library's locale.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What is wrong, as an HTTP status and in words. Status 0: nothing. */
struct http_flaw {
    int status;
    const char *why; /* static text */
};

#define HTTP_FLAWLESS ((struct http_flaw){0, NULL})

/*
 * Splits "GET /latest HTTP/1.1".
 * @method_size_out: of the method, in bytes; a blank and the target follow
 * @target_size_out: of the target, in bytes; a blank and the version follow
 */
struct http_flaw http_line_split_request(const char *line, size_t n,
                                         size_t *method_size_out,
                                         size_t *target_size_out);

/* Checks "HTTP/1.1 200" and a reason, if any, behind a blank. */
struct http_flaw http_line_check_status(const char *line, size_t n);

struct http_line_header {
    size_t name_size;  /* in bytes; a colon follows */
    size_t value;      /* offset of the value, blanks around it left out */
    size_t value_size; /* in bytes */
};

/* Splits "Name: value". */
struct http_flaw http_line_split_header(const char *line, size_t n,
                                        struct http_line_header *header_out);

/* Checks "1a2b" and the extensions, if any, behind a semicolon. */
struct http_flaw http_line_check_chunk(const char *line, size_t n);

/* Whether the texts are the same but for the case of ASCII letters. */
bool http_line_equals(const char *a, const char *b);

/* Whether a comma-separated list has @token in it; case does not matter. */
bool http_line_has_token(const char *list, const char *token);

/* Whether @text could be a host and a port, as far as its bytes go. */
bool http_line_is_host(const char *text);
