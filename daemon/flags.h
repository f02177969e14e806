/*
 * The command line, option by option: --key=value, --key value, --boolean, and
 * -h and -V for --help and --version.
 */
#pragma once

#include "daemon/settings.h"
#include "proto/errmsg.h"

/* A walk along argv; starts as {argc, argv, 1}. */
struct flags {
    int argc;
    char *const *argv;
    int position; /* of the next word in argv */
};

enum flag_kind {
    FLAG_END, /* no more options */
    FLAG_SETTING,
    FLAG_CONFIG, /* --config FILE */
    FLAG_CHECK,
    FLAG_PRINT,
    FLAG_VERSION,
    FLAG_HELP,
};

struct flag {
    enum flag_kind kind;
    const struct setting *setting; /* of FLAG_SETTING; else NULL */
    const char *value;             /* of FLAG_SETTING and FLAG_CONFIG */
};

/*
 * Reads the next option; what it tells points into argv.
 * Returns 0, or -EINVAL with @errmsg: not an option, a value that is missing
 * or too much.
 */
int flags_next(struct flags *flags, struct flag *flag_out,
               struct errmsg *errmsg);
