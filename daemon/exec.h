/*
 * monologued exec: a server for as long as one command runs.
 */
#pragma once

#include "daemon/config.h"
#include "proto/errmsg.h"

/* Where the defaults of exec differ; for config_load_over(). */
extern const char *const exec_defaults[];

/*
 * Serves, runs @command with endpoint and key in its environment, and drains
 * when it has ended. Signals to us go to the command.
 * @config:      taken, also on failure
 * @command:     as argv, NULL-terminated
 * @environment: as environ(7)
 * @status_out:  the command's exit status, 128 plus the signal that ended it,
 *               127: it was not found, 126: it cannot be run
 * Returns 0, or with @errmsg why it could not start: as run_daemon(), -EINVAL
 * also when there is no URL or key to tell.
 */
int exec_command(struct config *config, char *const command[],
                 char *const environment[], int *status_out,
                 struct errmsg *errmsg);
