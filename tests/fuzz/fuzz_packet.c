/*
 * Looks for texts that make packet_scan() read outside them, disagree with
 * itself, or disagree with jansson wherever jansson can read the text: it
 * cannot read all that JSON.parse can, but nothing that JSON.parse cannot,
 * save that it overlooks a NUL behind a number.
 */
#include "proto/packet.h"

#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
        if (kind == PACKET_RELAY)
            compare(packet, root);
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
    }
    if (size > 0 && memchr(text, '\0', size) == NULL)
        ask_jansson(text, size, kind, &packet);
    return 0;
}
