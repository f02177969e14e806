/*
 * Input: a request. What is found in it is a key that a keys file could hold.
 */
#include <assert.h>
#include <string.h>

#include "daemon/browserkey.h"
#include "daemon/keys.h"
#include "proto/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find(const struct http_reader *request)
{
    char key[BROWSERKEY_CHARS_MAX + 1];
    struct errmsg errmsg;
    (void)browserkey_may_select(request);
    (void)browserkey_asks_for(request, "nak");
    if (browserkey_find(request, key))
        assert(keys_check(key, &errmsg) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct http_limits limits = {.head_size = 65536,
                                       .target_size = 65536,
                                       .n_headers = 1000,
                                       .body_size = 100};
    struct http_reader *reader = http_reader_new(HTTP_REQUESTS, &limits);
    size_t total = 0, used;
    enum http_event event;
    assert(reader);
    do {
        event = http_read(reader, data + total, size - total, &used);
        total += used;
    } while (event == HTTP_EVENT_HEAD);
    if (event == HTTP_EVENT_MESSAGE)
        find(reader);
    http_reader_free(reader);
    return 0;
}
