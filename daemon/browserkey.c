#include "daemon/browserkey.h"

#include <stddef.h>
#include <string.h>

#include "daemon/percent.h"
#include "daemon/slice.h"
#include "proto/http_line.h"
#include "proto/upgrade.h"

#define PROTOCOL_PREFIX "x-api-key."
#define QUERY_NAME "x-api-key"

/* ---- subprotocols ---- */

/* Where an iteration over all that are offered stands; {0} at first. */
struct offers {
    struct slice rest; /* of the header that is read */
    size_t n_headers;  /* that were looked at */
};

static struct slice trimmed(struct slice slice)
{
    while (slice.size > 0 && strchr(" \t", slice.begin[0])) {
        slice.begin++;
        slice.size--;
    }
    while (slice.size > 0 && strchr(" \t", slice.begin[slice.size - 1]))
        slice.size--;
    return slice;
}

/* Returns false when all have been taken. */
static bool next_offer(const struct http_reader *request, struct offers *offers,
                       struct slice *protocol_out)
{
    const char *name, *value;
    while (!slice_cut(&offers->rest, ',', protocol_out)) {
        if (!http_header_at(request, offers->n_headers++, &name, &value))
            return false;
        if (http_line_equals(name, "Sec-WebSocket-Protocol"))
            offers->rest = slice_of(value);
    }
    *protocol_out = trimmed(*protocol_out);
    return true;
}

bool browserkey_may_select(const struct http_reader *request)
{
    struct offers offers = {0};
    struct slice protocol;
    while (next_offer(request, &offers, &protocol))
        if (slice_equals(protocol, BROWSERKEY_PROTOCOL))
            return true;
    return false;
}

/* ---- keys ---- */

/* Returns what is behind @prefix, or a slice of NULL. */
static struct slice behind(struct slice slice, const char *prefix)
{
    size_t n = strlen(prefix);
    if (slice.size < n || memcmp(slice.begin, prefix, n) != 0)
        return (struct slice){NULL, 0};
    return (struct slice){slice.begin + n, slice.size - n};
}

/* A key on its way out, a character at a time. */
struct sink {
    char *key; /* has room for BROWSERKEY_CHARS_MAX and a NUL */
    size_t n;
    bool is_key; /* so far */
};

static void put(struct sink *sink, unsigned c)
{
    if (c <= ' ' || c > '~' || sink->n == BROWSERKEY_CHARS_MAX)
        sink->is_key = false;
    else
        sink->key[sink->n++] = (char)c;
}

/* What a character of base64url stands for: 0 to 63, or -1. */
static int sextet(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *found = memchr(digits, c, sizeof digits - 1);
    return found ? (int)(found - digits) : -1;
}

static void put_base64url(struct sink *sink, struct slice text)
{
    unsigned bits = 0;
    unsigned n_bits = 0; /* in bits, not put yet */
    for (size_t i = 0; i < text.size && sink->is_key; i++) {
        int value = sextet(text.begin[i]);
        if (value < 0)
            sink->is_key = false;
        bits = bits << 6 | ((unsigned)value & 63);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            put(sink, bits >> n_bits & 0xff);
        }
    }
    /* Neither a character too many nor odd bits in the last one. */
    if (n_bits == 6 || (bits & ((1u << n_bits) - 1)))
        sink->is_key = false;
}

static void put_percent_encoded(struct sink *sink, struct slice text)
{
    int c;
    while (sink->is_key && (c = percent_take(&text)) >= 0)
        put(sink, (unsigned)c);
}

/* Returns how many keys the subprotocols are, the first of them in @sink. */
static size_t find_in_protocols(const struct http_reader *request,
                                struct sink *sink)
{
    struct offers offers = {0};
    struct slice protocol;
    size_t n_found = 0;
    while (next_offer(request, &offers, &protocol)) {
        struct slice key = behind(protocol, PROTOCOL_PREFIX);
        if (key.begin && n_found++ == 0)
            put_base64url(sink, key);
    }
    return n_found;
}

static struct slice query_of(const struct http_reader *request)
{
    const char *query = strchr(http_target(request), '?');
    return query ? slice_of(query + 1) : (struct slice){NULL, 0};
}

/* The same for the query. */
static size_t find_in_query(const struct http_reader *request,
                            struct sink *sink)
{
    struct slice rest = query_of(request);
    struct slice parameter;
    size_t n_found = 0;
    while (slice_cut(&rest, '&', &parameter)) {
        struct slice key = behind(parameter, QUERY_NAME "=");
        if (key.begin && n_found++ == 0)
            put_percent_encoded(sink, key);
    }
    return n_found;
}

bool browserkey_find(const struct http_reader *request,
                     char key_out[BROWSERKEY_CHARS_MAX + 1])
{
    char key[BROWSERKEY_CHARS_MAX + 1];
    struct sink sink = {.key = key, .is_key = true};
    size_t n_found = find_in_protocols(request, &sink);
    if (n_found == 0)
        n_found = find_in_query(request, &sink);
    if (n_found != 1 || !sink.is_key || sink.n == 0)
        return false;
    memcpy(key_out, key, sink.n);
    key_out[sink.n] = '\0';
    return true;
}

/* ---- what else is asked for ---- */

bool browserkey_asks_for(const struct http_reader *request, const char *token)
{
    struct slice rest = query_of(request);
    struct slice parameter, item;
    while (slice_cut(&rest, '&', &parameter)) {
        struct slice list = behind(parameter, UPGRADE_EXTENSIONS "=");
        while (slice_cut(&list, ',', &item))
            if (slice_equals(item, token))
                return true;
    }
    return false;
}
