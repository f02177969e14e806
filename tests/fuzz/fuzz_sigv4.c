/*
 * Input: a request. Nobody can sign for AKIDEXAMPLE whose secret the fuzzer
 * does not know, but for what the corpus holds; what a refusal says is clean;
 * and a request means the same when it is written in another way.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sigv4.h"
#include "daemon/sigv4_claim.h"
#include "daemon/sigv4_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1440938160, TEXT_MAX = 20000 }; /* 2015-08-30 12:36:00 */

/* NULL: not one whole request. */
static struct http_reader *read_request(const uint8_t *data, size_t size)
{
    static const struct http_limits limits = {8000, 2000, 100, 2000};
    struct http_reader *request = http_reader_new(HTTP_REQUESTS, &limits);
    enum http_event event;
    size_t total = 0, used;
    assert(request);
    do {
        event = http_read(request, data + total, size - total, &used);
        total += used;
    } while (event == HTTP_EVENT_HEAD);
    if (event == HTTP_EVENT_MESSAGE)
        return request;
    http_reader_free(request);
    return NULL;
}

static void check(const struct http_reader *request)
{
    static const struct sigv4_rules rules = {"execute-api", NULL, 5};
    static struct credentials *credentials;
    const struct credential credential = {
        .id = "AKIDEXAMPLE",
        .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
    struct sigv4_outcome outcome;
    if (!credentials) {
        credentials = credentials_new();
        assert(credentials);
        assert(credentials_add(credentials, &credential, NULL) == 0);
    }
    assert(sigv4_check(request, credentials, &rules, NOW, &outcome) == 0);
    bool is_right = outcome.verdict == SIGV4_OK;
    assert(is_right == (outcome.credential != NULL));
    assert(is_right == (sigv4_error_type(outcome.verdict) == NULL));
    assert(is_right == (outcome.message.text[0] == '\0'));
    for (const char *c = outcome.message.text; *c; c++)
        assert(*c >= ' ' && *c <= '~');
}

/* Writes @target with "." in its path, and the query from end to begin. */
static size_t print_target(const char *target, char *text)
{
    size_t path_size = strcspn(target, "?");
    const char *query = target + path_size;
    size_t n = (size_t)sprintf(text, "/.%.*s?", (int)path_size, target);
    for (const char *end = query + strlen(query); end > query;) {
        const char *begin = end;
        while (begin > query + 1 && begin[-1] != '&')
            begin--;
        n += (size_t)sprintf(text + n, "%.*s&", (int)(end - begin), begin);
        end = begin - 1;
    }
    return n;
}

/* Writes a request without a body in another way; 0: it is not of that kind. */
static size_t rewrite(const struct http_reader *request, char *text)
{
    const char *name, *value;
    const char *target = http_target(request);
    if (target[0] != '/' || http_header(request, "Content-Length", NULL) ||
        http_header(request, "Transfer-Encoding", NULL))
        return 0;
    size_t n = (size_t)sprintf(text, "%s ", http_method(request));
    n += print_target(target, text + n);
    n += (size_t)sprintf(text + n, " HTTP/1.%d\r\n",
                         http_minor_version(request));
    for (size_t i = 0; http_header_at(request, i, &name, &value); i++)
        n += (size_t)sprintf(text + n, "%s: \t%s \r\n", name, value);
    return n + (size_t)sprintf(text + n, "\r\n");
}

static void check_form(const struct http_reader *request)
{
    char text[TEXT_MAX], hash[SIGV4_DIGEST_CHARS + 1],
        other_hash[SIGV4_DIGEST_CHARS + 1];
    struct sigv4_claim claim;
    struct slice signed_headers = slice_of("host");
    const char *authorization = http_header(request, "Authorization", NULL);
    if (authorization && sigv4_claim_read(authorization, &claim, NULL) == 0)
        signed_headers = claim.signed_headers;
    int rc = sigv4_request_hash(request, signed_headers, hash);
    assert(rc == 0 || rc == -EBADMSG);
    size_t n = rewrite(request, text);
    if (n == 0)
        return;
    struct http_reader *other = read_request((const uint8_t *)text, n);
    if (!other) /* too long by now */
        return;
    assert(sigv4_request_hash(other, signed_headers, other_hash) == rc);
    assert(rc || strcmp(hash, other_hash) == 0);
    http_reader_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_reader *request = read_request(data, size);
    if (!request)
        return 0;
    check(request);
    check_form(request);
    http_reader_free(request);
    return 0;
}
