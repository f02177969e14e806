#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/tls.h"

/*
 * The pair for development. The certificate is not a CA's: one that is both a
 * CA's and a server's is refused by some TLS libraries, and all of them take
 * a server's own certificate as the one they trust.
 */

enum { NAMES_CHARS = 512, SERIAL_BYTES = 16 };

/* The machine's name goes into a list that is parsed: nothing but a name. */
static bool is_plain_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    return *name && name[strspn(name, allowed)] == '\0' &&
           strcmp(name, "localhost") != 0;
}

static void print_names(char names[NAMES_CHARS])
{
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) || !is_plain_name(host))
        host[0] = '\0';
    snprintf(names, NAMES_CHARS, "DNS:localhost,IP:127.0.0.1,IP:::1%s%s",
             *host ? ",DNS:" : "", host);
}

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool add_extensions(X509 *certificate)
{
    char names[NAMES_CHARS];
    print_names(names);
    return add_extension(certificate, NID_basic_constraints,
                         "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage,
                         "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_subject_alt_name, names);
}

static bool set_serial(X509 *certificate)
{
    uint8_t random[SERIAL_BYTES];
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    random[0] &= 0x7f; /* serial numbers are positive */
    BIGNUM *number = BN_bin2bn(random, sizeof random, NULL);
    bool is_set = number && BN_to_ASN1_INTEGER(
                                number, X509_get_serialNumber(certificate));
    BN_free(number);
    return is_set;
}

static bool set_name(X509 *certificate)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                      (const uint8_t *)"localhost", -1, -1,
                                      0) &&
           X509_set_issuer_name(certificate, name);
}

/* Returns NULL when OpenSSL fails, of which memory is the likely reason. */
static X509 *make_certificate(EVP_PKEY *key, int days)
{
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, X509_VERSION_3) &&
        set_serial(certificate) && set_name(certificate) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
        X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL) &&
        X509_set_pubkey(certificate, key) && add_extensions(certificate) &&
        X509_sign(certificate, key, EVP_sha256()))
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* Opens a file that must not exist yet; NULL, with errno, when it cannot. */
static FILE *create(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file) {
        int error = errno;
        close(fd);
        unlink(path);
        errno = error;
    }
    return file;
}

static int blame_creation(const char *path, int error, struct errmsg *errmsg)
{
    if (error == EEXIST)
        errmsg_set(errmsg, "%s exists and is kept: remove it first", path);
    else
        errmsg_set(errmsg, "cannot make %s: %s", path, strerror(error));
    return -error;
}

/* Closes @file; when not all of it could be written, the file goes. */
static int finish(FILE *file, const char *path, bool is_written,
                  struct errmsg *errmsg)
{
    int error = is_written ? 0 : errno ? errno : EIO;
    if (fclose(file) && !error)
        error = errno;
    if (!error)
        return 0;
    unlink(path);
    errmsg_set(errmsg, "cannot write %s: %s", path, strerror(error));
    return -error;
}

static int write_key(const EVP_PKEY *key, const char *path,
                     struct errmsg *errmsg)
{
    FILE *file = create(path, S_IRUSR | S_IWUSR);
    if (!file)
        return blame_creation(path, errno, errmsg);
    errno = 0;
    bool is_written =
        PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    return finish(file, path, is_written, errmsg);
}

static int write_certificate(const X509 *certificate, const char *path,
                             struct errmsg *errmsg)
{
    FILE *file = create(path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    if (!file)
        return blame_creation(path, errno, errmsg);
    errno = 0;
    bool is_written = PEM_write_X509(file, certificate);
    return finish(file, path, is_written, errmsg);
}

int tls_make_self_signed(const char *certificate_file, const char *key_file,
                         int days, struct errmsg *errmsg)
{
    assert(days > 0);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? make_certificate(key, days) : NULL;
    int rc = -ENOMEM;
    if (!certificate) {
        errmsg_set(errmsg, "cannot make a certificate: out of memory");
        goto out;
    }
    rc = write_key(key, key_file, errmsg);
    if (rc)
        goto out;
    rc = write_certificate(certificate, certificate_file, errmsg);
    if (rc)
        unlink(key_file);
out:
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return rc;
}
