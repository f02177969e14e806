#include "tests/lib/tls_pair.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/certificate.h"
#include "tests/lib/folder.h"

enum { CHUNK_MAX = 70000, PIECE_MAX = 3000 };

static void must(bool is_done)
{
    if (!is_done)
        abort();
}

void tls_pair_make_contexts(struct tls_context **server_out,
                            struct tls_context **client_out)
{
    const struct certificate_spec spec = {.names = "DNS:server.example"};
    struct certificate certificate;
    struct folder folder;
    char crt[PATH_MAX];
    char key[PATH_MAX];
    folder_init(&folder);
    certificate_init(&certificate, &spec);
    folder_join(&folder, "crt", crt);
    folder_join(&folder, "key", key);
    certificate_write_chain(crt, &certificate, NULL);
    certificate_write_key(&certificate, key, NULL);
    certificate_deinit(&certificate);
    const struct tls_client_options options = {.ca_file = crt};
    must(tls_context_new_server(crt, key, server_out, NULL) == 0);
    must(tls_context_new_client(&options, client_out, NULL) == 0);
    folder_deinit(&folder);
}

void tls_pair_init(struct tls_pair *pair, struct tls_context *server,
                   struct tls_context *client)
{
    *pair = (struct tls_pair){0};
    pair->server.tls = tls_new(server, NULL);
    pair->client.tls = tls_new(client, "server.example");
    must(pair->server.tls && pair->client.tls);
    tls_side_feed(&pair->client, NULL, 0);
}

void tls_side_deinit(struct tls_side *side)
{
    tls_free(side->tls);
    bytes_deinit(&side->out);
    bytes_deinit(&side->got);
}

void tls_pair_deinit(struct tls_pair *pair)
{
    tls_side_deinit(&pair->client);
    tls_side_deinit(&pair->server);
}

void tls_side_feed(struct tls_side *side, const uint8_t *data, size_t n)
{
    size_t capacity = n + TLS_RECORD_MAX;
    size_t n_plain = capacity + 1;
    uint8_t *in = malloc(n ? n : 1);
    uint8_t *plain = malloc(capacity);
    must(in && plain);
    if (n)
        memcpy(in, data, n);
    side->status = tls_feed(side->tls, in, n, plain, capacity, &n_plain,
                            &side->out, TLS_PAIR_LIMIT);
    must(n_plain <= capacity);
    must(bytes_append(&side->got, plain, n_plain, TLS_PAIR_LIMIT) == 0);
    free(in);
    free(plain);
}

static size_t next_piece(enum tls_cut cut, size_t n)
{
    size_t piece = CHUNK_MAX;
    if (cut == TLS_BYTE_BY_BYTE)
        piece = 1;
    else if (cut == TLS_RANDOM)
        piece = 1 + (size_t)rand() % PIECE_MAX;
    return piece < n ? piece : n;
}

void tls_side_carry(struct tls_side *from, struct tls_side *to,
                    enum tls_cut cut)
{
    struct bytes cipher = from->out;
    from->out = BYTES_EMPTY;
    while (!bytes_is_empty(&cipher)) {
        size_t n = next_piece(cut, bytes_size(&cipher));
        tls_side_feed(to, bytes_begin(&cipher), n);
        bytes_consume(&cipher, n);
    }
}

void tls_pair_carry(struct tls_pair *pair, enum tls_cut cut)
{
    while (!bytes_is_empty(&pair->client.out) ||
           !bytes_is_empty(&pair->server.out)) {
        tls_side_carry(&pair->client, &pair->server, cut);
        tls_side_carry(&pair->server, &pair->client, cut);
    }
}
