/*
 * What the prompt listens to: names, and how each is answered.
 */
#pragma once

#include <uv.h>

#include "client/monologue.h"
#include "proto/list.h"

struct listens {
    uv_loop_t *loop;
    struct list items;   /* struct listen */
    struct list retired; /* those no longer heard, until their commands end */
    /* Shown each call that came in; may be NULL. */
    void (*heard)(const struct monologue_request *request, const char *args,
                  size_t size);
};

void listens_init(struct listens *listens, uv_loop_t *loop);

/*
 * Listens to @name, on @monologue if that is not NULL. One that is listened to
 * already is answered anew.
 * @value:   JSON text, copied; the answer, unless there is a command
 * @command: NULL-terminated, copied; NULL: there is none
 * Returns 0, or as monologue_on().
 */
int listens_add(struct listens *listens, struct monologue *monologue,
                const char *name, const char *value, char *const command[]);

/* Returns 0 or -ENOENT. */
int listens_remove(struct listens *listens, struct monologue *monologue,
                   const char *name);

/* Adds all to a new client. Returns 0, or as monologue_on(). */
int listens_attach(struct listens *listens, struct monologue *monologue);

/* Calls @visit with each name. */
void listens_each(const struct listens *listens,
                  void (*visit)(const char *name, void *data), void *data);

/* Asks commands that still run to end; then the loop must run dry. */
void listens_stop(struct listens *listens);
/* After that. */
void listens_deinit(struct listens *listens);
