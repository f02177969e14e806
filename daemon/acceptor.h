/*
 * Accepts from listening sockets, and survives running out of descriptors.
 */
#pragma once

#include <stdint.h>

/* What one thread needs for it; all of its sockets share one. */
struct acceptor {
    int reserve_fd;     /* given up to take, and close, what we cannot keep */
    uint64_t warned_ms; /* when its last warning was logged */
    uint64_t resume_ms; /* while paused: when to go on; else 0 */
};

void acceptor_init(struct acceptor *acceptor);
void acceptor_deinit(struct acceptor *acceptor);

/*
 * Accepts one connection. Those for which there is no descriptor are closed,
 * and the log says so once a second.
 * @fd:       a listening socket, non-blocking
 * @endpoint: of it, for the log
 * @now_ms:   of a monotonic clock
 * Returns the descriptor, non-blocking and closed on exec, or
 *   -EAGAIN  nobody waits, or not just now
 *   -EBUSY   the kernel is short of something: paused until resume_ms
 *   -EINVAL  the socket does not listen any more
 */
int acceptor_take(struct acceptor *acceptor, int fd, const char *endpoint,
                  uint64_t now_ms);

/* Begins a pause, and ends one. */
void acceptor_pause(struct acceptor *acceptor, uint64_t now_ms);
void acceptor_resume(struct acceptor *acceptor);
