#include "daemon/sigv4_claim.h"

#include <errno.h>

struct parameters {
    struct slice credential;
    struct slice signed_headers;
    struct slice signature;
};

/*
 * Only then may parts of it be told to whoever sent it; and only those that
 * cannot be a secret in the wrong place.
 */
static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* Takes a word off @text; false: there is none left. */
static bool next_word(const char **text, struct slice *word_out)
{
    *text += strspn(*text, " ,");
    *word_out = (struct slice){*text, strcspn(*text, " ,")};
    *text += word_out->size;
    return word_out->size > 0;
}

static struct slice *slot(struct parameters *parameters, struct slice name)
{
    if (slice_equals(name, "Credential"))
        return &parameters->credential;
    if (slice_equals(name, "SignedHeaders"))
        return &parameters->signed_headers;
    if (slice_equals(name, "Signature"))
        return &parameters->signature;
    return NULL;
}

/* A name that we do not know is passed over, like those of later versions. */
static int read_parameters(const char *text, struct parameters *parameters,
                           struct errmsg *errmsg)
{
    struct slice value, name;
    while (next_word(&text, &value)) {
        slice_cut(&value, '=', &name);
        if (!value.begin) {
            errmsg_set(errmsg, "Invalid key=value pair (missing equal-sign) in "
                               "Authorization header.");
            return -EINVAL;
        }
        struct slice *slice = slot(parameters, name);
        if (slice && slice->begin) {
            errmsg_set(errmsg,
                       "Authorization header has more than one '%.*s' "
                       "parameter.",
                       (int)name.size, name.begin);
            return -EINVAL;
        }
        if (slice)
            *slice = value;
    }
    return 0;
}

static int check_presence(const struct parameters *parameters,
                          struct errmsg *errmsg)
{
    static const char wish[] = "Authorization header requires '";
    const char *const missing[] = {
        parameters->credential.size ? NULL : "Credential",
        parameters->signature.size ? NULL : "Signature",
        parameters->signed_headers.begin ? NULL : "SignedHeaders",
    };
    int rc = 0;
    char text[200] = "";
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        if (!missing[i])
            continue;
        if (rc)
            strcat(text, " ");
        strcat(strcat(strcat(text, wish), missing[i]), "' parameter.");
        rc = -EINVAL;
    }
    if (rc)
        errmsg_set(errmsg, "%s", text);
    return rc;
}

static int read_credential(struct slice credential, struct sigv4_claim *claim,
                           struct errmsg *errmsg)
{
    struct slice rest = credential;
    bool is_whole = slice_cut(&rest, '/', &claim->key_id);
    claim->scope = rest;
    is_whole = is_whole && slice_cut(&rest, '/', &claim->day) &&
               slice_cut(&rest, '/', &claim->region) &&
               slice_cut(&rest, '/', &claim->service) &&
               slice_cut(&rest, '/', &claim->terminator) && !rest.begin;
    if (is_whole)
        return 0;
    errmsg_set(errmsg,
               "Credential must have exactly 5 slash-delimited elements, e.g. "
               "keyid/date/region/service/term.");
    return -EINVAL;
}

int sigv4_claim_read(const char *authorization, struct sigv4_claim *claim_out,
                     struct errmsg *errmsg)
{
    struct sigv4_claim claim = {.key_id = {NULL, 0}};
    struct parameters parameters = {.credential = {NULL, 0}};
    struct slice algorithm;
    if (!is_printable(authorization)) {
        errmsg_set(errmsg, "Authorization header must be printable ASCII.");
        return -EINVAL;
    }
    next_word(&authorization, &algorithm);
    int rc = read_parameters(authorization, &parameters, errmsg);
    if (!rc)
        rc = check_presence(&parameters, errmsg);
    if (rc)
        return rc;
    if (!slice_equals(algorithm, SIGV4_ALGORITHM)) {
        errmsg_set(errmsg, "Unsupported AWS 'algorithm': '%.*s'.",
                   (int)algorithm.size, algorithm.begin);
        return -EINVAL;
    }
    rc = read_credential(parameters.credential, &claim, errmsg);
    if (rc)
        return rc;
    claim.signed_headers = parameters.signed_headers;
    claim.signature = parameters.signature;
    *claim_out = claim;
    return 0;
}
