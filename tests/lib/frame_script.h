/*
 * Writes a client's frames, good and bad, into a stream for tests to read.
 */
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/frame.h"

enum { SCRIPT_LIMIT = 1 << 26 };

/*
 * Adds a masked frame with a mask of its own.
 * @first: the first byte: FIN, RSV and opcode
 */
static inline void script_add(struct bytes *out, uint8_t first,
                              const void *payload, size_t size)
{
    static uint8_t count;
    count++;
    const uint8_t mask[4] = {0x80, count, 0x7f, (uint8_t)(count * 7)};
    uint8_t header[FRAME_HEADER_MAX];
    size_t n = frame_write_header(header, FRAME_TEXT, true, size);
    header[0] = first;
    header[1] |= 0x80;
    memcpy(header + n, mask, sizeof(mask));
    int rc = bytes_append(out, header, n + sizeof(mask), SCRIPT_LIMIT);
    uint8_t *tail = NULL;
    if (rc == 0)
        rc = bytes_reserve(out, size, SCRIPT_LIMIT, &tail);
    assert(rc == 0);
    frame_mask(tail, payload, size, mask, 0);
    bytes_commit(out, size);
}

static inline void script_add_text(struct bytes *out, uint8_t first,
                                   const char *text)
{
    script_add(out, first, text, strlen(text));
}

/*
 * Adds a frame that rand() chose and that is nearly always allowed.
 * @in_message: whether a fragmented message has begun; kept up to date
 */
static inline void script_add_random(struct bytes *out, bool *in_message)
{
    static const char *const texts[] = {
        "",
        "a",
        "\xc3\xa9",
        "\xf0\x9f\x98\x80",
        "{\"to\":\"x\"}",
        ("a text that is longer than the stride of 128 bytes, with \xc3\xa9 "
         "in it, to reach the wide paths of the mask and of the check, which "
         "look at so many bytes at once")};
    static const char *const halves[] = {"\xe2\x82", "\xac", "\xf0", "\xff"};
    const char *text = texts[rand() % 6];
    bool is_final = rand() % 2;
    if (rand() % 30 == 0)
        text = halves[rand() % 4];
    if (rand() % 4 == 0) {
        script_add_text(out, rand() % 2 ? 0x89 : 0x8a, texts[rand() % 5]);
    } else if (rand() % 40 == 0) {
        script_add_text(out, (uint8_t)rand(), text);
    } else {
        uint8_t opcode = *in_message ? FRAME_CONTINUATION : FRAME_TEXT;
        script_add_text(out, (uint8_t)((is_final ? 0x80 : 0) | opcode), text);
        *in_message = !is_final;
    }
}
