/*
 * What clients say that cannot set a header, as browsers: the API key in a
 * subprotocol or in the query, and there what else they ask for. Ours, not
 * AWS's; setting browser_keys.
 */
#pragma once

#include <stdbool.h>

#include "proto/http.h"

enum { BROWSERKEY_CHARS_MAX = 128 }; /* of a key; see keys_check() */

/* The subprotocol that is selected where it is offered. */
#define BROWSERKEY_PROTOCOL "monologue"

/*
 * Finds the key of a complete request: in the subprotocol x-api-key.KEY, KEY
 * in base64url without padding; if none is offered, in the query's parameter
 * x-api-key, percent-encoded.
 * @key_out: NUL-terminated; untouched unless true is returned
 * Returns false: there is none, or two where the first one was, or it cannot
 * be a key.
 */
bool browserkey_find(const struct http_reader *request,
                     char key_out[BROWSERKEY_CHARS_MAX + 1]);

/* Whether BROWSERKEY_PROTOCOL is among the subprotocols. Case matters:
 * browsers take none back but what they offered. */
bool browserkey_may_select(const struct http_reader *request);

/* Whether the query's parameter x-monologue-extensions, which stands for the
 * header of that name, has @token in its list, as it is written. */
bool browserkey_asks_for(const struct http_reader *request, const char *token);
