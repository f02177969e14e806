/*
 * Sessions that a client resumes: for proto/tls*.c only.
 *
 * A context keeps the newest session that its servers have offered, with the
 * name it was verified for, and offers it to that name again. The server may
 * decline, and shakes hands in full.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

/* Has @context keep sessions. Returns false when out of memory. */
bool tls_session_keep(SSL_CTX *context);

/*
 * Offers what is kept for @host, and keeps for it what its server offers.
 * @ssl: of a context that keeps sessions; not yet connected
 * Returns false when out of memory.
 */
bool tls_session_offer(SSL *ssl, const char *host);
