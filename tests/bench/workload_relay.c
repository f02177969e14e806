/*
 * A fixed number of packets through all rooms that a relayed packet passes in
 * user space: read as frames, scanned, their receivers looked up, framed anew,
 * consumed. To be counted by instructions.py; prints nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/connection.h"
#include "daemon/registry.h"
#include "daemon/route.h"
#include "proto/frame.h"
#include "proto/packet.h"

enum { N_CONNECTIONS = 100, ROUND_BYTES = 1 << 21, TEXT_MAX = 32768 };

static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};

static const struct frame_rules rules = {
    .max_frame = 32768,
    .max_message = 131072,
    .max_fragments = 1000,
    .is_server = true,
};

static void must(bool is_done)
{
    if (!is_done)
        abort();
}

/* The same ids each time. */
static void number_id(struct connid *id, unsigned number)
{
    memcpy(id->chars, "AAAAAAAAAAACAAA=", CONNID_CHARS);
    for (int i = 0; i < 4; i++, number /= 26)
        id->chars[2 * i] = (char)('A' + number % 26);
}

static size_t write_packet(char *out, const struct connid *to, size_t size)
{
    size_t n = (size_t)sprintf(
        out,
        "{\"to\":\"%.*s\",\"payload\":{\"type\":\"REQ\",\"data\":{\"token\":"
        "\"0123456789abcdef\",\"name\":\"echo\",\"args\":[",
        CONNID_PRINT(to));
    for (size_t i = 0; i < size; i += 64)
        n += (size_t)sprintf(out + n,
                             "%s{\"id\":%zu,\"name\":\"user\",\"tags\":[1,2],"
                             "\"text\":\"plain as can be\"}",
                             i > 0 ? "," : "", 100000 + i);
    return n + (size_t)sprintf(out + n, "]}}}");
}

/* A frame as a client sends it. */
static size_t write_frame(uint8_t *out, const char *text, size_t n)
{
    size_t head = frame_write_header(out, FRAME_TEXT, true, n);
    out[1] |= 0x80;
    memcpy(out + head, mask, sizeof mask);
    frame_mask(out + head + sizeof mask, (const uint8_t *)text, n, mask, 0);
    return head + sizeof mask + n;
}

static void deliver(struct connection *receiver, const struct connid *from,
                    const struct packet *packet)
{
    char head[PACKET_HEAD_SIZE];
    const struct iovec parts[] = {
        {head, sizeof head},
        {(char *)(uintptr_t)packet->payload, packet->payload_size},
        {(char *)PACKET_TAIL, PACKET_TAIL_SIZE},
    };
    packet_write_head(head, from);
    must(frame_append(&receiver->socket.outbox, 1 << 20, FRAME_TEXT, parts, 3,
                      rules.max_frame) == 0);
    bytes_consume(&receiver->socket.outbox,
                  bytes_size(&receiver->socket.outbox));
}

static void relay(const struct route_table *table, struct connection *sender,
                  uint8_t *in, size_t n)
{
    struct frame frame;
    struct route route;
    size_t used;
    must(frame_read(&sender->partial, &rules, in, n, &used, &frame) ==
         FRAME_EVENT_MESSAGE);
    must(route_message(table, (const char *)frame.data, frame.size, &route) ==
         ROUTE_LOCAL);
    deliver(route.receiver, &sender->id, &route.packet);
}

/* As many bytes of each size. Reading unmasks in place, so each time a fresh
 * copy is read. */
static void relay_often(const struct route_table *table,
                        struct connection *sender,
                        const struct connection *receiver, size_t size)
{
    static char text[TEXT_MAX];
    static uint8_t frame[TEXT_MAX + FRAME_HEADER_MAX];
    static uint8_t in[sizeof frame];
    size_t n = write_packet(text, &receiver->id, size);
    n = write_frame(frame, text, n);
    for (size_t i = 0; i < ROUND_BYTES / size; i++) {
        memcpy(in, frame, n);
        relay(table, sender, in, n);
    }
}

int main(void)
{
    static const size_t sizes[] = {64, 256, 1024, 16384};
    static struct connection connections[N_CONNECTIONS];
    struct registry registry;
    must(registry_init(&registry) == 0);
    for (unsigned i = 0; i < N_CONNECTIONS; i++) {
        number_id(&connections[i].id, i);
        must(registry_add(&registry, &connections[i]) == 0);
    }
    const struct route_table table = {
        .registry = &registry, .n_slots = 1, .max_message = rules.max_message};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        relay_often(&table, &connections[i], &connections[50 + i], sizes[i]);
    registry_deinit(&registry);
    return 0;
}
