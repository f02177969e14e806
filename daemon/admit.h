/*
 * Who may open a connection: handshake, key and rate, as a verdict.
 */
#pragma once

#include "daemon/snapshot.h"
#include "proto/upgrade.h"

struct admission {
    const char *protocol;  /* to be selected, static; NULL: none is */
    const struct key *key; /* NULL where none is required; lives as long as
                              the snapshot */
    char accept[UPGRADE_ACCEPT_CHARS + 1]; /* Sec-WebSocket-Accept */
};

/*
 * Decides about a complete request for the WebSocket API.
 * @is_throttled: it came in faster than connect_rate allows
 * Returns REFUSAL_NONE, with @admission_out set, or how to refuse it. The
 * order is the gateway's: method and headers, then key, then rate.
 */
enum refusal admit(const struct snapshot *snapshot,
                   const struct http_reader *request, bool is_throttled,
                   struct admission *admission_out);
