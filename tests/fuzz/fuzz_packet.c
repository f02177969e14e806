/*
 * Looks for texts that make packet_scan() read outside them, disagree with
 * itself, or disagree with jansson wherever jansson can read the text: it
 * cannot read all that JSON.parse can, but nothing that JSON.parse cannot,
 * save that it overlooks a NUL behind a number.
 */
#include "proto/packet.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/rpc.h"
#include "proto/nak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_filled_string(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) > 0;
}

/* The schema in jansson's words; counting the known tells of unknown ones. */
static bool is_good(const json_t *root)
{
    const json_t *payload = json_object_get(root, "payload");
    const json_t *data = json_object_get(payload, "data");
    size_t n_root = 2 + (json_object_get(root, "from") != NULL);
    size_t n_payload = 1 + (data != NULL);
    return json_object_size(root) == n_root &&
           is_filled_string(json_object_get(root, "to")) &&
           json_object_size(payload) == n_payload &&
           is_filled_string(json_object_get(payload, "type")) &&
           (data == NULL || json_is_object(data));
}

static void compare(const struct packet *packet, const json_t *root)
{
    json_t *payload =
        json_loadb(packet->payload, packet->payload_size, JSON_ALLOW_NUL, NULL);
    assert(payload != NULL);
    assert(json_equal(payload, json_object_get(root, "payload")));
    json_decref(payload);

    const json_t *to = json_object_get(root, "to");
    size_t n = packet->to_size;
    assert(json_string_length(to) == n);
    assert(memcmp(json_string_value(to), packet->to,
                  n < CONNID_CHARS ? n : CONNID_CHARS) == 0);
}

/* Whether the payload is that of a call whose token, however it is written, is
 * short enough for a NAK; or, if @is_short is false, perhaps too long for it.
 */
static bool is_call(const json_t *payload, bool is_short)
{
    const json_t *token =
        json_object_get(json_object_get(payload, "data"), "token");
    const char *type = json_string_value(json_object_get(payload, "type"));
    enum { ESCAPED = 6 }; /* bytes that one may be written with */
    return strcmp(type, "REQ") == 0 && is_filled_string(token) &&
           (!is_short || json_string_length(token) * ESCAPED <= NAK_TOKEN_MAX);
}

/* What the server says of a packet that gets nowhere, our client understands.
 */
static void answer_failure(const struct packet *packet, const json_t *root)
{
    static const struct connid to = {"eHrdFcnvvHcCE-w="};
    const json_t *payload = json_object_get(root, "payload");
    char text[NAK_MAX];
    struct rpc rpc;
    size_t n =
        nak_answer(text, &to, packet->payload, packet->payload_size, -ENOENT);
    if (root != NULL) {
        assert(n == 0 || is_call(payload, false));
        assert(n > 0 || !is_call(payload, true));
    }
    if (n == 0)
        return;
    assert(rpc_read(text, n, &rpc) == RPC_FAILURE);
    assert(rpc.status == -ENOENT && connid_equal(&rpc.from, &to));
    assert(memmem(packet->payload, packet->payload_size, rpc.token.text,
                  rpc.token.size) != NULL);
}

/* The relayed payload must be found again, whole, in a packet made of it. */
static void scan_again(const struct packet *packet)
{
    static const char head[] = "{\"to\":\"x\",\"payload\":";
    size_t head_size = sizeof head - 1;
    size_t n = head_size + packet->payload_size + PACKET_TAIL_SIZE;
    char *text = malloc(n);
    assert(text != NULL);
    memcpy(text, head, head_size);
    memcpy(text + head_size, packet->payload, packet->payload_size);
    memcpy(text + n - PACKET_TAIL_SIZE, PACKET_TAIL, PACKET_TAIL_SIZE);
    struct packet again;
    assert(packet_scan(text, n, &again) == PACKET_RELAY);
    assert(again.payload == text + head_size);
    assert(again.payload_size == packet->payload_size);
    free(text);
}

static void ask_jansson(const char *text, size_t size, enum packet_kind kind,
                        const struct packet *packet)
{
    json_t *root =
        json_loadb(text, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    if (root != NULL) {
        assert((kind == PACKET_RELAY) == is_good(root));
        if (kind == PACKET_RELAY) {
            compare(packet, root);
            answer_failure(packet, root);
        }
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct packet packet;
    enum packet_kind kind = packet_scan(text, size, &packet);
    assert((kind == PACKET_WHOAMI) ==
           (size == 6 && memcmp(text, "whoami", size) == 0));
    if (kind == PACKET_RELAY) {
        assert(packet.payload > text);
        assert(packet.payload + packet.payload_size < text + size);
        assert(packet.to_size > 0);
        scan_again(&packet);
        answer_failure(&packet, NULL);
    }
    if (size > 0 && memchr(text, '\0', size) == NULL)
        ask_jansson(text, size, kind, &packet);
    return 0;
}
