/*
 * WebSocket, as clients of the original speak it: a handshake, whoami, then
 * packets in masked frames, all of one length and most of one content.
 */
#include <stdio.h>

#include "tests/bench/load/crowd.h"

enum phase { UPGRADING, GREETING, TALKING };

static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};

/* A text as it goes over the wire: masked, in frames. */
struct image {
    uint8_t *bytes;
    size_t size;
    size_t text_at; /* of the first frame's payload */
};

static struct dialect_options options;
static struct image images[N_TEXT_KINDS];

static void mask_into(uint8_t *out, const void *text, size_t n, size_t phase)
{
    for (size_t i = 0; i < n; i++)
        out[i] = ((const uint8_t *)text)[i] ^ mask[(phase + i) % 4];
}

static size_t write_header(uint8_t *out, uint8_t first, size_t size)
{
    size_t n = size < 126 ? 0 : size < 65536 ? 2 : 8;
    out[0] = first;
    out[1] = (uint8_t)(0x80 | (n == 0 ? size : n == 2 ? 126 : 127));
    for (size_t i = 0; i < n; i++)
        out[2 + i] = (uint8_t)(size >> 8 * (n - 1 - i));
    memcpy(out + 2 + n, mask, sizeof mask);
    return 2 + n + sizeof mask;
}

static struct image make_image(const struct text *text, size_t fragment)
{
    struct image image = {0};
    size_t n_frames = (text->size - 1) / fragment + 1;
    image.bytes = malloc(text->size + n_frames * 14);
    if (!image.bytes)
        fail("out of memory");
    for (size_t at = 0; at < text->size; at += fragment) {
        size_t n = text->size - at < fragment ? text->size - at : fragment;
        bool is_last = at + n == text->size;
        image.size += write_header(
            image.bytes + image.size,
            (uint8_t)((is_last ? 0x80 : 0) | (at == 0 ? 1 : 0)), n);
        if (at == 0)
            image.text_at = image.size;
        mask_into(image.bytes + image.size, text->bytes + at, n, 0);
        image.size += n;
    }
    return image;
}

static void prepare(const struct dialect_options *given)
{
    options = *given;
    dialect_prepare(given);
    for (int kind = 0; kind < N_TEXT_KINDS; kind++)
        images[kind] =
            make_image(&dialect_texts[TEXT_SENT][kind], options.fragment);
}

static void greet(struct peer *peer)
{
    char head[1000];
    int n = snprintf(head, sizeof head,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "x-api-key: %s\r\n\r\n",
                     options.path, options.host, options.api_key);
    outlet_append(&peer->out, head, (size_t)n);
}

static struct heard read_response(struct peer *peer, const uint8_t *in,
                                  size_t n)
{
    static const char whoami[] = "whoami";
    uint8_t frame[2 + sizeof mask + sizeof whoami];
    const uint8_t *end = memmem(in, n, "\r\n\r\n", 4);
    if (!end)
        return (struct heard){HEARD_MORE, 0, NULL, 0};
    if (n < 12 || memcmp(in, "HTTP/1.1 101", 12) != 0)
        fail("the server answers: %.*s", (int)(n < 200 ? n : 200),
             (const char *)in);
    size_t size = write_header(frame, 0x81, sizeof whoami - 1);
    mask_into(frame + size, whoami, sizeof whoami - 1, 0);
    outlet_append(&peer->out, frame, size + sizeof whoami - 1);
    crowd_has_output(peer);
    peer->phase = GREETING;
    return (struct heard){HEARD_NOTHING, (size_t)(end + 4 - in), NULL, 0};
}

/* One frame of a message. */
struct frame {
    size_t head_size;
    size_t size;
    bool is_last;
};

/* Returns false if it is not whole. */
static bool find_frame(const uint8_t *in, size_t n, struct frame *frame_out)
{
    size_t n_length, size = 0;
    if (n < 2)
        return false;
    if ((in[0] & 0x0f) > 2 || in[1] & 0x80)
        fail("the server sends a frame of type 0x%02x", in[0]);
    n_length = in[1] == 126 ? 2 : in[1] == 127 ? 8 : 0;
    if (n < 2 + n_length)
        return false;
    for (size_t i = 0; i < n_length; i++)
        size = size << 8 | in[2 + i];
    *frame_out =
        (struct frame){2 + n_length, n_length ? size : in[1], in[0] & 0x80};
    return n - frame_out->head_size >= frame_out->size;
}

/* A whole message, its frames' payloads moved together; or MORE. */
static struct heard read_message(uint8_t *in, size_t n)
{
    const struct heard more = {HEARD_MORE, 0, NULL, 0};
    struct frame frame;
    size_t at = 0, size = 0;
    do {
        if (!find_frame(in + at, n - at, &frame))
            return more;
        at += frame.head_size + frame.size;
    } while (!frame.is_last);
    size_t used = at;
    uint8_t *text = NULL;
    for (at = 0; at < used; at += frame.head_size + frame.size) {
        find_frame(in + at, n - at, &frame);
        if (!text)
            text = in + at + frame.head_size;
        else
            memmove(text + size, in + at + frame.head_size, frame.size);
        size += frame.size;
    }
    return (struct heard){HEARD_TEXT, used, (char *)text, size};
}

static struct heard read_talk(struct peer *peer, uint8_t *in, size_t n)
{
    static const char refusal[] = "{\"message\"";
    if (peer->phase == UPGRADING)
        return read_response(peer, in, n);
    struct heard heard = read_message(in, n);
    if (heard.what == HEARD_MORE)
        return heard;
    if (heard.size >= sizeof refusal - 1 &&
        memcmp(heard.text, refusal, sizeof refusal - 1) == 0)
        heard.what = HEARD_REFUSAL;
    if (peer->phase == GREETING) {
        if (heard.size != TEXT_ID_SIZE)
            fail("whoami is answered with %zu bytes", heard.size);
        memcpy(peer->id, heard.text, TEXT_ID_SIZE);
        peer->phase = TALKING;
        heard.what = HEARD_READY;
    }
    return heard;
}

static void say(struct peer *from, const struct peer *to, enum text_kind kind,
                uint64_t token)
{
    const struct image *image = &images[kind];
    const struct text *text = &dialect_texts[TEXT_SENT][kind];
    char hex[TEXT_TOKEN_SIZE];
    uint8_t *out = outlet_add(&from->out, image->size);
    memcpy(out, image->bytes, image->size);
    text_write_token(hex, token);
    mask_into(out + image->text_at + text->id_at, to->id, TEXT_ID_SIZE,
              text->id_at);
    mask_into(out + image->text_at + text->token_at, hex, TEXT_TOKEN_SIZE,
              text->token_at);
}

const struct dialect dialect_ws = {
    .name = "ws",
    .prepare = prepare,
    .greet = greet,
    .read = read_talk,
    .say = say,
};
