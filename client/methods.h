/*
 * Names others may call on us, and patterns of them, each with its handlers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/monologue.h"
#include "proto/list.h"

enum { METHODS_BUCKETS = 64 };

/* One of the two callbacks; the other is NULL. */
struct methods_handler {
    monologue_handler_cb cb;
    monologue_raw_handler_cb raw_cb;
    void *data;
};

struct methods {
    struct list names[METHODS_BUCKETS]; /* struct method, by hash */
    struct list patterns;               /* struct method, in order of calling */
    uint32_t listeners; /* how many handlers one name may have */
    unsigned n_walks;   /* walks under way; handlers stay until they end */
    bool is_littered;   /* some have been removed meanwhile */
    uint64_t n_added;   /* handlers, ever */
};

void methods_init(struct methods *methods, uint32_t listeners);
void methods_deinit(struct methods *methods);

/* As monologue_on(). */
int methods_add(struct methods *methods, const char *name,
                const struct methods_handler *handler);

/* As monologue_off(): of several alike, the one added last goes. */
int methods_remove(struct methods *methods, const char *name,
                   const struct methods_handler *handler);

/* Whether anybody handles @name, by itself or by a pattern. */
bool methods_has(const struct methods *methods, const char *name);

typedef void (*methods_visit_cb)(const struct methods_handler *handler,
                                 void *visit_data);

/*
 * Visits the handlers of @name, in the order that monologue_on() tells. The
 * visitor may add handlers, which are not visited this time, and remove them:
 * then they are not visited.
 */
void methods_walk(struct methods *methods, const char *name,
                  methods_visit_cb visit, void *visit_data);
