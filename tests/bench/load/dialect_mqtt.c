/*
 * MQTT 3.1.1 (OASIS), without acknowledgements: each peer subscribes to a
 * topic of its own name.
 */
#include "tests/bench/load/crowd.h"

enum {
    CONNACK = 0x20,
    PUBLISH = 0x30,
    SUBACK = 0x90,
    TOPIC_FIELD = 2 + TEXT_ID_SIZE, /* with its length in front */
};

static void write_topic(uint8_t *out, const struct peer *peer)
{
    out[0] = 0;
    out[1] = TEXT_ID_SIZE;
    memcpy(out + 2, peer->id, TEXT_ID_SIZE);
}

static void greet(struct peer *peer)
{
    static const uint8_t connect[] = {
        0x10, 10 + TOPIC_FIELD, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0};
    static const uint8_t subscribe[] = {0x82, 2 + TOPIC_FIELD + 1, 0, 1};
    outlet_append(&peer->out, connect, sizeof connect);
    write_topic(outlet_add(&peer->out, TOPIC_FIELD), peer);
    outlet_append(&peer->out, subscribe, sizeof subscribe);
    write_topic(outlet_add(&peer->out, TOPIC_FIELD), peer);
    outlet_append(&peer->out, "\0", 1);
}

/* The length of what follows: seven bits a byte. Returns its own length. */
static size_t read_length(const uint8_t *in, size_t n, size_t *length_out)
{
    size_t length = 0;
    for (size_t i = 0; i < n && i < 4; i++) {
        length |= (size_t)(in[i] & 0x7f) << 7 * i;
        if (!(in[i] & 0x80)) {
            *length_out = length;
            return i + 1;
        }
    }
    return 0;
}

static size_t write_length(uint8_t *out, size_t length)
{
    size_t n = 0;
    do {
        out[n] = (uint8_t)(length & 0x7f);
        length >>= 7;
        if (length)
            out[n] |= 0x80;
        n++;
    } while (length);
    return n;
}

static struct heard read_talk(struct peer *peer, uint8_t *in, size_t n)
{
    struct heard heard = {HEARD_MORE, 0, NULL, 0};
    size_t length, n_length = n > 1 ? read_length(in + 1, n - 1, &length) : 0;
    (void)peer;
    if (n_length == 0 || n - 1 - n_length < length)
        return heard;
    heard.used = 1 + n_length + length;
    heard.what = HEARD_NOTHING;
    switch (in[0]) {
    case CONNACK:
        if (in[3] != 0)
            fail("mosquitto refuses with %u", in[3]);
        break;
    case SUBACK:
        heard.what = HEARD_READY;
        break;
    case PUBLISH:
        heard.what = HEARD_TEXT;
        heard.text = (char *)in + 1 + n_length + TOPIC_FIELD;
        heard.size = length - TOPIC_FIELD;
        break;
    default:
        fail("mosquitto sends a packet of type 0x%02x", in[0]);
    }
    return heard;
}

static void say(struct peer *from, const struct peer *to, enum text_kind kind,
                uint64_t token)
{
    uint8_t head[5] = {PUBLISH};
    size_t size = dialect_texts[TEXT_HEARD][kind].size;
    size_t n = write_length(head + 1, TOPIC_FIELD + size);
    outlet_append(&from->out, head, 1 + n);
    write_topic(outlet_add(&from->out, TOPIC_FIELD), to);
    dialect_write_text(outlet_add(&from->out, size), from, kind, token);
}

const struct dialect dialect_mqtt = {
    .name = "mqtt",
    .prepare = dialect_prepare,
    .greet = greet,
    .read = read_talk,
    .say = say,
};
