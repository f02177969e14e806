/*
 * The usage of this process: read from usage_file, kept there, freed.
 */
#pragma once

#include <uv.h>

#include "daemon/usage.h"
#include "proto/errmsg.h"

/* Embedded by the server, on whose loop it lives. */
struct ledger {
    struct usage *usage; /* owned; NULL until it is opened */
    char *path;          /* of usage_file; owned; NULL: it is not kept */
    uv_timer_t timer;    /* its data is the owner's, and closing it, too */
    uint64_t n_saved;    /* changes of the usage that are on disk */
};

void ledger_init(struct ledger *ledger, uv_loop_t *loop);

/*
 * Reads what was kept, and keeps what changes from now on, once a minute.
 * @path: NULL: no file
 * Returns 0, or as usagefile_read() and usagefile_try(); without @errmsg it is
 * -ENOMEM.
 */
int ledger_open(struct ledger *ledger, const char *path, struct errmsg *errmsg);

/* Writes the file if something has changed; the log tells of a failure. */
void ledger_save(struct ledger *ledger);

/* When the timer is closed. */
void ledger_deinit(struct ledger *ledger);
