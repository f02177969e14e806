/*
 * The opening handshake: an admitted client gets its id and the 101.
 */
#pragma once

#include <stdbool.h>

#include "proto/http.h"

struct connection;

/*
 * Answers a request for the WebSocket API; @c is OPEN, or refused, or gone
 * afterwards.
 * @is_throttled: as admit()
 */
void handshake_answer(struct connection *c, const struct http_reader *request,
                      bool is_throttled);
