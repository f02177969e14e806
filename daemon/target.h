/*
 * Request targets: the stage, and what is asked for behind it.
 */
#pragma once

#include <stddef.h>

#include "proto/connid.h"

enum target_kind {
    TARGET_UNKNOWN,     /* not of this stage, or nothing that it has */
    TARGET_SOCKET,      /* /{stage} or /{stage}/: the WebSocket API */
    TARGET_CONNECTION,  /* /{stage}/@connections/{id}: its management API */
    TARGET_CONNECTIONS, /* the same without an id */
    TARGET_BAD_ID,      /* the same with what cannot be an id */
};

/*
 * Takes a target apart; a query is ignored. '@' and '=' may be escaped, as
 * most SDKs do.
 * @id_out: set only for TARGET_CONNECTION
 */
enum target_kind target_parse(const char *target, const char *stage,
                              struct connid *id_out);
