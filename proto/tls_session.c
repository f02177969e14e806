#include "proto/tls_session.h"

#include <stdlib.h>
#include <string.h>

/*
 * What is kept hangs on the SSL_CTX, and the host's name on the SSL, as
 * connections may outlive our own structs, and threads share a context.
 *
 * A session is shown once only, lest who listens tells by its ticket that two
 * connections are of the same client (RFC 8446, appendix C.4), and lest one
 * that a server stumbles over is shown for ever. TLS 1.3 brings a new one with
 * each handshake, TLS 1.2 with each that is in full: every second one.
 */
struct store {
    CRYPTO_RWLOCK *lock; /* over what follows */
    SSL_SESSION *newest; /* owned; or NULL */
    char *host;          /* whom it is of; owned */
};

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static int store_index = -1; /* of SSL_CTX: struct store */
static int host_index = -1;  /* of SSL: char */

static void free_store(void *parent, void *data, CRYPTO_EX_DATA *all, int index,
                       long number, void *unused)
{
    struct store *store = data;
    (void)parent, (void)all, (void)index, (void)number, (void)unused;
    if (!store)
        return;
    CRYPTO_THREAD_lock_free(store->lock);
    SSL_SESSION_free(store->newest);
    free(store->host);
    free(store);
}

static void free_host(void *parent, void *data, CRYPTO_EX_DATA *all, int index,
                      long number, void *unused)
{
    (void)parent, (void)all, (void)index, (void)number, (void)unused;
    free(data);
}

static void make_indexes(void)
{
    store_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_store);
    host_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_host);
}

static void swap(struct store *store, SSL_SESSION **session, char **host)
{
    SSL_SESSION *old_session = store->newest;
    char *old_host = store->host;
    store->newest = *session;
    store->host = *host;
    *session = old_session;
    *host = old_host;
}

/*
 * Keeps a copy, as OpenSSL spoils the session of a connection that is freed
 * without a close_notify: those that broke are the ones to resume.
 */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct store *store =
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), store_index);
    const char *host = SSL_get_ex_data(ssl, host_index);
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    char *host_copy = strdup(host);
    if (copy && host_copy && CRYPTO_THREAD_write_lock(store->lock)) {
        swap(store, &copy, &host_copy);
        CRYPTO_THREAD_unlock(store->lock);
    }
    SSL_SESSION_free(copy);
    free(host_copy);
    return 0; /* the session itself is not taken */
}

bool tls_session_keep(SSL_CTX *context)
{
    if (!CRYPTO_THREAD_run_once(&once, make_indexes) || store_index < 0 ||
        host_index < 0)
        return false;
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return false;
    store->lock = CRYPTO_THREAD_lock_new();
    if (!store->lock || !SSL_CTX_set_ex_data(context, store_index, store)) {
        CRYPTO_THREAD_lock_free(store->lock);
        free(store);
        return false;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT |
                                                SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, on_session);
    return true;
}

/* Takes what is kept for @host, or nothing: NULL. */
static SSL_SESSION *take(struct store *store, const char *host)
{
    SSL_SESSION *session = NULL;
    if (!CRYPTO_THREAD_write_lock(store->lock))
        return NULL;
    if (store->newest && strcmp(store->host, host) == 0) {
        session = store->newest;
        store->newest = NULL;
    }
    CRYPTO_THREAD_unlock(store->lock);
    return session;
}

bool tls_session_offer(SSL *ssl, const char *host)
{
    struct store *store =
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), store_index);
    char *copy = strdup(host);
    if (!copy || !SSL_set_ex_data(ssl, host_index, copy)) {
        free(copy);
        return false;
    }
    SSL_SESSION *session = take(store, host);
    if (session)
        SSL_set_session(ssl, session); /* if not: a handshake in full */
    SSL_SESSION_free(session);
    return true;
}
