/*
 * Usage plans: how much the holder of a key may ask for, and in what time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/errmsg.h"
#include "proto/inifile.h"

enum { PLAN_NAME_MAX = 48 }; /* inih cuts the name of a section behind it */

/* In UTC, as on AWS; a week begins on Sunday. */
enum plan_period { PLAN_DAY, PLAN_WEEK, PLAN_MONTH };

struct plan {
    char name[PLAN_NAME_MAX + 1];
    double rate;    /* requests a second; 0: any */
    uint32_t burst; /* and how many of them at once; 0 without a rate */
    uint64_t quota; /* requests in one period; 0: any */
    enum plan_period period;
    int line; /* of the file, where it begins */
};

/* Embedded by its owner; all zeros is empty. */
struct plans {
    struct plan *all; /* owned */
    size_t n;
};

void plans_deinit(struct plans *plans);

/* Returns 0, or -ENOMEM with @copy_out untouched. */
int plans_copy(const struct plans *plans, struct plans *copy_out);

/* Whether a section of a file speaks of a plan: "plan NAME". */
bool plans_are_in(const char *section);

/*
 * Takes over one line of such a section: rate, burst or quota.
 * Returns 0, or with @errmsg, which says what would be right: -EINVAL, -ENOMEM.
 */
int plans_set(struct plans *plans, const struct inifile_entry *entry,
              struct errmsg *errmsg);

/*
 * Adds what the file need not say: without a burst, a second's requests may
 * come at once.
 * Returns 0, or -EINVAL with @errmsg naming @path, line and the missing part.
 */
int plans_complete(struct plans *plans, const char *path,
                   struct errmsg *errmsg);

/* The plan of this name, or NULL; valid until @plans changes. */
const struct plan *plans_find(const struct plans *plans, const char *name);

/* When the period began in which @epoch_s lies; both since the epoch. */
int64_t plans_period_start(enum plan_period period, int64_t epoch_s);

/* "day", "week", "month"; NULL behind the last. */
const char *plans_period_name(int period);

/* Returns 0, or -EINVAL: not the name of a period. */
int plans_find_period(const char *name, enum plan_period *period_out);
