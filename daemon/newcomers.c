#include "daemon/newcomers.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/connection.h"
#include "daemon/entrances.h"
#include "daemon/gate.h"
#include "daemon/worker.h"

enum { ACCEPTS_MAX = 64 }; /* at one door in one turn */

static const struct entrance *entrance_of(const struct worker *w,
                                          const struct socket *door)
{
    return &w->pool->entrances->sockets[door - w->newcomers.doors];
}

static void close_doors(struct newcomers *newcomers)
{
    for (size_t i = 0; i < newcomers->n_doors; i++)
        socket_ignore(&newcomers->doors[i]);
    newcomers->n_doors = 0;
}

static int open_doors(struct newcomers *newcomers, struct worker *w)
{
    const struct entrances *entrances = w->pool->entrances;
    for (size_t i = 0; i < entrances->n_sockets; i++) {
        int rc = socket_watch_newcomers(&newcomers->doors[i], &w->sockets,
                                        entrances->sockets[i].fd);
        if (rc) {
            close_doors(newcomers);
            return rc;
        }
        newcomers->n_doors++;
    }
    return 0;
}

int newcomers_open(struct newcomers *newcomers, struct worker *worker)
{
    newcomers->doors =
        calloc(worker->pool->entrances->n_sockets, sizeof *newcomers->doors);
    if (!newcomers->doors)
        return -ENOMEM;
    acceptor_init(&newcomers->acceptor);
    return open_doors(newcomers, worker);
}

/* The worker that was chosen has ended, or there is no memory to tell it. */
static void serve_instead(struct worker *w, struct worker *chosen,
                          struct mail_socket socket)
{
    atomic_fetch_add_explicit(&w->n_connections, 1, memory_order_relaxed);
    worker_miss(chosen);
    connection_new(w, socket);
}

/* Takes @fd. */
static void admit(struct worker *w, const struct entrance *entrance, int fd)
{
    struct mail_socket socket = {.fd = fd, .is_tls = entrance->is_tls};
    struct worker *chosen = gate_admit(w->pool->gate, w, &socket.is_throttled);
    if (chosen == w) {
        connection_new(w, socket);
    } else if (!chosen) {
        close(fd);
        metrics_add(w->metrics, METRIC_TURNED_AWAY, 1);
    } else if (worker_hand_over(chosen, socket)) {
        serve_instead(w, chosen, socket);
    }
}

void newcomers_accept(struct worker *worker, struct socket *door)
{
    struct newcomers *newcomers = &worker->newcomers;
    const struct entrance *entrance = entrance_of(worker, door);
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        int fd = acceptor_take(&newcomers->acceptor, entrance->fd,
                               entrance->endpoint, worker_now_ms(worker));
        if (fd >= 0) {
            admit(worker, entrance, fd);
            continue;
        }
        if (fd == -EBUSY)
            close_doors(newcomers);
        else if (fd == -EINVAL)
            socket_ignore(door); /* the server is ending */
        return;
    }
}

uint64_t newcomers_due_ms(const struct newcomers *newcomers)
{
    uint64_t resume_ms = newcomers->acceptor.resume_ms;
    return resume_ms ? resume_ms : DEADLINE_NEVER;
}

void newcomers_resume(struct worker *worker)
{
    struct newcomers *newcomers = &worker->newcomers;
    if (newcomers_due_ms(newcomers) > worker_now_ms(worker))
        return;
    acceptor_resume(&newcomers->acceptor);
    if (open_doors(newcomers, worker))
        acceptor_pause(&newcomers->acceptor, worker_now_ms(worker));
}

void newcomers_close(struct newcomers *newcomers)
{
    if (!newcomers->doors)
        return;
    close_doors(newcomers);
    acceptor_deinit(&newcomers->acceptor);
    newcomers->acceptor.resume_ms = 0;
    free(newcomers->doors);
    newcomers->doors = NULL;
}
