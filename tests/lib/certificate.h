/*
 * Certificates for tests, good and bad ones.
 */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct certificate {
    X509 *x509;
    EVP_PKEY *key;
};

/* All zero is a self-signed server certificate for nobody, valid today. */
struct certificate_spec {
    const char *names;   /* subjectAltName, as "DNS:a.example,IP:127.0.0.1" */
    const char *subject; /* its CN; NULL: "test" */
    int from_days;       /* valid from, relative to now */
    int until_days;      /* valid until, relative to now; 0: 30 */
    bool is_ca;
    const struct certificate *issuer; /* who signs; NULL: itself */
    const char *key_type;             /* "EC" or "RSA"; NULL: "EC" */
};

/* Aborts the program when OpenSSL will not. */
void certificate_init(struct certificate *certificate,
                      const struct certificate_spec *spec);
void certificate_deinit(struct certificate *certificate);

/* Writes certificates to @path one after the other; NULL ends the list. */
void certificate_write_chain(const char *path, const struct certificate *first,
                             ...);

/* Writes the key; with a @passphrase that is not NULL it is encrypted. */
void certificate_write_key(const struct certificate *certificate,
                           const char *path, const char *passphrase);
