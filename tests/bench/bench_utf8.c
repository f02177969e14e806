/*
 * Times each form of utf8_feed() that this machine can run: the best of some
 * rounds, since what is slower was disturbed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/utf8_forms.h"
#include "tests/bench/stopwatch.h"

enum { ROUNDS = 2000, ROUND_BYTES = 1 << 15, TEXT_MAX = 1 << 14 };

static double feed_ns(utf8_feed_cb feed, const uint8_t *text, size_t n)
{
    uint64_t best = UINT64_MAX;
    size_t n_feeds = ROUND_BYTES / n;
    volatile utf8_state state; /* so that nothing is optimised away */
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = stopwatch_ns();
        for (size_t i = 0; i < n_feeds; i++)
            state = feed(UTF8_START, text, n);
        uint64_t taken = stopwatch_ns() - start;
        best = taken < best ? taken : best;
    }
    (void)state;
    return (double)best / (double)n_feeds;
}

static void time_text(const char *name, const char *unit, size_t size)
{
    static uint8_t text[TEXT_MAX];
    struct utf8_form forms[UTF8_FORMS_MAX];
    size_t n_forms = utf8_forms(forms);
    size_t n = 0;
    for (size_t k = strlen(unit); n + k <= size; n += k)
        memcpy(text + n, unit, k);
    memset(text + n, ' ', size - n);
    for (size_t i = 0; i < n_forms; i++) {
        double ns = feed_ns(forms[i].feed, text, size);
        printf("%-20s %-8s %8zu %10.0f %8.2f\n", name, forms[i].name, size, ns,
               (double)size / ns);
    }
}

int main(void)
{
    const size_t sizes[] = {64, 256, 1024, 16384};
    printf("%-20s %-8s %8s %10s %8s\n", "text", "form", "bytes", "ns/feed",
           "GB/s");
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
