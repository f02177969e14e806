#include "client/drive.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "client/client.h"

/*
 * The descriptor is that of the loop's epoll set, which is readable when one of
 * those in it is ready. Timers are not in it, so the timeout must be asked for.
 * Nor is what libuv has put off until the loop turns, such as waiting for room
 * in a socket that took only half of a message: then the timeout is 0.
 */

int drive_new_loop(uv_loop_t **loop_out)
{
    uv_loop_t *loop = malloc(sizeof *loop);
    if (!loop)
        return -ENOMEM;
    int status = uv_loop_init(loop);
    if (status < 0)
        free(loop);
    else
        *loop_out = loop;
    return status;
}

void drive_end(struct monologue *m)
{
    uv_loop_t *loop = m->loop;
    uv_run(loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(loop);
    assert(status == 0); /* all that was on it is closed */
    free(loop);
    client_discard(m);
}

int monologue_fd(const struct monologue *m)
{
    return m->owns_loop ? uv_backend_fd(m->loop) : -EINVAL;
}

int monologue_events(const struct monologue *m)
{
    return m->owns_loop ? POLLIN : -EINVAL;
}

int monologue_timeout(const struct monologue *m)
{
    if (!m->owns_loop || !uv_loop_alive(m->loop))
        return -1;
    uv_update_time(m->loop); /* it may be long ago that the loop has turned */
    return uv_backend_timeout(m->loop);
}

int monologue_dispatch(struct monologue *m)
{
    if (!m->owns_loop)
        return -EINVAL;
    if (m->is_driven)
        return -EDEADLK;
    if (m->state == CLIENT_DEAD)
        return -ECANCELED; /* from a callback of monologue_free() */
    m->is_driven = true;
    uv_run(m->loop, UV_RUN_NOWAIT);
    m->is_driven = false;
    if (m->state != CLIENT_DEAD)
        return 0;
    drive_end(m);
    return -ECANCELED;
}
