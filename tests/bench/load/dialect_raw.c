/*
 * What bench-floor relays: a header of eight bytes - how long, and for whom -
 * and the same texts. See tests/bench/floor.c.
 */
#include "tests/bench/load/crowd.h"

enum phase { GREETING, TALKING };

enum { HEADER_SIZE = 8 };

static void greet(struct peer *peer)
{
    outlet_append(&peer->out, "h", 1);
}

static struct heard read_talk(struct peer *peer, uint8_t *in, size_t n)
{
    uint32_t size;
    if (n < sizeof size)
        return (struct heard){HEARD_MORE, 0, NULL, 0};
    memcpy(&size, in, sizeof size);
    if (peer->phase == GREETING) {
        peer->number = size;
        peer->phase = TALKING;
        return (struct heard){HEARD_READY, sizeof size, NULL, 0};
    }
    if (n < size)
        return (struct heard){HEARD_MORE, 0, NULL, 0};
    return (struct heard){HEARD_TEXT, size, (char *)in + HEADER_SIZE,
                          size - HEADER_SIZE};
}

static void say(struct peer *from, const struct peer *to, enum text_kind kind,
                uint64_t token)
{
    uint32_t size =
        (uint32_t)(HEADER_SIZE + dialect_texts[TEXT_HEARD][kind].size);
    uint8_t *out = outlet_add(&from->out, size);
    memcpy(out, &size, sizeof size);
    memcpy(out + sizeof size, &to->number, sizeof to->number);
    dialect_write_text(out + HEADER_SIZE, from, kind, token);
}

const struct dialect dialect_raw = {
    .name = "raw",
    .prepare = dialect_prepare,
    .greet = greet,
    .read = read_talk,
    .say = say,
};
