/*
 * TLS as a codec: ciphertext in, plaintext out, and back. No sockets.
 *
 * Errors of OpenSSL end here. Ciphertext that is fed is borrowed for the call
 * and read by OpenSSL where it lies; ciphertext that comes out is appended to
 * a buffer that the caller names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/bytes.h"
#include "proto/errmsg.h"

/* Certificates and rules, shared by many connections and by threads. */
struct tls_context;

/*
 * Loads a server's certificate chain and key (PEM). TLS 1.2 and 1.3 only, as
 * AWS; no renegotiation, no compression.
 * Returns 0, or with @errmsg naming the file, what is wrong and what to do:
 *   -ENOENT, -EACCES  a file cannot be read
 *   -EINVAL           not PEM, key and certificate differ, or expired
 *   -ENOMEM
 */
int tls_context_new_server(const char *certificate_file, const char *key_file,
                           struct tls_context **context_out,
                           struct errmsg *errmsg);

/* How a client checks its server; all zero is the safe default. */
struct tls_client_options {
    const char *ca_file; /* PEM to trust in place of the system's; or NULL */
    bool is_insecure;    /* skip certificate and host name: tests only */
};

/* Errors as tls_context_new_server(). */
int tls_context_new_client(const struct tls_client_options *options,
                           struct tls_context **context_out,
                           struct errmsg *errmsg);

/* Safe from any thread. Connections keep what they need of it alive. */
void tls_context_free(struct tls_context *context);

/*
 * Writes a self-signed pair for development: P-256, valid for @days, for
 * localhost, 127.0.0.1, ::1 and the machine's own name. The key file is made
 * with mode 0600. Existing files are not overwritten: -EEXIST.
 * Returns 0 or a negative errno with @errmsg.
 */
int tls_make_self_signed(const char *certificate_file, const char *key_file,
                         int days, struct errmsg *errmsg);

/* One connection's state. */
struct tls;

/*
 * Starts a connection of @context's role.
 * @host: client: the name or address to ask for (SNI) and to verify; server:
 *        NULL
 * Returns NULL when out of memory.
 */
struct tls *tls_new(struct tls_context *context, const char *host);
void tls_free(struct tls *tls);

enum tls_status {
    TLS_OK,
    TLS_CLOSED, /* the peer ended the stream in order (close_notify) */
    TLS_FAULT,  /* see tls_fault(); an alert, if any, is in the output */
};

/*
 * Starts (client) or continues the handshake and decrypts.
 * @in, @n:      ciphertext from the peer; all of it is used; may be none
 * @plain:       receives the plaintext; there must be room for @n bytes plus
 *               what earlier calls could not deliver - never more than
 *               @n + 16384 bytes
 * @plain_out:   how many bytes of plaintext there are
 * @cipher:      what must be sent to the peer is appended here
 * @cipher_limit: the most it may hold
 */
enum tls_status tls_feed(struct tls *tls, const uint8_t *in, size_t n,
                         uint8_t *plain, size_t plain_capacity,
                         size_t *plain_out, struct bytes *cipher,
                         size_t cipher_limit);

/*
 * Encrypts all of @n bytes, in records of up to 16 KiB, appended to @cipher.
 * Returns 0, -ENOBUFS or -ENOMEM (the connection must then be ended), or
 * -EAGAIN before the handshake is complete, with nothing consumed.
 */
int tls_write(struct tls *tls, const uint8_t *plain, size_t n,
              struct bytes *cipher, size_t cipher_limit);

/* Appends a close_notify; nothing may be written afterwards. Idempotent. */
int tls_close(struct tls *tls, struct bytes *cipher, size_t cipher_limit);

bool tls_is_established(const struct tls *tls);

/* The reason of the last TLS_FAULT, for a log or a person; static or owned. */
const char *tls_fault(const struct tls *tls);

/* "TLSv1.3" and such; "" before the handshake is complete. */
const char *tls_version(const struct tls *tls);
