/*
 * The containers that a JSON scanner is in, a bit each: object or array.
 *
 * The innermost WORD_LEVELS or fewer are kept at hand, the others by full words
 * in the store: 512 levels in all without an allocation, then one. The two are
 * apart so that a compiler can keep the first in registers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    JSON_WORD_LEVELS = 64,
    JSON_OWN_WORDS = 512 / JSON_WORD_LEVELS - 1,
};

struct json_store {
    uint64_t *words; /* own, or allocated */
    uint64_t own[JSON_OWN_WORDS];
};

struct json_depth {
    uint64_t top;    /* the innermost level in bit 0; 1: an object */
    size_t n_levels; /* 0: outside of all */
    struct json_store *store;
};

static inline void json_store_init(struct json_store *store)
{
    store->words = store->own;
}

static inline void json_store_deinit(struct json_store *store)
{
    if (store->words != store->own)
        free(store->words);
}

/* Stores the @n-th full word; @left levels more are all that can follow. */
static inline bool json_store_word(struct json_store *store, size_t n,
                                   uint64_t word, size_t left)
{
    if (n == JSON_OWN_WORDS && store->words == store->own) {
        size_t max_words = n + 1 + left / JSON_WORD_LEVELS;
        uint64_t *words = malloc(max_words * sizeof *words);
        if (words == NULL)
            return false;
        memcpy(words, store->own, sizeof store->own);
        store->words = words;
    }
    store->words[n] = word;
    return true;
}

/*
 * Enters a container.
 * @left: how many levels can still follow, such as the bytes that are left
 * Returns false if memory ran out.
 */
static inline bool json_depth_push(struct json_depth *depth, bool is_object,
                                   size_t left)
{
    size_t n = depth->n_levels++;
    if (n % JSON_WORD_LEVELS == 0 && n > 0 &&
        !json_store_word(depth->store, n / JSON_WORD_LEVELS - 1, depth->top,
                         left))
        return false;
    depth->top = depth->top << 1 | is_object;
    return true;
}

/* Leaves the innermost container, of which there must be one. */
static inline void json_depth_pop(struct json_depth *depth)
{
    size_t n = --depth->n_levels;
    depth->top >>= 1;
    if (n % JSON_WORD_LEVELS == 0 && n > 0)
        depth->top = depth->store->words[n / JSON_WORD_LEVELS - 1];
}

/* Whether the innermost container is an object. */
static inline bool json_depth_is_object(const struct json_depth *depth)
{
    return depth->top & 1;
}
