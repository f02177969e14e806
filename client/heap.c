#include "client/heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum { CAPACITY_MIN = 16 };

void heap_deinit(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){0};
}

int heap_reserve(struct heap *heap)
{
    if (heap->n_nodes < heap->capacity)
        return 0;
    size_t capacity = heap->capacity ? 2 * heap->capacity : CAPACITY_MIN;
    struct heap_node **nodes =
        realloc(heap->nodes, capacity * sizeof *heap->nodes);
    if (!nodes)
        return -ENOMEM;
    heap->nodes = nodes;
    heap->capacity = capacity;
    return 0;
}

static bool is_earlier(const struct heap_node *a, const struct heap_node *b)
{
    return a->due_ms < b->due_ms ||
           (a->due_ms == b->due_ms && a->order < b->order);
}

static void put(struct heap *heap, size_t at, struct heap_node *node)
{
    heap->nodes[at] = node;
    node->at = at;
}

/* The place @at is free: @node goes there, or further up. */
static void rise(struct heap *heap, size_t at, struct heap_node *node)
{
    while (at > 0 && is_earlier(node, heap->nodes[(at - 1) / 2])) {
        put(heap, at, heap->nodes[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(heap, at, node);
}

/* The place @at is free: @node goes there, or further down. */
static void sink(struct heap *heap, size_t at, struct heap_node *node)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < heap->n_nodes &&
            is_earlier(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (child >= heap->n_nodes || !is_earlier(heap->nodes[child], node))
            break;
        put(heap, at, heap->nodes[child]);
        at = child;
    }
    put(heap, at, node);
}

void heap_add(struct heap *heap, struct heap_node *node, uint64_t due_ms)
{
    node->due_ms = due_ms;
    node->order = heap->n_added++;
    rise(heap, heap->n_nodes++, node);
}

/* The last node takes the free place, and goes from there where it belongs. */
void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t at = node->at;
    if (at == HEAP_NOWHERE)
        return;
    node->at = HEAP_NOWHERE;
    struct heap_node *last = heap->nodes[--heap->n_nodes];
    if (last == node)
        return;
    if (is_earlier(last, node))
        rise(heap, at, last);
    else
        sink(heap, at, last);
}
