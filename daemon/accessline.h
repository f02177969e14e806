/*
 * One line of the access log, in the format of API Gateway's: text with
 * $context variables.
 *
 * Values are written so that they can stand inside the quotes of JSON; a value
 * that there is none of is "-", as on AWS. Variables of what monologued does
 * not have - IAM, authorizers, WAF - are known, and always "-"; so are those
 * that would hold an API key.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/connid.h"
#include "proto/errmsg.h"

enum {
    ACCESSLINE_MAX = 8192,
    ACCESSLINE_FORMAT_MAX = 2000, /* bytes of a format */
};

struct accessline;

enum accessline_event {
    ACCESSLINE_CONNECT,
    ACCESSLINE_MESSAGE,
    ACCESSLINE_DISCONNECT,
};

/* What a line can tell; strings are UTF-8 or not, and NULL: there is none. */
struct accessline_facts {
    enum accessline_event event;
    int status;
    uint64_t now_ms;       /* since the epoch */
    uint64_t connected_ms; /* 0: it is not open yet */
    const struct connid *connection;
    const char *request;
    const char *extended_request;
    const struct connid *message;
    const char *stage;
    const char *source_ip;
    const char *user_agent; /* at most 256 bytes of it are told */
    const char *key_name;
    const char *error;
    const char *end; /* DISCONNECT: why */
    int close_code;
};

/*
 * Reads a format, or the name of one: "clf" or "json".
 * Returns 0, or -EINVAL with @errmsg naming the variable that is none, or
 * -ENOMEM.
 */
int accessline_compile(const char *format, struct accessline **line_out,
                       struct errmsg *errmsg);
void accessline_free(struct accessline *line);

/* Writes the line with its newline. Returns its size; 0: it is too long. */
size_t accessline_print(const struct accessline *line,
                        const struct accessline_facts *facts,
                        char line_out[static ACCESSLINE_MAX]);
