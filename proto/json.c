#include "proto/json.h"

#include <stdint.h>
#include <string.h>

#include "proto/json_forms.h"
#include "proto/json_token.h"

/*
 * The small steps are as those of json_token.h: from a place to the next, or
 * NULL where the text is not JSON.
 */

/* Before a name or the space before it; ends behind the colon. */
static inline const char *skip_name(const char *at, const char *end,
                                    struct json_span *name_out)
{
    at = json_skip_space(at, end);
    if (at == end || *at != '"')
        return NULL;
    const char *text = at + 1;
    at = json_skip_string(text, end);
    if (at == NULL)
        return NULL;
    *name_out = (struct json_span){text, (size_t)(at - text - 1)};
    at = json_skip_space(at, end);
    return at < end && *at == ':' ? at + 1 : NULL;
}

static inline char closer(const struct json_depth *depth)
{
    return json_depth_is_object(depth) ? '}' : ']';
}

/* Behind an opener or a comma; ends where a value is due. */
static inline const char *skip_to_value(const char *at, const char *end,
                                        const struct json_depth *depth)
{
    struct json_span name;
    return json_depth_is_object(depth) ? skip_name(at, end, &name) : at;
}

/* Behind a value; ends where the next one is due, or behind the outermost. */
static inline const char *skip_to_next(const char *at, const char *end,
                                       struct json_depth *depth)
{
    while (depth->n_levels > 0) {
        at = json_skip_space(at, end);
        if (at == end)
            return NULL;
        if (*at == ',')
            return skip_to_value(at + 1, end, depth);
        if (*at != closer(depth))
            return NULL;
        at++;
        json_depth_pop(depth);
    }
    return at;
}

static inline bool is_opener(char c)
{
    return c == '{' || c == '[';
}

/* At an opener; ends where a value is due: in it, or behind it if empty. */
static inline const char *enter(const char *at, const char *end,
                                struct json_depth *depth)
{
    if (!json_depth_push(depth, *at == '{', (size_t)(end - at)))
        return NULL;
    at = json_skip_space(at + 1, end);
    return at < end && *at == closer(depth) ? skip_to_next(at, end, depth)
                                            : skip_to_value(at, end, depth);
}

const char *json_nest_walk(const char *at, const char *end,
                           struct json_store *store)
{
    struct json_depth depth = {0, 0, store};
    at = enter(at, end, &depth);
    while (at != NULL && depth.n_levels > 0) {
        at = json_skip_space(at, end);
        if (at == end)
            return NULL;
        if (is_opener(*at)) {
            at = enter(at, end, &depth);
        } else {
            at = json_skip_scalar(at, end);
            if (at != NULL)
                at = skip_to_next(at, end, &depth);
        }
    }
    return at;
}

#ifdef JSON_HAS_X86
/* To ask the processor is a look at words that were set before main(). */
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul");
}
#endif

size_t json_forms(struct json_form forms_out[JSON_FORMS_MAX])
{
    size_t n = 0;
    forms_out[n++] = (struct json_form){"walk", json_nest_walk};
#ifdef JSON_HAS_X86
    forms_out[n++] = (struct json_form){"sse2", json_nest_sse2};
    if (has_avx2())
        forms_out[n++] = (struct json_form){"avx2", json_nest_avx2};
#endif
#ifdef JSON_HAS_NEON
    forms_out[n++] = (struct json_form){"neon", json_nest_neon};
#endif
    return n;
}

/* The widest form that there is; what is short is not worth its beginning. */
static const char *skip_nest(const char *at, const char *end,
                             struct json_store *store)
{
    enum { SHORT = 192 }; /* bytes */
    if (end - at < SHORT)
        return json_nest_walk(at, end, store);
#ifdef JSON_HAS_X86
    return has_avx2() ? json_nest_avx2(at, end, store)
                      : json_nest_sse2(at, end, store);
#elif defined(JSON_HAS_NEON)
    return json_nest_neon(at, end, store);
#else
    return json_nest_walk(at, end, store);
#endif
}

static const char *skip_container(const char *at, const char *end)
{
    struct json_store store;
    json_store_init(&store);
    at = skip_nest(at, end, &store);
    json_store_deinit(&store);
    return at;
}

bool json_skip_value(struct json *json, struct json_span *value_out)
{
    const char *text = json_skip_space(json->at, json->end);
    if (text == json->end)
        return false;
    json->at = is_opener(*text) ? skip_container(text, json->end)
                                : json_skip_scalar(text, json->end);
    if (json->at == NULL)
        return false;
    *value_out = (struct json_span){text, (size_t)(json->at - text)};
    return true;
}

char json_peek(struct json *json)
{
    json->at = json_skip_space(json->at, json->end);
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
