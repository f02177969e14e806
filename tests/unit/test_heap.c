#include "client/heap.h"

#include <stdlib.h>

#include "tests/lib/suite.h"

enum { N_NODES = 1000 };

static struct heap heap;
static struct heap_node nodes[N_NODES];

static void add(struct heap_node *node, uint64_t due_ms)
{
    node->at = HEAP_NOWHERE;
    ck_assert_int_eq(heap_reserve(&heap), 0);
    heap_add(&heap, node, due_ms);
}

/* Takes out all that is left; each must be due no earlier than the one before,
 * and among equals have come later. Returns how many there were. */
static unsigned drain(void)
{
    unsigned n = 0;
    const struct heap_node *before = NULL;
    for (struct heap_node *node; (node = heap_first(&heap)) != NULL; n++) {
        heap_remove(&heap, node);
        ck_assert_uint_eq(node->at, HEAP_NOWHERE);
        if (before) {
            ck_assert_uint_le(before->due_ms, node->due_ms);
            if (before->due_ms == node->due_ms)
                ck_assert_uint_lt(before->order, node->order);
        }
        before = node;
    }
    heap_deinit(&heap);
    return n;
}

START_TEST(an_empty_heap_has_no_first)
{
    ck_assert_ptr_null(heap_first(&heap));
    ck_assert_uint_eq(drain(), 0);
}
END_TEST

START_TEST(what_is_due_first_comes_first)
{
    srand(1);
    for (int i = 0; i < N_NODES; i++)
        add(&nodes[i], (uint64_t)rand() % 100);
    ck_assert_uint_eq(drain(), N_NODES);
}
END_TEST

START_TEST(any_node_can_be_taken_out)
{
    srand(2);
    for (int i = 0; i < N_NODES; i++)
        add(&nodes[i], (uint64_t)rand());
    for (int i = 0; i < N_NODES; i += 3) {
        heap_remove(&heap, &nodes[i]);
        heap_remove(&heap, &nodes[i]); /* does no harm */
    }
    ck_assert_uint_eq(drain(), N_NODES - (N_NODES + 2) / 3);
}
END_TEST

START_TEST(every_order_of_seven_comes_out_sorted)
{
    enum { N_ORDERS = 7 * 6 * 5 * 4 * 3 * 2 };
    for (uint64_t i = 0; i < N_ORDERS; i++) {
        uint64_t left = 0x6543210; /* a digit each */
        uint64_t code = i;
        for (unsigned n = 7; n > 0; n--) {
            unsigned at = 4 * (unsigned)(code % n);
            code /= n;
            add(&nodes[7 - n], left >> at & 15);
            left =
                (left & ((UINT64_C(1) << at) - 1)) | (left >> (at + 4) << at);
        }
        heap_remove(&heap, &nodes[i % 7]);
        ck_assert_uint_eq(drain(), 6);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_empty_heap_has_no_first, what_is_due_first_comes_first,
        any_node_can_be_taken_out, every_order_of_seven_comes_out_sorted, NULL};
    return suite_run("heap", tests);
}
