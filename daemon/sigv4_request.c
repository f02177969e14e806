#include "daemon/sigv4_request.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <strings.h>

#include "daemon/hex.h"
#include "daemon/percent.h"
#include "proto/digest.h"

/* What is put goes into the digest; a failure is kept until the end. */
struct sink {
    EVP_MD_CTX *context;
    bool has_failed;
};

static void put(struct sink *sink, const void *bytes, size_t n)
{
    if (EVP_DigestUpdate(sink->context, bytes, n) != 1)
        sink->has_failed = true;
}

static void put_text(struct sink *sink, const char *text)
{
    put(sink, text, strlen(text));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* unreserved of RFC 3986, section 2.3 */
static bool is_plain(unsigned char c)
{
    return (lower((char)c) >= 'a' && lower((char)c) <= 'z') ||
           (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));
}

static void put_encoded(struct sink *sink, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char code[] = {'%', digits[c >> 4], digits[c & 15]};
    if (is_plain(c))
        put(sink, &c, 1);
    else
        put(sink, code, sizeof code);
}

static int put_path(struct sink *sink, struct slice path)
{
    struct slice kept[SIGV4_SEGMENTS_MAX];
    struct slice rest = path, segment;
    size_t n = 0;
    if (path.size == 0 || path.begin[0] != '/')
        return -EBADMSG;
    while (slice_cut(&rest, '/', &segment)) {
        if (segment.size == 0 || slice_equals(segment, "."))
            continue;
        if (slice_equals(segment, "..")) {
            n -= n > 0;
            continue;
        }
        if (n == SIGV4_SEGMENTS_MAX)
            return -EBADMSG;
        kept[n++] = segment;
    }
    for (size_t i = 0; i < n; i++) {
        put_text(sink, "/");
        for (size_t k = 0; k < kept[i].size; k++)
            put_encoded(sink, (unsigned char)kept[i].begin[k]);
    }
    if (n == 0 || path.begin[path.size - 1] == '/')
        put_text(sink, "/");
    return 0;
}

static void put_recoded(struct sink *sink, struct slice text)
{
    int c;
    while ((c = percent_take(&text)) >= 0)
        put_encoded(sink, (unsigned char)c);
}

/* Where a byte stands once encoded: '%' comes before all plain characters. */
static int rank(int c)
{
    return c >= 0 && is_plain((unsigned char)c) ? c + 256 : c;
}

static int compare_recoded(struct slice a, struct slice b)
{
    int c, d;
    do {
        c = percent_take(&a);
        d = percent_take(&b);
    } while (c == d && c >= 0);
    return rank(c) - rank(d);
}

struct parameter {
    struct slice name;
    struct slice value;
};

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = compare_recoded(a->name, b->name);
    return order ? order : compare_recoded(a->value, b->value);
}

static int put_query(struct sink *sink, struct slice query)
{
    struct parameter parameters[SIGV4_PARAMETERS_MAX];
    struct slice value, name;
    size_t n = 0;
    while (slice_cut(&query, '&', &value)) {
        if (value.size == 0)
            continue;
        if (n == SIGV4_PARAMETERS_MAX)
            return -EBADMSG;
        slice_cut(&value, '=', &name);
        parameters[n++] = (struct parameter){name, value};
    }
    qsort(parameters, n, sizeof parameters[0], compare_parameters);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            put_text(sink, "&");
        put_recoded(sink, parameters[i].name);
        put_text(sink, "=");
        put_recoded(sink, parameters[i].value);
    }
    return 0;
}

static int put_target(struct sink *sink, const char *target)
{
    struct slice query = slice_of(target), path;
    slice_cut(&query, '?', &path);
    int rc = put_path(sink, path);
    put_text(sink, "\n");
    if (!rc)
        rc = put_query(sink, query);
    put_text(sink, "\n");
    return rc;
}

/* @signed_name is lower-case, or it is nobody's name. */
static bool is_named(struct slice signed_name, const char *name)
{
    if (strlen(name) != signed_name.size)
        return false;
    for (size_t i = 0; i < signed_name.size; i++)
        if (lower(name[i]) != signed_name.begin[i])
            return false;
    return true;
}

static void put_folded(struct sink *sink, const char *value)
{
    static const char blanks[] = " \t";
    value += strspn(value, blanks);
    while (*value) {
        size_t n = strcspn(value, blanks);
        put(sink, value, n);
        value += n;
        value += strspn(value, blanks);
        if (*value)
            put_text(sink, " ");
    }
}

/* Puts all headers of one name, as one; false: there is none. */
static bool put_header(struct sink *sink, const struct http_reader *request,
                       struct slice signed_name)
{
    const char *name, *value, *before = ":";
    put(sink, signed_name.begin, signed_name.size);
    for (size_t i = 0; http_header_at(request, i, &name, &value); i++) {
        if (!is_named(signed_name, name))
            continue;
        put_text(sink, before);
        put_folded(sink, value);
        before = ",";
    }
    put_text(sink, "\n");
    return *before == ',';
}

static bool is_after(struct slice name, struct slice previous)
{
    size_t n = name.size < previous.size ? name.size : previous.size;
    int order = n ? memcmp(name.begin, previous.begin, n) : 0;
    return order ? order > 0 : name.size > previous.size;
}

static int put_headers(struct sink *sink, const struct http_reader *request,
                       struct slice signed_headers)
{
    struct slice rest = signed_headers, name, previous = {NULL, 0};
    for (int n = 0; slice_cut(&rest, ';', &name); n++) {
        if (n == SIGV4_HEADERS_MAX || !is_after(name, previous) ||
            !put_header(sink, request, name))
            return -EBADMSG;
        previous = name;
    }
    put_text(sink, "\n");
    put(sink, signed_headers.begin, signed_headers.size);
    put_text(sink, "\n");
    return 0;
}

/* What a signer says of the body is taken at its word only if it is nothing. */
static void put_payload(struct sink *sink, const struct http_reader *request)
{
    unsigned char digest[SIGV4_DIGEST_CHARS / 2];
    char hex[SIGV4_DIGEST_CHARS + 1];
    size_t size;
    const char *said = http_header(request, "X-Amz-Content-Sha256", NULL);
    if (said && strcmp(said, "UNSIGNED-PAYLOAD") == 0) {
        put_text(sink, said);
        return;
    }
    const uint8_t *body = http_body(request, &size);
    digest_sha256(body, size, digest);
    hex_print(digest, sizeof digest, hex);
    put_text(sink, hex);
}

int sigv4_request_hash(const struct http_reader *request,
                       struct slice signed_headers,
                       char hex_out[SIGV4_DIGEST_CHARS + 1])
{
    unsigned char digest[SIGV4_DIGEST_CHARS / 2];
    struct sink sink = {.context = EVP_MD_CTX_new()};
    int rc = -ENOMEM;
    if (!sink.context ||
        EVP_DigestInit_ex(sink.context, EVP_sha256(), NULL) != 1)
        goto done;
    put_text(&sink, http_method(request));
    put_text(&sink, "\n");
    rc = put_target(&sink, http_target(request));
    if (!rc)
        rc = put_headers(&sink, request, signed_headers);
    if (rc)
        goto done;
    put_payload(&sink, request);
    if (sink.has_failed || EVP_DigestFinal_ex(sink.context, digest, NULL) != 1)
        rc = -ENOMEM;
    else
        hex_print(digest, sizeof digest, hex_out);
done:
    EVP_MD_CTX_free(sink.context);
    return rc;
}

static bool is_signed(const char *name, struct slice signed_headers)
{
    struct slice signed_name;
    for (int n = 0; n < SIGV4_HEADERS_MAX; n++) {
        if (!slice_cut(&signed_headers, ';', &signed_name))
            return false;
        if (is_named(signed_name, name))
            return true;
    }
    return false;
}

static bool is_amazons(const char *name)
{
    return strncasecmp(name, "X-Amz-", strlen("X-Amz-")) == 0;
}

const char *sigv4_request_find_unsigned(const struct http_reader *request,
                                        struct slice signed_headers)
{
    const char *name, *value;
    if (!is_signed("host", signed_headers))
        return "Host";
    for (size_t i = 0; http_header_at(request, i, &name, &value); i++)
        if (is_amazons(name) && !is_signed(name, signed_headers))
            return name;
    return NULL;
}
