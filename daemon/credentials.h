/*
 * Credentials of the management API: whose signatures count, and for what.
 *
 * A signature proves that its maker knows the secret, so the secrets are held
 * as they are, unlike API keys. A set never changes once made, so that many
 * threads may read it. Empty means nobody.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/errmsg.h"

enum {
    CREDENTIAL_ID_MAX = 48, /* as much as inih keeps of a section's name */
    CREDENTIAL_NAME_MAX = 64,
    CREDENTIAL_SECRET_MAX = 128,
};

/* What may be done with it, as a set. */
enum credential_right {
    CREDENTIAL_POST = 1,
    CREDENTIAL_GET = 2,
    CREDENTIAL_DELETE = 4,
};

struct credential {
    char id[CREDENTIAL_ID_MAX + 1];         /* AWS: access key ID */
    char name[CREDENTIAL_NAME_MAX + 1];     /* for the log */
    char secret[CREDENTIAL_SECRET_MAX + 1]; /* AWS: secret access key */
    unsigned rights;                        /* of enum credential_right */
    int line; /* of the first setting in its file; 0: from no file */
};

struct credentials;

/* Returns an empty set, or NULL: out of memory. */
struct credentials *credentials_new(void);

/* Frees the set; no secret of it stays in memory. */
void credentials_free(struct credentials *credentials);

/*
 * Adds a copy of @credential. Without a name it gets its id as one, and without
 * rights it gets all of them.
 * Returns 0, or with @errmsg: -EINVAL (id or name is not of A-Z a-z 0-9 . _ -,
 * the secret is not printable ASCII, or one of them is too long or missing),
 * -EEXIST (same id), -ENOMEM.
 */
int credentials_add(struct credentials *credentials,
                    const struct credential *credential, struct errmsg *errmsg);

/*
 * Adds all credentials of a file. Each is a section:
 *
 *     [AKIDEXAMPLE]
 *     secret = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
 *     allow = POST GET DELETE   ; without it: all three
 *     name = backend            ; without it: the id
 *
 * Returns 0, or with @credentials unchanged and @errmsg naming file, line and
 * fault: -ENOENT, -EACCES, ..., -EINVAL (also for a file without any credential
 * and for an id or setting that is there twice), -ENOMEM.
 * @warning: set when the file is readable by everybody ("" otherwise)
 */
int credentials_read(struct credentials *credentials, const char *path,
                     struct errmsg *errmsg, struct errmsg *warning);

size_t credentials_count(const struct credentials *credentials);

/* The one with the id of @n bytes at @id, or NULL. */
const struct credential *credentials_find(const struct credentials *credentials,
                                          const char *id, size_t n);

/* Whether @credential is good for an HTTP method: "POST", "GET", "DELETE". */
bool credentials_permit(const struct credential *credential,
                        const char *method);
