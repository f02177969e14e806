/*
 * Things that fall due, the earliest at hand: a binary heap.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Embedded in the thing itself. */
struct heap_node {
    uint64_t due_ms;
    uint64_t order; /* of adding: decides between two that are due at once */
    size_t at;      /* in heap.nodes; HEAP_NOWHERE while in no heap */
};

#define HEAP_NOWHERE SIZE_MAX

struct heap {
    struct heap_node **nodes; /* owned; each no later than 2n+1 and 2n+2 */
    size_t n_nodes;
    size_t capacity;
    uint64_t n_added;
};

/* All zero is an empty heap. */
void heap_deinit(struct heap *heap);

/* Makes room for one more. Returns 0, or -ENOMEM with nothing changed. */
int heap_reserve(struct heap *heap);

/* Adds @node, for which heap_reserve() has made room. */
void heap_add(struct heap *heap, struct heap_node *node, uint64_t due_ms);

/* Takes @node out, wherever it is; does no harm when it is in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* The node that is due first, added first among equals; NULL: none. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
    return heap->n_nodes > 0 ? heap->nodes[0] : NULL;
}
