/*
 * A peer's stream: bytes in, bytes out, TLS or not, never blocking.
 *
 * All sockets of a worker stand in one epoll set, which is what the worker
 * waits on. Input lands in buffers that all sockets of a worker share; output
 * waits in the socket's own outbox until it is flushed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <uv.h> /* UV_EOF */

#include "proto/bytes.h"
#include "proto/tls.h"

enum {
    SOCKET_READ_SIZE = 65536, /* bytes taken from one socket in one turn */
    SOCKET_PLAIN_SIZE = SOCKET_READ_SIZE + 16384, /* see tls_feed() */
    SOCKET_READY_MAX = 256, /* sockets told of in one turn */
};

struct socket;

/*
 * Told that @socket has something to read (or an error, or an end) or, after
 * socket_flush() said -EAGAIN, room to write. May close this and any other
 * socket of the set.
 */
typedef void (*socket_cb)(struct socket *socket, bool is_readable,
                          bool is_writable);

struct socket_set {
    int epoll_fd;
    socket_cb cb;
    uint8_t *input; /* owned; SOCKET_READ_SIZE: what was read last */
    uint8_t *plain; /* owned; SOCKET_PLAIN_SIZE: and decrypted */
    int n_ready;    /* of ready: waited for and not told yet */
    struct epoll_event ready[SOCKET_READY_MAX];
};

/* What becomes of the bytes that a peer sends. */
enum socket_input {
    SOCKET_READ,          /* its owner is told that there are some */
    SOCKET_WAIT_FOR_ROOM, /* they wait; told when there is room to write */
    SOCKET_HOLD,          /* they wait, for something else */
    SOCKET_NEWCOMERS,     /* none: it listens, and has newcomers instead */
};

struct socket {
    struct socket_set *set;
    struct bytes outbox;    /* plaintext that waits to be sent */
    struct socket_tls *tls; /* NULL on a plain socket */
    int fd;                 /* -1 once closed */
    bool is_blocked;        /* the peer takes nothing just now */
    uint8_t input;          /* an enum socket_input */
};

/* Returns 0 or a negative errno with nothing to undo. */
int socket_set_init(struct socket_set *set, socket_cb cb);
void socket_set_deinit(struct socket_set *set);

/*
 * Lets @fd, an eventfd that nobody reads, end a wait.
 * Returns 0 or a negative errno.
 */
int socket_set_add_waker(struct socket_set *set, int fd);

/* Waits until a socket is ready or a waker rings, @timeout_ms at most; -1: for
 * as long as it takes. */
void socket_set_wait(struct socket_set *set, int timeout_ms);

/* Tells of each socket that the last wait found ready. */
void socket_set_tell(struct socket_set *set);

/*
 * Starts to watch @fd.
 * @fd:  taken on success; non-blocking
 * @context: of the server's certificate, for TLS; NULL for a plain stream
 * Returns 0 or a negative errno with nothing changed.
 */
int socket_open(struct socket *socket, struct socket_set *set, int fd,
                struct tls_context *context);

/*
 * Watches a listening socket: of all the sets that do, one that waits is woken
 * for a newcomer.
 * @fd: stays the caller's; non-blocking
 * Returns 0 or a negative errno with nothing changed.
 */
int socket_watch_newcomers(struct socket *socket, struct socket_set *set,
                           int fd);

/* Ends that. Idempotent. */
void socket_ignore(struct socket *socket);

/* Closes the descriptor and frees what waits. Idempotent. */
void socket_close(struct socket *socket);

/*
 * Reads once. On TLS the socket may have output afterwards.
 * @data_out: plaintext, in the set's buffers: until the next socket_read()
 * @n_out:    its size; may be 0: a handshake went on, or part of a record came
 * Returns 0, or UV_EOF (@n_out bytes may have come before the end), -EAGAIN,
 * -EPROTO (TLS: see socket_tls_fault()) or another negative errno.
 */
int socket_read(struct socket *socket, uint8_t **data_out, size_t *n_out);

/*
 * Sends what the outbox holds with as few calls as possible.
 * Returns 0 when everything is with the kernel, -EAGAIN when the rest waits
 * until the socket is told to be writable, or another negative errno.
 */
int socket_flush(struct socket *socket);

/* How many bytes still wait to be sent; on TLS, some of them encrypted. */
size_t socket_output_size(const struct socket *socket);

/* How many bytes the kernel holds that the peer's has not acknowledged. */
size_t socket_untaken_size(const struct socket *socket);

/* Ends our direction: close_notify on TLS, then FIN. After a full flush. */
void socket_finish(struct socket *socket);

/*
 * Before closing, once the peer's direction has ended: answers its
 * close_notify. A peer that left without one is not there to be told, and FIN
 * comes by closing.
 */
void socket_part(struct socket *socket);

/* Stops, or goes on, telling that there is something to read. That the peer
 * has gone is always told. */
void socket_set_input(struct socket *socket, enum socket_input input);

/* "TLSv1.3", "TLSv1.2" or "none". */
const char *socket_tls_version(const struct socket *socket);

/* What was wrong when socket_read() said -EPROTO. */
const char *socket_tls_fault(const struct socket *socket);
