#include "proto/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tls_context.h"
#include "proto/tls_session.h"

/*
 * OpenSSL pulls ciphertext and pushes it; a codec is fed and drained. Between
 * the two stands a BIO whose read side is the input lent for one call and
 * whose write side is the output buffer lent for that call.
 *
 * A connection shakes hands, then carries data until the peer says
 * close_notify (CLOSED) or something is wrong (FAULT). Both are final for what
 * comes in; after CLOSED we may still write, until our own close_notify.
 */

struct tls {
    SSL *ssl;
    const uint8_t *in;    /* lent; NULL between calls */
    size_t n_in;          /* bytes at in that OpenSSL has not read yet */
    struct bytes *cipher; /* lent; NULL between calls */
    size_t cipher_limit;
    int write_error;        /* why cipher took no more, or 0 */
    enum tls_status status; /* of the incoming side */
    bool is_established;    /* the handshake was completed once */
    bool is_ticket_sent;
    bool is_close_sent;
    char *fault; /* owned; NULL when there was none or no memory for it */
};

/*
 * What one record may cost beside its plaintext: header, explicit nonce and
 * tag of TLS 1.2; TLS 1.3 needs less. And what OpenSSL may put before it: the
 * answer to a key update, or a ticket, which is about half of that.
 */
enum { RECORD_OVERHEAD = 29, EXTRA_RECORD = 64, TICKET_RECORD = 512 };

static int read_lent(BIO *bio, char *out, int n)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->n_in == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t taken = (size_t)n < tls->n_in ? (size_t)n : tls->n_in;
    memcpy(out, tls->in, taken);
    tls->in += taken;
    tls->n_in -= taken;
    return (int)taken;
}

static int write_lent(BIO *bio, const char *data, int n)
{
    struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    int rc = bytes_append(tls->cipher, data, (size_t)n, tls->cipher_limit);
    if (rc) {
        tls->write_error = rc;
        return -1;
    }
    return n;
}

static long control(BIO *bio, int command, long number, void *data)
{
    (void)bio;
    (void)number;
    (void)data;
    return command == BIO_CTRL_FLUSH; /* done already; the rest is unknown */
}

/* One for the process, for as long as it lives; NULL when out of memory. */
static BIO_METHOD *method;
static CRYPTO_ONCE method_once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void)
{
    int type = BIO_get_new_index();
    if (type == -1)
        return;
    method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "lent buffers");
    if (!method)
        return;
    BIO_meth_set_read(method, read_lent);
    BIO_meth_set_write(method, write_lent);
    BIO_meth_set_ctrl(method, control);
}

static bool attach(struct tls *tls)
{
    if (!CRYPTO_THREAD_run_once(&method_once, make_method) || !method)
        return false;
    BIO *bio = BIO_new(method);
    if (!bio)
        return false;
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    return true;
}

/* Server names are of RFC 6066: no addresses, and not longer than a name. */
static bool ask_for(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    uint8_t address[sizeof(struct in6_addr)];
    assert(*host); /* OpenSSL takes "" for no name and any certificate */
    if (inet_pton(AF_INET, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip(rules, address, 4);
    if (inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip(rules, address, 16);
    X509_VERIFY_PARAM_set_hostflags(rules,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!X509_VERIFY_PARAM_set1_host(rules, host, 0))
        return false;
    return strlen(host) > TLSEXT_MAXLEN_host_name ||
           SSL_set_tlsext_host_name(ssl, host);
}

struct tls *tls_new(struct tls_context *context, const char *host)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return NULL;
    tls->ssl = SSL_new(context->ssl);
    if (!tls->ssl || !attach(tls))
        goto fail;
    if (SSL_is_server(tls->ssl)) {
        SSL_set_accept_state(tls->ssl);
    } else {
        SSL_set_connect_state(tls->ssl);
        assert(host);
        if (!ask_for(tls->ssl, host) || !tls_session_offer(tls->ssl, host))
            goto fail;
    }
    return tls;
fail:
    ERR_clear_error();
    tls_free(tls);
    return NULL;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls->fault);
    free(tls);
}

/* The text for a person, of the newest error; NULL: OpenSSL's will do. */
static const char *plain_words(unsigned long error)
{
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return NULL;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return "the peer speaks plain HTTP, and this is a TLS port";
    case SSL_R_WRONG_VERSION_NUMBER:
        return "the peer does not speak TLS: is it a plain HTTP port or "
               "client?";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        return "the peer knows no TLS version from 1.2 on";
    case SSL_R_NO_SHARED_CIPHER:
        return "the peer knows no cipher that is allowed here";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED: /* OpenSSL: "unknown" */
        return "the peer asked for a certificate and got none";
    default:
        return NULL;
    }
}

static char *describe(const struct tls *tls)
{
    char *text = NULL;
    int n;
    unsigned long error = ERR_peek_last_error();
    int reason = ERR_GET_REASON(error);
    const char *words = plain_words(error);
    if (tls->write_error == -ENOMEM)
        return NULL;
    if (tls->write_error)
        n = asprintf(&text, "no room for what the peer must be sent");
    else if (words)
        n = asprintf(&text, "%s", words);
    else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        n = asprintf(
            &text, "the server's certificate is not accepted: %s",
            X509_verify_cert_error_string(SSL_get_verify_result(tls->ssl)));
    else if (reason > SSL_AD_REASON_OFFSET)
        n = asprintf(&text, "the peer gave up with the alert: %s",
                     SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    else
        n = asprintf(&text, "TLS error: %s",
                     error ? ERR_reason_error_string(error) : "unknown reason");
    return n < 0 ? NULL : text;
}

static enum tls_status fail(struct tls *tls)
{
    tls->fault = describe(tls);
    ERR_clear_error();
    return TLS_FAULT;
}

/* What it means that a call of OpenSSL's returned @result, which is not 1. */
static enum tls_status judge(struct tls *tls, int result)
{
    if (tls->write_error)
        return fail(tls);
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        assert(tls->n_in == 0);
        return TLS_OK;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        return fail(tls);
    }
}

static void lend(struct tls *tls, const uint8_t *in, size_t n,
                 struct bytes *cipher, size_t cipher_limit)
{
    if (ERR_peek_error())
        ERR_clear_error(); /* what others left would be taken for ours */
    tls->in = in;
    tls->n_in = n;
    tls->cipher = cipher;
    tls->cipher_limit = cipher_limit;
}

static void take_back(struct tls *tls)
{
    tls->in = NULL;
    tls->n_in = 0;
    tls->cipher = NULL;
}

static enum tls_status shake_hands(struct tls *tls)
{
    int result = SSL_do_handshake(tls->ssl);
    if (result != 1)
        return judge(tls, result);
    tls->is_established = true;
    return TLS_OK;
}

static enum tls_status decrypt(struct tls *tls, uint8_t *plain,
                               size_t plain_capacity, size_t *plain_out)
{
    for (;;) {
        size_t got;
        assert(*plain_out < plain_capacity);
        int result = SSL_read_ex(tls->ssl, plain + *plain_out,
                                 plain_capacity - *plain_out, &got);
        if (result != 1)
            return judge(tls, result);
        *plain_out += got;
        /* Not to ask in vain saves OpenSSL a record buffer's malloc. */
        if (tls->n_in == 0 && !SSL_has_pending(tls->ssl))
            return tls->write_error ? fail(tls) : TLS_OK;
    }
}

enum tls_status tls_feed(struct tls *tls, const uint8_t *in, size_t n,
                         uint8_t *plain, size_t plain_capacity,
                         size_t *plain_out, struct bytes *cipher,
                         size_t cipher_limit)
{
    *plain_out = 0;
    if (tls->status != TLS_OK)
        return tls->status;
    assert(plain_capacity >= n && plain_capacity - n >= TLS_RECORD_MAX);
    lend(tls, in, n, cipher, cipher_limit);
    if (!tls->is_established)
        tls->status = shake_hands(tls);
    if (tls->is_established && n > 0)
        tls->status = decrypt(tls, plain, plain_capacity, plain_out);
    take_back(tls);
    return tls->status;
}

/* Nothing half done: there is room for all of it, or nothing is begun. */
static int check_room(struct bytes *cipher, size_t n, size_t extra,
                      size_t cipher_limit)
{
    uint8_t *tail;
    size_t n_records = n / TLS_RECORD_MAX + 1;
    size_t needed = n + n_records * RECORD_OVERHEAD + extra;
    return bytes_reserve(cipher, needed, cipher_limit, &tail);
}

/*
 * A server's ticket for resumption goes out with the first words, as right
 * behind the handshake it would be a segment, a system call and a wake-up of
 * the peer all of its own. Nothing happens on TLS 1.2, where the handshake has
 * brought it.
 */
static void add_ticket(struct tls *tls)
{
    tls->is_ticket_sent = true;
    if (SSL_is_server(tls->ssl))
        SSL_new_session_ticket(tls->ssl);
}

int tls_write(struct tls *tls, const uint8_t *plain, size_t n,
              struct bytes *cipher, size_t cipher_limit)
{
    if (tls->status == TLS_FAULT || tls->is_close_sent)
        return -EPIPE;
    if (!tls->is_established)
        return -EAGAIN;
    if (n == 0)
        return 0;
    int rc = check_room(cipher, n,
                        tls->is_ticket_sent ? EXTRA_RECORD
                                            : EXTRA_RECORD + TICKET_RECORD,
                        cipher_limit);
    if (rc)
        return rc;
    size_t written;
    lend(tls, NULL, 0, cipher, cipher_limit);
    if (!tls->is_ticket_sent)
        add_ticket(tls);
    int result = SSL_write_ex(tls->ssl, plain, n, &written);
    if (result != 1) {
        tls->status = judge(tls, result);
        rc = tls->write_error ? tls->write_error : -ENOMEM;
    }
    take_back(tls);
    return rc;
}

int tls_close(struct tls *tls, struct bytes *cipher, size_t cipher_limit)
{
    if (!tls->is_established || tls->status == TLS_FAULT || tls->is_close_sent)
        return 0;
    int rc = check_room(cipher, 0, EXTRA_RECORD, cipher_limit);
    if (rc)
        return rc;
    lend(tls, NULL, 0, cipher, cipher_limit);
    SSL_shutdown(tls->ssl); /* 0 or 1: the peer's close_notify is not awaited */
    take_back(tls);
    tls->is_close_sent = true;
    return 0;
}

bool tls_is_established(const struct tls *tls)
{
    return tls->is_established;
}

bool tls_is_closed(const struct tls *tls)
{
    return tls->status == TLS_CLOSED;
}

bool tls_is_resumed(const struct tls *tls)
{
    return tls->is_established && SSL_session_reused(tls->ssl);
}

const char *tls_fault(const struct tls *tls)
{
    if (tls->status != TLS_FAULT)
        return "";
    return tls->fault ? tls->fault : "out of memory";
}

const char *tls_version(const struct tls *tls)
{
    return tls->is_established ? SSL_get_version(tls->ssl) : "";
}
