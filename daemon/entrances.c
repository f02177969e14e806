#include "daemon/entrances.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/log.h"
#include "daemon/notify.h"

enum { PASSED_MAX = 64 }; /* sockets that a service manager may pass */

struct opening {
    struct entrances *entrances;
    uv_loop_t *loop;
    const struct config *config;
    listener_cb cb;
    void *data;
};

static int add_listener(struct opening *o, const struct listen_address *address,
                        int passed_fd, struct errmsg *errmsg)
{
    struct entrances *e = o->entrances;
    struct listener *listener;
    int rc = listener_open(o->loop, address, passed_fd, o->cb, o->data,
                           &listener, errmsg);
    if (rc)
        return rc;
    e->listeners[e->n_listeners++] = listener;
    if (asprintf(&e->endpoints[e->n_listeners - 1], "%s/%s",
                 listener_endpoint(listener), o->config->stage) < 0) {
        e->endpoints[e->n_listeners - 1] = NULL;
        return -ENOMEM;
    }
    log_info("listening endpoint=%s", e->endpoints[e->n_listeners - 1]);
    return 0;
}

static int add_passed_listeners(struct opening *o,
                                const struct listen_address *address,
                                struct errmsg *errmsg)
{
    int fds[PASSED_MAX];
    size_t n = notify_passed_sockets(fds, PASSED_MAX);
    int rc = 0;
    if (o->entrances->has_passed) {
        errmsg_set(errmsg, "listen systemd: may stand there once: all sockets "
                           "that are passed to us are of one kind");
        return -EINVAL;
    }
    o->entrances->has_passed = true;
    if (n == 0) {
        errmsg_set(errmsg, "listen systemd: no socket was passed to us: start "
                           "monologued.socket, or listen on an address");
        return -EINVAL;
    }
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_listener(o, address, fds[i], errmsg);
    return rc;
}

int entrances_open(struct entrances *entrances, uv_loop_t *loop,
                   const struct config *config, listener_cb cb, void *data,
                   struct errmsg *errmsg)
{
    struct opening opening = {entrances, loop, config, cb, data};
    size_t most = config->n_listen + PASSED_MAX;
    int rc = 0;
    entrances->listeners = calloc(most, sizeof *entrances->listeners);
    entrances->endpoints = calloc(most + 1, sizeof *entrances->endpoints);
    if (!entrances->listeners || !entrances->endpoints)
        return -ENOMEM;
    for (size_t i = 0; i < config->n_listen && rc == 0; i++) {
        const struct listen_address *address = &config->listen[i];
        rc = address->kind == LISTEN_SYSTEMD
                 ? add_passed_listeners(&opening, address, errmsg)
                 : add_listener(&opening, address, -1, errmsg);
    }
    return rc;
}

void entrances_start(struct entrances *entrances)
{
    for (size_t i = 0; i < entrances->n_listeners; i++)
        listener_start(entrances->listeners[i]);
}

void entrances_close(struct entrances *entrances)
{
    for (size_t i = 0; i < entrances->n_listeners; i++)
        listener_close(entrances->listeners[i]);
    entrances->n_listeners = 0;
}

void entrances_deinit(struct entrances *entrances)
{
    free(entrances->listeners);
    for (size_t i = 0; entrances->endpoints && entrances->endpoints[i]; i++)
        free(entrances->endpoints[i]);
    free(entrances->endpoints);
}

const char *entrances_endpoint(const struct entrances *entrances, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!entrances->endpoints[i])
            return NULL;
    return entrances->endpoints[index];
}
