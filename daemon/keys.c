#include "daemon/keys.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hex.h"
#include "daemon/secretfile.h"
#include "proto/inifile.h"

enum {
    KEY_PRESENTED_MAX = 128,
    DIGEST_BYTES = sizeof((struct key *)0)->digest
};

static const char DIGEST_PREFIX[] = "sha256:";

struct keys {
    struct key *keys; /* owned */
    size_t n_keys;
};

struct keys *keys_new(void)
{
    return calloc(1, sizeof(struct keys));
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    free(keys->keys);
    free(keys);
}

size_t keys_count(const struct keys *keys)
{
    return keys->n_keys;
}

const struct key *keys_at(const struct keys *keys, size_t position)
{
    return &keys->keys[position];
}

size_t keys_position(const struct keys *keys, const struct key *key)
{
    return (size_t)(key - keys->keys);
}

static int digest_key(const char *key, size_t n, unsigned char *digest_out)
{
    return EVP_Digest(key, n, digest_out, NULL, EVP_sha256(), NULL) == 1
               ? 0
               : -ENOMEM;
}

const struct key *keys_find(const struct keys *keys, const char *presented)
{
    unsigned char digest[DIGEST_BYTES];
    const struct key *found = NULL;
    if (digest_key(presented, strlen(presented), digest))
        return NULL;
    for (size_t i = 0; i < keys->n_keys; i++) {
        const struct key *key = &keys->keys[i];
        if (CRYPTO_memcmp(key->digest, digest, sizeof digest) == 0)
            found = key;
    }
    return found;
}

static int check_name(const char *name, struct errmsg *errmsg)
{
    if (secretfile_is_name(name, KEY_NAME_MAX))
        return 0;
    errmsg_set(errmsg,
               "\"%.80s\" is not a name for a key: use 1 to %d letters, "
               "digits, dots, dashes or underscores",
               name, KEY_NAME_MAX);
    return -EINVAL;
}

int keys_check(const char *key, struct errmsg *errmsg)
{
    return secretfile_check("a key", key, KEY_PRESENTED_MAX, errmsg);
}

/* Appends @key unless its name or digest is there already. */
static int append(struct keys *keys, const struct key *key,
                  struct errmsg *errmsg)
{
    for (size_t i = 0; i < keys->n_keys; i++) {
        const struct key *other = &keys->keys[i];
        if (strcmp(other->name, key->name) == 0) {
            errmsg_set(errmsg, "%s: there is a key of this name already",
                       key->name);
            return -EEXIST;
        }
        if (memcmp(other->digest, key->digest, DIGEST_BYTES) == 0) {
            errmsg_set(errmsg, "%s: the same key as %s", key->name,
                       other->name);
            return -EEXIST;
        }
    }
    struct key *grown =
        reallocarray(keys->keys, keys->n_keys + 1, sizeof *grown);
    if (!grown) {
        errmsg_set(errmsg, "%s: out of memory", key->name);
        return -ENOMEM;
    }
    keys->keys = grown;
    keys->keys[keys->n_keys++] = *key;
    return 0;
}

int keys_add(struct keys *keys, const char *name, const char *text,
             struct errmsg *errmsg)
{
    struct key key = {.name = ""};
    int rc = check_name(name, errmsg);
    if (rc)
        return rc;
    rc = keys_check(text, errmsg);
    if (!rc)
        rc = digest_key(text, strlen(text), key.digest);
    if (rc) {
        errmsg_prefix(errmsg, "%s", name);
        return rc;
    }
    memcpy(key.name, name, strlen(name));
    return append(keys, &key, errmsg);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

static int add_digest(struct keys *keys, const char *name, const char *hex,
                      struct errmsg *errmsg)
{
    struct key key = {.name = ""};
    int rc = check_name(name, errmsg);
    if (rc)
        return rc;
    bool is_hex = strlen(hex) == 2 * DIGEST_BYTES;
    for (size_t i = 0; is_hex && i < DIGEST_BYTES; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        is_hex = high >= 0 && low >= 0;
        key.digest[i] = (unsigned char)((unsigned)high << 4 | (unsigned)low);
    }
    if (!is_hex) {
        errmsg_set(errmsg, "%s: %s is followed by %d hexadecimal digits", name,
                   DIGEST_PREFIX, 2 * DIGEST_BYTES);
        return -EINVAL;
    }
    memcpy(key.name, name, strlen(name));
    return append(keys, &key, errmsg);
}

static int add_entry(const struct inifile_entry *entry, void *data,
                     struct errmsg *errmsg)
{
    struct keys *keys = data;
    size_t n = strlen(DIGEST_PREFIX);
    if (entry->section[0] && strcmp(entry->section, "keys") != 0) {
        errmsg_set(errmsg, "[%s] is not a section of a keys file: use [keys]",
                   entry->section);
        return -EINVAL;
    }
    if (strncmp(entry->value, DIGEST_PREFIX, n) == 0)
        return add_digest(keys, entry->name, entry->value + n, errmsg);
    return keys_add(keys, entry->name, entry->value, errmsg);
}

/* A copy that shares nothing; NULL: out of memory. */
static struct keys *copy_keys(const struct keys *keys)
{
    struct keys *copy = keys_new();
    if (!copy || keys->n_keys == 0)
        return copy;
    copy->keys = calloc(keys->n_keys, sizeof *copy->keys);
    if (!copy->keys) {
        keys_free(copy);
        return NULL;
    }
    memcpy(copy->keys, keys->keys, keys->n_keys * sizeof *copy->keys);
    copy->n_keys = keys->n_keys;
    return copy;
}

int keys_read(struct keys *keys, const char *path, struct errmsg *errmsg,
              struct errmsg *warning)
{
    int rc = -ENOMEM;
    bool is_public;
    struct keys *all = copy_keys(keys);
    if (!all) {
        errmsg_set(errmsg, "%s: out of memory", path);
        goto done;
    }
    rc = secretfile_read(path, add_entry, all, errmsg, &is_public);
    if (rc == 0 && all->n_keys == keys->n_keys) {
        errmsg_set(errmsg,
                   "%s: holds no key: add a line such as monologued keygen "
                   "prints",
                   path);
        rc = -EINVAL;
    }
    if (rc == -EEXIST)
        rc = -EINVAL;
    if (rc)
        goto done;
    errmsg_set(warning, "%s", "");
    if (is_public)
        errmsg_set(warning,
                   "%s: everybody on this machine can read the keys: chmod "
                   "o-r, or keep digests only",
                   path);
    free(keys->keys);
    *keys = *all;
    all->keys = NULL;
done:
    keys_free(all);
    return rc;
}

int keys_generate(char key_out[KEY_CHARS + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789";
    enum {
        N_LETTERS = sizeof alphabet - 1,
        N_FAIR = 256 / N_LETTERS * N_LETTERS
    };
    char key[KEY_CHARS + 1] = "";
    for (int n = 0; n < KEY_CHARS;) {
        unsigned char byte;
        if (RAND_bytes(&byte, 1) != 1)
            return -EIO;
        /* The bytes above would make some letters likelier than others. */
        if (byte < N_FAIR)
            key[n++] = alphabet[byte % N_LETTERS];
    }
    memcpy(key_out, key, sizeof key);
    OPENSSL_cleanse(key, sizeof key);
    return 0;
}

int keys_print_line(const char *name, const char *key,
                    char line_out[KEYS_LINE_MAX], struct errmsg *errmsg)
{
    unsigned char digest[DIGEST_BYTES];
    int rc = check_name(name, errmsg);
    if (!rc)
        rc = digest_key(key, strlen(key), digest);
    if (rc)
        return rc;
    int n = sprintf(line_out, "%s = %s", name, DIGEST_PREFIX);
    hex_print(digest, sizeof digest, line_out + n);
    return 0;
}
