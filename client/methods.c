#include "client/methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/pattern.h"

/*
 * Names are found by their hash; patterns are tried one by one, and stand in
 * the order in which their handlers are called. What is removed while somebody
 * walks only loses its callbacks; the outermost walk frees it when it ends.
 */

struct method {
    struct list link;     /* in methods.names or methods.patterns */
    struct list handlers; /* struct entry, in order of adding; never empty */
    char name[];
};

struct entry {
    struct list link;               /* in method.handlers */
    struct methods_handler handler; /* without callbacks: removed */
    uint64_t number;                /* methods.n_added when it was added */
};

void methods_init(struct methods *methods, uint32_t listeners)
{
    *methods = (struct methods){.listeners = listeners};
    for (int i = 0; i < METHODS_BUCKETS; i++)
        list_init(&methods->names[i]);
    list_init(&methods->patterns);
}

static void drop_method(struct method *method)
{
    list_remove(&method->link);
    free(method);
}

static void free_method(struct method *method)
{
    list_for_each (node, next, &method->handlers)
        free(list_entry(node, struct entry, link));
    drop_method(method);
}

static void free_list(struct list *list)
{
    list_for_each (node, next, list)
        free_method(list_entry(node, struct method, link));
}

void methods_deinit(struct methods *methods)
{
    for (int i = 0; i < METHODS_BUCKETS; i++)
        free_list(&methods->names[i]);
    free_list(&methods->patterns);
}

/* FNV-1a; what is in the table is the program's own, so anything will do. */
static unsigned find_bucket(const char *name)
{
    uint32_t hash = 2166136261;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619;
    return (hash ^ hash >> 16) % METHODS_BUCKETS;
}

static const struct list *list_of(const struct methods *methods,
                                  const char *name)
{
    return pattern_is_one(name) ? &methods->patterns
                                : &methods->names[find_bucket(name)];
}

static struct method *find_in(const struct list *list, const char *name)
{
    list_for_each (node, next, list) {
        struct method *method = list_entry(node, struct method, link);
        if (strcmp(method->name, name) == 0)
            return method;
    }
    return NULL;
}

static bool is_removed(const struct entry *entry)
{
    return !entry->handler.cb && !entry->handler.raw_cb;
}

static uint32_t count(const struct method *method)
{
    uint32_t n = 0;
    list_for_each (node, next, &method->handlers)
        n += !is_removed(list_entry(node, struct entry, link));
    return n;
}

static size_t find_most_common(struct list *patterns, const char *name)
{
    size_t most = 0;
    list_for_each (node, next, patterns) {
        size_t common =
            pattern_common(name, list_entry(node, struct method, link)->name);
        if (common > most)
            most = common;
    }
    return most;
}

/* Before whom a new pattern goes. Those that it has most parts in common with
 * stand together: among them or behind the last. */
static struct list *find_place(struct list *patterns, const char *name)
{
    size_t most = find_most_common(patterns, name);
    struct list *place = patterns;
    list_for_each (node, next, patterns) {
        const char *other = list_entry(node, struct method, link)->name;
        if (pattern_common(name, other) < most)
            continue;
        if (pattern_precedes(name, other, most))
            return node;
        place = next;
    }
    return place;
}

static struct method *add_method(struct methods *methods, const char *name)
{
    size_t size = strlen(name) + 1;
    struct method *method = malloc(sizeof *method + size);
    if (!method)
        return NULL;
    memcpy(method->name, name, size);
    list_init(&method->handlers);
    list_append(pattern_is_one(name) ? find_place(&methods->patterns, name)
                                     : &methods->names[find_bucket(name)],
                &method->link);
    return method;
}

int methods_add(struct methods *methods, const char *name,
                const struct methods_handler *handler)
{
    if (*name == '\0' || strlen(name) > MONOLOGUE_MAX_NAME ||
        !pattern_is_valid(name))
        return -EINVAL;
    struct method *method = find_in(list_of(methods, name), name);
    if (method && count(method) >= methods->listeners)
        return -ENOSPC;
    struct entry *entry = malloc(sizeof *entry);
    if (entry && !method)
        method = add_method(methods, name);
    if (!method || !entry) {
        free(entry);
        return -ENOMEM;
    }
    *entry = (struct entry){.handler = *handler, .number = methods->n_added++};
    list_append(&method->handlers, &entry->link);
    return 0;
}

static void sweep_method(struct method *method)
{
    list_for_each (node, next, &method->handlers) {
        struct entry *entry = list_entry(node, struct entry, link);
        if (!is_removed(entry))
            continue;
        list_remove(&entry->link);
        free(entry);
    }
    if (list_is_empty(&method->handlers))
        drop_method(method);
}

static bool is_same(const struct methods_handler *a,
                    const struct methods_handler *b)
{
    return a->cb == b->cb && a->raw_cb == b->raw_cb && a->data == b->data;
}

int methods_remove(struct methods *methods, const char *name,
                   const struct methods_handler *handler)
{
    struct method *method = find_in(list_of(methods, name), name);
    struct entry *found = NULL;
    if (!method)
        return -ENOENT;
    list_for_each (node, next, &method->handlers) {
        struct entry *entry = list_entry(node, struct entry, link);
        if (is_same(&entry->handler, handler))
            found = entry;
    }
    if (!found)
        return -ENOENT;
    found->handler = (struct methods_handler){0};
    if (methods->n_walks > 0)
        methods->is_littered = true;
    else
        sweep_method(method);
    return 0;
}

bool methods_has(const struct methods *methods, const char *name)
{
    const struct method *method =
        find_in(&methods->names[find_bucket(name)], name);
    if (method && count(method) > 0)
        return true;
    list_for_each (node, next, &methods->patterns) {
        const struct method *pattern = list_entry(node, struct method, link);
        if (count(pattern) > 0 && pattern_matches(pattern->name, name))
            return true;
    }
    return false;
}

static void sweep_list(struct list *list)
{
    list_for_each (node, next, list)
        sweep_method(list_entry(node, struct method, link));
}

static void sweep(struct methods *methods)
{
    for (int i = 0; i < METHODS_BUCKETS; i++)
        sweep_list(&methods->names[i]);
    sweep_list(&methods->patterns);
    methods->is_littered = false;
}

/* A walk, and what its visitor may change: handlers that come meanwhile have a
 * number that is not less than @n_added. */
struct walk {
    uint64_t n_added;
    methods_visit_cb visit;
    void *data;
};

static void visit_method(const struct method *method, const struct walk *walk)
{
    list_for_each (node, next, &method->handlers) {
        const struct entry *entry = list_entry(node, struct entry, link);
        const struct methods_handler handler = entry->handler;
        if (!is_removed(entry) && entry->number < walk->n_added)
            walk->visit(&handler, walk->data);
    }
}

void methods_walk(struct methods *methods, const char *name,
                  methods_visit_cb visit, void *visit_data)
{
    const struct walk walk = {methods->n_added, visit, visit_data};
    const struct method *method =
        find_in(&methods->names[find_bucket(name)], name);
    methods->n_walks++;
    if (method)
        visit_method(method, &walk);
    list_for_each (node, next, &methods->patterns) {
        const struct method *pattern = list_entry(node, struct method, link);
        if (pattern_matches(pattern->name, name))
            visit_method(pattern, &walk);
    }
    if (--methods->n_walks == 0 && methods->is_littered)
        sweep(methods);
}
