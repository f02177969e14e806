#include "daemon/entrances.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/log.h"
#include "daemon/notify.h"

enum { PASSED_MAX = 64 }; /* sockets that a service manager may pass */

static void add_sockets(struct entrances *e, const struct listener *listener,
                        bool is_tls)
{
    const int *fds;
    size_t n = listener_sockets(listener, &fds);
    for (size_t i = 0; i < n; i++)
        e->sockets[e->n_sockets++] =
            (struct entrance){fds[i], is_tls, listener_endpoint(listener)};
}

static int add_listener(struct entrances *e, const char *stage,
                        const struct listen_address *address, int passed_fd,
                        struct errmsg *errmsg)
{
    struct listener *listener;
    int rc = listener_open(address, passed_fd, &listener, errmsg);
    if (rc)
        return rc;
    e->listeners[e->n_listeners++] = listener;
    add_sockets(e, listener, address->is_tls);
    if (asprintf(&e->endpoints[e->n_listeners - 1], "%s/%s",
                 listener_endpoint(listener), stage) < 0) {
        e->endpoints[e->n_listeners - 1] = NULL;
        return -ENOMEM;
    }
    log_info("listening endpoint=%s", e->endpoints[e->n_listeners - 1]);
    return 0;
}

static int add_passed_listeners(struct entrances *e, const char *stage,
                                const struct listen_address *address,
                                struct errmsg *errmsg)
{
    int fds[PASSED_MAX];
    size_t n = notify_passed_sockets(fds, PASSED_MAX);
    int rc = 0;
    if (e->has_passed) {
        errmsg_set(errmsg, "listen systemd: may stand there once: all sockets "
                           "that are passed to us are of one kind");
        return -EINVAL;
    }
    e->has_passed = true;
    if (n == 0) {
        errmsg_set(errmsg, "listen systemd: no socket was passed to us: start "
                           "monologued.socket, or listen on an address");
        return -EINVAL;
    }
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_listener(e, stage, address, fds[i], errmsg);
    return rc;
}

int entrances_open(struct entrances *entrances, const struct config *config,
                   struct errmsg *errmsg)
{
    struct entrances *e = entrances;
    size_t most = config->n_listen + PASSED_MAX;
    int rc = 0;
    e->listeners = calloc(most, sizeof *e->listeners);
    e->sockets = calloc(most * LISTENER_SOCKETS_MAX, sizeof *e->sockets);
    e->endpoints = calloc(most + 1, sizeof *e->endpoints);
    if (!e->listeners || !e->sockets || !e->endpoints)
        return -ENOMEM;
    for (size_t i = 0; i < config->n_listen && rc == 0; i++) {
        const struct listen_address *address = &config->listen[i];
        rc = address->kind == LISTEN_SYSTEMD
                 ? add_passed_listeners(e, config->stage, address, errmsg)
                 : add_listener(e, config->stage, address, -1, errmsg);
    }
    return rc;
}

void entrances_stop(struct entrances *entrances)
{
    for (size_t i = 0; i < entrances->n_listeners; i++)
        listener_stop(entrances->listeners[i]);
}

void entrances_deinit(struct entrances *entrances)
{
    for (size_t i = 0; i < entrances->n_listeners; i++)
        listener_close(entrances->listeners[i]);
    free(entrances->listeners);
    free(entrances->sockets);
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
