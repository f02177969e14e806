#include "tests/lib/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Unlike assert() it evaluates its argument whatever the build. */
static void must(bool is_done)
{
    if (!is_done)
        abort();
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension && X509_add_ext(x509, extension, -1));
    X509_EXTENSION_free(extension);
}

static void set_subject(X509 *x509, const char *subject)
{
    static long serial;
    must(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial));
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN",
                                    MBSTRING_ASC, (const uint8_t *)subject, -1,
                                    -1, 0));
}

void certificate_init(struct certificate *certificate,
                      const struct certificate_spec *spec)
{
    bool is_rsa = spec->key_type && strcmp(spec->key_type, "RSA") == 0;
    EVP_PKEY *key = is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    must(key && x509 && X509_set_version(x509, X509_VERSION_3));
    const struct certificate self = {x509, key};
    const struct certificate *issuer = spec->issuer ? spec->issuer : &self;
    int until_days = spec->until_days ? spec->until_days : 30;
    set_subject(x509, spec->subject ? spec->subject : "test");
    must(X509_set_issuer_name(x509, X509_get_subject_name(issuer->x509)));
    must(X509_time_adj_ex(X509_getm_notBefore(x509), spec->from_days, -60,
                          NULL) != NULL);
    must(X509_time_adj_ex(X509_getm_notAfter(x509), until_days, 0, NULL) !=
         NULL);
    must(X509_set_pubkey(x509, key));
    add_extension(x509, issuer->x509, NID_basic_constraints,
                  spec->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (spec->names)
        add_extension(x509, issuer->x509, NID_subject_alt_name, spec->names);
    must(X509_sign(x509, issuer->key, EVP_sha256()));
    *certificate = self;
}

void certificate_deinit(struct certificate *certificate)
{
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
    *certificate = (struct certificate){0};
}

void certificate_write_chain(const char *path, const struct certificate *first,
                             ...)
{
    FILE *file = fopen(path, "w");
    must(file);
    va_list rest;
    va_start(rest, first);
    for (const struct certificate *next = first; next;
         next = va_arg(rest, const struct certificate *))
        must(PEM_write_X509(file, next->x509));
    va_end(rest);
    must(fclose(file) == 0);
}

void certificate_write_key(const struct certificate *certificate,
                           const char *path, const char *passphrase)
{
    FILE *file = fopen(path, "w");
    must(file);
    must(PEM_write_PKCS8PrivateKey(file, certificate->key,
                                   passphrase ? EVP_aes_128_cbc() : NULL, NULL,
                                   0, NULL, (void *)passphrase));
    must(fclose(file) == 0);
}
