/*
 * The forms of stepping over a nested JSON value: one question, answered with
 * what a processor has. For json.c, which chooses, and for those who compare.
 */
#pragma once

#include "proto/json_depth.h"

#if defined(__x86_64__)
#define JSON_HAS_X86
#elif defined(__aarch64__)
#define JSON_HAS_NEON
#endif

/*
 * Steps over an object or array.
 * @at:    at its opener, before @end
 * @store: initialised; may hold memory afterwards
 * Returns where it ends, behind its closer, or NULL if the text is not JSON up
 * to there, or memory for @store ran out.
 */
typedef const char *(*json_nest_cb)(const char *at, const char *end,
                                    struct json_store *store);

/* Token by token; runs anywhere. */
const char *json_nest_walk(const char *at, const char *end,
                           struct json_store *store);

/* By bits of 64 bytes; only where the processor has what they are named for. */
#ifdef JSON_HAS_X86
const char *json_nest_sse2(const char *at, const char *end,
                           struct json_store *store);
const char *json_nest_avx2(const char *at, const char *end,
                           struct json_store *store);
#endif
#ifdef JSON_HAS_NEON
const char *json_nest_neon(const char *at, const char *end,
                           struct json_store *store);
#endif

struct json_form {
    const char *name; /* lives forever */
    json_nest_cb nest;
};

enum { JSON_FORMS_MAX = 3 };

/*
 * Lists the forms that this machine can run, the widest last.
 * Returns how many there are, at least 1.
 */
size_t json_forms(struct json_form forms_out[JSON_FORMS_MAX]);
