#include "daemon/keys.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/hex.h"
#include "daemon/keyline.h"
#include "daemon/secretfile.h"
#include "proto/digest.h"
#include "proto/inifile.h"

enum { KEY_PRESENTED_MAX = 128 };

static const char DIGEST_PREFIX[] = "sha256:";

struct keys {
    struct key *keys; /* owned */
    size_t n_keys;
    size_t capacity; /* of keys */
    struct plans plans;
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
    plans_deinit(&keys->plans);
    free(keys);
}

size_t keys_count(const struct keys *keys)
{
    return keys->n_keys;
}

const struct key *keys_get(const struct keys *keys, size_t index)
{
    assert(index < keys->n_keys);
    return &keys->keys[index];
}

size_t keys_position(const struct keys *keys, const struct key *key)
{
    return (size_t)(key - keys->keys);
}

const struct key *keys_find(const struct keys *keys, const char *presented)
{
    unsigned char digest[KEY_DIGEST_BYTES];
    const struct key *found = NULL;
    digest_sha256(presented, strlen(presented), digest);
    for (size_t i = 0; i < keys->n_keys; i++) {
        const struct key *key = &keys->keys[i];
        if (CRYPTO_memcmp(key->digest, digest, sizeof digest) == 0)
            found = key;
    }
    return found && !found->is_disabled ? found : NULL;
}

int keys_check_name(const char *name, struct errmsg *errmsg)
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

int keys_digest(const char *key, unsigned char digest_out[KEY_DIGEST_BYTES],
                struct errmsg *errmsg)
{
    int rc = keys_check(key, errmsg);
    if (rc)
        return rc;
    digest_sha256(key, strlen(key), digest_out);
    return 0;
}

static int append(struct keys *keys, const struct key *key,
                  struct errmsg *errmsg)
{
    if (keys->n_keys == keys->capacity) {
        size_t capacity = keys->capacity * 2 + 1;
        struct key *grown = reallocarray(keys->keys, capacity, sizeof *grown);
        if (!grown) {
            errmsg_set(errmsg, "%s: out of memory", key->name);
            return -ENOMEM;
        }
        keys->keys = grown;
        keys->capacity = capacity;
    }
    keys->keys[keys->n_keys++] = *key;
    return 0;
}

/* ---- twins ---- */

/* How two keys are sorted; equal ones are twins. */
struct order {
    int (*compare)(const struct key *a, const struct key *b);
};

static int compare_names(const struct key *a, const struct key *b)
{
    return strcmp(a->name, b->name);
}

static int compare_digests(const struct key *a, const struct key *b)
{
    return memcmp(a->digest, b->digest, KEY_DIGEST_BYTES);
}

/* Twins stand as they came. */
static int compare_entries(const void *a, const void *b, void *order)
{
    const struct key *first = *(const struct key *const *)a;
    const struct key *second = *(const struct key *const *)b;
    int difference = ((const struct order *)order)->compare(first, second);
    return difference ? difference : (first > second) - (first < second);
}

/*
 * Sorts @sorted, all of the set's keys.
 * Returns the first key that has a twin before it, which @twin_out is set to,
 * or NULL.
 */
static const struct key *find_twin(const struct key **sorted, size_t n,
                                   struct order order,
                                   const struct key **twin_out)
{
    const struct key *found = NULL;
    qsort_r(sorted, n, sizeof *sorted, compare_entries, &order);
    for (size_t i = 1; i < n; i++) {
        if (order.compare(sorted[i - 1], sorted[i]) ||
            (found && found < sorted[i]))
            continue;
        *twin_out = sorted[i - 1];
        found = sorted[i];
    }
    return found;
}

/* The first key that has a twin of either kind before it, or NULL. */
static const struct key *tell_twin(const struct key **sorted, size_t n,
                                   struct errmsg *errmsg)
{
    const struct key *other = NULL;
    const struct key *by_name =
        find_twin(sorted, n, (struct order){compare_names}, &other);
    const struct key *by_digest =
        find_twin(sorted, n, (struct order){compare_digests}, &other);
    if (by_name && (!by_digest || by_name <= by_digest)) {
        errmsg_set(errmsg, "%s: there is a key of this name already",
                   by_name->name);
        return by_name;
    }
    if (by_digest)
        errmsg_set(errmsg, "%s: the same key as %s", by_digest->name,
                   other->name);
    return by_digest;
}

/*
 * Whether each name and each key is there once.
 * @path: of the file that the last ones are from; NULL: they are from none
 * Returns 0, or with @errmsg -EEXIST or -ENOMEM.
 */
static int check_twins(const struct keys *keys, const char *path,
                       struct errmsg *errmsg)
{
    const struct key **sorted = calloc(keys->n_keys, sizeof *sorted);
    if (!sorted) {
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < keys->n_keys; i++)
        sorted[i] = &keys->keys[i];
    const struct key *found = tell_twin(sorted, keys->n_keys, errmsg);
    if (found && path)
        errmsg_prefix(errmsg, "%s:%d", path, found->line);
    free(sorted);
    return found ? -EEXIST : 0;
}

int keys_add(struct keys *keys, const char *name, const char *text,
             struct errmsg *errmsg)
{
    struct key key = {.name = ""};
    int rc = keys_check_name(name, errmsg);
    if (rc)
        return rc;
    memcpy(key.name, name, strlen(name));
    rc = keys_digest(text, key.digest, errmsg);
    if (rc)
        errmsg_prefix(errmsg, "%s", name);
    if (rc == 0)
        rc = append(keys, &key, errmsg);
    if (rc)
        return rc;
    rc = check_twins(keys, NULL, errmsg);
    if (rc)
        keys->n_keys--;
    return rc;
}

/* ---- files ---- */

static int add_entry(const struct inifile_entry *entry, void *data,
                     struct errmsg *errmsg)
{
    struct keys *keys = data;
    struct key key;
    if (plans_are_in(entry->section))
        return plans_set(&keys->plans, entry, errmsg);
    if (!entry->section[0] || strcmp(entry->section, "keys") == 0) {
        int rc = keyline_parse(entry, &key, errmsg);
        return rc ? rc : append(keys, &key, errmsg);
    }
    errmsg_set(errmsg,
               "[%s] is not a section of a keys file: use [keys] or "
               "[plan NAME]",
               entry->section);
    return -EINVAL;
}

/* Points each key to its plan, which stands where it will stay. */
static int find_plans(struct keys *keys, const char *path,
                      struct errmsg *errmsg)
{
    int rc = plans_complete(&keys->plans, path, errmsg);
    if (rc)
        return rc;
    for (size_t i = 0; i < keys->n_keys; i++) {
        struct key *key = &keys->keys[i];
        if (!key->plan_name[0])
            continue;
        key->plan = plans_find(&keys->plans, key->plan_name);
        if (key->plan)
            continue;
        errmsg_set(errmsg,
                   "%s:%d: %s: there is no plan \"%s\": add [plan %s] with "
                   "rate, burst or quota",
                   path, key->line, key->name, key->plan_name, key->plan_name);
        return -EINVAL;
    }
    return 0;
}

/* A copy that shares nothing; NULL: out of memory. */
static struct keys *copy_keys(const struct keys *keys)
{
    struct keys *copy = keys_new();
    if (!copy)
        return NULL;
    copy->capacity = keys->n_keys + 1; /* never 0 */
    copy->keys = calloc(copy->capacity, sizeof *copy->keys);
    if (!copy->keys || plans_copy(&keys->plans, &copy->plans)) {
        keys_free(copy);
        return NULL;
    }
    if (keys->n_keys == 0)
        return copy;
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
    if (rc == 0)
        rc = check_twins(all, path, errmsg);
    if (rc == -EEXIST)
        rc = -EINVAL;
    if (rc == 0)
        rc = find_plans(all, path, errmsg);
    if (rc)
        goto done;
    errmsg_set(warning, "%s", "");
    if (is_public)
        errmsg_set(warning,
                   "%s: everybody on this machine can read the keys: chmod "
                   "o-r, or keep digests only",
                   path);
    struct keys before = *keys;
    *keys = *all;
    *all = before;
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
        if (getentropy(&byte, 1))
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
    unsigned char digest[KEY_DIGEST_BYTES];
    int rc = keys_check_name(name, errmsg);
    if (rc)
        return rc;
    digest_sha256(key, strlen(key), digest);
    int n = sprintf(line_out, "%s = %s", name, DIGEST_PREFIX);
    hex_print(digest, sizeof digest, line_out + n);
    return 0;
}
