/*
 * Two TLS endpoints in memory, and what is on its way between them.
 */
#pragma once

#include "proto/bytes.h"
#include "proto/tls.h"

enum { TLS_PAIR_LIMIT = 1 << 24 };

/* How ciphertext is cut on its way; random cuts follow srand(). */
enum tls_cut { TLS_WHOLE, TLS_BYTE_BY_BYTE, TLS_RANDOM, N_TLS_CUTS };

struct tls_side {
    struct tls *tls;
    struct bytes out; /* ciphertext not yet carried to the other side */
    struct bytes got; /* plaintext */
    enum tls_status status;
};

struct tls_pair {
    struct tls_side client;
    struct tls_side server;
};

/*
 * Makes contexts with a certificate for server.example, which the client
 * trusts. All of these abort the program where only we can be at fault.
 */
void tls_pair_make_contexts(struct tls_context **server_out,
                            struct tls_context **client_out);

/* Starts both; the client's hello is in its out. */
void tls_pair_init(struct tls_pair *pair, struct tls_context *server,
                   struct tls_context *client);
void tls_pair_deinit(struct tls_pair *pair);
void tls_side_deinit(struct tls_side *side);

/* Feeds one piece, in a block of its own size for overruns to be seen. */
void tls_side_feed(struct tls_side *side, const uint8_t *data, size_t n);

/* Takes all that @from has to say to @to. */
void tls_side_carry(struct tls_side *from, struct tls_side *to,
                    enum tls_cut cut);

/* Carries to and fro until both are silent. */
void tls_pair_carry(struct tls_pair *pair, enum tls_cut cut);
