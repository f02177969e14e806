#include "client/cli/listens.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/jobs.h"

enum { N_PARALLEL = 16 };

struct listen {
    struct list link; /* in listens.items or retired */
    struct listens *listens;
    char *name;     /* owned */
    char *value;    /* JSON; owned; the answer without a command */
    char **command; /* owned; or NULL */
    struct jobs jobs;
};

static void free_command(char **command)
{
    for (char **arg = command; arg && *arg; arg++)
        free(*arg);
    free(command);
}

/* Returns NULL when out of memory. */
static char **copy_command(char *const command[])
{
    size_t n = 0;
    while (command[n])
        n++;
    char **copy = calloc(n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = strdup(command[i]);
        if (!copy[i]) {
            free_command(copy);
            copy = NULL;
        }
    }
    return copy;
}

static void free_listen(struct listen *item)
{
    list_remove(&item->link);
    free_command(item->command);
    free(item->name);
    free(item->value);
    free(item);
}

void listens_init(struct listens *listens, uv_loop_t *loop)
{
    *listens = (struct listens){.loop = loop};
    list_init(&listens->items);
    list_init(&listens->retired);
}

static int answer(struct monologue_request *request, const char *args,
                  size_t size, void *data)
{
    struct listen *item = data;
    if (item->listens->heard)
        item->listens->heard(request, args, size);
    if (item->command)
        return jobs_serve(request, args, size, &item->jobs);
    (void)monologue_reply_raw(request, item->value, strlen(item->value));
    return MONOLOGUE_LATER;
}

static struct listen *find(const struct listens *listens, const char *name)
{
    list_for_each (node, next, &listens->items) {
        struct listen *item = list_entry(node, struct listen, link);
        if (strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

static struct listen *make(struct listens *listens, const char *name,
                           const char *value, char *const command[])
{
    struct listen *item = calloc(1, sizeof *item);
    if (!item)
        return NULL;
    list_init(&item->link);
    item->listens = listens;
    item->value = strdup(value);
    item->name = strdup(name);
    item->command = command ? copy_command(command) : NULL;
    jobs_init(&item->jobs, listens->loop, item->command, N_PARALLEL);
    if (item->name && item->value && (item->command || !command))
        return item;
    free_listen(item);
    return NULL;
}

int listens_add(struct listens *listens, struct monologue *monologue,
                const char *name, const char *value, char *const command[])
{
    struct listen *item = make(listens, name, value, command);
    if (!item)
        return -ENOMEM;
    (void)listens_remove(listens, monologue, name);
    int status =
        monologue ? monologue_on_raw(monologue, name, answer, item) : 0;
    if (status < 0)
        free_listen(item);
    else
        list_append(&listens->items, &item->link);
    return status;
}

int listens_remove(struct listens *listens, struct monologue *monologue,
                   const char *name)
{
    struct listen *item = find(listens, name);
    if (!item)
        return -ENOENT;
    if (monologue)
        (void)monologue_off_raw(monologue, name, answer, item);
    if (item->command)
        list_move(&listens->retired, &item->link);
    else
        free_listen(item);
    return 0;
}

int listens_attach(struct listens *listens, struct monologue *monologue)
{
    list_for_each (node, next, &listens->items) {
        struct listen *item = list_entry(node, struct listen, link);
        int status = monologue_on_raw(monologue, item->name, answer, item);
        if (status < 0)
            return status;
    }
    return 0;
}

void listens_each(const struct listens *listens,
                  void (*visit)(const char *name, void *data), void *data)
{
    list_for_each (node, next, &listens->items)
        visit(list_entry(node, struct listen, link)->name, data);
}

static void stop_all(const struct list *items)
{
    list_for_each (node, next, items)
        jobs_stop(&list_entry(node, struct listen, link)->jobs);
}

void listens_stop(struct listens *listens)
{
    stop_all(&listens->items);
    stop_all(&listens->retired);
}

void listens_deinit(struct listens *listens)
{
    list_for_each (node, next, &listens->items)
        free_listen(list_entry(node, struct listen, link));
    list_for_each (node, next, &listens->retired)
        free_listen(list_entry(node, struct listen, link));
}
