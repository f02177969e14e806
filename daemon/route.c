#include "daemon/route.h"

static enum route_verdict find_receiver(const struct route_table *table,
                                        struct route *route)
{
    const struct packet *packet = &route->packet;
    if (packet->to_size != CONNID_CHARS ||
        connid_parse(packet->to, CONNID_CHARS, &route->to) != 0)
        return ROUTE_GONE;
    route->slot = connid_slot(&route->to);
    if (route->slot >= table->n_slots)
        return ROUTE_GONE;
    if (route->slot != table->own_slot)
        return ROUTE_REMOTE;
    route->receiver = registry_find(table->registry, &route->to);
    return route->receiver ? ROUTE_LOCAL : ROUTE_GONE;
}

enum route_verdict route_message(const struct route_table *table,
                                 const char *text, size_t n,
                                 struct route *route_out)
{
    switch (packet_scan(text, n, &route_out->packet)) {
    case PACKET_MALFORMED:
        return ROUTE_MALFORMED;
    case PACKET_WHOAMI:
        return ROUTE_WHOAMI;
    case PACKET_RELAY:
        break;
    }
    /* "from" is longer than "to": what fits on the way in may not on the way
     * out, and then AWS refuses the post. */
    size_t size =
        PACKET_HEAD_SIZE + route_out->packet.payload_size + PACKET_TAIL_SIZE;
    if (size > table->max_message)
        return ROUTE_TOO_LONG;
    return find_receiver(table, route_out);
}
