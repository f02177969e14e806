#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/frames.h"
#include "client/rpc.h"
#include "client/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the client makes of a server's frames: all it sent and all it read. */
struct outcome {
    struct bytes kinds; /* one byte a message */
    size_t n_out;       /* bytes of pongs and close frames */
    enum frames_status status;
};

/* A span inside the text, good JSON; what jansson makes of it is its own. */
static void look_at_value(const struct json_span *value)
{
    struct json_span checked;
    json_t *tree = NULL;
    assert(value_check(value->text, value->size, &checked) == 0);
    assert(checked.size == value->size);
    if (value_parse(value, &tree) == 0)
        json_decref(tree);
}

static void look_at_token(const struct json_span *token)
{
    char plain[64];
    assert(token->size > 0);
    json_string_decode(token, plain, sizeof plain);
}

/* Looks at all that the kind promises, so that a sanitizer does too. */
static void look_at(enum rpc_kind kind, const struct rpc *rpc)
{
    struct connid id;
    if (kind != RPC_OTHER && kind != RPC_REFUSAL) {
        assert(connid_parse(rpc->from.chars, CONNID_CHARS, &id) == 0);
        look_at_token(&rpc->token);
    }
    switch (kind) {
    case RPC_OTHER:
        return;
    case RPC_CALL:
        assert(*rpc->name && strlen(rpc->name) <= rpc->name_size);
        assert(*rpc->args.text == '[');
        look_at_value(&rpc->args);
        return;
    case RPC_ANSWER:
        look_at_value(&rpc->ret);
        return;
    case RPC_FAILURE:
        assert(rpc->status < 0 && strlen(rpc->message) <= RPC_MESSAGE_MAX);
        return;
    case RPC_REFUSAL:
        assert(strlen(rpc->message) <= RPC_MESSAGE_MAX);
        return;
    }
}

static void on_message(const char *text, size_t size, void *data)
{
    struct outcome *outcome = data;
    struct rpc rpc;
    enum rpc_kind kind = rpc_read(text, size, &rpc);
    uint8_t byte = (uint8_t)kind;
    look_at(kind, &rpc);
    assert(bytes_append(&outcome->kinds, &byte, 1, 1 << 24) == 0);
}

static struct outcome feed(const uint8_t *data, size_t size, size_t step)
{
    struct outcome outcome = {.kinds = BYTES_EMPTY};
    struct bytes out = BYTES_EMPTY;
    struct frames *frames = frames_new(&out, on_message, &outcome);
    assert(frames);
    for (size_t at = 0; at < size && outcome.status == FRAMES_OPEN;
         at += step) {
        size_t n = size - at < step ? size - at : step;
        uint8_t *piece = malloc(n); /* its end is where reading must stop */
        assert(piece);
        memcpy(piece, data + at, n);
        outcome.status = frames_feed(frames, piece, n);
        free(piece);
    }
    outcome.n_out = bytes_size(&out);
    frames_free(frames);
    bytes_deinit(&out);
    return outcome;
}

/*
 * However the input is cut, the same messages come out. About how it ends
 * wslay differs: it checks a close reason only as far as it comes in one
 * piece, and a close frame may overtake a pong of the same piece.
 */
static void assert_same(const struct outcome *a, const struct outcome *b)
{
    size_t n = bytes_size(&a->kinds);
    if (a->status == FRAMES_OPEN && b->status == FRAMES_OPEN)
        assert(a->n_out == b->n_out);
    assert(n == bytes_size(&b->kinds));
    assert(n == 0 ||
           memcmp(bytes_begin(&a->kinds), bytes_begin(&b->kinds), n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct outcome whole = feed(data, size, size);
    struct outcome bytewise = feed(data, size, 1);
    struct outcome cut = feed(data, size, 1 + size / 3);
    assert_same(&whole, &bytewise);
    assert_same(&whole, &cut);
    bytes_deinit(&whole.kinds);
    bytes_deinit(&bytewise.kinds);
    bytes_deinit(&cut.kinds);
    return 0;
}
