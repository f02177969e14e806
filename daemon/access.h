/*
 * The access log: a line for each CONNECT, MESSAGE and DISCONNECT.
 *
 * Whether there is one, and its format, is in the snapshot; where its lines go
 * is the process's. Workers only queue them.
 */
#pragma once

#include <stdint.h>

#include "daemon/connection.h"
#include "daemon/ending.h"
#include "daemon/worker.h"
#include "proto/answer.h"
#include "proto/errmsg.h"

/* ---- on the main thread ---- */

/*
 * Opens @path, again if it is open already, so that what was renamed is left
 * alone. Lines that wait go to the new one.
 * @path: "-": standard error; NULL: lines, if there are any, are dropped
 * Returns 0, or with what was open unchanged a negative errno with @errmsg.
 */
int access_open(const char *path, struct errmsg *errmsg);

/* Writes what is queued, for at most a second. */
void access_close(void);

/* How many lines could not be written so far. From any thread. */
uint64_t access_count_lost(void);

/* ---- on the worker's, while there is an access log ---- */

static inline bool access_is_on(const struct connection *c)
{
    return c->worker->snapshot->access != NULL;
}

/* @c is open. */
void access_connected(struct connection *c);

/* @c, in HEAD, is refused a handshake. @why: what the log says of it */
void access_refused(struct connection *c, const char *user_agent, int status,
                    const char *why, const struct answer_ids *ids);

/* A message of @c was relayed or answered. */
void access_relayed(struct connection *c);

/* A message of @c got an error frame that says @error, with the id @request. */
void access_failed(struct connection *c, int status, const char *error,
                   const struct connid *request);

/* @c, which is open, will not be from now on. */
void access_disconnected(struct connection *c, enum connection_end end,
                         uint16_t code);
