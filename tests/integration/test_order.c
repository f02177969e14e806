#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/*
 * Thousands of packets of mixed sizes at once, everybody to everybody: each
 * arrives once, unchanged, and in the order in which its sender sent it.
 */

enum {
    N_PEERS = 5,
    N_PACKETS = 250, /* of each ordered pair */
    WINDOW = 150000, /* bytes under way of one pair */
    PAYLOAD_MAX = 101000,
};

struct flow {
    unsigned n_sent;
    unsigned n_heard;
    size_t n_flying; /* bytes */
};

struct station {
    struct peer *peer;
    struct flow to[N_PEERS];
    size_t n_frame; /* bytes of frame */
    size_t n_written;
    uint8_t frame[PAYLOAD_MAX + 5 * 14 + 200];
};

/* The payload that belongs to the @n-th packet of a pair. */
static size_t make_payload(char *text_out, int from, int to, unsigned n)
{
    unsigned seed = (unsigned)(from * 1000003 + to * 10007) + n;
    unsigned kind = (unsigned)rand_r(&seed) % 100;
    size_t size = (unsigned)rand_r(&seed) % (kind < 90   ? 200u
                                             : kind < 99 ? 20000u
                                                         : 100000u);
    size_t n_head = (size_t)sprintf(
        text_out, "{\"type\":\"%d\",\"data\":{\"pad\":\"", (int)n);
    memset(text_out + n_head, 'a' + (int)(n % 26), size);
    strcpy(text_out + n_head + size, "\"}}");
    return n_head + size + 3;
}

static size_t build_message(uint8_t *frames_out, const char *text, size_t n)
{
    size_t total = 0;
    uint8_t opcode = PEER_TEXT & ~PEER_FIN;
    for (; n > PEER_FRAME_MAX; n -= PEER_FRAME_MAX, text += PEER_FRAME_MAX) {
        total += peer_build(frames_out + total, opcode, text, PEER_FRAME_MAX);
        opcode = PEER_CONTINUATION;
    }
    return total + peer_build(frames_out + total, PEER_FIN | opcode, text, n);
}

/* Puts the next packet into the station's frame, if it has one to send. */
static void prepare(struct station *stations, int from, unsigned *seed)
{
    static char payload[PAYLOAD_MAX];
    struct station *s = &stations[from];
    int first = rand_r(seed) % N_PEERS;
    for (int k = 0; k < N_PEERS; k++) {
        int to = (first + k) % N_PEERS;
        struct flow *flow = &s->to[to];
        if (flow->n_sent == N_PACKETS || flow->n_flying > WINDOW)
            continue;
        flow->n_flying += make_payload(payload, from, to, flow->n_sent++);
        char *text = peer_packet(peer_id(stations[to].peer), payload);
        s->n_frame = build_message(s->frame, text, strlen(text));
        s->n_written = 0;
        free(text);
        return;
    }
}

static void speak(struct station *stations, int from, unsigned *seed)
{
    struct station *s = &stations[from];
    for (int i = 0; i < 20; i++) {
        if (s->n_written == s->n_frame)
            prepare(stations, from, seed);
        if (s->n_written == s->n_frame)
            return;
        long rc = peer_write_some(s->peer, s->frame + s->n_written,
                                  s->n_frame - s->n_written);
        if (rc < 0)
            daemon_fail("the daemon ended station %d", from);
        if (rc == 0)
            return;
        s->n_written += (size_t)rc;
    }
}

static int find_sender(struct station *stations, const char *text)
{
    static const char head[] = "{\"from\":\"";
    if (strncmp(text, head, sizeof head - 1))
        daemon_fail("not a packet: %.200s", text);
    text += sizeof head - 1;
    for (int i = 0; i < N_PEERS; i++)
        if (strncmp(text, peer_id(stations[i].peer), PEER_ID_CHARS) == 0)
            return i;
    daemon_fail("from nobody: %.200s", text);
}

/* Returns how many packets were heard. */
static unsigned listen_to(struct station *stations, int to)
{
    static char expected[PAYLOAD_MAX];
    struct peer *peer = stations[to].peer;
    unsigned n = 0;
    while (n < 50 && peer_has_input(peer, 0)) {
        const char *text = peer_hear(peer);
        int from = find_sender(stations, text);
        struct flow *flow = &stations[from].to[to];
        size_t size = make_payload(expected, from, to, flow->n_heard);
        const char *payload = text + strlen("{\"from\":\"\",\"payload\":") + 16;
        if (strncmp(payload, expected, size) || strcmp(payload + size, "}"))
            daemon_fail("packet %u from %d to %d is not what was sent: %.100s",
                        flow->n_heard, from, to, text);
        flow->n_heard++;
        flow->n_flying -= size;
        n++;
    }
    return n;
}

START_TEST(packets_of_each_pair_arrive_once_unchanged_and_in_order)
{
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=debug");
    struct station *stations = calloc(N_PEERS, sizeof *stations);
    long long deadline_ms = daemon_now_ms() + 2 * DAEMON_WAIT_MS;
    unsigned n_left = N_PEERS * N_PEERS * N_PACKETS;
    unsigned seed = 42;
    for (int i = 0; i < N_PEERS; i++) {
        stations[i].peer = peer_open(daemon);
        (void)peer_id(stations[i].peer);
    }
    while (n_left > 0) {
        for (int i = 0; i < N_PEERS; i++) {
            speak(stations, i, &seed);
            n_left -= listen_to(stations, i);
        }
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("%u packets did not arrive", n_left);
    }
    for (int i = 0; i < N_PEERS; i++) {
        ck_assert(!peer_has_input(stations[i].peer, 0));
        peer_free(stations[i].peer);
    }
    free(stations);
    daemon_end(daemon);
}
END_TEST

START_TEST(every_packet_is_delivered_or_its_sender_is_told)
{
    enum { N = 3000, SIZE = 8000 };
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--send-queue-limit=256K", "--mailbox-limit=512K");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open_narrow(daemon);
    static char payload[SIZE];
    uint8_t frame[SIZE + 200];
    size_t n_frame = 0;
    size_t n_written = 0;
    int n_sent = 0;
    int n_delivered = 0;
    int n_refused = 0;
    int last = -1;
    long long deadline_ms = daemon_now_ms() + 2 * DAEMON_WAIT_MS;
    (void)peer_id(a);
    (void)peer_id(b);
    while (n_delivered + n_refused < N) {
        if (n_written == n_frame && n_sent < N) {
            int n = sprintf(payload, "{\"type\":\"%d\",\"data\":{\"pad\":\"",
                            n_sent++);
            memset(payload + n, 'x', 7000);
            strcpy(payload + n + 7000, "\"}}");
            char *text = peer_packet(peer_id(b), payload);
            n_frame = peer_build(frame, PEER_TEXT, text, strlen(text));
            n_written = 0;
            free(text);
        }
        long rc = n_written < n_frame ? peer_write_some(a, frame + n_written,
                                                        n_frame - n_written)
                                      : 0;
        ck_assert_int_ge(rc, 0);
        n_written += (size_t)rc;
        while (peer_has_input(a, 0)) {
            peer_expect_error(a);
            n_refused++;
        }
        /* It reads only once its queue was full, and then a little. */
        if (n_refused > 0 && rc == 0 && peer_has_input(b, 1)) {
            int n = -1;
            (void)sscanf(peer_hear(b),
                         "{\"from\":\"%*16c\",\"payload\":{\"type\":\"%d\"",
                         &n);
            ck_assert_int_gt(n, last);
            last = n;
            n_delivered++;
        }
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("of %d packets %d were delivered and %d refused",
                        n_sent, n_delivered, n_refused);
    }
    ck_assert_int_gt(n_refused, 0);
    ck_assert_int_gt(n_delivered, 0);
    peer_call(a, peer_id(b), "{\"type\":\"last\"}");
    peer_expect_packet(b, peer_id(a), "{\"type\":\"last\"}");
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

START_TEST(a_burst_to_one_who_reads_is_not_refused)
{
    enum { N = 20000 };
    struct daemon *daemon =
        DAEMON_IN_GRID(_i, "--send-queue-limit=32K", "--message-limit=2K",
                       "--frame-limit=2K", "--log-level=debug");
    struct peer *a = peer_open(daemon);
    struct peer *b = peer_open(daemon);
    uint8_t *frames = malloc(N * 100);
    size_t n_frames = 0;
    size_t n_written = 0;
    (void)peer_id(a);
    for (int i = 0; i < N; i++) {
        char payload[30];
        snprintf(payload, sizeof payload, "{\"type\":\"%d\"}", i);
        char *text = peer_packet(peer_id(b), payload);
        n_frames +=
            peer_build(frames + n_frames, PEER_TEXT, text, strlen(text));
        free(text);
    }
    for (int n_heard = 0; n_heard < N;) {
        size_t n = n_frames - n_written < 65536 ? n_frames - n_written : 65536;
        long rc = n ? peer_write_some(a, frames + n_written, n) : 0;
        ck_assert_int_ge(rc, 0);
        n_written += (size_t)rc;
        while (n_heard < N && peer_has_input(b, rc == 0 ? 1 : 0)) {
            char payload[30];
            snprintf(payload, sizeof payload, "{\"type\":\"%d\"}", n_heard++);
            peer_expect_packet(b, peer_id(a), payload);
        }
        if (peer_has_input(a, 0))
            daemon_fail("packet after %d was refused: %s", n_heard,
                        peer_hear(a));
    }
    free(frames);
    peer_free(a);
    peer_free(b);
    daemon_end(daemon);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        packets_of_each_pair_arrive_once_unchanged_and_in_order,
        every_packet_is_delivered_or_its_sender_is_told,
        a_burst_to_one_who_reads_is_not_refused, NULL};
    return suite_run_looped("order", looped, DAEMON_GRID, NULL);
}
