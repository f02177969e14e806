#include "daemon/registry.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/connection.h"

enum { SLOTS_MIN = 64 };

static size_t home(const struct registry *registry, const struct connid *id)
{
    return connid_hash(id) & registry->mask;
}

static size_t after(const struct registry *registry, size_t slot)
{
    return (slot + 1) & registry->mask;
}

int registry_init(struct registry *registry)
{
    registry->slots = calloc(SLOTS_MIN, sizeof *registry->slots);
    registry->mask = SLOTS_MIN - 1;
    registry->n_connections = 0;
    return registry->slots ? 0 : -ENOMEM;
}

void registry_deinit(struct registry *registry)
{
    free(registry->slots);
    registry->slots = NULL;
}

static void place(struct registry *registry, struct connection *connection)
{
    size_t slot = home(registry, &connection->id);
    while (registry->slots[slot])
        slot = after(registry, slot);
    registry->slots[slot] = connection;
}

static int resize(struct registry *registry, size_t n_slots)
{
    struct registry bigger = {
        .slots = calloc(n_slots, sizeof *bigger.slots),
        .mask = n_slots - 1,
        .n_connections = registry->n_connections,
    };
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; i <= registry->mask; i++)
        if (registry->slots[i])
            place(&bigger, registry->slots[i]);
    free(registry->slots);
    *registry = bigger;
    return 0;
}

int registry_add(struct registry *registry, struct connection *connection)
{
    size_t n_slots = registry->mask + 1;
    if (registry->n_connections + 1 > n_slots / 2 + n_slots / 4) {
        int rc = resize(registry, n_slots * 2);
        if (rc)
            return rc;
    }
    place(registry, connection);
    registry->n_connections++;
    return 0;
}

/*
 * Closes the gap at @gap: whoever stands behind it, up to the next free slot,
 * and would be found from it or before it, moves up. So there are no
 * tombstones, and look-ups stay short for years.
 */
static void close_gap(struct registry *registry, size_t gap)
{
    struct connection **slots = registry->slots;
    for (size_t i = after(registry, gap); slots[i]; i = after(registry, i)) {
        size_t from_home = (i - home(registry, &slots[i]->id)) & registry->mask;
        size_t from_gap = (i - gap) & registry->mask;
        if (from_home >= from_gap) {
            slots[gap] = slots[i];
            gap = i;
        }
    }
    slots[gap] = NULL;
}

void registry_remove(struct registry *registry,
                     const struct connection *connection)
{
    size_t slot = home(registry, &connection->id);
    while (registry->slots[slot] != connection) {
        assert(registry->slots[slot]);
        slot = after(registry, slot);
    }
    close_gap(registry, slot);
    registry->n_connections--;
    size_t n_slots = registry->mask + 1;
    if (n_slots > SLOTS_MIN && registry->n_connections < n_slots / 8)
        (void)resize(registry, n_slots / 2); /* too large is still right */
}

struct connection *registry_find(const struct registry *registry,
                                 const struct connid *id)
{
    size_t slot = home(registry, id);
    struct connection *c;
    while ((c = registry->slots[slot]) && !connid_equal(&c->id, id))
        slot = after(registry, slot);
    return c;
}
