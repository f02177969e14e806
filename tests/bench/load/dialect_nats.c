/*
 * NATS: each peer subscribes to a subject of its own name, and requests name
 * the caller's for the reply.
 */
#include <stdio.h>

#include "tests/bench/load/crowd.h"

static void greet(struct peer *peer)
{
    char text[200];
    int n = snprintf(text, sizeof text,
                     "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n"
                     "SUB %.*s 1\r\nPING\r\n",
                     TEXT_ID_SIZE, peer->id);
    outlet_append(&peer->out, text, (size_t)n);
}

/* MSG subject sid [reply] size */
static struct heard read_message(uint8_t *in, size_t n, size_t line_size)
{
    size_t size = 0, at = line_size - 2;
    while (at > 0 && in[at - 1] != ' ')
        at--;
    for (; at < line_size - 2; at++)
        size = size * 10 + (size_t)(in[at] - '0');
    if (n < line_size + size + 2)
        return (struct heard){HEARD_MORE, 0, NULL, 0};
    return (struct heard){HEARD_TEXT, line_size + size + 2,
                          (char *)in + line_size, size};
}

static struct heard read_talk(struct peer *peer, uint8_t *in, size_t n)
{
    struct heard heard = {HEARD_MORE, 0, NULL, 0};
    const uint8_t *end = memmem(in, n, "\r\n", 2);
    if (!end)
        return heard;
    heard.used = (size_t)(end + 2 - in);
    heard.what = HEARD_NOTHING;
    if (heard.used >= 6 && memcmp(in, "MSG ", 4) == 0)
        return read_message(in, n, heard.used);
    if (memcmp(in, "PONG", 4) == 0)
        heard.what = HEARD_READY;
    if (memcmp(in, "-ERR", 4) == 0)
        fail("nats-server: %.*s", (int)heard.used, (const char *)in);
    if (memcmp(in, "PING", 4) == 0) {
        outlet_append(&peer->out, "PONG\r\n", 6);
        crowd_has_output(peer);
    }
    return heard;
}

static void say(struct peer *from, const struct peer *to, enum text_kind kind,
                uint64_t token)
{
    char head[100];
    size_t size = dialect_texts[TEXT_HEARD][kind].size;
    int n = kind == TEXT_REQUEST
                ? snprintf(head, sizeof head, "PUB %.*s %.*s %zu\r\n",
                           TEXT_ID_SIZE, to->id, TEXT_ID_SIZE, from->id, size)
                : snprintf(head, sizeof head, "PUB %.*s %zu\r\n", TEXT_ID_SIZE,
                           to->id, size);
    outlet_append(&from->out, head, (size_t)n);
    dialect_write_text(outlet_add(&from->out, size), from, kind, token);
    outlet_append(&from->out, "\r\n", 2);
}

const struct dialect dialect_nats = {
    .name = "nats",
    .prepare = dialect_prepare,
    .greet = greet,
    .read = read_talk,
    .say = say,
};
