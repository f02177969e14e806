/*
 * The text of an error that a person will read: what, where, what to do.
 */
#pragma once

struct errmsg {
    char text[512]; /* NUL-terminated; cut when longer; "" when none */
};

/* Replaces the text. @errmsg may be NULL: then nobody wants to know. */
void errmsg_set(struct errmsg *errmsg, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "@format: " in front of the text that is there: where it happened. */
void errmsg_prefix(struct errmsg *errmsg, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
