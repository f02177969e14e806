#include "daemon/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/log.h"
#include "daemon/usagefile.h"
#include "proto/list.h"

enum { SAVE_EVERY_MS = 60000 };

void ledger_init(struct ledger *ledger, uv_loop_t *loop)
{
    ledger->usage = NULL;
    ledger->path = NULL;
    ledger->n_saved = 0;
    uv_timer_init(loop, &ledger->timer);
}

/* The main loop - signals, the admin endpoint - waits while the disk takes its
 * time: once a minute at most. */
void ledger_save(struct ledger *ledger)
{
    uint64_t n_changes = usage_count_changes(ledger->usage);
    struct errmsg errmsg = {""};
    if (!ledger->path || n_changes == ledger->n_saved)
        return;
    if (usagefile_write(ledger->path, ledger->usage, time(NULL), &errmsg))
        log_error("usage_file is not written: %s", errmsg.text);
    else
        ledger->n_saved = n_changes;
}

static void on_save(uv_timer_t *timer)
{
    ledger_save(list_entry(timer, struct ledger, timer));
}

int ledger_open(struct ledger *ledger, const char *path, struct errmsg *errmsg)
{
    ledger->usage = usage_new();
    if (!ledger->usage)
        return -ENOMEM;
    if (!path)
        return 0;
    ledger->path = strdup(path);
    if (!ledger->path)
        return -ENOMEM;
    int rc = usagefile_read(path, ledger->usage, errmsg);
    if (rc == 0)
        rc = usagefile_try(path, errmsg);
    if (rc == 0)
        uv_timer_start(&ledger->timer, on_save, SAVE_EVERY_MS, SAVE_EVERY_MS);
    else
        errmsg_prefix(errmsg, "usage_file");
    return rc;
}

void ledger_deinit(struct ledger *ledger)
{
    usage_free(ledger->usage);
    free(ledger->path);
}
