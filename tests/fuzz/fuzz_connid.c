#include <assert.h>

#include "proto/connid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct connid id;
    if (connid_parse((const char *)data, size, &id))
        return 0;
    assert(size == CONNID_CHARS);
    assert(memcmp(id.chars, data, size) == 0);
    assert(connid_slot(&id) < CONNID_SLOTS);
    return 0;
}
