#include "client/rpc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/json_pick.h"
#include "proto/nak.h"
#include "proto/utf8.h"

/* A relayed packet names its sender where ours names the receiver. */
enum { FROM_GROWTH = sizeof "from" - sizeof "to" };

static struct json_span span(const char *text)
{
    return (struct json_span){text, strlen(text)};
}

/* Lays @parts end to end. */
static int write_parts(const struct json_span *parts, size_t n_parts,
                       struct bytes *out)
{
    size_t size = 0;
    uint8_t *at;
    for (size_t i = 0; i < n_parts; i++)
        size += parts[i].size;
    if (size > MONOLOGUE_MAX_PACKET - FROM_GROWTH)
        return -EMSGSIZE;
    int status = bytes_reserve(out, size, size, &at);
    if (status < 0)
        return status;
    for (size_t i = 0; i < n_parts; at += parts[i++].size)
        if (parts[i].size > 0) /* an empty one may be NULL */
            memcpy(at, parts[i].text, parts[i].size);
    bytes_commit(out, size);
    return 0;
}

/* Appends what @c looks like inside a JSON string. */
static int append_char(struct bytes *out, char c)
{
    const size_t limit = MONOLOGUE_MAX_PACKET;
    if ((unsigned char)c < ' ')
        return bytes_append_format(out, limit, "\\u%04x", (unsigned)c);
    if (c == '"' || c == '\\')
        return bytes_append_format(out, limit, "\\%c", c);
    return bytes_append(out, &c, 1, limit);
}

/* The text as the inside of a JSON string. Returns 0, -EMSGSIZE or -ENOMEM. */
static int escape(const char *text, size_t size, struct bytes *out)
{
    int status = 0;
    for (size_t i = 0; i < size && status == 0; i++)
        status = append_char(out, text[i]);
    return status == -ENOBUFS ? -EMSGSIZE : status;
}

static struct json_span escaped(const struct bytes *bytes)
{
    return (struct json_span){(const char *)bytes_begin(bytes),
                              bytes_size(bytes)};
}

int rpc_write_call(const struct connid *to, const char *token, const char *name,
                   const struct json_span *args, struct bytes *out)
{
    struct bytes inside = BYTES_EMPTY;
    size_t size = strlen(name);
    if (size == 0 ||
        !utf8_is_complete(utf8_feed(UTF8_START, (const uint8_t *)name, size)))
        return -EINVAL;
    int status = escape(name, size, &inside);
    const struct json_span parts[] = {
        span("{\"to\":\""),
        {to->chars, CONNID_CHARS},
        span("\",\"payload\":{\"type\":\"REQ\",\"data\":{\"token\":\""),
        span(token),
        span("\",\"name\":\""),
        escaped(&inside),
        span("\",\"args\":"),
        args ? *args : span("[]"),
        span("}}}"),
    };
    if (status == 0)
        status = write_parts(parts, sizeof parts / sizeof *parts, out);
    bytes_deinit(&inside);
    return status;
}

int rpc_write_answer(const struct connid *to, const char *token,
                     const struct json_span *ret, struct bytes *out)
{
    const struct json_span parts[] = {
        span("{\"to\":\""),
        {to->chars, CONNID_CHARS},
        span("\",\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":\""),
        span(token),
        span(ret ? "\",\"ret\":" : "\""),
        ret ? *ret : span(""),
        span("}}}"),
    };
    return write_parts(parts, sizeof parts / sizeof *parts, out);
}

/* How much of @text is UTF-8, in whole characters and at most @max bytes. */
static size_t measure(const char *text, size_t max)
{
    size_t size = 0;
    size_t left = strnlen(text, max);
    while (left > 0) {
        size_t n = utf8_measure((const uint8_t *)text + size, left);
        if (n == 0)
            break;
        size += n;
        left -= n;
    }
    return size;
}

int rpc_write_failure(const struct connid *to, const char *token, int status,
                      const char *message, struct bytes *out)
{
    struct bytes inside = BYTES_EMPTY;
    int rc = escape(message, measure(message, RPC_MESSAGE_MAX), &inside);
    const struct json_span parts[] = {
        span("{\"to\":\""),
        {to->chars, CONNID_CHARS},
        span("\",\"payload\":{\"type\":\"NAK\",\"data\":{\"token\":\""),
        span(token),
        span("\",\"error\":{\"code\":\""),
        span(nak_code(status)),
        span("\",\"message\":\""),
        escaped(&inside),
        span("\"}}}}"),
    };
    if (rc == 0)
        rc = write_parts(parts, sizeof parts / sizeof *parts, out);
    bytes_deinit(&inside);
    return rc;
}

/* What a JSON string stands for, as a C string, cut between characters.
 * Returns the size of all of it. */
static size_t read_text(const struct json_span *string, char *out, size_t max)
{
    size_t size = json_string_decode(string, out, max);
    out[size < max ? size : max] = '\0';
    if (size > max)
        out[measure(out, max)] = '\0';
    return size;
}

static bool read_name(const struct json_span *value, struct rpc *rpc)
{
    struct json_span string;
    if (!json_pick_string(value, &string))
        return false;
    rpc->name_size = read_text(&string, rpc->name, MONOLOGUE_MAX_NAME);
    return rpc->name_size > MONOLOGUE_MAX_NAME ||
           strlen(rpc->name) == rpc->name_size;
}

/* A failure is one whatever it says about its error. */
static void read_error(const struct json_span *value, struct rpc *rpc)
{
    struct json_pick error[] = {{.name = "code"}, {.name = "message"}};
    struct json_span string;
    rpc->status = -EREMOTEIO;
    if (!json_pick(value, error, 2))
        return;
    if (json_pick_string(&error[0].value, &string))
        rpc->status = nak_status(&string);
    if (json_pick_string(&error[1].value, &string))
        read_text(&string, rpc->message, RPC_MESSAGE_MAX);
}

static enum rpc_kind read_data(const struct json_span *value,
                               const struct json_span *type, struct rpc *rpc)
{
    struct json_pick data[] = {{.name = "token"},
                               {.name = "name"},
                               {.name = "args"},
                               {.name = "ret"},
                               {.name = "error"}};
    if (!json_pick(value, data, 5) ||
        !json_pick_string(&data[0].value, &rpc->token))
        return RPC_OTHER;
    if (json_string_is(type, "ACK")) {
        rpc->ret = data[3].value.size > 0 ? data[3].value : span("null");
        return RPC_ANSWER;
    }
    if (json_string_is(type, "NAK")) {
        read_error(&data[4].value, rpc);
        return RPC_FAILURE;
    }
    rpc->args = data[2].value;
    if (json_string_is(type, "REQ") && rpc->args.size > 0 &&
        rpc->args.text[0] == '[' && read_name(&data[1].value, rpc))
        return RPC_CALL;
    return RPC_OTHER;
}

static bool read_from(const struct json_span *value, struct rpc *rpc)
{
    struct json_span string;
    return json_pick_string(value, &string) &&
           connid_parse(string.text, string.size, &rpc->from) == 0;
}

static enum rpc_kind read_refusal(const struct json_span *value,
                                  struct rpc *rpc)
{
    struct json_span string;
    if (!json_pick_string(value, &string))
        return RPC_OTHER;
    read_text(&string, rpc->message, RPC_MESSAGE_MAX);
    return RPC_REFUSAL;
}

static void reset(struct rpc *rpc)
{
    rpc->is_object = false;
    rpc->name[0] = '\0';
    rpc->message[0] = '\0';
}

enum rpc_kind rpc_read(const char *text, size_t size, struct rpc *rpc_out)
{
    struct json_pick root[] = {
        {.name = "from"}, {.name = "payload"}, {.name = "message"}};
    struct json_pick payload[] = {{.name = "type"}, {.name = "data"}};
    struct json_span type;
    reset(rpc_out);
    if (!json_pick(&(struct json_span){text, size}, root, 3))
        return RPC_OTHER;
    rpc_out->is_object = true;
    if (root[1].value.size == 0)
        return read_refusal(&root[2].value, rpc_out);
    if (!read_from(&root[0].value, rpc_out) ||
        !json_pick(&root[1].value, payload, 2) ||
        !json_pick_string(&payload[0].value, &type))
        return RPC_OTHER;
    return read_data(&payload[1].value, &type, rpc_out);
}
