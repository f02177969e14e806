#include "daemon/plans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/quantity.h"
#include "daemon/secretfile.h"

enum { RATE_MAX = 1000000, BURST_MAX = 1000000, DAY_S = 24 * 3600 };

static const char SECTION_WORD[] = "plan";

void plans_deinit(struct plans *plans)
{
    free(plans->all);
    *plans = (struct plans){NULL, 0};
}

int plans_copy(const struct plans *plans, struct plans *copy_out)
{
    struct plans copy = {NULL, plans->n};
    if (plans->n) {
        copy.all = calloc(plans->n, sizeof *copy.all);
        if (!copy.all)
            return -ENOMEM;
        memcpy(copy.all, plans->all, plans->n * sizeof *copy.all);
    }
    *copy_out = copy;
    return 0;
}

const struct plan *plans_find(const struct plans *plans, const char *name)
{
    for (size_t i = 0; i < plans->n; i++)
        if (strcmp(plans->all[i].name, name) == 0)
            return &plans->all[i];
    return NULL;
}

/* ---- periods ---- */

const char *plans_period_name(int period)
{
    static const char *const names[] = {"day", "week", "month", NULL};
    return names[period];
}

int plans_find_period(const char *name, enum plan_period *period_out)
{
    for (int i = 0; plans_period_name(i); i++)
        if (strcmp(name, plans_period_name(i)) == 0) {
            *period_out = (enum plan_period)i;
            return 0;
        }
    return -EINVAL;
}

int64_t plans_period_start(enum plan_period period, int64_t epoch_s)
{
    int64_t day = epoch_s / DAY_S;
    time_t seconds = (time_t)epoch_s;
    struct tm tm;
    switch (period) {
    case PLAN_DAY:
        break;
    case PLAN_WEEK:
        day -= (day + 4) % 7; /* day 0 was a Thursday */
        break;
    case PLAN_MONTH:
        gmtime_r(&seconds, &tm);
        day -= tm.tm_mday - 1;
        break;
    }
    return day * DAY_S;
}

/* ---- reading ---- */

bool plans_are_in(const char *section)
{
    size_t n = strlen(SECTION_WORD);
    return strncmp(section, SECTION_WORD, n) == 0 &&
           (section[n] == '\0' || strchr(" \t", section[n]));
}

/* The plan of @section; it is added when it is new. */
static int find_or_add(struct plans *plans, const char *section, int line,
                       struct plan **plan_out, struct errmsg *errmsg)
{
    const char *name = section + strlen(SECTION_WORD);
    name += strspn(name, " \t");
    if (!secretfile_is_name(name, PLAN_NAME_MAX)) {
        errmsg_set(errmsg,
                   "[%.80s]: a plan has a name of 1 to %d letters, digits, "
                   "dots, dashes or underscores: use [plan NAME]",
                   section, PLAN_NAME_MAX);
        return -EINVAL;
    }
    *plan_out = (struct plan *)plans_find(plans, name);
    if (*plan_out)
        return 0;
    struct plan *grown = reallocarray(plans->all, plans->n + 1, sizeof *grown);
    if (!grown) {
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    plans->all = grown;
    *plan_out = &plans->all[plans->n++];
    **plan_out = (struct plan){.line = line};
    memcpy((*plan_out)->name, name, strlen(name));
    return 0;
}

static int set_rate(struct plan *plan, const char *value)
{
    double rate;
    if (quantity_parse_rate(value, &rate) || rate <= 0 || rate > RATE_MAX)
        return -EINVAL;
    plan->rate = rate;
    return 0;
}

static int set_burst(struct plan *plan, const char *value)
{
    uint64_t burst;
    if (quantity_parse(value, QUANTITY_PLAIN, &burst) || burst < 1 ||
        burst > BURST_MAX)
        return -EINVAL;
    plan->burst = (uint32_t)burst;
    return 0;
}

/* As "1000/day". */
static int set_quota(struct plan *plan, const char *value)
{
    char digits[QUANTITY_CHARS] = "";
    const char *slash = strchr(value, '/');
    uint64_t quota;
    if (!slash || (size_t)(slash - value) >= sizeof digits)
        return -EINVAL;
    memcpy(digits, value, (size_t)(slash - value));
    if (quantity_parse(digits, QUANTITY_PLAIN, &quota) || quota < 1 ||
        plans_find_period(slash + 1, &plan->period))
        return -EINVAL;
    plan->quota = quota;
    return 0;
}

int plans_set(struct plans *plans, const struct inifile_entry *entry,
              struct errmsg *errmsg)
{
    static const struct {
        const char *name;
        int (*set)(struct plan *plan, const char *value);
        const char *hint;
    } parts[] = {
        {"rate", set_rate, "requests a second, such as 10 or 0.5"},
        {"burst", set_burst, "requests at once, 1 to 1000000"},
        {"quota", set_quota, "requests in a day, week or month: 1000/day"},
    };
    struct plan *plan;
    int rc = find_or_add(plans, entry->section, entry->line, &plan, errmsg);
    if (rc)
        return rc;
    const bool is_set[] = {plan->rate > 0, plan->burst > 0, plan->quota > 0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(entry->name, parts[i].name) != 0)
            continue;
        if (is_set[i])
            errmsg_set(errmsg, "plan %s has a %s already", plan->name,
                       entry->name);
        else if (parts[i].set(plan, entry->value) != 0)
            errmsg_set(errmsg, "%s: \"%.80s\" is not %s", entry->name,
                       entry->value, parts[i].hint);
        else
            return 0;
        return -EINVAL;
    }
    errmsg_set(errmsg, "%.80s: a plan has rate, burst and quota", entry->name);
    return -EINVAL;
}

int plans_complete(struct plans *plans, const char *path, struct errmsg *errmsg)
{
    for (size_t i = 0; i < plans->n; i++) {
        struct plan *plan = &plans->all[i];
        if (plan->burst && plan->rate <= 0) {
            errmsg_set(errmsg, "%s:%d: plan %s has a burst, but no rate", path,
                       plan->line, plan->name);
            return -EINVAL;
        }
        if (plan->rate > 0 && !plan->burst)
            plan->burst = plan->rate > 1 ? (uint32_t)plan->rate : 1;
    }
    return 0;
}
