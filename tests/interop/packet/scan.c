/*
 * Shows the scanner's opinion to a test in another language. Reads packets,
 * each behind its size (32 bits, little endian), and answers each with a line:
 *   malformed
 *   whoami
 *   relay <payload's offset> <its size> <size of to> <to's first bytes in hex>
 */
#include "proto/packet.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_size(size_t *size_out)
{
    uint8_t bytes[4];
    if (fread(bytes, sizeof bytes, 1, stdin) != 1)
        return false;
    *size_out = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 |
                (size_t)bytes[3] << 24;
    return true;
}

static void print_relay(const char *text, const struct packet *packet)
{
    printf("relay %td %zu %zu ", packet->payload - text, packet->payload_size,
           packet->to_size);
    for (size_t i = 0; i < packet->to_size && i < CONNID_CHARS; i++)
        printf("%02x", (unsigned char)packet->to[i]);
    putchar('\n');
}

static void print_scan(const char *text, size_t n)
{
    struct packet packet;
    switch (packet_scan(text, n, &packet)) {
    case PACKET_MALFORMED:
        puts("malformed");
        return;
    case PACKET_WHOAMI:
        puts("whoami");
        return;
    case PACKET_RELAY:
        print_relay(text, &packet);
        return;
    }
}

int main(void)
{
    size_t n;
    while (read_size(&n)) {
        char *text = malloc(n);
        if ((n > 0 && text == NULL) || fread(text, 1, n, stdin) != n)
            return EXIT_FAILURE;
        print_scan(text, n);
        free(text);
    }
    return feof(stdin) && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
