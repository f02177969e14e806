#include "proto/list.h"

#include "tests/lib/suite.h"

struct item {
    struct list link;
    int value;
};

static int sum_in_order(struct list *head)
{
    int sum = 0;
    list_for_each (node, after, head)
        sum = sum * 10 + list_entry(node, struct item, link)->value;
    return sum;
}

START_TEST(items_stand_in_order_of_appending)
{
    struct list head;
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    list_init(&head);
    ck_assert(list_is_empty(&head));
    for (int i = 0; i < 3; i++)
        list_append(&head, &items[i].link);
    ck_assert_int_eq(sum_in_order(&head), 123);
    list_move(&head, &items[0].link);
    ck_assert_int_eq(sum_in_order(&head), 231);
}
END_TEST

START_TEST(removing_twice_does_no_harm)
{
    struct list head;
    struct item items[2] = {{.value = 1}, {.value = 2}};
    list_init(&head);
    list_append(&head, &items[0].link);
    list_append(&head, &items[1].link);
    list_remove(&items[0].link);
    list_remove(&items[0].link);
    ck_assert_int_eq(sum_in_order(&head), 2);
}
END_TEST

START_TEST(the_first_can_be_taken_until_none_is_left)
{
    struct list head;
    struct item items[2] = {{.value = 1}, {.value = 2}};
    list_init(&head);
    list_append(&head, &items[0].link);
    list_append(&head, &items[1].link);
    ck_assert_ptr_eq(list_take_first(&head), &items[0].link);
    ck_assert(list_is_empty(&items[0].link));
    ck_assert_int_eq(sum_in_order(&head), 2);
    ck_assert_ptr_eq(list_take_first(&head), &items[1].link);
    ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(splicing_moves_all_and_keeps_the_order)
{
    struct list a, b;
    struct item items[4] = {
        {.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};
    list_init(&a);
    list_init(&b);
    list_append(&a, &items[0].link);
    list_splice(&a, &b);
    for (int i = 1; i < 4; i++)
        list_append(&b, &items[i].link);
    list_splice(&a, &b);
    ck_assert_int_eq(sum_in_order(&a), 1234);
    ck_assert(list_is_empty(&b));
}
END_TEST

START_TEST(the_walk_survives_removal_of_the_current)
{
    struct list head;
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    list_init(&head);
    for (int i = 0; i < 3; i++)
        list_append(&head, &items[i].link);
    list_for_each (node, after, &head)
        list_remove(node);
    ck_assert(list_is_empty(&head));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {items_stand_in_order_of_appending,
                                  removing_twice_does_no_harm,
                                  the_first_can_be_taken_until_none_is_left,
                                  splicing_moves_all_and_keeps_the_order,
                                  the_walk_survives_removal_of_the_current,
                                  NULL};
    return suite_run("list", tests);
}
