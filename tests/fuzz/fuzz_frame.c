#include <stddef.h>

#include "tests/lib/frame_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says who reads, under which rules, and how it is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint8_t choice = *data++;
    size--;
    const struct frame_rules rules = {
        .max_frame = choice & 4 ? 70000 : 300,
        .max_message = choice & 8 ? 100000 : 500,
        .max_fragments = 8,
        .is_server = choice & 1,
        .takes_binary = choice & 2,
    };
    struct trace_cuts cuts = {1 + size / 2, 1 + (choice >> 4)};
    struct bytes whole = trace_frames(&rules, data, size, TRACE_WHOLE);
    struct bytes bytewise = trace_frames(&rules, data, size, TRACE_BYTES);
    struct bytes cut = trace_frames(&rules, data, size, cuts);
    assert(trace_equals(&whole, &bytewise));
    assert(trace_equals(&whole, &cut));
    bytes_deinit(&whole);
    bytes_deinit(&bytewise);
    bytes_deinit(&cut);
    return 0;
}
