/*
 * Calls of others, each answered by a run of a command.
 */
#pragma once

#include <uv.h>

#include "client/monologue.h"
#include "proto/list.h"

struct jobs {
    uv_loop_t *loop;
    char **argv;         /* NULL-terminated; the owner's */
    unsigned n_parallel; /* how many may run at once */
    struct list waiting; /* struct job */
    struct list running;
    unsigned n_running;
};

void jobs_init(struct jobs *jobs, uv_loop_t *loop, char **argv,
               unsigned n_parallel);

/* A handler for monologue_on_raw(); @data is the struct jobs. */
int jobs_serve(struct monologue_request *request, const char *args, size_t size,
               void *data);

/* Declines what waits and asks what runs to end; @jobs must live until the loop
 * has seen that. */
void jobs_stop(struct jobs *jobs);
