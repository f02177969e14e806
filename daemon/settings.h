/*
 * The settings, one row each. What a row says of its key is all that the
 * command line, the file, the environment, the reload and the help know of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/nearest.h"

enum setting_type {
    SETTING_ADDRESSES, /* listen and n_listen */
    SETTING_STAGE,     /* char *: a stage name */
    SETTING_KEY,       /* char *: an API key; never shown */
    SETTING_PATH,      /* char * */
    SETTING_ADMIN,     /* char *: an address of the admin endpoint */
    SETTING_FORMAT,    /* char *: of the access log; the parts add up */
    SETTING_BOOLEAN,   /* bool */
    SETTING_CHOICE,    /* int: the index of a word */
    SETTING_NUMBER,    /* uint32_t */
    SETTING_SIZE,      /* uint32_t: bytes */
    SETTING_DURATION,  /* uint64_t: milliseconds */
    SETTING_RATE,      /* double: a second */
};

struct setting {
    const char *key;
    enum setting_type type;
    size_t offset;       /* in struct config, of what the type says */
    const char *initial; /* the default, as a file says it; NULL: none */
    const char *aws;     /* the default of profile = aws; NULL: the same */
    uint64_t min;        /* of a number, in the unit of its field */
    uint64_t max;
    const char *zero; /* what 0, although below min, means; NULL: refused */
    const char *(*choice)(int index); /* the words; NULL behind the last */
    bool is_reloadable;
    const char *help; /* half a sentence, for --help */
};

/* The rows in the order of the documentation. At most 64, so that a set of
 * them fits a word. */
extern const struct setting settings_table[];
extern const size_t settings_count;

/* The row of the key "idle_timeout" or, as an option says it, "idle-timeout";
 * NULL: no such key. */
const struct setting *settings_find(const char *key, size_t n);

/* Whether what one source says several times adds up. */
bool settings_add_up(const struct setting *setting);

/* The position of @setting in the table. */
size_t settings_index(const struct setting *setting);

/* Offers every key to @nearest. */
void settings_offer(struct nearest *nearest);
