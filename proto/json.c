#include "proto/json.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_plain.h"

/*
 * The small steps take the place they are at and the end of the text, and
 * return the place they got to, or NULL where the text is not JSON.
 */

static const char *skip_more_space(const char *at, const char *end)
{
    while (at < end &&
           (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* Compact text, the usual case, is told by one comparison. */
static inline const char *skip_space(const char *at, const char *end)
{
    return at<end && * at> ' ' ? at : skip_more_space(at, end);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* At a backslash. */
static const char *skip_escape(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        break;
    default:
        return NULL;
    }
    if (end - at < 6)
        return NULL;
    for (int i = 2; i < 6; i++)
        if (hex_value(at[i]) < 0)
            return NULL;
    return at + 6;
}

/* Behind an opening quote; ends behind the closing one. */
static const char *skip_long_string(const char *at, const char *end)
{
    while (at != NULL) {
        at = json_plain(at, end);
        if (at == end)
            return NULL;
        if (*at == '"')
            return at + 1;
        at = *at == '\\' ? skip_escape(at, end) : NULL;
    }
    return NULL;
}

/* The same: most strings, and nearly all names, end after a few bytes. */
static inline const char *skip_string(const char *at, const char *end)
{
    const char *ends = json_plain_near(at, end);
    return ends < end && *ends == '"' ? ends + 1 : skip_long_string(ends, end);
}

/* Before a name or the space before it; ends behind the colon. */
static inline const char *skip_name(const char *at, const char *end,
                                    struct json_string *name_out)
{
    at = skip_space(at, end);
    if (at == end || *at != '"')
        return NULL;
    const char *text = at + 1;
    at = skip_string(text, end);
    if (at == NULL)
        return NULL;
    *name_out = (struct json_string){text, (size_t)(at - text - 1)};
    at = skip_space(at, end);
    return at < end && *at == ':' ? at + 1 : NULL;
}

static inline const char *skip_digits(const char *at, const char *end)
{
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > first ? at : NULL;
}

static inline const char *skip_number(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
    if (at != NULL && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (at == NULL || at == end || (*at != 'e' && *at != 'E'))
        return at;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    return skip_digits(at, end);
}

static inline const char *skip_word(const char *at, const char *end,
                                    const char *word, size_t n)
{
    return (size_t)(end - at) >= n && memcmp(at, word, n) == 0 ? at + n : NULL;
}

static inline const char *skip_scalar(const char *at, const char *end)
{
    switch (*at) {
    case '"':
        return skip_string(at + 1, end);
    case 't':
        return skip_word(at, end, "true", 4);
    case 'f':
        return skip_word(at, end, "false", 5);
    case 'n':
        return skip_word(at, end, "null", 4);
    default:
        return skip_number(at, end);
    }
}

/*
 * The containers we are in, a bit each: an object or an array. The innermost
 * WORD_LEVELS or fewer are kept at hand, the others by full words in the store.
 */
enum { WORD_LEVELS = 64, OWN_WORDS = 512 / WORD_LEVELS - 1 };

struct store {
    uint64_t *words; /* own, or allocated */
    uint64_t own[OWN_WORDS];
};

struct nest {
    uint64_t top; /* the innermost level in bit 0 */
    size_t depth; /* in levels */
    struct store *store;
};

/* Stores the @n-th full word; @left levels more are all that can follow. */
static bool store_word(struct store *store, size_t n, uint64_t word,
                       size_t left)
{
    if (n == OWN_WORDS && store->words == store->own) {
        size_t max_words = n + 1 + left / WORD_LEVELS;
        store->words = malloc(max_words * sizeof *store->words);
        if (store->words == NULL) {
            store->words = store->own;
            return false;
        }
        memcpy(store->words, store->own, sizeof store->own);
    }
    store->words[n] = word;
    return true;
}

static inline bool push(struct nest *nest, bool is_object, size_t left)
{
    size_t depth = nest->depth++;
    if (depth % WORD_LEVELS == 0 && depth > 0 &&
        !store_word(nest->store, depth / WORD_LEVELS - 1, nest->top, left))
        return false;
    nest->top = nest->top << 1 | is_object;
    return true;
}

static inline void pop(struct nest *nest)
{
    size_t depth = --nest->depth;
    nest->top >>= 1;
    if (depth % WORD_LEVELS == 0 && depth > 0)
        nest->top = nest->store->words[depth / WORD_LEVELS - 1];
}

static inline bool is_in_object(const struct nest *nest)
{
    return nest->top & 1;
}

static inline char closer(const struct nest *nest)
{
    return is_in_object(nest) ? '}' : ']';
}

/* Behind an opener or a comma; ends where a value is due. */
static inline const char *skip_to_value(const char *at, const char *end,
                                        const struct nest *nest)
{
    struct json_string name;
    return is_in_object(nest) ? skip_name(at, end, &name) : at;
}

/* Behind a value; ends where the next one is due, or behind the outermost. */
static inline const char *skip_to_next(const char *at, const char *end,
                                       struct nest *nest)
{
    while (nest->depth > 0) {
        at = skip_space(at, end);
        if (at == end)
            return NULL;
        if (*at == ',')
            return skip_to_value(at + 1, end, nest);
        if (*at != closer(nest))
            return NULL;
        at++;
        pop(nest);
    }
    return at;
}

static inline const char *skip_value(const char *at, const char *end,
                                     struct store *store)
{
    struct nest nest = {0, 0, store};
    do {
        at = skip_space(at, end);
        if (at == end)
            return NULL;
        if (*at == '{' || *at == '[') {
            if (!push(&nest, *at == '{', (size_t)(end - at)))
                return NULL;
            at = skip_space(at + 1, end);
            at = at < end && *at == closer(&nest)
                     ? skip_to_next(at, end, &nest)
                     : skip_to_value(at, end, &nest);
        } else {
            at = skip_scalar(at, end);
            if (at != NULL)
                at = skip_to_next(at, end, &nest);
        }
    } while (at != NULL && nest.depth > 0);
    return at;
}

bool json_skip_value(struct json *json)
{
    struct store store;
    store.words = store.own;
    json->at = skip_value(json->at, json->end, &store);
    if (store.words != store.own)
        free(store.words);
    return json->at != NULL;
}

char json_peek(struct json *json)
{
    json->at = skip_space(json->at, json->end);
    return json->at < json->end ? *json->at : '\0';
}

static enum json_step step_to_member(struct json *json,
                                     struct json_string *name_out)
{
    json->at = skip_name(json->at, json->end, name_out);
    return json->at != NULL ? JSON_MEMBER : JSON_BROKEN;
}

static enum json_step close_object(struct json *json)
{
    json->at++;
    return JSON_CLOSED;
}

enum json_step json_first_member(struct json *json,
                                 struct json_string *name_out)
{
    if (json_peek(json) != '{')
        return JSON_BROKEN;
    json->at++;
    if (json_peek(json) == '}')
        return close_object(json);
    return step_to_member(json, name_out);
}

enum json_step json_next_member(struct json *json, struct json_string *name_out)
{
    switch (json_peek(json)) {
    case '}':
        return close_object(json);
    case ',':
        json->at++;
        return step_to_member(json, name_out);
    default:
        return JSON_BROKEN;
    }
}

/* Where json_unescape() writes; counts on when it is full. */
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

static void put_utf8(struct sink *sink, uint32_t c)
{
    if (c < 0x80) {
        put(sink, (char[]){(char)c}, 1);
    } else if (c < 0x800) {
        put(sink, (char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))},
            2);
    } else if (c < 0x10000) {
        put(sink,
            (char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
                     (char)(0x80 | (c & 0x3f))},
            3);
    } else {
        put(sink,
            (char[]){(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
                     (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))},
            4);
    }
}

/* The code unit of \uXXXX at @at; 0 if no such escape is there. */
static uint32_t unicode_escape(const char *at, const char *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return 0;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++)
        unit = unit << 4 | (uint32_t)hex_value(at[i]);
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

size_t json_unescape(const struct json_string *string, char *out,
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

bool json_is_escaped_word(const struct json_string *string, const char *word)
{
    char plain[15];
    size_t n = strlen(word);
    assert(n <= sizeof plain);
    return memchr(string->text, '\\', string->size) != NULL &&
           json_unescape(string, plain, sizeof plain) == n &&
           memcmp(plain, word, n) == 0;
}
