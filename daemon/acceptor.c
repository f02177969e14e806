#include "daemon/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"

enum {
    ATTEMPTS_MAX = 64, /* connections that failed before they were accepted */
    PAUSE_MS = 100,
    WARNING_EVERY_MS = 1000,
};

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void acceptor_init(struct acceptor *acceptor)
{
    *acceptor = (struct acceptor){.reserve_fd = open_reserve()};
}

void acceptor_deinit(struct acceptor *acceptor)
{
    if (acceptor->reserve_fd >= 0)
        close(acceptor->reserve_fd);
    acceptor->reserve_fd = -1;
}

static void warn(struct acceptor *a, int error, const char *endpoint,
                 const char *outcome, uint64_t now_ms)
{
    if (a->warned_ms && now_ms - a->warned_ms < WARNING_EVERY_MS)
        return;
    a->warned_ms = now_ms;
    log_warn("listen=\"%s\" cannot accept error=\"%s\" outcome=%s", endpoint,
             strerror(error), outcome);
}

/*
 * Out of descriptors: a connection left in the backlog would wake us for ever,
 * so the reserve makes room to take and close one.
 */
static void turn_away(struct acceptor *a, int fd)
{
    close(a->reserve_fd);
    int newcomer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (newcomer >= 0)
        close(newcomer);
    a->reserve_fd = open_reserve();
}

static int pause_for(struct acceptor *a, int error, const char *endpoint,
                     uint64_t now_ms)
{
    warn(a, error, endpoint, "paused", now_ms);
    acceptor_pause(a, now_ms);
    return -EBUSY;
}

int acceptor_take(struct acceptor *acceptor, int fd, const char *endpoint,
                  uint64_t now_ms)
{
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        int newcomer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (newcomer >= 0)
            return newcomer;
        switch (errno) {
        case EAGAIN:
        case EINVAL:
            return -errno;
        case EMFILE:
        case ENFILE:
            if (acceptor->reserve_fd < 0)
                return pause_for(acceptor, errno, endpoint, now_ms);
            warn(acceptor, errno, endpoint, "turned_away", now_ms);
            turn_away(acceptor, fd);
            break;
        case ENOMEM:
        case ENOBUFS:
            return pause_for(acceptor, errno, endpoint, now_ms);
        default: /* the network's word on that one connection: accept(2) */
            break;
        }
    }
    return -EAGAIN;
}

void acceptor_pause(struct acceptor *acceptor, uint64_t now_ms)
{
    acceptor->resume_ms = now_ms + PAUSE_MS;
}

void acceptor_resume(struct acceptor *acceptor)
{
    acceptor->resume_ms = 0;
    if (acceptor->reserve_fd < 0)
        acceptor->reserve_fd = open_reserve();
}
