#include "daemon/deadlines.h"

#include <stddef.h>

enum { TOLERANCE_MAX_MS = 1000 };

void deadlines_init(struct deadline_queue *queue, uint64_t duration_ms,
                    bool is_touched)
{
    list_init(&queue->entries);
    queue->is_touched = is_touched;
    deadlines_set_duration(queue, duration_ms);
}

void deadlines_set_duration(struct deadline_queue *queue, uint64_t duration_ms)
{
    uint64_t eighth = duration_ms / 8;
    queue->duration_ms = duration_ms;
    queue->tolerance_ms = 0;
    if (queue->is_touched)
        queue->tolerance_ms =
            eighth < TOLERANCE_MAX_MS ? eighth : TOLERANCE_MAX_MS;
}

void deadline_init(struct deadline *deadline)
{
    list_init(&deadline->link);
    deadline->began_ms = 0;
}

void deadlines_add(struct deadline_queue *queue, struct deadline *deadline,
                   uint64_t now_ms)
{
    deadline->began_ms = now_ms;
    list_move(&queue->entries, &deadline->link);
}

void deadline_cancel(struct deadline *deadline)
{
    list_remove(&deadline->link);
}

uint64_t deadlines_next(const struct deadline_queue *queue)
{
    if (queue->duration_ms == 0 || list_is_empty(&queue->entries))
        return DEADLINE_NEVER;
    const struct deadline *head =
        list_entry(queue->entries.next, struct deadline, link);
    /* A touched entry may be active up to the tolerance after it began. */
    return head->began_ms + queue->duration_ms + queue->tolerance_ms;
}

struct deadline *deadlines_take_due(struct deadline_queue *queue,
                                    uint64_t now_ms)
{
    if (deadlines_next(queue) > now_ms)
        return NULL;
    struct deadline *head =
        list_entry(queue->entries.next, struct deadline, link);
    deadline_cancel(head);
    return head;
}
