/*
 * Input: a byte that tells the role, one that seeds the cuts, then what the
 * reader gets. However it is cut, the reader must say the same, and all that
 * it lets pass must be within its limits and clean.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {
    .head_size = 600, .target_size = 40, .n_headers = 6, .body_size = 50};

/* FNV-1a over all that the reader said */
struct digest {
    uint64_t sum;
};

static void add(struct digest *digest, const void *data, size_t n)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < n; i++)
        digest->sum = (digest->sum ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void add_number(struct digest *digest, uint64_t number)
{
    add(digest, &number, sizeof number);
}

/* Returns the size of @text, which has no control bytes but tabs. */
static size_t add_text(struct digest *digest, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        assert(((uint8_t)text[i] >= ' ' || text[i] == '\t') && text[i] != 127);
    add(digest, text, n + 1);
    return n;
}

static void add_message(struct digest *digest, const struct http_reader *reader,
                        enum http_role role)
{
    const char *name, *value;
    size_t i, n;
    if (role == HTTP_REQUESTS) {
        assert(add_text(digest, http_method(reader)) > 0);
        n = add_text(digest, http_target(reader));
        assert(n > 0 && n <= limits.target_size);
        http_header(reader, "Host", &n);
        assert(n == 1 || (n == 0 && http_minor_version(reader) == 0));
    } else {
        assert(http_status(reader) == 101 || http_status(reader) / 100 > 1);
        add_number(digest, (uint64_t)http_status(reader));
    }
    assert(http_minor_version(reader) == 0 || http_minor_version(reader) == 1);
    add_number(digest, (uint64_t)http_minor_version(reader));
    add_number(digest, http_is_upgrade(reader));
    add_number(digest, http_keeps_alive(reader));
    for (i = 0; http_header_at(reader, i, &name, &value); i++) {
        assert(add_text(digest, name) > 0);
        assert(!strpbrk(name, " \t:"));
        n = add_text(digest, value);
        assert(n == 0 ||
               (!strchr(" \t", value[0]) && !strchr(" \t", value[n - 1])));
        assert(http_header(reader, name, &n) && n > 0);
        if (*value && !strpbrk(value, ","))
            assert(http_has_token(reader, name, value));
    }
    assert(i <= limits.n_headers);
    const uint8_t *body = http_body(reader, &n);
    assert(n <= limits.body_size);
    add_number(digest, n);
    add(digest, body, n);
}

/* @cuts: the state of a generator; 0: do not cut */
static uint64_t run(enum http_role role, const uint8_t *in, size_t n,
                    uint32_t cuts)
{
    struct http_reader *reader = http_reader_new(role, &limits);
    struct digest digest = {UINT64_C(0xcbf29ce484222325)};
    enum http_event event = HTTP_EVENT_MORE;
    size_t total = 0;
    assert(reader);
    while (total < n && event != HTTP_EVENT_FAULT) {
        size_t size = n - total;
        size_t used;
        const char *why;
        if (cuts) {
            cuts = cuts * 1103515245 + 12345;
            size_t most = 1 + (cuts >> 16) % 9;
            size = size < most ? size : most;
        }
        uint8_t *piece = malloc(size); /* for overruns to be seen */
        assert(piece);
        memcpy(piece, in + total, size);
        event = http_read(reader, piece, size, &used);
        free(piece);
        assert(used <= size);
        total += used;
        if (event == HTTP_EVENT_MORE) {
            assert(used == size);
            continue;
        }
        add_number(&digest, event);
        add_number(&digest, total);
        if (event == HTTP_EVENT_FAULT)
            add_number(&digest, (uint64_t)http_fault(reader, &why));
        else
            add_message(&digest, reader, role);
    }
    http_reader_free(reader);
    return digest.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum http_role role = data[0] & 1 ? HTTP_RESPONSES : HTTP_REQUESTS;
    uint64_t whole = run(role, data + 2, size - 2, 0);
    assert(run(role, data + 2, size - 2, data[1] + 1u) == whole);
    return 0;
}
