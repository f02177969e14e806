/*
 * Redis, in RESP3, which lets a connection that subscribes publish as well:
 * each peer subscribes to a channel of its own name.
 */
#include <stdio.h>

#include "tests/bench/load/crowd.h"

enum { VALUES_MAX = 64 };

static void greet(struct peer *peer)
{
    char text[200];
    int n = snprintf(text, sizeof text, "HELLO 3\r\nSUBSCRIBE %.*s\r\n",
                     TEXT_ID_SIZE, peer->id);
    outlet_append(&peer->out, text, (size_t)n);
}

/* A reply is a value, or a value that announces others. */
struct value {
    char type;
    size_t number; /* how many bytes, how many values, or just how many */
    size_t used;
    const char *text;
};

static bool read_value(const uint8_t *in, size_t n, struct value *value_out)
{
    const uint8_t *end = memmem(in, n, "\r\n", 2);
    if (!end)
        return false;
    struct value value = {.type = (char)in[0], .used = (size_t)(end + 2 - in)};
    for (const uint8_t *at = in + 1; at < end && *at >= '0' && *at <= '9'; at++)
        value.number = value.number * 10 + (size_t)(*at - '0');
    if (value.type == '-')
        fail("redis: %.*s", (int)value.used, (const char *)in);
    if (value.type == '$') {
        value.text = (const char *)in + value.used;
        value.used += value.number + 2;
    }
    *value_out = value;
    return value.used <= n;
}

static size_t n_announced(const struct value *value)
{
    switch (value->type) {
    case '*':
    case '>':
        return value->number;
    case '%':
        return 2 * value->number;
    default:
        return 0;
    }
}

static struct heard understand(const struct value *values, size_t used)
{
    struct heard heard = {HEARD_NOTHING, used, NULL, 0};
    if (values[0].type != '>')
        return heard;
    if (values[1].number == 9) /* subscribe */
        heard.what = HEARD_READY;
    if (values[1].number == 7) { /* message */
        heard.what = HEARD_TEXT;
        heard.text = values[3].text;
        heard.size = values[3].number;
    }
    return heard;
}

static struct heard read_talk(struct peer *peer, uint8_t *in, size_t n)
{
    struct value values[VALUES_MAX];
    size_t wanted = 1, used = 0;
    (void)peer;
    for (size_t i = 0; i < wanted; i++) {
        if (i == VALUES_MAX)
            fail("redis says more than is understood");
        if (!read_value(in + used, n - used, &values[i]))
            return (struct heard){HEARD_MORE, 0, NULL, 0};
        used += values[i].used;
        wanted += n_announced(&values[i]);
    }
    return understand(values, used);
}

static void say(struct peer *from, const struct peer *to, enum text_kind kind,
                uint64_t token)
{
    char head[100];
    size_t size = dialect_texts[TEXT_HEARD][kind].size;
    int n = snprintf(head, sizeof head,
                     "*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%.*s\r\n$%zu\r\n",
                     TEXT_ID_SIZE, TEXT_ID_SIZE, to->id, size);
    outlet_append(&from->out, head, (size_t)n);
    dialect_write_text(outlet_add(&from->out, size), from, kind, token);
    outlet_append(&from->out, "\r\n", 2);
}

const struct dialect dialect_resp = {
    .name = "resp",
    .prepare = dialect_prepare,
    .greet = greet,
    .read = read_talk,
    .say = say,
};
