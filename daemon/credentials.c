#include "daemon/credentials.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/secretfile.h"

struct credentials {
    struct credential *all; /* owned */
    size_t n;
};

static const struct {
    const char *method;
    enum credential_right right;
} rights[] = {{"POST", CREDENTIAL_POST},
              {"GET", CREDENTIAL_GET},
              {"DELETE", CREDENTIAL_DELETE}};

enum { EVERY_RIGHT = CREDENTIAL_POST | CREDENTIAL_GET | CREDENTIAL_DELETE };

struct credentials *credentials_new(void)
{
    return calloc(1, sizeof(struct credentials));
}

/* Forgets all but the first @n. */
static void cut(struct credentials *credentials, size_t n)
{
    if (credentials->n > n)
        OPENSSL_cleanse(credentials->all + n,
                        (credentials->n - n) * sizeof *credentials->all);
    credentials->n = n;
}

void credentials_free(struct credentials *credentials)
{
    if (!credentials)
        return;
    cut(credentials, 0);
    free(credentials->all);
    free(credentials);
}

size_t credentials_count(const struct credentials *credentials)
{
    return credentials->n;
}

static struct credential *find(const struct credentials *credentials,
                               const char *id, size_t n)
{
    for (size_t i = 0; i < credentials->n; i++) {
        struct credential *credential = &credentials->all[i];
        if (strlen(credential->id) == n && memcmp(credential->id, id, n) == 0)
            return credential;
    }
    return NULL;
}

const struct credential *credentials_find(const struct credentials *credentials,
                                          const char *id, size_t n)
{
    return find(credentials, id, n);
}

static unsigned right_of(const char *method, size_t n)
{
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++)
        if (strlen(rights[i].method) == n &&
            memcmp(rights[i].method, method, n) == 0)
            return rights[i].right;
    return 0;
}

bool credentials_permit(const struct credential *credential, const char *method)
{
    return credential->rights & right_of(method, strlen(method));
}

static int check_id(const char *id, struct errmsg *errmsg)
{
    if (secretfile_is_name(id, CREDENTIAL_ID_MAX))
        return 0;
    errmsg_set(errmsg,
               "[%.80s] is not an access key ID: use 1 to %d letters, digits, "
               "dots, dashes or underscores",
               id, CREDENTIAL_ID_MAX);
    return -EINVAL;
}

static int check_name(const char *name, struct errmsg *errmsg)
{
    if (secretfile_is_name(name, CREDENTIAL_NAME_MAX))
        return 0;
    errmsg_set(errmsg,
               "\"%.80s\" is not a name for a credential: use 1 to %d letters, "
               "digits, dots, dashes or underscores",
               name, CREDENTIAL_NAME_MAX);
    return -EINVAL;
}

static int check_secret(const char *secret, struct errmsg *errmsg)
{
    return secretfile_check("a secret", secret, CREDENTIAL_SECRET_MAX, errmsg);
}

/*
 * Makes room for one more, all zeros. Not with realloc(), which might leave
 * secrets behind in the memory that it gives back.
 */
static struct credential *append(struct credentials *credentials,
                                 struct errmsg *errmsg)
{
    size_t n = credentials->n;
    struct credential *grown = calloc(n + 1, sizeof *grown);
    if (!grown) {
        errmsg_set(errmsg, "out of memory");
        return NULL;
    }
    if (n)
        memcpy(grown, credentials->all, n * sizeof *grown);
    cut(credentials, 0);
    free(credentials->all);
    credentials->all = grown;
    credentials->n = n + 1;
    return &grown[n];
}

/* Whether all is there, with what need not be said. */
static int complete(struct credential *credential, struct errmsg *errmsg)
{
    if (!*credential->secret) {
        errmsg_set(errmsg, "[%s] has no secret", credential->id);
        return -EINVAL;
    }
    if (!*credential->name)
        memcpy(credential->name, credential->id, sizeof credential->id);
    if (!credential->rights)
        credential->rights = EVERY_RIGHT;
    return 0;
}

int credentials_add(struct credentials *credentials,
                    const struct credential *credential, struct errmsg *errmsg)
{
    int rc = check_id(credential->id, errmsg);
    if (!rc)
        rc = check_secret(credential->secret, errmsg);
    if (!rc && *credential->name)
        rc = check_name(credential->name, errmsg);
    if (rc)
        return rc;
    if (find(credentials, credential->id, strlen(credential->id))) {
        errmsg_set(errmsg, "[%s] is there already", credential->id);
        return -EEXIST;
    }
    struct credential *added = append(credentials, errmsg);
    if (!added)
        return -ENOMEM;
    *added = *credential;
    return complete(added, errmsg);
}

static int set_rights(const char *value, unsigned *rights_out,
                      struct errmsg *errmsg)
{
    unsigned set = 0;
    for (;;) {
        value += strspn(value, " \t,");
        size_t n = strcspn(value, " \t,");
        unsigned right = right_of(value, n);
        if (n == 0 && set)
            break;
        if (!right) {
            errmsg_set(errmsg,
                       "\"%.*s\" is nothing to allow: use POST, GET or DELETE",
                       (int)n, value);
            return -EINVAL;
        }
        set |= right;
        value += n;
    }
    *rights_out = set;
    return 0;
}

/* Each setting has an unset state, so that the second of a kind is noticed. */
static int set(struct credential *credential, const struct inifile_entry *entry,
               struct errmsg *errmsg)
{
    bool is_twice = false;
    int rc = 0;
    if (strcmp(entry->name, "secret") == 0) {
        is_twice = *credential->secret;
        rc = check_secret(entry->value, errmsg);
        if (!rc)
            strcpy(credential->secret, entry->value);
    } else if (strcmp(entry->name, "name") == 0) {
        is_twice = *credential->name;
        rc = check_name(entry->value, errmsg);
        if (!rc)
            strcpy(credential->name, entry->value);
    } else if (strcmp(entry->name, "allow") == 0) {
        is_twice = credential->rights;
        rc = set_rights(entry->value, &credential->rights, errmsg);
    } else {
        errmsg_set(errmsg, "%.80s: a credential has secret, allow and name",
                   entry->name);
        rc = -EINVAL;
    }
    if (!rc && is_twice) {
        errmsg_set(errmsg, "[%s] has %s already", credential->id, entry->name);
        rc = -EINVAL;
    }
    return rc;
}

struct reading {
    struct credentials *credentials;
    size_t n_before; /* those that are not from this file */
};

static int add_entry(const struct inifile_entry *entry, void *data,
                     struct errmsg *errmsg)
{
    struct reading *reading = data;
    struct credentials *credentials = reading->credentials;
    const char *id = entry->section;
    struct credential *credential = find(credentials, id, strlen(id));
    if (!*id) {
        errmsg_set(errmsg, "a credential begins with [ACCESS-KEY-ID]");
        return -EINVAL;
    }
    if (credential && credential < credentials->all + reading->n_before) {
        errmsg_set(errmsg, "[%s] is there already", id);
        return -EINVAL;
    }
    if (!credential) {
        int rc = check_id(id, errmsg);
        if (rc)
            return rc;
        credential = append(credentials, errmsg);
        if (!credential)
            return -ENOMEM;
        strcpy(credential->id, id);
        credential->line = entry->line;
    }
    return set(credential, entry, errmsg);
}

static int complete_all(struct reading *reading, const char *path,
                        struct errmsg *errmsg)
{
    struct credentials *credentials = reading->credentials;
    if (credentials->n == reading->n_before) {
        errmsg_set(errmsg,
                   "%s: holds no credential: add an [ACCESS-KEY-ID] with a "
                   "secret",
                   path);
        return -EINVAL;
    }
    for (size_t i = reading->n_before; i < credentials->n; i++) {
        struct credential *credential = &credentials->all[i];
        int rc = complete(credential, errmsg);
        if (rc) {
            errmsg_prefix(errmsg, "%s:%d", path, credential->line);
            return rc;
        }
    }
    return 0;
}

int credentials_read(struct credentials *credentials, const char *path,
                     struct errmsg *errmsg, struct errmsg *warning)
{
    struct reading reading = {credentials, credentials->n};
    bool is_public;
    int rc = secretfile_read(path, add_entry, &reading, errmsg, &is_public);
    if (!rc)
        rc = complete_all(&reading, path, errmsg);
    if (rc) {
        cut(credentials, reading.n_before);
        return rc;
    }
    errmsg_set(warning, "%s", "");
    if (is_public)
        errmsg_set(warning,
                   "%s: everybody on this machine can read the secrets: chmod "
                   "o-r",
                   path);
    return 0;
}
