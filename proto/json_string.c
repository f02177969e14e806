#include "proto/json_string.h"

#include <assert.h>
#include <stdint.h>

#include "proto/json_plain.h"

/* Where json_string_decode() writes; counts on when it is full. */
struct sink {
    char *out;
    size_t capacity;
    size_t size;
};

static void put(struct sink *sink, const char *bytes, size_t n)
{
    if (sink->size < sink->capacity) {
        size_t room = sink->capacity - sink->size;
        memcpy(sink->out + sink->size, bytes, n < room ? n : room);
    }
    sink->size += n;
}

/* The @shift-th and five more bits of @c, as a byte that continues one. */
static char continuation(uint32_t c, unsigned shift)
{
    return (char)(0x80 | (c >> shift & 0x3f));
}

static void put_utf8(struct sink *sink, uint32_t c)
{
    char bytes[4];
    size_t n = 0;
    if (c < 0x80) {
        bytes[n++] = (char)c;
    } else if (c < 0x800) {
        bytes[n++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[n++] = (char)(0xe0 | c >> 12);
        bytes[n++] = continuation(c, 6);
    } else {
        bytes[n++] = (char)(0xf0 | c >> 18);
        bytes[n++] = continuation(c, 12);
        bytes[n++] = continuation(c, 6);
    }
    if (c >= 0x80)
        bytes[n++] = continuation(c, 0);
    put(sink, bytes, n);
}

static uint32_t hex_value(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The code unit of \uXXXX at @at; 0 if no such escape is there. */
static uint32_t unicode_escape(const char *at, const char *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return 0;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++)
        unit = unit << 4 | hex_value(at[i]);
    return unit;
}

static bool is_high_surrogate(uint32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* At \uXXXX; ends behind it, or behind the two that make a pair. */
static const char *unescape_unicode(const char *at, const char *end,
                                    struct sink *sink)
{
    uint32_t unit = unicode_escape(at, end);
    uint32_t next = unicode_escape(at + 6, end);
    if (is_high_surrogate(unit) && is_low_surrogate(next)) {
        put_utf8(sink, 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
        return at + 12;
    }
    bool is_lone = is_high_surrogate(unit) || is_low_surrogate(unit);
    put_utf8(sink, is_lone ? 0xfffd : unit);
    return at + 6;
}

/* At a backslash of a scanned string. */
static const char *unescape(const char *at, const char *end, struct sink *sink)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    if (at[1] == 'u')
        return unescape_unicode(at, end, sink);
    const char *letter = memchr(letters, at[1], sizeof letters - 1);
    put(sink, letter != NULL ? &meanings[letter - letters] : &at[1], 1);
    return at + 2;
}

size_t json_string_decode(const struct json_span *string, char *out,
                          size_t capacity)
{
    struct sink sink = {out, capacity, 0};
    const char *at = string->text;
    const char *end = at + string->size;
    while (at < end) {
        const char *plain = at;
        at = json_plain(at, end);
        put(&sink, plain, (size_t)(at - plain));
        if (at < end)
            at = unescape(at, end, &sink);
    }
    return sink.size;
}

bool json_string_is_escaped(const struct json_span *string, const char *word)
{
    char plain[15];
    size_t n = strlen(word);
    assert(n <= sizeof plain);
    return memchr(string->text, '\\', string->size) != NULL &&
           json_string_decode(string, plain, sizeof plain) == n &&
           memcmp(plain, word, n) == 0;
}
