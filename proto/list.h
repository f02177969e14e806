/*
 * An intrusive list: the links live inside the things that are listed.
 *
 * A list and a link are the same struct; a link that is in no list points at
 * itself, so that removing it twice does no harm.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The struct of @type whose member @member is the link @node. */
#define list_entry(node, type, member) \
    ((type *)((char *)(node)-offsetof(type, member)))

/* Walks @head; @node may be removed, moved or freed meanwhile, @after not. */
#define list_for_each(node, after, head)                        \
    for (struct list *node = (head)->next, *after = node->next; \
         node != (head); node = after, after = node->next)

static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* Puts @node, which is in no list, at the end. */
static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Takes the first node out of @head, which is not empty. */
static inline struct list *list_take_first(struct list *head)
{
    struct list *node = head->next;
    head->next = node->next;
    head->next->prev = head;
    list_init(node);
    return node;
}

/* Takes @node out of its list, if any, and puts it at the end of @head. */
static inline void list_move(struct list *head, struct list *node)
{
    list_remove(node);
    list_append(head, node);
}

/* Appends all of @from to @to in order and leaves @from empty. */
static inline void list_splice(struct list *to, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}
