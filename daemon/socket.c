#include "daemon/socket.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CIPHER_LIMIT = 65536, /* bytes of ciphertext made ahead of the kernel */
    CIPHER_CHUNK = 32768, /* of plaintext encrypted at a time */
};

struct socket_tls {
    struct tls *tls;
    struct bytes cipher; /* ciphertext that waits to be sent */
};

/* ---- the set ---- */

int socket_set_init(struct socket_set *set, socket_cb cb)
{
    *set = (struct socket_set){.cb = cb, .epoll_fd = -1};
    set->input = malloc(SOCKET_READ_SIZE);
    set->plain = malloc(SOCKET_PLAIN_SIZE);
    if (!set->input || !set->plain) {
        socket_set_deinit(set);
        return -ENOMEM;
    }
    set->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (set->epoll_fd < 0) {
        int rc = -errno;
        socket_set_deinit(set);
        return rc;
    }
    return 0;
}

void socket_set_deinit(struct socket_set *set)
{
    if (set->epoll_fd >= 0)
        close(set->epoll_fd);
    free(set->input);
    free(set->plain);
    *set = (struct socket_set){.epoll_fd = -1};
}

int socket_set_add_waker(struct socket_set *set, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    return epoll_ctl(set->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

void socket_set_wait(struct socket_set *set, int timeout_ms)
{
    int n = epoll_wait(set->epoll_fd, set->ready, SOCKET_READY_MAX, timeout_ms);
    assert(n >= 0 || errno == EINTR);
    set->n_ready = n < 0 ? 0 : n;
}

void socket_set_tell(struct socket_set *set)
{
    for (int i = 0; i < set->n_ready; i++) {
        struct socket *socket = set->ready[i].data.ptr;
        uint32_t flags = set->ready[i].events;
        /* A waker has no socket, and an earlier event may have closed it. */
        if (socket && socket->fd >= 0)
            set->cb(socket, flags & ~(uint32_t)EPOLLOUT, flags & EPOLLOUT);
    }
    set->n_ready = 0;
}

/* ---- a socket ---- */

/*
 * Who waits for room is told of it, blocked or not: a flush may have made the
 * room since, and then nothing else would tell.
 */
static uint32_t wanted_events(const struct socket *socket)
{
    bool wants_room =
        socket->is_blocked || socket->input == SOCKET_WAIT_FOR_ROOM;
    return (socket->input == SOCKET_READ ? (uint32_t)EPOLLIN | EPOLLRDHUP
                                         : 0u) |
           (wants_room ? (uint32_t)EPOLLOUT : 0u);
}

static int watch(struct socket *socket, int operation)
{
    struct epoll_event event = {.events = wanted_events(socket),
                                .data.ptr = socket};
    return epoll_ctl(socket->set->epoll_fd, operation, socket->fd, &event)
               ? -errno
               : 0;
}

static void rewatch(struct socket *socket)
{
    int rc = watch(socket, EPOLL_CTL_MOD);
    assert(rc == 0); /* an entry that exists needs no memory to change */
    (void)rc;
}

static struct socket_tls *socket_tls_new(struct tls_context *context)
{
    struct socket_tls *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->tls = tls_new(context, NULL);
    if (!t->tls) {
        free(t);
        return NULL;
    }
    return t;
}

static void socket_tls_free(struct socket_tls *t)
{
    if (!t)
        return;
    tls_free(t->tls);
    bytes_deinit(&t->cipher);
    free(t);
}

int socket_open(struct socket *socket, struct socket_set *set, int fd,
                struct tls_context *context)
{
    *socket = (struct socket){.set = set, .fd = fd};
    if (context) {
        socket->tls = socket_tls_new(context);
        if (!socket->tls)
            return -ENOMEM;
    }
    int rc = watch(socket, EPOLL_CTL_ADD);
    if (rc) {
        socket_tls_free(socket->tls);
        *socket = (struct socket){.fd = -1};
    }
    return rc;
}

int socket_watch_newcomers(struct socket *socket, struct socket_set *set,
                           int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE,
                                .data.ptr = socket};
    *socket = (struct socket){.set = set, .fd = fd, .input = SOCKET_NEWCOMERS};
    if (epoll_ctl(set->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    socket->fd = -1;
    return -errno;
}

static void unwatch(struct socket *socket)
{
    epoll_ctl(socket->set->epoll_fd, EPOLL_CTL_DEL, socket->fd, NULL);
}

void socket_ignore(struct socket *socket)
{
    if (socket->fd < 0)
        return;
    unwatch(socket);
    socket->fd = -1;
}

void socket_close(struct socket *socket)
{
    if (socket->fd < 0)
        return;
    /* Closing takes it out of the set only if no other process has it, and a
     * child that is being spawned has it until its exec. */
    unwatch(socket);
    close(socket->fd);
    socket->fd = -1;
    bytes_deinit(&socket->outbox);
    socket_tls_free(socket->tls);
    socket->tls = NULL;
}

/*
 * recv() and send() without what libc adds to them: there a thread can be
 * cancelled, which costs two locked instructions each, and one percent of a
 * small packet's relaying.
 */
static ssize_t receive_bytes(int fd, void *bytes, size_t n)
{
    return syscall(SYS_recvfrom, fd, bytes, n, 0, NULL, NULL);
}

static ssize_t send_bytes(int fd, const void *bytes, size_t n)
{
    return syscall(SYS_sendto, fd, bytes, n, MSG_NOSIGNAL, NULL, 0);
}

/* Writes the head of @bytes until it is empty or the kernel takes no more. */
static int write_out(struct socket *socket, struct bytes *bytes)
{
    while (!bytes_is_empty(bytes)) {
        ssize_t n =
            send_bytes(socket->fd, bytes_begin(bytes), bytes_size(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
        bytes_consume(bytes, (size_t)n);
    }
    return 0;
}

/*
 * Encrypts a little and sends it, in turns: a peer that does not take what we
 * send costs its outbox and a few records, not twice its outbox.
 */
static int encrypt_and_write(struct socket *socket)
{
    struct socket_tls *t = socket->tls;
    for (;;) {
        int rc = write_out(socket, &t->cipher);
        if (rc)
            return rc;
        size_t n = bytes_size(&socket->outbox);
        if (n == 0 || !tls_is_established(t->tls))
            return 0;
        if (n > CIPHER_CHUNK)
            n = CIPHER_CHUNK;
        rc = tls_write(t->tls, bytes_begin(&socket->outbox), n, &t->cipher,
                       CIPHER_LIMIT);
        if (rc)
            return rc;
        bytes_consume(&socket->outbox, n);
    }
}

int socket_flush(struct socket *socket)
{
    int rc = socket->tls ? encrypt_and_write(socket)
                         : write_out(socket, &socket->outbox);
    bool is_blocked = rc == -EAGAIN;
    if (is_blocked != socket->is_blocked) {
        socket->is_blocked = is_blocked;
        rewatch(socket);
    }
    return rc;
}

size_t socket_output_size(const struct socket *socket)
{
    return bytes_size(&socket->outbox) +
           (socket->tls ? bytes_size(&socket->tls->cipher) : 0);
}

/* Decrypts @n bytes of input. Ciphertext that answers them - handshake,
 * alerts, key updates - waits to be flushed. */
static int decrypt(struct socket *socket, size_t n, uint8_t **data_out,
                   size_t *n_out)
{
    struct socket_set *set = socket->set;
    enum tls_status status =
        tls_feed(socket->tls->tls, set->input, n, set->plain, SOCKET_PLAIN_SIZE,
                 n_out, &socket->tls->cipher, CIPHER_LIMIT);
    *data_out = set->plain;
    if (status == TLS_FAULT)
        return -EPROTO;
    return status == TLS_CLOSED ? UV_EOF : 0;
}

int socket_read(struct socket *socket, uint8_t **data_out, size_t *n_out)
{
    ssize_t n;
    *n_out = 0;
    do
        n = receive_bytes(socket->fd, socket->set->input, SOCKET_READ_SIZE);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    if (n == 0)
        return UV_EOF;
    if (socket->tls)
        return decrypt(socket, (size_t)n, data_out, n_out);
    *data_out = socket->set->input;
    *n_out = (size_t)n;
    return 0;
}

size_t socket_untaken_size(const struct socket *socket)
{
    int n = 0;
    return ioctl(socket->fd, SIOCOUTQ, &n) ? 0 : (size_t)n;
}

static void notify_of_close(struct socket *socket)
{
    tls_close(socket->tls->tls, &socket->tls->cipher, CIPHER_LIMIT);
    (void)write_out(socket, &socket->tls->cipher);
}

void socket_finish(struct socket *socket)
{
    if (socket->tls)
        notify_of_close(socket);
    shutdown(socket->fd, SHUT_WR);
}

void socket_part(struct socket *socket)
{
    if (socket->tls && tls_is_closed(socket->tls->tls))
        notify_of_close(socket);
}

void socket_set_input(struct socket *socket, enum socket_input input)
{
    if (input == socket->input)
        return;
    socket->input = (uint8_t)input;
    rewatch(socket);
}

const char *socket_tls_version(const struct socket *socket)
{
    return socket->tls ? tls_version(socket->tls->tls) : "none";
}

const char *socket_tls_fault(const struct socket *socket)
{
    return tls_fault(socket->tls->tls);
}
