/*
 * AWS Signature Version 4: who signed a request, and whether they did.
 *
 * Bytes and a time in, a verdict out. What a signer may do is not asked here:
 * see credentials_permit().
 */
#pragma once

#include <time.h>

#include "daemon/credentials.h"
#include "proto/errmsg.h"
#include "proto/http.h"

struct sigv4_rules {
    const char *service;   /* that must be meant: "execute-api" */
    const char *region;    /* the same; NULL: any will do */
    unsigned max_skew_min; /* minutes that a signer's clock may be off */
};

enum sigv4_verdict {
    SIGV4_OK,
    SIGV4_MISSING,     /* no Authorization at all */
    SIGV4_INCOMPLETE,  /* not one of this kind, or without a date */
    SIGV4_EXPIRED,     /* signed too long ago, or in the future */
    SIGV4_UNKNOWN_KEY, /* nobody has this access key ID */
    SIGV4_MISMATCH,    /* for something else, or with another secret */
};

struct sigv4_outcome {
    enum sigv4_verdict verdict;
    const struct credential *credential; /* of the set; NULL unless OK */
    struct errmsg message; /* for the signer, in AWS's words; printable ASCII */
};

/*
 * Checks the signature in the Authorization header of a complete message.
 * Signatures in the query are not known: such a request is MISSING one. An
 * X-Amz-Security-Token must be signed, as every header of that kind, and means
 * nothing.
 * @now: seconds since 1970
 *
 * Returns 0, or with @outcome_out unchanged: -ENOMEM.
 */
int sigv4_check(const struct http_reader *request,
                const struct credentials *credentials,
                const struct sigv4_rules *rules, time_t now,
                struct sigv4_outcome *outcome_out);

/* What AWS calls it in x-amzn-ErrorType, with status 403. NULL: OK. */
const char *sigv4_error_type(enum sigv4_verdict verdict);
