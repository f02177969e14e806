/*
 * The opening handshake of one connection: a request in, 101 or a refusal out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct handshake;
struct snapshot;

/*
 * @is_throttled: refuse with 429 what would be welcome otherwise
 * Returns NULL when out of memory.
 */
struct handshake *handshake_new(const struct snapshot *snapshot,
                                bool is_throttled);
void handshake_free(struct handshake *handshake);

/*
 * Reads input of @c, which is in HEAD, until that state is left.
 * Returns how many of the @n bytes are used; what follows are frames.
 */
size_t handshake_read(struct connection *c, const uint8_t *in, size_t n);
