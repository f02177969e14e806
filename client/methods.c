#include "client/methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A program has a handful of names, so one list holds the handlers of all. A
 * handler that is removed while somebody walks the list only loses its
 * callback; the outermost walk frees it when it ends.
 */

struct handler {
    struct list link;        /* in methods.handlers */
    monologue_handler_cb cb; /* NULL: removed */
    void *data;
    char name[];
};

void methods_init(struct methods *methods, uint32_t listeners)
{
    list_init(&methods->handlers);
    methods->listeners = listeners;
    methods->n_walks = 0;
}

static void discard(struct handler *handler)
{
    list_remove(&handler->link);
    free(handler);
}

void methods_deinit(struct methods *methods)
{
    list_for_each (node, next, &methods->handlers)
        discard(list_entry(node, struct handler, link));
}

static bool answers(const struct handler *handler, const char *name)
{
    return handler->cb && strcmp(handler->name, name) == 0;
}

static uint32_t count(const struct methods *methods, const char *name)
{
    uint32_t n = 0;
    list_for_each (node, next, &methods->handlers)
        n += answers(list_entry(node, struct handler, link), name);
    return n;
}

bool methods_has(const struct methods *methods, const char *name)
{
    return count(methods, name) > 0;
}

int methods_add(struct methods *methods, const char *name,
                monologue_handler_cb cb, void *data)
{
    if (*name == '\0')
        return -EINVAL;
    if (count(methods, name) >= methods->listeners)
        return -ENOSPC;
    size_t size = strlen(name) + 1;
    struct handler *handler = malloc(sizeof *handler + size);
    if (!handler)
        return -ENOMEM;
    *handler = (struct handler){.cb = cb, .data = data};
    memcpy(handler->name, name, size);
    list_append(&methods->handlers, &handler->link);
    return 0;
}

int methods_remove(struct methods *methods, const char *name,
                   monologue_handler_cb cb, void *data)
{
    struct handler *found = NULL;
    list_for_each (node, next, &methods->handlers) {
        struct handler *handler = list_entry(node, struct handler, link);
        if (answers(handler, name) && handler->cb == cb &&
            handler->data == data)
            found = handler;
    }
    if (!found)
        return -ENOENT;
    if (methods->n_walks > 0)
        found->cb = NULL;
    else
        discard(found);
    return 0;
}

static void sweep(struct methods *methods)
{
    list_for_each (node, next, &methods->handlers) {
        struct handler *handler = list_entry(node, struct handler, link);
        if (!handler->cb)
            discard(handler);
    }
}

void methods_walk(struct methods *methods, const char *name,
                  methods_visit_cb visit, void *visit_data)
{
    struct list *last = methods->handlers.prev;
    struct list *node = &methods->handlers;
    methods->n_walks++;
    while (node != last) {
        node = node->next;
        struct handler *handler = list_entry(node, struct handler, link);
        if (answers(handler, name))
            visit(handler->cb, handler->data, visit_data);
    }
    if (--methods->n_walks == 0)
        sweep(methods);
}
