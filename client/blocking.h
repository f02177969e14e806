/*
 * A thread with a client on it, and jobs that other threads have it do.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "client/monologue.h"
#include "proto/list.h"

/* Lies on the stack of who waits for it. */
struct job {
    struct list link;
    /* Runs on the thread; blocking_finish() is called then or later, once. */
    void (*start)(struct monologue *m, struct job *job);
    bool is_slow; /* it waits for the loop, so the thread itself cannot */
    uv_sem_t done;
    int status;
};

/*
 * Has the thread do a job, and waits until it is finished.
 * Returns the status it was finished with, or -EDEADLK: the job is slow, and
 * this is the thread.
 */
int blocking_run(struct monologue_blocking *b, struct job *job);

/* The job is done; it is gone at once. */
void blocking_finish(struct job *job, int status);
