/*
 * Names others may call on us, each with its handlers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/monologue.h"
#include "proto/list.h"

struct methods {
    struct list handlers; /* struct handler, in order of adding */
    uint32_t listeners;   /* how many handlers one name may have */
    unsigned n_walks;     /* walks under way; handlers stay until they end */
};

void methods_init(struct methods *methods, uint32_t listeners);
void methods_deinit(struct methods *methods);

/* As monologue_on(). */
int methods_add(struct methods *methods, const char *name,
                monologue_handler_cb cb, void *data);

/* As monologue_off(): of several alike, the one added last goes. */
int methods_remove(struct methods *methods, const char *name,
                   monologue_handler_cb cb, void *data);

typedef void (*methods_visit_cb)(monologue_handler_cb cb, void *data,
                                 void *visit_data);

/* Whether anybody handles @name. */
bool methods_has(const struct methods *methods, const char *name);

/*
 * Visits the handlers of @name, in order. The visitor may add handlers, which
 * are not visited this time, and remove them: then they are not visited.
 */
void methods_walk(struct methods *methods, const char *name,
                  methods_visit_cb visit, void *visit_data);
