/*
 * What is signed of a request: its canonical form, as a digest.
 *
 * The form is never written down: it goes into SHA-256 as it arises, without
 * memory of its own. The effort is bounded by the size of the request.
 */
#pragma once

#include "daemon/slice.h"
#include "proto/http.h"

enum {
    SIGV4_DIGEST_CHARS = 64,
    SIGV4_HEADERS_MAX = 64,    /* that may be signed */
    SIGV4_PARAMETERS_MAX = 64, /* that a query may have */
    SIGV4_SEGMENTS_MAX = 64,   /* that a path may have */
};

/*
 * Hashes
 *
 *     METHOD
 *     path     without empty, . and .. segments, as it came percent-encoded
 *              once more ("%3D" becomes "%253D")
 *     query    sorted by name and value, each decoded and encoded again
 *     headers  the signed ones, "name:value", blanks in values folded
 *
 *     @signed_headers
 *     digest of the body; UNSIGNED-PAYLOAD if X-Amz-Content-Sha256 says so
 *
 * of a complete message.
 * @hex_out: the digest in hexadecimal; NUL-terminated
 *
 * Returns 0, or:
 *   -EBADMSG  no signature can be right: a header is signed that is not there,
 *             they are not lower-case and sorted, the target is not a path, or
 *             there is more than we take of something (see above)
 *   -ENOMEM
 */
int sigv4_request_hash(const struct http_reader *request,
                       struct slice signed_headers,
                       char hex_out[SIGV4_DIGEST_CHARS + 1]);

/*
 * The first that must be signed but is not: Host, or a header that begins
 * with X-Amz-. NULL: all are signed.
 */
const char *sigv4_request_find_unsigned(const struct http_reader *request,
                                        struct slice signed_headers);
