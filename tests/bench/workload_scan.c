/*
 * A fixed amount of work for frame_read() and packet_scan(), to count its
 * instructions: valgrind --tool=callgrind workload_scan [KIND]
 *
 * What it prints is the same on every run. The counts are for one processor:
 * where there is no AVX2, other forms of the same rooms are at work.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/packet.h"
#include "tests/bench/packets.h"
#include "tests/lib/frame_script.h"

enum { ROUND_BYTES = 1 << 18 }; /* of each packet, as often as it takes */

static const struct frame_rules rules = {.max_frame = 32768,
                                         .max_message = 131072,
                                         .max_fragments = 1024,
                                         .is_server = true};

static void read_and_scan(uint8_t *in, size_t n)
{
    struct frame_partial *partial = NULL;
    struct frame frame;
    struct packet packet;
    size_t used;
    if (frame_read(&partial, &rules, in, n, &used, &frame) !=
            FRAME_EVENT_MESSAGE ||
        packet_scan((const char *)frame.data, frame.size, &packet) !=
            PACKET_RELAY)
        abort();
}

/* Reading unmasks in place: each time, a fresh copy of the frame is read. */
static void run(const struct packet_case *what)
{
    static char text[PACKETS_MAX];
    size_t n_text = packets_write(text, what);
    size_t n_times = ROUND_BYTES / n_text;
    struct bytes frame = BYTES_EMPTY;
    script_add(&frame, 0x81, text, n_text);
    size_t n = bytes_size(&frame);
    uint8_t *copy = malloc(n);
    if (copy == NULL)
        abort();
    for (size_t i = 0; i < n_times; i++) {
        memcpy(copy, bytes_begin(&frame), n);
        read_and_scan(copy, n);
    }
    printf("%-24s %6zu bytes, %zu times\n", what->name, n_text, n_times);
    free(copy);
    bytes_deinit(&frame);
}

int main(int argc, char *argv[])
{
    size_t n_run = 0;
    for (size_t i = 0; i < n_packet_cases; i++)
        if (argc < 2 || strcmp(argv[1], packet_cases[i].name) == 0) {
            run(&packet_cases[i]);
            n_run++;
        }
    if (n_run > 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "workload_scan: no packets of the kind '%s'\n", argv[1]);
    return EXIT_FAILURE;
}
