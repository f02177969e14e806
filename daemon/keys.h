/*
 * API keys: who may open a connection.
 *
 * Keys are held as SHA-256 digests and compared in constant time. A set never
 * changes once made, so that many threads may read it. Empty means nobody.
 * What a key may ask for is its usage plan's to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/plans.h"
#include "proto/digest.h"
#include "proto/errmsg.h"

enum {
    KEY_CHARS = 40, /* of a key that we make */
    KEY_NAME_MAX = 64,
    KEY_DIGEST_BYTES = DIGEST_SHA256_BYTES,
    KEYS_LINE_MAX = KEY_NAME_MAX + 80,
};

struct key {
    char name[KEY_NAME_MAX + 1];            /* for the log; NUL-terminated */
    unsigned char digest[KEY_DIGEST_BYTES]; /* SHA-256 of the key */
    bool is_disabled;                       /* nobody gets in with it */
    char plan_name[PLAN_NAME_MAX + 1];      /* "": no plan */
    const struct plan *plan; /* the set's; NULL: without limits */
    int line;                /* of the file; 0: from no file */
};

struct keys;

/* Returns an empty set, or NULL: out of memory. */
struct keys *keys_new(void);
void keys_free(struct keys *keys);

/* Returns 0, or -EINVAL with @errmsg: @name is not 1 to 64 of A-Z a-z 0-9
 * . _ - */
int keys_check_name(const char *name, struct errmsg *errmsg);

/* Returns 0, or -EINVAL with @errmsg: @key is empty, over 128 characters or not
 * printable ASCII without blanks. */
int keys_check(const char *key, struct errmsg *errmsg);

/* Checks a key in the clear and digests it. Returns as keys_check(). */
int keys_digest(const char *key, unsigned char digest_out[KEY_DIGEST_BYTES],
                struct errmsg *errmsg);

/*
 * Adds a key in the clear.
 * Returns 0, or with @errmsg: -EINVAL (keys_check_name() or keys_check()
 * refuses it), -EEXIST (same name or same key), -ENOMEM.
 */
int keys_add(struct keys *keys, const char *name, const char *key,
             struct errmsg *errmsg);

/*
 * Adds all keys of a file: lines `NAME = KEY` or `NAME = sha256:HEX`, each
 * with or without the words `disabled` and `plan=PLAN` behind it, blank lines
 * and comments (; or #), optionally under the section [keys]; and the usage
 * plans, each a section [plan NAME] with `rate`, `burst` and `quota`.
 * Returns 0, or with @keys unchanged and @errmsg naming file, line and fault:
 * -ENOENT, -EACCES, ..., -EINVAL (also for a file without any key, for a key
 * or name that is there twice, and for a plan that is not there), -ENOMEM.
 * @warning: set when the file is readable by everybody ("" otherwise)
 */
int keys_read(struct keys *keys, const char *path, struct errmsg *errmsg,
              struct errmsg *warning);

size_t keys_count(const struct keys *keys);

/* The @index-th key, below keys_count(); disabled ones are counted, too. */
const struct key *keys_get(const struct keys *keys, size_t index);

/* The index of @key, which is of the set. */
size_t keys_position(const struct keys *keys, const struct key *key);

/* The key that equals @presented and is not disabled, or NULL. Takes the same
 * time for each. */
const struct key *keys_find(const struct keys *keys, const char *presented);

/* Makes a key as API Gateway's: 40 letters and digits from the CSPRNG.
 * Returns 0 or -EIO: no randomness. */
int keys_generate(char key_out[KEY_CHARS + 1]);

/*
 * Writes the line for a keys file: "NAME = sha256:HEX"; NUL-terminated.
 * Returns 0, or -EINVAL with @errmsg: not a name, see keys_add().
 */
int keys_print_line(const char *name, const char *key,
                    char line_out[KEYS_LINE_MAX], struct errmsg *errmsg);
