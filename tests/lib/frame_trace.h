/*
 * Writes down what frame_read() makes of a stream, however it is cut, so that
 * two readings can be compared byte by byte. For tests/unit and tests/fuzz.
 */
#pragma once

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/frame.h"

enum { TRACE_LIMIT = 1 << 26 };

/* A stream is cut into pieces of max_piece bytes, or of 1 to that if seeded. */
struct trace_cuts {
    size_t max_piece;
    unsigned seed; /* 0: every piece is max_piece */
};

#define TRACE_WHOLE ((struct trace_cuts){SIZE_MAX, 0})
#define TRACE_BYTES ((struct trace_cuts){1, 0})

static inline void trace_add(struct bytes *trace, enum frame_event event,
                             const struct frame *frame)
{
    static const char *const names[] = {"more", "message", "ping",
                                        "pong", "close",   "fault"};
    char head[64 + FRAME_REASON_MAX];
    bool is_fault = event == FRAME_EVENT_FAULT;
    bool has_code = is_fault || event == FRAME_EVENT_CLOSE;
    size_t size = is_fault ? 0 : frame->size;
    int n = snprintf(
        head, sizeof(head), "%s opcode=%u code=%u size=%zu %s\n", names[event],
        event == FRAME_EVENT_MESSAGE ? frame->opcode : 0u,
        has_code ? frame->code : 0u, size, is_fault ? frame->reason : "");
    int rc = bytes_append(trace, head, (size_t)n, TRACE_LIMIT);
    if (rc == 0 && size > 0)
        rc = bytes_append(trace, frame->data, size, TRACE_LIMIT);
    assert(rc == 0);
}

/*
 * Reads one piece. It lies in memory of exactly its size, for the sanitizer to
 * see a step beyond. Returns the last event: MORE, CLOSE or FAULT.
 */
static inline enum frame_event trace_piece(struct bytes *trace,
                                           struct frame_partial **partial,
                                           const struct frame_rules *rules,
                                           const uint8_t *piece, size_t n)
{
    uint8_t *in = malloc(n ? n : 1);
    assert(in);
    memcpy(in, piece, n);
    size_t at = 0;
    enum frame_event event;
    do {
        struct frame frame;
        size_t used;
        event = frame_read(partial, rules, in + at, n - at, &used, &frame);
        at += used;
        assert(at <= n);
        if (event != FRAME_EVENT_MORE)
            trace_add(trace, event, &frame);
    } while (event != FRAME_EVENT_MORE && event != FRAME_EVENT_CLOSE &&
             event != FRAME_EVENT_FAULT);
    assert(event != FRAME_EVENT_MORE || at == n);
    assert(event != FRAME_EVENT_FAULT || !*partial);
    free(in);
    return event;
}

/* The caller owns the trace. */
static inline struct bytes trace_frames(const struct frame_rules *rules,
                                        const uint8_t *stream, size_t n,
                                        struct trace_cuts cuts)
{
    struct bytes trace = BYTES_EMPTY;
    struct frame_partial *partial = NULL;
    enum frame_event event = FRAME_EVENT_MORE;
    for (size_t at = 0; event == FRAME_EVENT_MORE && at < n;) {
        size_t piece = cuts.max_piece;
        if (cuts.seed)
            piece = 1 + (size_t)rand_r(&cuts.seed) % cuts.max_piece;
        if (piece > n - at)
            piece = n - at;
        event = trace_piece(&trace, &partial, rules, stream + at, piece);
        at += piece;
    }
    frame_partial_free(partial);
    return trace;
}

static inline bool trace_equals(const struct bytes *a, const struct bytes *b)
{
    size_t size = bytes_size(a);
    return size == bytes_size(b) &&
           (size == 0 || !memcmp(bytes_begin(a), bytes_begin(b), size));
}
