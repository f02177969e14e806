#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* What breaks the protocol, and the code and words that it is ended with. */

struct fault {
    const char *name;
    const char *bytes;
    size_t n;
    unsigned code;
    const char *reason;
};

#define BYTES(literal) (literal), sizeof(literal) - 1
#define MASK "\0\0\0\0"

static const struct fault faults[] = {
    {"an unmasked text", BYTES("\x81\x06whoami"), 1002,
     "received a frame that is not masked as expected"},
    {"an unmasked ping", BYTES("\x89\x00"), 1002,
     "received a frame that is not masked as expected"},
    {"RSV1", BYTES("\xc1\x80" MASK), 1002,
     "RSV != 0 and no extension negotiated, RSV:4"},
    {"RSV2 and 3", BYTES("\xb1\x80" MASK), 1002,
     "RSV != 0 and no extension negotiated, RSV:3"},
    {"RSV1 of a ping", BYTES("\xc9\x80" MASK), 1002,
     "RSV != 0 and no extension negotiated, RSV:4"},
    {"opcode 3", BYTES("\x83\x80" MASK), 1002,
     "data frame using reserved opcode 3"},
    {"opcode 7", BYTES("\x07\x80" MASK), 1002,
     "data frame using reserved opcode 7"},
    {"opcode 11", BYTES("\x8b\x80" MASK), 1002,
     "control frame using reserved opcode 11"},
    {"opcode 15", BYTES("\x8f\x80" MASK), 1002,
     "control frame using reserved opcode 15"},
    {"a fragmented ping", BYTES("\x09\x80" MASK), 1002,
     "fragmented control frame"},
    {"a fragmented close", BYTES("\x08\x80" MASK), 1002,
     "fragmented control frame"},
    {"a ping of 126 bytes", BYTES("\x89\xfe\x00\x7e"), 1002,
     "control frame with payload length > 125 octets"},
    {"a close of 2^63 bytes", BYTES("\x88\xff\x80\0\0\0\0\0\0\0"), 1002,
     "control frame with payload length > 125 octets"},
    {"a stray continuation", BYTES("\x80\x80" MASK), 1002,
     "received continuation data frame outside fragmented message"},
    {"a message inside a message", BYTES("\x01\x80" MASK "\x81\x80" MASK), 1002,
     "received non-continuation data frame while inside fragmented message"},
    {"a short length in 16 bits", BYTES("\x81\xfe\x00\x7d"), 1002,
     "invalid data frame length (not using minimal length encoding)"},
    {"a short length in 64 bits", BYTES("\x81\xff\0\0\0\0\0\0\xff\xff"), 1002,
     "invalid data frame length (not using minimal length encoding)"},
    {"the top bit of a length", BYTES("\x81\xff\x80\0\0\0\0\0\0\0"), 1002,
     "invalid data frame length (not using minimal length encoding)"},
    {"a binary", BYTES("\x82\x80" MASK), 1003, "Invalid message type"},
    {"a fragmented binary", BYTES("\x02\x80" MASK), 1003,
     "Invalid message type"},
    {"not UTF-8", BYTES("\x81\x81" MASK "\xff"), 1007, "bytes are not UTF-8"},
    {"an overlong slash", BYTES("\x81\x82" MASK "\xc0\xaf"), 1007,
     "bytes are not UTF-8"},
    {"a surrogate", BYTES("\x81\x83" MASK "\xed\xa0\x80"), 1007,
     "bytes are not UTF-8"},
    {"over 10FFFF", BYTES("\x81\x84" MASK "\xf4\x90\x80\x80"), 1007,
     "bytes are not UTF-8"},
    {"a character cut short", BYTES("\x81\x82" MASK "\xe2\x82"), 1007,
     "bytes are not UTF-8"},
    {"a wrong byte, with more announced", BYTES("\x01\xfe\x7f\xff" MASK "\xff"),
     1007, "bytes are not UTF-8"},
    {"a character cut by frames and never whole",
     BYTES("\x01\x82" MASK "\xe2\x82\x80\x81" MASK "a"), 1007,
     "bytes are not UTF-8"},
    {"a close of one byte", BYTES("\x88\x81" MASK "\x03"), 1002,
     "received close control frame with payload len 1"},
    {"close code 0", BYTES("\x88\x82" MASK "\x00\x00"), 1002,
     "Invalid close frame getStatus code: 0"},
    {"close code 999", BYTES("\x88\x82" MASK "\x03\xe7"), 1002,
     "Invalid close frame getStatus code: 999"},
    {"close code 1004", BYTES("\x88\x82" MASK "\x03\xec"), 1002,
     "Invalid close frame getStatus code: 1004"},
    {"close code 1005", BYTES("\x88\x82" MASK "\x03\xed"), 1002,
     "Invalid close frame getStatus code: 1005"},
    {"close code 1006", BYTES("\x88\x82" MASK "\x03\xee"), 1002,
     "Invalid close frame getStatus code: 1006"},
    {"close code 1015", BYTES("\x88\x82" MASK "\x03\xf7"), 1002,
     "Invalid close frame getStatus code: 1015"},
    {"close code 2999", BYTES("\x88\x82" MASK "\x0b\xb7"), 1002,
     "Invalid close frame getStatus code: 2999"},
    {"close code 5000", BYTES("\x88\x82" MASK "\x13\x88"), 1002,
     "Invalid close frame getStatus code: 5000"},
    {"a close reason that is not UTF-8", BYTES("\x88\x83" MASK "\x03\xe8\xff"),
     1007, "bytes are not UTF-8"},
};

enum { N_FAULTS = sizeof faults / sizeof *faults };

/* Commits the fault, whole or byte by byte, and goes on as if nothing was. */
static void commit(struct daemon *daemon, const struct fault *fault,
                   bool in_bytes)
{
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    for (size_t i = 0; in_bytes && i + 1 < fault->n; i++)
        if (peer_write_some(peer, fault->bytes + i, 1) < 0)
            break;
    if (!in_bytes)
        peer_write(peer, fault->bytes, fault->n);
    else
        (void)peer_write_some(peer, fault->bytes + fault->n - 1, 1);
    uint8_t more[100];
    (void)peer_write_some(peer, more, peer_build(more, PEER_TEXT, "whoami", 6));
    struct peer_frame frame;
    peer_hear_frame(peer, &frame);
    ck_assert_msg(frame.first == PEER_CLOSE && frame.size > 2, "%s: %02x",
                  fault->name, frame.first);
    unsigned code = (unsigned)frame.payload[0] << 8 | frame.payload[1];
    ck_assert_msg(code == fault->code &&
                      strcmp((char *)frame.payload + 2, fault->reason) == 0,
                  "%s: %u %s", fault->name, code, frame.payload + 2);
    peer_expect_end(peer);
    peer_free(peer);
}

START_TEST(each_fault_has_its_code_and_reason)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    for (int i = 0; i < N_FAULTS; i++)
        commit(daemon, &faults[i], false);
    daemon_end(daemon);
}
END_TEST

START_TEST(faults_that_drip_are_the_same)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    for (int i = 0; i < N_FAULTS; i++)
        commit(daemon, &faults[i], true);
    daemon_end(daemon);
}
END_TEST

START_TEST(who_is_ended_by_a_fault_is_gone_for_others)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    (void)peer_id(a);
    (void)peer_id(b);
    peer_write(b, "\x81\x06whoami", 8);
    peer_expect_close(b, 1002,
                      "received a frame that is not masked as expected");
    peer_call(a, peer_id(b), "{\"type\":\"x\"}");
    peer_expect_error(a);
    peer_expect_end(b);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--log-level=warn", "--close-timeout=100ms");
    srand(4711);
    for (int i = 0; i < 60; i++) {
        uint8_t noise[600];
        struct peer *peer = peer_open(daemon);
        for (size_t k = 0; k < sizeof noise; k++)
            noise[k] = (uint8_t)rand();
        if (i % 2) /* begins like a frame */
            peer_build(noise, PEER_TEXT, noise + 20, 100);
        (void)peer_write_some(peer, noise, sizeof noise);
        peer_finish(peer);
        peer_await_end(peer);
        peer_free(peer);
        peer = peer_connect_plain(daemon_endpoint(daemon, 0));
        (void)peer_write_some(peer, noise, sizeof noise);
        peer_finish(peer);
        peer_await_end(peer);
        peer_free(peer);
    }
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {each_fault_has_its_code_and_reason,
                                   faults_that_drip_are_the_same,
                                   who_is_ended_by_a_fault_is_gone_for_others,
                                   random_bytes_do_no_harm, NULL};
    return suite_run_looped("fault", looped, DAEMON_GRID, NULL);
}
