#include "proto/json.h"

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
    if (at == end || *at <= ' ')
        return skip_more_space(at, end);
    return at;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
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
        if (!is_hex(at[i]))
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

/* The same: most strings, and nearly all names, end after one step. */
static inline const char *skip_string(const char *at, const char *end)
{
    if (end - at > JSON_PLAIN_STEP) {
        at = json_plain_step(at);
        if (*at == '"')
            return at + 1;
    }
    return skip_long_string(at, end);
}

/* Before a name or the space before it; ends behind the colon. */
static inline const char *skip_name(const char *at, const char *end,
                                    struct json_span *name_out)
{
    at = skip_space(at, end);
    if (at == end || *at != '"')
        return NULL;
    const char *text = at + 1;
    at = skip_string(text, end);
    if (at == NULL)
        return NULL;
    *name_out = (struct json_span){text, (size_t)(at - text - 1)};
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
    struct json_span name;
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

static inline bool is_opener(char c)
{
    return c == '{' || c == '[';
}

/* At an opener; ends where a value is due: in it, or behind it if empty. */
static inline const char *enter(const char *at, const char *end,
                                struct nest *nest)
{
    if (!push(nest, *at == '{', (size_t)(end - at)))
        return NULL;
    at = skip_space(at + 1, end);
    return at < end && *at == closer(nest) ? skip_to_next(at, end, nest)
                                           : skip_to_value(at, end, nest);
}

/* At an opener; ends behind its closer. */
static inline const char *skip_nest(const char *at, const char *end,
                                    struct store *store)
{
    struct nest nest = {0, 0, store};
    at = enter(at, end, &nest);
    while (at != NULL && nest.depth > 0) {
        at = skip_space(at, end);
        if (at == end)
            return NULL;
        if (is_opener(*at)) {
            at = enter(at, end, &nest);
        } else {
            at = skip_scalar(at, end);
            if (at != NULL)
                at = skip_to_next(at, end, &nest);
        }
    }
    return at;
}

static const char *skip_container(const char *at, const char *end)
{
    struct store store;
    store.words = store.own;
    at = skip_nest(at, end, &store);
    if (store.words != store.own)
        free(store.words);
    return at;
}

bool json_skip_value(struct json *json, struct json_span *value_out)
{
    const char *text = skip_space(json->at, json->end);
    if (text == json->end)
        return false;
    json->at = is_opener(*text) ? skip_container(text, json->end)
                                : skip_scalar(text, json->end);
    if (json->at == NULL)
        return false;
    *value_out = (struct json_span){text, (size_t)(json->at - text)};
    return true;
}

char json_peek(struct json *json)
{
    json->at = skip_space(json->at, json->end);
    return json->at < json->end ? *json->at : '\0';
}

static enum json_step step_to_member(struct json *json,
                                     struct json_span *name_out)
{
    json->at = skip_name(json->at, json->end, name_out);
    return json->at != NULL ? JSON_MEMBER : JSON_BROKEN;
}

static enum json_step close_object(struct json *json)
{
    json->at++;
    return JSON_CLOSED;
}

enum json_step json_first_member(struct json *json, struct json_span *name_out)
{
    if (json_peek(json) != '{')
        return JSON_BROKEN;
    json->at++;
    if (json_peek(json) == '}')
        return close_object(json);
    return step_to_member(json, name_out);
}

enum json_step json_next_member(struct json *json, struct json_span *name_out)
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
