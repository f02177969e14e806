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

/* The most plaintext that one record carries, in bytes. */
enum { TLS_RECORD_MAX = 16384 };

/*
 * Tells OpenSSL that this process has no use for its error texts, a third of
 * a megabyte, because it will speak no TLS. Counts only before anything else
 * of OpenSSL is used; what is said of TLS errors afterwards is vague.
 */
void tls_do_without(void);

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
    const char *ca_file;   /* PEM to trust in place of the system's; or NULL */
    const char *cert_file; /* PEM: ours, where the server asks; or NULL */
    const char *key_file;  /* PEM: its key; NULL: it is in cert_file */
    bool is_insecure;      /* skip certificate and host name: tests only */
};

/*
 * The context keeps the tickets of its servers: a connection to the same host
 * resumes the session of the one before.
 * Errors as tls_context_new_server().
 */
int tls_context_new_client(const struct tls_client_options *options,
                           struct tls_context **context_out,
                           struct errmsg *errmsg);

/* From any thread, at any time: connections keep what they need of it. */
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
 * @host: client: the name or address (without brackets) to ask for and to
 *        verify, not ""; server: NULL
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
 * Starts (client, with no input) or continues the handshake and decrypts.
 * @in, @n:        ciphertext from the peer; all of it is used, at once
 * @plain:         receives the plaintext; must not overlap @in
 * @plain_capacity: at least @n + TLS_RECORD_MAX: a record that earlier calls
 *                 brought nearly whole may be among it
 * @plain_out:     how many bytes of plaintext there are, whatever is returned
 * @cipher:        what must be sent to the peer is appended here, also with
 *                 TLS_FAULT
 * @cipher_limit:  the most it may hold; when that is not enough: TLS_FAULT
 *
 * TLS_CLOSED and TLS_FAULT are final: what comes later is ignored. When the
 * socket ends before TLS_CLOSED, the stream may have been cut by anybody.
 */
enum tls_status tls_feed(struct tls *tls, const uint8_t *in, size_t n,
                         uint8_t *plain, size_t plain_capacity,
                         size_t *plain_out, struct bytes *cipher,
                         size_t cipher_limit);

/*
 * Encrypts all of @n bytes, in records of up to 16 KiB, appended to @cipher.
 * Also after TLS_CLOSED, which ends the peer's direction only. Returns 0, or
 * with nothing consumed and nothing appended:
 *   -EAGAIN   the handshake is not complete
 *   -ENOBUFS  @cipher would hold more than @cipher_limit; up to 29 bytes per
 *             record, 64 for the call and 512 for the first one are counted
 *             beside @n
 *   -EPIPE    after tls_close() or TLS_FAULT
 *   -ENOMEM   the connection must be ended
 */
int tls_write(struct tls *tls, const uint8_t *plain, size_t n,
              struct bytes *cipher, size_t cipher_limit);

/*
 * Appends a close_notify; nothing may be written afterwards. Appends nothing
 * the second time, before the handshake is complete and after TLS_FAULT.
 * Returns 0, or -ENOBUFS or -ENOMEM with nothing appended.
 */
int tls_close(struct tls *tls, struct bytes *cipher, size_t cipher_limit);

bool tls_is_established(const struct tls *tls);

/* Whether the peer has ended its direction by a close_notify. */
bool tls_is_closed(const struct tls *tls);

/* Whether the handshake was cut short by a ticket of an earlier one. */
bool tls_is_resumed(const struct tls *tls);

/*
 * The reason of TLS_FAULT, for a log or a person, or "": "the server's
 * certificate is not accepted: certificate has expired". Valid as long as @tls.
 */
const char *tls_fault(const struct tls *tls);

/* "TLSv1.3" and such; "" before the handshake is complete. */
const char *tls_version(const struct tls *tls);
