/*
 * The parts of a URL, as ranges of its text.
 */
#pragma once

#include <stdbool.h>

/* Bytes of somebody else's text: [begin, end); begin is NULL: not there. */
struct url_part {
    const char *begin;
    const char *end;
};

/* Blanks and control bytes have no place in a URL, nor in what we send. */
bool url_is_printable(const char *text);

/*
 * Splits host[:port]; an IPv6 address stands in brackets.
 * @host_out: without the brackets
 * Returns NULL, or what is wrong: static text, with nothing set.
 */
const char *url_split_host(struct url_part all, struct url_part *host_out,
                           struct url_part *port_out);

/* Returns a copy with its NUL, to be freed; NULL: out of memory. */
char *url_copy(struct url_part part);

/*
 * Joins a host without brackets and a port, for a Host header or a CONNECT.
 * @port: NULL: none
 * Returns a text to be freed; NULL: out of memory.
 */
char *url_join_host(const char *host, const char *port);
