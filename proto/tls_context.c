#include "proto/tls_context.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/tls.h"
#include "proto/tls_session.h"

/* Forward secrecy and authenticated encryption, as TLS 1.3 has anyway. */
static const char ciphers_tls_1_2[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

void tls_do_without(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
}

/* Takes the first error's reason; leaves the thread's error queue empty. */
static const char *take_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return reason ? reason : "unknown reason";
}

/* Rules for both roles. Returns NULL when out of memory. */
static SSL_CTX *new_ssl(const SSL_METHOD *method)
{
    SSL_CTX *ssl = SSL_CTX_new(method);
    if (!ssl)
        return NULL;
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* An idle connection keeps no record buffers: 34 KB less for each. */
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    /* Resumption is by tickets, which clients keep: see tls_session. Those of
     * TLS 1.3 are sent when tls_write() asks for it. */
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) &&
        SSL_CTX_set_cipher_list(ssl, ciphers_tls_1_2) &&
        SSL_CTX_set_num_tickets(ssl, 0))
        return ssl;
    SSL_CTX_free(ssl);
    return NULL;
}

static int out_of_memory(struct errmsg *errmsg)
{
    ERR_clear_error();
    errmsg_set(errmsg, "out of memory");
    return -ENOMEM;
}

/* OpenSSL's own words for a file that cannot be read are of little help. */
static int check_readable(const char *what, const char *path,
                          struct errmsg *errmsg)
{
    FILE *file = fopen(path, "re");
    int error = file ? 0 : errno;
    if (file) {
        errno = 0;
        if (fgetc(file) == EOF)
            error = errno;
        fclose(file);
    }
    if (error == ENOENT)
        errmsg_set(errmsg, "%s %s does not exist: check the path, or make one",
                   what, path);
    else if (error == EACCES)
        errmsg_set(errmsg,
                   "%s %s may not be read by this user: change its owner or "
                   "its mode",
                   what, path);
    else if (error)
        errmsg_set(errmsg, "cannot read the %s %s: %s", what, path,
                   strerror(error));
    return -error;
}

static bool is_past(const ASN1_TIME *time)
{
    return X509_cmp_current_time(time) < 0;
}

/* Room for a day as 2031-12-24. */
enum { DAY_CHARS = 16 };

static const char *print_day(const ASN1_TIME *time, char day[DAY_CHARS])
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(time, &tm) ||
        !strftime(day, DAY_CHARS, "%Y-%m-%d", &tm))
        return "an unreadable date";
    return day;
}

static int check_dates(const X509 *certificate, const char *path,
                       struct errmsg *errmsg)
{
    const ASN1_TIME *from = X509_get0_notBefore(certificate);
    const ASN1_TIME *until = X509_get0_notAfter(certificate);
    char day[DAY_CHARS];
    if (is_past(until)) {
        errmsg_set(errmsg, "certificate %s expired on %s: renew it", path,
                   print_day(until, day));
        return -EINVAL;
    }
    if (!is_past(from)) {
        errmsg_set(errmsg,
                   "certificate %s is not valid before %s: check the clock of "
                   "this machine",
                   path, print_day(from, day));
        return -EINVAL;
    }
    return 0;
}

static int load_certificate(SSL_CTX *ssl, const char *path,
                            struct errmsg *errmsg)
{
    int rc = check_readable("certificate", path, errmsg);
    if (rc)
        return rc;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ssl, path) == 1)
        return check_dates(SSL_CTX_get0_certificate(ssl), path, errmsg);
    if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_PEM &&
        ERR_GET_REASON(ERR_peek_error()) == PEM_R_NO_START_LINE)
        errmsg_set(errmsg,
                   "certificate %s has no \"-----BEGIN CERTIFICATE-----\": "
                   "convert it to PEM",
                   path);
    else
        errmsg_set(errmsg,
                   "certificate %s cannot be used: %s; give one in PEM form "
                   "with at least 112 bits of security",
                   path, take_reason());
    ERR_clear_error();
    return -EINVAL;
}

/* Called for keys with a passphrase; asking at a terminal would hang us. */
static int refuse_passphrase(char *out, int size, int is_writing, void *data)
{
    (void)is_writing;
    bool *has_passphrase = data;
    *has_passphrase = true;
    if (size > 0)
        out[0] = '\0';
    return -1;
}

static int load_key(SSL_CTX *ssl, const char *path,
                    const char *certificate_path, struct errmsg *errmsg)
{
    int rc = check_readable("private key", path, errmsg);
    if (rc)
        return rc;
    bool has_passphrase = false;
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(ssl, refuse_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, &has_passphrase);
    bool is_loaded =
        SSL_CTX_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM) == 1;
    bool is_other = ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
    SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
    if (is_loaded && SSL_CTX_check_private_key(ssl) == 1)
        return 0;
    if (has_passphrase)
        errmsg_set(errmsg,
                   "private key %s is protected by a passphrase: store it "
                   "without one, with mode 0600",
                   path);
    else if (is_loaded || is_other)
        errmsg_set(errmsg,
                   "private key %s does not belong to certificate %s: give the "
                   "two files of one pair",
                   path, certificate_path);
    else
        errmsg_set(errmsg,
                   "private key %s has no \"-----BEGIN PRIVATE KEY-----\" or "
                   "is damaged: give a PEM file",
                   path);
    ERR_clear_error();
    return -EINVAL;
}

/* Takes @ssl, also when it fails. */
static int wrap(SSL_CTX *ssl, struct tls_context **context_out,
                struct errmsg *errmsg)
{
    struct tls_context *context = malloc(sizeof *context);
    if (!context) {
        SSL_CTX_free(ssl);
        return out_of_memory(errmsg);
    }
    context->ssl = ssl;
    *context_out = context;
    return 0;
}

/* A certificate with its chain, and the key that belongs to it. */
static int load_pair(SSL_CTX *ssl, const char *certificate_file,
                     const char *key_file, struct errmsg *errmsg)
{
    int rc = load_certificate(ssl, certificate_file, errmsg);
    return rc ? rc : load_key(ssl, key_file, certificate_file, errmsg);
}

int tls_context_new_server(const char *certificate_file, const char *key_file,
                           struct tls_context **context_out,
                           struct errmsg *errmsg)
{
    SSL_CTX *ssl = new_ssl(TLS_server_method());
    if (!ssl)
        return out_of_memory(errmsg);
    int rc = load_pair(ssl, certificate_file, key_file, errmsg);
    if (rc) {
        SSL_CTX_free(ssl);
        return rc;
    }
    return wrap(ssl, context_out, errmsg);
}

static int load_trust(SSL_CTX *ssl, const char *ca_file, struct errmsg *errmsg)
{
    ERR_clear_error();
    if (!ca_file) {
        if (SSL_CTX_set_default_verify_paths(ssl) == 1)
            return 0;
        errmsg_set(errmsg, "the system's CA certificates cannot be used: %s",
                   take_reason());
        return -EINVAL;
    }
    int rc = check_readable("CA file", ca_file, errmsg);
    if (rc)
        return rc;
    if (SSL_CTX_load_verify_file(ssl, ca_file) == 1)
        return 0;
    errmsg_set(errmsg, "CA file %s has no certificate in PEM form: %s", ca_file,
               take_reason());
    return -EINVAL;
}

static int prepare_client(SSL_CTX *ssl,
                          const struct tls_client_options *options,
                          struct errmsg *errmsg)
{
    const char *cert_file = options->cert_file;
    const char *key_file = options->key_file ? options->key_file : cert_file;
    int rc = 0;
    if (!options->is_insecure) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
        rc = load_trust(ssl, options->ca_file, errmsg);
    }
    if (!rc && cert_file)
        rc = load_pair(ssl, cert_file, key_file, errmsg);
    return rc;
}

int tls_context_new_client(const struct tls_client_options *options,
                           struct tls_context **context_out,
                           struct errmsg *errmsg)
{
    SSL_CTX *ssl = new_ssl(TLS_client_method());
    if (!ssl)
        return out_of_memory(errmsg);
    if (!tls_session_keep(ssl)) {
        SSL_CTX_free(ssl);
        return out_of_memory(errmsg);
    }
    int rc = prepare_client(ssl, options, errmsg);
    if (rc) {
        SSL_CTX_free(ssl);
        return rc;
    }
    return wrap(ssl, context_out, errmsg);
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}
