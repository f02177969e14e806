#include "tests/lib/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const char id_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- writing ---- */

size_t peer_build(uint8_t *frame_out, uint8_t first, const void *payload,
                  size_t n)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t *at = frame_out;
    *at++ = first;
    if (n < 126) {
        *at++ = (uint8_t)(0x80 | n);
    } else {
        int n_bytes = n < 65536 ? 2 : 8;
        *at++ = (uint8_t)(0x80 | (n < 65536 ? 126 : 127));
        for (int i = n_bytes - 1; i >= 0; i--)
            *at++ = (uint8_t)(n >> 8 * i);
    }
    memcpy(at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < n; i++)
        *at++ = ((const uint8_t *)payload)[i] ^ mask[i % 4];
    return (size_t)(at - frame_out);
}

void peer_send(struct peer *peer, uint8_t first, const void *payload, size_t n)
{
    uint8_t *frame = malloc(n + 14);
    if (!frame)
        abort();
    peer_write(peer, frame, peer_build(frame, first, payload, n));
    free(frame);
}

void peer_say_bytes(struct peer *peer, const char *text, size_t n)
{
    uint8_t opcode = PEER_TEXT & ~PEER_FIN;
    while (n > PEER_FRAME_MAX) {
        peer_send(peer, opcode, text, PEER_FRAME_MAX);
        text += PEER_FRAME_MAX;
        n -= PEER_FRAME_MAX;
        opcode = PEER_CONTINUATION;
    }
    peer_send(peer, PEER_FIN | opcode, text, n);
}

void peer_say(struct peer *peer, const char *text)
{
    peer_say_bytes(peer, text, strlen(text));
}

char *peer_packet(const char *to, const char *payload)
{
    char *text;
    if (asprintf(&text, "{\"to\":\"%s\",\"payload\":%s}", to, payload) < 0)
        abort();
    return text;
}

char *peer_fill(const char *text, const char *id)
{
    char *filled = calloc(strlen(text) + 1, strlen(id) + 1);
    char *at = filled;
    const char *found;
    if (!filled)
        abort();
    for (; (found = strstr(text, "ID")); text = found + 2) {
        at = mempcpy(at, text, (size_t)(found - text));
        at = stpcpy(at, id);
    }
    strcpy(at, text);
    return filled;
}

void peer_call(struct peer *peer, const char *to, const char *payload)
{
    char *text = peer_packet(to, payload);
    peer_say(peer, text);
    free(text);
}

/* ---- reading ---- */

void peer_hear_frame(struct peer *peer, struct peer_frame *frame_out)
{
    uint8_t head[4];
    peer_read(peer, head, 2);
    size_t size = head[1];
    if (size == 126) {
        peer_read(peer, head + 2, 2);
        size = (size_t)head[2] << 8 | head[3];
        ck_assert_uint_gt(size, 125);
    }
    if (size > PEER_FRAME_MAX || head[1] > 126) /* masked, or 64 bits long */
        daemon_fail("a frame that begins %02x %02x", head[0], head[1]);
    frame_out->first = head[0];
    frame_out->size = size;
    peer_read(peer, frame_out->payload, size);
    frame_out->payload[size] = '\0';
}

const char *peer_hear(struct peer *peer)
{
    struct peer_frame frame;
    uint8_t opcode = PEER_TEXT & ~PEER_FIN;
    peer->size = 0;
    do {
        peer_hear_frame(peer, &frame);
        if ((frame.first & ~PEER_FIN) != opcode)
            daemon_fail("no text but a frame %02x: %.*s", frame.first,
                        frame.first == PEER_CLOSE && frame.size > 2
                            ? (int)frame.size - 2
                            : 0,
                        (char *)frame.payload + 2);
        peer_keep(peer, frame.payload, frame.size);
        opcode = PEER_CONTINUATION;
    } while (!(frame.first & PEER_FIN));
    return peer->text;
}

void peer_expect(struct peer *peer, const char *text)
{
    const char *heard = peer_hear(peer);
    if (strcmp(heard, text) || peer->size != strlen(text))
        daemon_fail("not %.400s but %.400s", text, heard);
}

void peer_expect_packet(struct peer *peer, const char *from,
                        const char *payload)
{
    char *text;
    if (asprintf(&text, "{\"from\":\"%s\",\"payload\":%s}", from, payload) < 0)
        abort();
    peer_expect(peer, text);
    free(text);
}

/* Moves @at behind @text, if it stands there. */
static bool skip(const char **at, const char *text)
{
    size_t n = strlen(text);
    if (strncmp(*at, text, n))
        return false;
    *at += n;
    return true;
}

static bool skip_id(const char **at)
{
    if (strspn(*at, id_digits) != PEER_ID_CHARS - 1 || (*at)[15] != '=' ||
        !strchr("AQgw", (*at)[14]))
        return false;
    *at += PEER_ID_CHARS;
    return true;
}

void peer_expect_error(struct peer *peer)
{
    peer_expect_error_saying(peer, "Internal server error");
}

void peer_expect_error_saying(struct peer *peer, const char *message)
{
    const char *heard = peer_hear(peer);
    const char *at = heard;
    if (!skip(&at, "{\"message\": \"") || !skip(&at, message) ||
        !skip(&at, "\", \"connectionId\":\"") ||
        !(peer->id[0] ? skip(&at, peer->id) : skip_id(&at)) ||
        !skip(&at, "\", \"requestId\":\"") || !skip_id(&at) ||
        strcmp(at, "\"}"))
        daemon_fail("not an error frame: %.400s", heard);
}

void peer_expect_close(struct peer *peer, unsigned code, const char *reason)
{
    struct peer_frame frame;
    unsigned heard = 1005;
    peer_hear_frame(peer, &frame);
    if (frame.first != PEER_CLOSE)
        daemon_fail("no close frame but %02x %.400s", frame.first,
                    (char *)frame.payload);
    if (frame.size >= 2)
        heard = (unsigned)frame.payload[0] << 8 | frame.payload[1];
    const char *text = frame.size > 2 ? (char *)frame.payload + 2 : "";
    if (heard != code || strcmp(text, reason))
        daemon_fail("not %u \"%s\" but %u \"%s\"", code, reason, heard, text);
}

const char *peer_id(struct peer *peer)
{
    if (peer->id[0])
        return peer->id;
    peer_say(peer, "whoami");
    const char *id = peer_hear(peer);
    if (strlen(id) != PEER_ID_CHARS)
        daemon_fail("not an id: %s", id);
    memcpy(peer->id, id, PEER_ID_CHARS);
    return peer->id;
}

unsigned peer_worker(const char *id)
{
    unsigned bits = 0;
    for (int i = 12; i < 15; i++)
        bits = bits << 6 | (unsigned)(strchr(id_digits, id[i]) - id_digits);
    return bits >> 4;
}
