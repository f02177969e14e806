#include "daemon/usagefile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/hex.h"
#include "daemon/quantity.h"
#include "proto/draft.h"
#include "proto/inifile.h"

enum { VALUE_CHARS = 200 }; /* more than inifile takes */

/* ---- reading ---- */

/* Which must be the first one of a period. */
static bool read_date(const char *text, struct usage_counter *counter_out)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%d", &tm);
    if (!end || *end)
        return false;
    counter_out->start_s = timegm(&tm);
    return counter_out->start_s >= 0 &&
           plans_period_start(counter_out->period, counter_out->start_s) ==
               counter_out->start_s;
}

/* Reads "sha256:HEX 17/day since 2026-11-22". */
static bool read_value(const char *value, struct usage_counter *counter_out)
{
    static const char prefix[] = "sha256:";
    char text[VALUE_CHARS];
    char *rest = text;
    snprintf(text, sizeof text, "%s", value);
    const char *hex = strsep(&rest, " ");
    const char *used = rest ? strsep(&rest, "/") : "";
    const char *period = rest ? strsep(&rest, " ") : "";
    const char *since = rest ? strsep(&rest, " ") : "";
    return rest && strncmp(hex, prefix, strlen(prefix)) == 0 &&
           hex_read(hex + strlen(prefix), KEY_DIGEST_BYTES,
                    counter_out->digest) &&
           quantity_parse(used, QUANTITY_PLAIN, &counter_out->n_used) == 0 &&
           plans_find_period(period, &counter_out->period) == 0 &&
           strcmp(since, "since") == 0 && read_date(rest, counter_out);
}

static int read_entry(const struct inifile_entry *entry, void *data,
                      struct errmsg *errmsg)
{
    struct usage_counter counter = {.name = ""};
    int rc = -EINVAL;
    if (!entry->section[0] && strlen(entry->name) <= KEY_NAME_MAX &&
        read_value(entry->value, &counter)) {
        memcpy(counter.name, entry->name, strlen(entry->name));
        rc = usage_restore(data, &counter);
    }
    if (rc == -ENOMEM)
        errmsg_set(errmsg, "out of memory");
    else if (rc)
        errmsg_set(errmsg, "this is not a line of a usage file: remove the "
                           "line, or the file to start anew");
    return rc == -EEXIST ? -EINVAL : rc;
}

int usagefile_read(const char *path, struct usage *usage, struct errmsg *errmsg)
{
    int rc = inifile_read(path, read_entry, usage, errmsg);
    return rc == -ENOENT ? 0 : rc;
}

/* ---- writing ---- */

static void print(const struct usage_counter *counter, FILE *file)
{
    char date[sizeof "2026-11-22 and a longer year"];
    char hex[2 * KEY_DIGEST_BYTES + 1];
    time_t start_s = (time_t)counter->start_s;
    struct tm tm;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&start_s, &tm));
    hex_print(counter->digest, KEY_DIGEST_BYTES, hex);
    fprintf(file, "%s = sha256:%s %" PRIu64 "/%s since %s\n", counter->name,
            hex, counter->n_used, plans_period_name((int)counter->period),
            date);
}

static int replace(const char *path, struct usage *usage, int64_t epoch_s)
{
    struct usage_counter counter;
    struct draft draft;
    int rc = draft_open(&draft, path);
    if (rc)
        return rc;
    for (size_t i = 0; usage_get(usage, i, &counter); i++)
        if (counter.n_used &&
            counter.start_s == plans_period_start(counter.period, epoch_s))
            print(&counter, draft.file);
    return draft_keep(&draft);
}

static int complain(int rc, const char *path, struct errmsg *errmsg)
{
    if (rc)
        errmsg_set(errmsg, "cannot write %s: %s", path, strerror(-rc));
    return rc;
}

int usagefile_write(const char *path, struct usage *usage, int64_t epoch_s,
                    struct errmsg *errmsg)
{
    return complain(replace(path, usage, epoch_s), path, errmsg);
}

int usagefile_try(const char *path, struct errmsg *errmsg)
{
    struct draft draft;
    int rc = draft_open(&draft, path);
    if (rc == 0)
        draft_drop(&draft);
    return complain(rc, path, errmsg);
}
