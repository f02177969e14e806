#include "daemon/sigv4.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "daemon/hex.h"
#include "daemon/sigv4_claim.h"
#include "daemon/sigv4_request.h"
#include "daemon/sigv4_time.h"

/*
 * The questions come in the order in which AWS asks them: is everything there,
 * is it fresh, is it meant for us, do we know the key; then the signature. Each
 * step is OK, or has set the message.
 */

#define TERMINATOR "aws4_request"

static const char MISMATCH[] =
    "The request signature we calculated does not match the signature you "
    "provided. Check your AWS Secret Access Key and signing method. Consult "
    "the service documentation for details.";

enum {
    MAC_BYTES = 32,
    SIGNATURE_CHARS = 2 * MAC_BYTES,
    REGION_MAX = 64,
    SIGNED_TEXT_MAX = 400
};

struct signing {
    struct sigv4_claim claim;
    time_t time;
    char date[SIGV4_TIME_CHARS + 1]; /* the same, as it is signed */
    const struct credential *credential;
};

static enum sigv4_verdict read_claim(const struct http_reader *request,
                                     struct sigv4_claim *claim,
                                     struct errmsg *message)
{
    size_t n;
    const char *authorization = http_header(request, "Authorization", &n);
    if (n == 0) {
        errmsg_set(message, "Missing Authentication Token");
        return SIGV4_MISSING;
    }
    if (n > 1) {
        errmsg_set(message, "More than one Authorization header.");
        return SIGV4_INCOMPLETE;
    }
    return sigv4_claim_read(authorization, claim, message) ? SIGV4_INCOMPLETE
                                                           : SIGV4_OK;
}

static enum sigv4_verdict read_time(const struct http_reader *request,
                                    struct signing *signing,
                                    struct errmsg *message)
{
    size_t n;
    const char *date = http_header(request, "X-Amz-Date", &n);
    if (n == 0)
        date = http_header(request, "Date", &n);
    if (n == 0) {
        errmsg_set(message, "Authorization header requires existence of either "
                            "a 'X-Amz-Date' or a 'Date' header.");
        return SIGV4_INCOMPLETE;
    }
    if (n > 1 || sigv4_time_read(date, &signing->time)) {
        errmsg_set(message, "Date must be in ISO-8601 'basic format'.");
        return SIGV4_INCOMPLETE;
    }
    sigv4_time_print(signing->time, signing->date);
    return SIGV4_OK;
}

static enum sigv4_verdict check_time(const struct signing *signing,
                                     const struct sigv4_rules *rules,
                                     time_t now, struct errmsg *message)
{
    time_t skew = (time_t)rules->max_skew_min * 60;
    char today[SIGV4_TIME_CHARS + 1], limit[SIGV4_TIME_CHARS + 1];
    sigv4_time_print(now, today);
    if (signing->time < now - skew) {
        sigv4_time_print(now - skew, limit);
        errmsg_set(message,
                   "Signature expired: %s is now earlier than %s (%s - %u "
                   "min.)",
                   signing->date, limit, today, rules->max_skew_min);
        return SIGV4_EXPIRED;
    }
    if (signing->time > now + skew) {
        sigv4_time_print(now + skew, limit);
        errmsg_set(message,
                   "Signature not yet current: %s is still later than %s (%s + "
                   "%u min.)",
                   signing->date, limit, today, rules->max_skew_min);
        return SIGV4_EXPIRED;
    }
    return SIGV4_OK;
}

static enum sigv4_verdict check_headers(const struct http_reader *request,
                                        const struct sigv4_claim *claim,
                                        struct errmsg *message)
{
    const char *name =
        sigv4_request_find_unsigned(request, claim->signed_headers);
    if (!name)
        return SIGV4_OK;
    errmsg_set(message,
               "'%.100s' must be a 'SignedHeader' in the AWS Authorization.",
               name);
    return SIGV4_MISMATCH;
}

static enum sigv4_verdict check_scope(const struct signing *signing,
                                      const struct sigv4_rules *rules,
                                      struct errmsg *message)
{
    const struct sigv4_claim *claim = &signing->claim;
    struct slice region = claim->region;
    if (region.size == 0 || region.size > REGION_MAX ||
        (rules->region && !slice_equals(region, rules->region)))
        errmsg_set(message, "Credential should be scoped to a valid region.");
    else if (!slice_equals(claim->service, rules->service))
        errmsg_set(message,
                   "Credential should be scoped to correct service: '%s'.",
                   rules->service);
    else if (!slice_equals(claim->terminator, TERMINATOR))
        errmsg_set(message, "Credential should be scoped with a valid "
                            "terminator: '" TERMINATOR "'.");
    else if (claim->day.size != SIGV4_DAY_CHARS ||
             memcmp(claim->day.begin, signing->date, SIGV4_DAY_CHARS) != 0)
        errmsg_set(message, "Date in Credential scope does not match YYYYMMDD "
                            "from ISO-8601 version of date from HTTP.");
    else
        return SIGV4_OK;
    return SIGV4_MISMATCH;
}

static enum sigv4_verdict find_key(const struct credentials *credentials,
                                   struct signing *signing,
                                   struct errmsg *message)
{
    struct slice id = signing->claim.key_id;
    signing->credential = credentials_find(credentials, id.begin, id.size);
    if (signing->credential)
        return SIGV4_OK;
    errmsg_set(message,
               "The security token included in the request is invalid.");
    return SIGV4_UNKNOWN_KEY;
}

/* A chain of HMACs: the result of each is the key of the next. */
static int sign(const struct signing *signing, struct slice text,
                char signature_out[SIGNATURE_CHARS + 1])
{
    const struct sigv4_claim *claim = &signing->claim;
    const struct slice links[] = {claim->day, claim->region, claim->service,
                                  claim->terminator, text};
    unsigned char mac[MAC_BYTES];
    char key[sizeof "AWS4" + CREDENTIAL_SECRET_MAX];
    size_t key_size =
        (size_t)sprintf(key, "AWS4%s", signing->credential->secret);
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof links / sizeof links[0]; i++) {
        if (!HMAC(EVP_sha256(), key, (int)key_size,
                  (const unsigned char *)links[i].begin, links[i].size, mac,
                  NULL))
            rc = -ENOMEM;
        memcpy(key, mac, sizeof mac);
        key_size = sizeof mac;
    }
    if (!rc)
        hex_print(mac, sizeof mac, signature_out);
    OPENSSL_cleanse(key, sizeof key);
    return rc;
}

/* Returns 0, -EBADMSG: the signature is not right, or -ENOMEM. */
static int check_signature(const struct http_reader *request,
                           const struct signing *signing)
{
    const struct sigv4_claim *claim = &signing->claim;
    char hash[SIGV4_DIGEST_CHARS + 1], signature[SIGNATURE_CHARS + 1];
    char text[SIGNED_TEXT_MAX];
    int rc = sigv4_request_hash(request, claim->signed_headers, hash);
    if (rc)
        return rc;
    int n = snprintf(text, sizeof text, "%s\n%s\n%.*s\n%s", SIGV4_ALGORITHM,
                     signing->date, (int)claim->scope.size, claim->scope.begin,
                     hash);
    assert(n > 0 && (size_t)n < sizeof text); /* check_scope() has seen to it */
    rc = sign(signing, (struct slice){text, (size_t)n}, signature);
    if (rc)
        return rc;
    if (claim->signature.size != SIGNATURE_CHARS ||
        CRYPTO_memcmp(claim->signature.begin, signature, SIGNATURE_CHARS) != 0)
        return -EBADMSG;
    return 0;
}

int sigv4_check(const struct http_reader *request,
                const struct credentials *credentials,
                const struct sigv4_rules *rules, time_t now,
                struct sigv4_outcome *outcome_out)
{
    struct sigv4_outcome outcome = {.credential = NULL};
    struct errmsg *message = &outcome.message;
    struct signing signing = {.credential = NULL};
    outcome.verdict = read_claim(request, &signing.claim, message)
                          ?: read_time(request, &signing, message)
                          ?: check_time(&signing, rules, now, message)
                          ?: check_headers(request, &signing.claim, message)
                          ?: check_scope(&signing, rules, message)
                          ?: find_key(credentials, &signing, message);
    if (outcome.verdict == SIGV4_OK) {
        int rc = check_signature(request, &signing);
        if (rc == -ENOMEM)
            return rc;
        if (rc) {
            errmsg_set(message, "%s", MISMATCH);
            outcome.verdict = SIGV4_MISMATCH;
        } else {
            outcome.credential = signing.credential;
        }
    }
    *outcome_out = outcome;
    return 0;
}

const char *sigv4_error_type(enum sigv4_verdict verdict)
{
    switch (verdict) {
    case SIGV4_OK:
        return NULL;
    case SIGV4_MISSING:
        return "MissingAuthenticationTokenException";
    case SIGV4_INCOMPLETE:
        return "IncompleteSignatureException";
    case SIGV4_UNKNOWN_KEY:
        return "UnrecognizedClientException";
    case SIGV4_EXPIRED:
    case SIGV4_MISMATCH:
        return "InvalidSignatureException";
    }
    return NULL;
}
