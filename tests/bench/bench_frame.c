/*
 * Times frame_read() on one masked text frame that is whole in the input: the
 * best of some rounds, since what is slower was disturbed.
 */
#include "proto/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/stopwatch.h"
#include "tests/lib/frame_script.h"

enum { ROUNDS = 2000, ROUND_BYTES = 1 << 15 };

static const struct frame_rules rules = {.max_frame = 32768,
                                         .max_message = 131072,
                                         .max_fragments = 1024,
                                         .is_server = true};

static void read_one(uint8_t *in, size_t n)
{
    struct frame_partial *partial = NULL;
    struct frame frame;
    size_t used;
    if (frame_read(&partial, &rules, in, n, &used, &frame) !=
        FRAME_EVENT_MESSAGE)
        abort();
}

/* Reading unmasks in place: each round reads fresh copies of the frame. */
static double read_ns(const struct bytes *frame)
{
    size_t n = bytes_size(frame);
    size_t n_frames = ROUND_BYTES / n;
    uint8_t *copies = malloc(n * n_frames);
    uint64_t best = UINT64_MAX;
    if (!copies)
        abort();
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < n_frames; i++)
            memcpy(copies + i * n, bytes_begin(frame), n);
        uint64_t start = stopwatch_ns();
        for (size_t i = 0; i < n_frames; i++)
            read_one(copies + i * n, n);
        uint64_t taken = stopwatch_ns() - start;
        best = taken < best ? taken : best;
    }
    free(copies);
    return (double)best / (double)n_frames;
}

static void time_text(const char *name, const char *unit, size_t size)
{
    struct bytes frame = BYTES_EMPTY;
    char *text = malloc(size);
    if (!text)
        abort();
    size_t n = 0;
    for (size_t k = strlen(unit); n + k <= size; n += k)
        memcpy(text + n, unit, k);
    memset(text + n, ' ', size - n);
    script_add(&frame, 0x81, text, size);
    double ns = read_ns(&frame);
    printf("%-24s %8zu %10.0f %8.2f\n", name, size, ns, (double)size / ns);
    free(text);
    bytes_deinit(&frame);
}

int main(void)
{
    const size_t sizes[] = {64, 256, 1024, 16384};
    printf("%-24s %8s %10s %8s\n", "text", "bytes", "ns/frame", "GB/s");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        time_text("ASCII", "a line of plain ASCII, ", sizes[i]);
        time_text("one \xc3\xa9 in 100",
                  "one letter with an accent stands somewhere in a hundred "
                  "letters of ASCII, it could be like this: caf\xc3\xa9 ",
                  sizes[i]);
        time_text("Cyrillic", "\xd0\xb4\xd0\xb0 ", sizes[i]);
        time_text("Chinese", "\xe4\xb8\xad\xe6\x96\x87", sizes[i]);
    }
    return 0;
}
