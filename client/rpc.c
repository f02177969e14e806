#include "client/rpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/monologue.h"

/* A relayed packet names its sender where ours names the receiver. */
enum { FROM_GROWTH = sizeof "from" - sizeof "to" };

/* Takes @packet; NULL is what jansson says of bad UTF-8 and of no memory. */
static int write_packet(json_t *packet, char **text_out, size_t *size_out)
{
    if (!packet)
        return -ENOMEM;
    char *text = json_dumps(packet, JSON_COMPACT);
    json_decref(packet);
    if (!text)
        return -ENOMEM;
    size_t size = strlen(text);
    if (size + FROM_GROWTH > MONOLOGUE_MAX_PACKET) {
        free(text);
        return -EMSGSIZE;
    }
    *text_out = text;
    *size_out = size;
    return 0;
}

int rpc_write_call(const char *to, const char *token, const char *name,
                   const json_t *args, char **text_out, size_t *size_out)
{
    if (args && !json_is_array(args))
        return -EINVAL;
    json_t *json_name = json_string(name);
    if (!json_name || *name == '\0') {
        json_decref(json_name);
        return -EINVAL;
    }
    /* jansson counts references in @args, hence the cast; no value changes. */
    json_t *json_args = args ? json_incref((json_t *)args) : json_array();
    return write_packet(json_pack("{s:s, s:{s:s, s:{s:s, s:o, s:o}}}", "to", to,
                                  "payload", "type", "REQ", "data", "token",
                                  token, "name", json_name, "args", json_args),
                        text_out, size_out);
}

int rpc_write_answer(const char *to, const char *token, const json_t *ret,
                     char **text_out, size_t *size_out)
{
    return write_packet(json_pack("{s:s, s:{s:s, s:{s:s, s:O*}}}", "to", to,
                                  "payload", "type", "ACK", "data", "token",
                                  token, "ret", ret),
                        text_out, size_out);
}

/* A string that is not empty and holds no NUL, or NULL. */
static const char *text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    if (!text || *text == '\0' || strlen(text) != json_string_length(value))
        return NULL;
    return text;
}

static enum rpc_kind read_data(struct rpc *rpc, const char *type, json_t *data)
{
    rpc->token = text_of(data, "token");
    if (!rpc->token)
        return RPC_OTHER;
    if (strcmp(type, "ACK") == 0) {
        json_t *ret = json_object_get(data, "ret");
        rpc->ret = ret ? ret : json_null();
        return RPC_ANSWER;
    }
    rpc->name = text_of(data, "name");
    rpc->args = json_object_get(data, "args");
    if (strcmp(type, "REQ") == 0 && rpc->name && json_is_array(rpc->args))
        return RPC_CALL;
    return RPC_OTHER;
}

static json_t *parse(const char *text, size_t size)
{
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_ALLOW_NUL, &error);
    if (!root && json_error_code(&error) == json_error_numeric_overflow)
        root = json_loadb(text, size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                          &error);
    return root;
}

enum rpc_kind rpc_read(const char *text, size_t size, struct rpc *rpc_out)
{
    *rpc_out = (struct rpc){.root = parse(text, size)};
    json_t *payload = json_object_get(rpc_out->root, "payload");
    if (!payload) {
        rpc_out->message = text_of(rpc_out->root, "message");
        return rpc_out->message ? RPC_REFUSAL : RPC_OTHER;
    }
    const char *type = text_of(payload, "type");
    rpc_out->from = text_of(rpc_out->root, "from");
    if (!type || !rpc_out->from)
        return RPC_OTHER;
    return read_data(rpc_out, type, json_object_get(payload, "data"));
}

void rpc_deinit(struct rpc *rpc)
{
    json_decref(rpc->root);
    *rpc = (struct rpc){0};
}
