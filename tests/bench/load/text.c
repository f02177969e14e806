#include "tests/bench/load/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/fail.h"

const char *const text_shapes[N_TEXT_SHAPES] = {"string", "utf8", "nested"};

/* The bodies: a JSON value of @size bytes. */

static void write_string(char *out, size_t size)
{
    static const char letters[] = "The quick brown fox jumps over it, 0 to 9. ";
    for (size_t i = 0; i < size; i++)
        out[i] = letters[i % (sizeof letters - 1)];
    out[0] = out[size - 1] = '"';
}

static size_t write_utf8(char *out, size_t size)
{
    static const char words[] =
        "Grüße aus Köln, привет, 你好世界, ok 🙂. ";
    size_t n = 1;
    out[0] = '"';
    for (size_t i = 0; n + 1 < size; i = (i + 1) % (sizeof words - 1))
        out[n++] = words[i];
    while (n > 1 && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
        n--; /* back to the start of the last character, */
    if ((unsigned char)out[n - 1] >= 0xc0)
        n--; /* which may be cut */
    out[n++] = '"';
    return n;
}

/* Records, and a string that fills up what no further one fits into. */
static void write_nested(char *out, size_t size)
{
    size_t n = 1;
    char record[200];
    out[0] = '[';
    for (int i = 0;; i++) {
        int length = snprintf(
            record, sizeof record,
            "{\"id\":%d,\"name\":\"user %d\",\"tags\":[\"red\",\"green\"],"
            "\"score\":%d.%d,\"admin\":%s,\"parent\":{\"id\":null}},",
            i, i * 7919, i * 31, i % 9 + 1, i % 3 ? "false" : "true");
        if (n + (size_t)length + 4 > size)
            break;
        memcpy(out + n, record, (size_t)length);
        n += (size_t)length;
    }
    if (size - n < 3)
        fail("a nested body needs at least 4 bytes");
    write_string(out + n, size - n - 1);
    out[size - 1] = ']';
}

static char *make_body(enum text_shape shape, size_t *size)
{
    char *body = calloc(1, *size + 1);
    if (!body || *size < 4)
        fail("no body of %zu bytes", *size);
    switch (shape) {
    case TEXT_STRING:
    case N_TEXT_SHAPES:
        write_string(body, *size);
        break;
    case TEXT_UTF8:
        *size = write_utf8(body, *size);
        break;
    case TEXT_NESTED:
        write_nested(body, *size);
        break;
    }
    return body;
}

static struct text make_text(enum text_side side, enum text_kind kind,
                             const char *body, size_t body_size)
{
    static const char blank[] = "0000000000000000";
    char head[200];
    int n = snprintf(
        head, sizeof head,
        "{\"%s\":\"%s\",\"payload\":{\"type\":\"%s\",\"data\":{\"token\":"
        "\"%s\",%s",
        side == TEXT_SENT ? "to" : "from", blank,
        kind == TEXT_REQUEST ? "REQ" : "ACK", blank,
        kind == TEXT_REQUEST ? "\"name\":\"echo\",\"args\":[" : "\"ret\":");
    const char *tail = kind == TEXT_REQUEST ? "]}}}" : "}}}";
    struct text text = {.size = (size_t)n + body_size + strlen(tail)};
    text.bytes = malloc(text.size + 1);
    if (!text.bytes)
        fail("out of memory");
    memcpy(text.bytes, head, (size_t)n);
    memcpy(text.bytes + n, body, body_size);
    strcpy(text.bytes + n + body_size, tail);
    text.id_at = (size_t)(strstr(head, blank) - head);
    text.token_at =
        (size_t)(strstr(head + text.id_at + TEXT_ID_SIZE, blank) - head);
    return text;
}

void text_make(struct text texts_out[N_TEXT_SIDES][N_TEXT_KINDS],
               enum text_shape shape, size_t size)
{
    char *body = make_body(shape, &size);
    for (int side = 0; side < N_TEXT_SIDES; side++)
        for (int kind = 0; kind < N_TEXT_KINDS; kind++)
            texts_out[side][kind] = make_text((enum text_side)side,
                                              (enum text_kind)kind, body, size);
    free(body);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'W' : -1;
}

static bool read_token(const char *hex, uint64_t *token_out)
{
    uint64_t token = 0;
    for (int i = 0; i < TEXT_TOKEN_SIZE; i++) {
        if (digit(hex[i]) < 0)
            return false;
        token = token << 4 | (unsigned)digit(hex[i]);
    }
    *token_out = token;
    return true;
}

void text_write_token(char token_out[TEXT_TOKEN_SIZE], uint64_t token)
{
    for (int i = TEXT_TOKEN_SIZE - 1; i >= 0; i--, token >>= 4)
        token_out[i] = "0123456789abcdef"[token & 15];
}

bool text_check(const struct text *text, const char *bytes, size_t n,
                const char **id_out, uint64_t *token_out)
{
    size_t after_id = text->id_at + TEXT_ID_SIZE;
    size_t after_token = text->token_at + TEXT_TOKEN_SIZE;
    if (n != text->size || memcmp(bytes, text->bytes, text->id_at) != 0 ||
        memcmp(bytes + after_id, text->bytes + after_id,
               text->token_at - after_id) != 0 ||
        memcmp(bytes + after_token, text->bytes + after_token,
               n - after_token) != 0)
        return false;
    *id_out = bytes + text->id_at;
    return read_token(bytes + text->token_at, token_out);
}
