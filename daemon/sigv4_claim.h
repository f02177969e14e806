/*
 * What an Authorization header claims: who signed which headers, and how.
 */
#pragma once

#include "daemon/slice.h"
#include "proto/errmsg.h"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"

/* All borrowed from the header; printable ASCII. */
struct sigv4_claim {
    struct slice key_id;
    struct slice scope; /* "20150830/us-east-1/execute-api/aws4_request" */
    struct slice day;   /* and its four parts */
    struct slice region;
    struct slice service;
    struct slice terminator;
    struct slice signed_headers; /* "host;x-amz-date" */
    struct slice signature;      /* hexadecimal, if it is one */
};

/*
 * Takes @authorization apart:
 *
 *     AWS4-HMAC-SHA256 Credential=KEY-ID/DAY/REGION/SERVICE/TERMINATOR,
 *     SignedHeaders=NAME;NAME, Signature=HEX
 *
 * in one line, the parameters in any order, after commas, blanks or both.
 * Returns 0, or -EINVAL with @errmsg: what is missing, as AWS would say it.
 */
int sigv4_claim_read(const char *authorization, struct sigv4_claim *claim_out,
                     struct errmsg *errmsg);
