/*
 * Input: a byte that tells what the rest is - a request, a response, or host,
 * target and headers of a request of our own with NULs between.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/nak.h"
#include "proto/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

enum { OUT_LIMIT = 1 << 20 };

/* Reads a message. Returns NULL unless there is a whole one. */
static struct http_reader *read_message(enum http_role role, const uint8_t *in,
                                        size_t n, size_t *used_out)
{
    const struct http_limits limits = {.head_size = 65536,
                                       .target_size = 65536,
                                       .n_headers = 1000,
                                       .body_size = 100};
    struct http_reader *reader = http_reader_new(role, &limits);
    size_t total = 0, used;
    enum http_event event;
    assert(reader);
    do {
        event = http_read(reader, in + total, n - total, &used);
        total += used;
    } while (event == HTTP_EVENT_HEAD);
    *used_out = total;
    if (event == HTTP_EVENT_MESSAGE)
        return reader;
    http_reader_free(reader);
    return NULL;
}

static void answer(const struct http_reader *request)
{
    static const struct answer_ids ids = {
        .now = 0,
        .request = "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02",
        .gateway = {"Oju9IGv65PgFlBg"},
    };
    static const char nak[] = UPGRADE_EXTENSIONS ": " NAK_EXTENSION "\r\n";
    char accept[UPGRADE_ACCEPT_CHARS + 1];
    struct bytes out = BYTES_EMPTY;
    bool wants_nak = http_has_token(request, UPGRADE_EXTENSIONS, NAK_EXTENSION);
    assert(!wants_nak || http_header(request, UPGRADE_EXTENSIONS, NULL));
    enum refusal refusal = upgrade_check_request(request, accept);
    int rc = refusal == REFUSAL_NONE
                 ? upgrade_append_101(&out, OUT_LIMIT, 0, accept,
                                      wants_nak ? nak : "")
                 : answer_append_refusal(&out, OUT_LIMIT, refusal, NULL,
                                         http_keeps_alive(request), &ids);
    assert(rc == 0);
    assert(refusal != REFUSAL_NONE || http_is_upgrade(request));
    bytes_deinit(&out);
}

/* What we send is one request to whom it was meant for, or nothing. */
static void ask(const char *host, const char *target, const char *headers)
{
    struct bytes out = BYTES_EMPTY;
    char accept[UPGRADE_ACCEPT_CHARS + 1];
    int rc =
        upgrade_append_request(&out, OUT_LIMIT, host, target, KEY, headers);
    if (rc) {
        assert(rc == -EINVAL && bytes_is_empty(&out));
        return;
    }
    size_t used;
    struct http_reader *request =
        read_message(HTTP_REQUESTS, bytes_begin(&out), bytes_size(&out), &used);
    if (request) {
        assert(used == bytes_size(&out));
        assert(strcmp(http_target(request), target) == 0);
        assert(strcmp(http_header(request, "Host", NULL), host) == 0);
        assert(*headers ||
               upgrade_check_request(request, accept) == REFUSAL_NONE);
    }
    http_reader_free(request);
    bytes_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum { REQUEST, RESPONSE, OUR_REQUEST } kind = *data++ % 3;
    size_t n = size - 1, used;
    if (kind == OUR_REQUEST) {
        char *texts = calloc(1, n + 3);
        assert(texts);
        memcpy(texts, data, n);
        char *target = texts + strlen(texts) + 1;
        ask(texts, target, target + strlen(target) + 1);
        free(texts);
        return 0;
    }
    struct http_reader *reader = read_message(
        kind == REQUEST ? HTTP_REQUESTS : HTTP_RESPONSES, data, n, &used);
    if (reader && kind == REQUEST)
        answer(reader);
    else if (reader)
        assert(upgrade_check_response(reader, KEY) <= 0);
    http_reader_free(reader);
    return 0;
}
