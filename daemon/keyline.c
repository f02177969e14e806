#include "daemon/keyline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/hex.h"

enum { VALUE_CHARS = 200 }; /* more than inifile takes */

static const char DIGEST_PREFIX[] = "sha256:";
static const char DISABLED_WORD[] = "disabled";
static const char PLAN_PREFIX[] = "plan=";

/* ---- the key ---- */

static int set_digest(struct key *key, const char *hex, struct errmsg *errmsg)
{
    if (hex_read(hex, KEY_DIGEST_BYTES, key->digest))
        return 0;
    errmsg_set(errmsg, "%s: %s is followed by %d hexadecimal digits", key->name,
               DIGEST_PREFIX, 2 * KEY_DIGEST_BYTES);
    return -EINVAL;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int set_key(struct key *key, const char *text, struct errmsg *errmsg)
{
    if (starts_with(text, DIGEST_PREFIX))
        return set_digest(key, text + strlen(DIGEST_PREFIX), errmsg);
    if (strcmp(text, DISABLED_WORD) == 0 || starts_with(text, PLAN_PREFIX)) {
        /* Nobody shall get in with the key "disabled". */
        errmsg_set(errmsg, "%s: the key is missing in front of \"%.60s\"",
                   key->name, text);
        return -EINVAL;
    }
    int rc = keys_digest(text, key->digest, errmsg);
    if (rc)
        errmsg_prefix(errmsg, "%s", key->name);
    return rc;
}

/* ---- what stands behind it ---- */

/* Whether there is a plan of that name is known at the end of the file. */
static int set_plan(struct key *key, const char *name, struct errmsg *errmsg)
{
    size_t n = strlen(name);
    if (n < 1 || n > PLAN_NAME_MAX) {
        errmsg_set(errmsg, "%s: plan= is followed by the name of a [plan]",
                   key->name);
        return -EINVAL;
    }
    memcpy(key->plan_name, name, n);
    return 0;
}

static int set_word(struct key *key, const char *word, struct errmsg *errmsg)
{
    if (strcmp(word, DISABLED_WORD) == 0 && !key->is_disabled) {
        key->is_disabled = true;
        return 0;
    }
    if (starts_with(word, PLAN_PREFIX) && !key->plan_name[0])
        return set_plan(key, word + strlen(PLAN_PREFIX), errmsg);
    errmsg_set(errmsg,
               "%s: a key is one word; behind it may stand \"disabled\" and "
               "\"plan=PLAN\", each once",
               key->name);
    return -EINVAL;
}

int keyline_parse(const struct inifile_entry *entry, struct key *key_out,
                  struct errmsg *errmsg)
{
    struct key key = {.line = entry->line};
    char value[VALUE_CHARS];
    char *rest = value;
    int rc = keys_check_name(entry->name, errmsg);
    if (rc)
        return rc;
    memcpy(key.name, entry->name, strlen(entry->name));
    snprintf(value, sizeof value, "%s", entry->value);
    rc = set_key(&key, strsep(&rest, " \t"), errmsg);
    while (rest && rc == 0) {
        const char *word = strsep(&rest, " \t");
        if (*word)
            rc = set_word(&key, word, errmsg);
    }
    if (rc == 0)
        *key_out = key;
    return rc;
}
