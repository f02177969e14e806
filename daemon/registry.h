/*
 * The open connections of one worker, found by id.
 *
 * Open addressing over the ids' own random bits: a look-up touches one line of
 * the table and one of the connection.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/connid.h"

struct connection;

struct registry {
    struct connection **slots; /* owned; NULL marks a free one */
    size_t mask;               /* number of slots - 1; a power of two */
    size_t n_connections;
};

/* Returns 0 or -ENOMEM. */
int registry_init(struct registry *registry);
void registry_deinit(struct registry *registry);

/*
 * Adds a connection, whose id no other has (78 random bits see to that).
 * Returns 0, or -ENOMEM with nothing changed.
 */
int registry_add(struct registry *registry, struct connection *connection);

/* Takes out a connection that was added. */
void registry_remove(struct registry *registry,
                     const struct connection *connection);

/* Returns NULL when no open connection of this worker has the id. */
struct connection *registry_find(const struct registry *registry,
                                 const struct connid *id);
