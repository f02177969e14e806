/*
 * Times handshakes, small and large messages over TLS between two endpoints in
 * memory, in time of the processor, and weighs an idle connection. Both ends
 * count: a server alone pays about half.
 */
#include "proto/tls.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/stopwatch.h"

enum { LIMIT = 1 << 24, PLAIN = 1 << 18, N_IDLE = 500 };

struct side {
    struct tls *tls;
    struct bytes out;
};

static struct tls_context *server_context;
static struct tls_context *client_context;
static uint8_t plain[PLAIN];

static void must(int is_done)
{
    if (!is_done)
        abort();
}

static void make_contexts(void)
{
    char folder[] = "/tmp/bench-tls-XXXXXX";
    char crt[64];
    char key[64];
    must(mkdtemp(folder) != NULL);
    snprintf(crt, sizeof crt, "%s/crt", folder);
    snprintf(key, sizeof key, "%s/key", folder);
    must(tls_make_self_signed(crt, key, 1, NULL) == 0);
    const struct tls_client_options options = {.ca_file = crt};
    must(tls_context_new_server(crt, key, &server_context, NULL) == 0);
    must(tls_context_new_client(&options, &client_context, NULL) == 0);
    unlink(crt);
    unlink(key);
    rmdir(folder);
}

static size_t carry(struct side *from, struct side *to)
{
    size_t n_plain;
    enum tls_status status =
        tls_feed(to->tls, bytes_begin(&from->out), bytes_size(&from->out),
                 plain, sizeof plain, &n_plain, &to->out, LIMIT);
    must(status == TLS_OK);
    bytes_consume(&from->out, bytes_size(&from->out));
    return n_plain;
}

static void meet(struct side *client, struct side *server)
{
    struct side nothing = {0};
    *client = (struct side){.tls = tls_new(client_context, "localhost")};
    *server = (struct side){.tls = tls_new(server_context, NULL)};
    carry(&nothing, client);
    while (!bytes_is_empty(&client->out) || !bytes_is_empty(&server->out)) {
        if (!bytes_is_empty(&client->out))
            carry(client, server);
        if (!bytes_is_empty(&server->out))
            carry(server, client);
    }
    must(tls_is_established(client->tls) && tls_is_established(server->tls));
}

static void part(struct side *client, struct side *server)
{
    tls_free(client->tls);
    tls_free(server->tls);
}

static void time_handshakes(void)
{
    enum { N = 500 };
    struct side client;
    struct side server;
    uint64_t start_ns = stopwatch_cpu_ns();
    for (int i = 0; i < N; i++) {
        meet(&client, &server);
        part(&client, &server);
    }
    printf("handshake      %8.1f us\n",
           (double)(stopwatch_cpu_ns() - start_ns) / N / 1e3);
}

static void time_messages(size_t size)
{
    enum { ROUND_BYTES = 1 << 27, N_MAX = 200000 };
    static uint8_t message[1 << 17];
    struct side client;
    struct side server;
    size_t n = ROUND_BYTES / size < N_MAX ? ROUND_BYTES / size : N_MAX;
    meet(&client, &server);
    uint64_t start_ns = stopwatch_cpu_ns();
    for (size_t i = 0; i < n; i++) {
        must(tls_write(client.tls, message, size, &client.out, LIMIT) == 0);
        must(carry(&client, &server) == size);
    }
    double message_ns = (double)(stopwatch_cpu_ns() - start_ns) / (double)n;
    printf("%6zu bytes   %8.2f us   %7.0f MB/s\n", size, message_ns / 1e3,
           (double)size * 1e3 / message_ns);
    part(&client, &server);
}

static void weigh_idle(void)
{
    static struct side clients[N_IDLE];
    static struct side servers[N_IDLE];
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < N_IDLE; i++)
        meet(&clients[i], &servers[i]);
    size_t both = mallinfo2().uordblks - before;
    for (int i = 0; i < N_IDLE; i++)
        tls_free(clients[i].tls);
    size_t server = mallinfo2().uordblks - before;
    printf("idle server    %8zu bytes\nidle client    %8zu bytes\n",
           server / N_IDLE, (both - server) / N_IDLE);
    for (int i = 0; i < N_IDLE; i++)
        tls_free(servers[i].tls);
}

int main(void)
{
    static const size_t sizes[] = {64, 1024, 16384, 131072};
    make_contexts();
    time_handshakes();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        time_messages(sizes[i]);
    weigh_idle();
    tls_context_free(client_context);
    tls_context_free(server_context);
    return 0;
}
