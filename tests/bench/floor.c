/*
 * bench-floor: the least that a relay can do. Bytes come in, are passed on to
 * the connection that they name, and nothing is looked at but a header of
 * eight bytes: how long the message is, all in all, and for whom; the relay
 * puts in its place whom it is from. No WebSocket, no JSON, no keys, no limits.
 *
 * It is given every advantage: one thread, one read for all that is there, one
 * write for all that goes to a peer in a turn, no copy where a message is large
 * or alone, and a message need not be there as a whole to be passed on.
 *
 * usage: bench-floor [CERTIFICATE KEY]: with TLS, as OpenSSL does it by default
 *
 * Prints its port. A connection says one byte and is told its number.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load/outlet.h"

enum {
    EVENTS_MAX = 256,
    READ_SIZE = 65536,
    DIRECT_SIZE = 4096, /* from here on a copy costs more than a call */
    LINKS_MAX = 1 << 16,
    HEADER_SIZE = 8,
};

struct link {
    int fd;
    uint32_t number;
    SSL *ssl;
    struct outlet out;
    struct link *next_dirty;
    struct link *receiver; /* of the message that has begun */
    uint32_t n_left;       /* bytes of it that have not come */
    uint32_t n_header;     /* bytes of the next header that have come */
    uint8_t header[HEADER_SIZE];
    bool is_dirty, is_blocked, is_greeted;
};

static int epoll_fd;
static SSL_CTX *tls;
static struct link *links[LINKS_MAX];
static uint32_t free_numbers[LINKS_MAX], n_free, n_links;
static struct link *dirty;
static uint8_t input[READ_SIZE];

static void watch(struct link *link, int operation)
{
    struct epoll_event event = {
        .events = EPOLLIN | (link->is_blocked ? (uint32_t)EPOLLOUT : 0u),
        .data.ptr = link,
    };
    epoll_ctl(epoll_fd, operation, link->fd, &event);
}

/* ---- links ---- */

/* Links are never freed: one that was closed serves the next newcomer, and a
 * stale pointer to it finds no descriptor. */
static struct link *take_link(void)
{
    struct link *link;
    if (n_free > 0)
        return links[free_numbers[--n_free]];
    link = calloc(1, sizeof *link);
    if (!link || n_links == LINKS_MAX)
        fail("no room for one more connection");
    link->number = n_links;
    links[n_links++] = link;
    return link;
}

static void open_link(int fd)
{
    static const int on = 1;
    struct link *link = take_link();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    link->fd = fd;
    link->is_greeted = link->is_blocked = false;
    link->n_left = link->n_header = 0;
    link->out.head = link->out.size = 0;
    if (tls) {
        link->ssl = SSL_new(tls);
        SSL_set_fd(link->ssl, fd);
        SSL_set_accept_state(link->ssl);
    }
    watch(link, EPOLL_CTL_ADD);
}

static void close_link(struct link *link)
{
    close(link->fd);
    SSL_free(link->ssl);
    link->ssl = NULL;
    link->fd = -1;
    free_numbers[n_free++] = link->number;
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        open_link(fd);
}

/* ---- output ---- */

static size_t write_some(struct link *link, const uint8_t *bytes, size_t n)
{
    ssize_t sent = link->ssl ? SSL_write(link->ssl, bytes, (int)n)
                             : send(link->fd, bytes, n, MSG_NOSIGNAL);
    return sent > 0 ? (size_t)sent : 0;
}

static void flush(struct link *link)
{
    while (link->fd >= 0 && outlet_left(&link->out) > 0) {
        size_t n = write_some(link, link->out.data + link->out.head,
                              outlet_left(&link->out));
        if (n == 0)
            break;
        outlet_consume(&link->out, n);
    }
    bool is_blocked = outlet_left(&link->out) > 0;
    if (link->fd >= 0 && is_blocked != link->is_blocked) {
        link->is_blocked = is_blocked;
        watch(link, EPOLL_CTL_MOD);
    }
}

static void put(struct link *link, const uint8_t *bytes, size_t n)
{
    if (link->fd < 0)
        return;
    if (n >= DIRECT_SIZE && outlet_left(&link->out) == 0) {
        size_t sent = write_some(link, bytes, n);
        bytes += sent;
        n -= sent;
        if (n == 0)
            return;
    }
    outlet_append(&link->out, bytes, n);
    if (!link->is_dirty) {
        link->is_dirty = true;
        link->next_dirty = dirty;
        dirty = link;
    }
}

static void flush_dirty(void)
{
    for (struct link *link = dirty, *next; link; link = next) {
        next = link->next_dirty;
        link->is_dirty = false;
        flush(link);
    }
    dirty = NULL;
}

/* ---- relaying ---- */

/* What has been read and goes to the same receiver is put as one piece. */
struct piece {
    struct link *receiver;
    uint8_t *at;
    size_t size;
};

static void put_piece(struct piece *piece)
{
    if (piece->size > 0 && piece->receiver)
        put(piece->receiver, piece->at, piece->size);
    piece->size = 0;
}

static void extend(struct piece *piece, struct link *receiver, uint8_t *at,
                   size_t size)
{
    if (piece->receiver != receiver || piece->at + piece->size != at) {
        put_piece(piece);
        *piece = (struct piece){receiver, at, 0};
    }
    piece->size += size;
}

/* Puts the sender's number in the place of the receiver's. */
static void begin_message(struct link *link, uint8_t *header)
{
    uint32_t size, number;
    memcpy(&size, header, sizeof size);
    memcpy(&number, header + sizeof size, sizeof number);
    link->receiver = number < n_links ? links[number] : NULL;
    link->n_left = size > HEADER_SIZE ? size - HEADER_SIZE : 0;
    memcpy(header + sizeof size, &link->number, sizeof link->number);
}

static void relay(struct link *link, uint8_t *at, size_t n)
{
    struct piece piece = {0};
    while (n > 0) {
        size_t size;
        if (link->n_left > 0) {
            size = n < link->n_left ? n : link->n_left;
            extend(&piece, link->receiver, at, size);
            link->n_left -= (uint32_t)size;
        } else if (link->n_header == 0 && n >= HEADER_SIZE) {
            size = HEADER_SIZE;
            begin_message(link, at);
            extend(&piece, link->receiver, at, size);
        } else { /* a header in two reads */
            size = HEADER_SIZE - link->n_header;
            size = n < size ? n : size;
            memcpy(link->header + link->n_header, at, size);
            link->n_header += (uint32_t)size;
            if (link->n_header == HEADER_SIZE) {
                link->n_header = 0;
                begin_message(link, link->header);
                put_piece(&piece);
                if (link->receiver)
                    put(link->receiver, link->header, HEADER_SIZE);
            }
        }
        at += size;
        n -= size;
    }
    put_piece(&piece);
}

static ssize_t read_some(struct link *link)
{
    if (!link->ssl)
        return recv(link->fd, input, READ_SIZE, 0);
    int n = SSL_read(link->ssl, input, READ_SIZE);
    if (n > 0)
        return n;
    errno = EAGAIN;
    int why = SSL_get_error(link->ssl, n);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

static void read_link(struct link *link)
{
    do {
        ssize_t n = read_some(link);
        uint8_t *at = input;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_link(link);
            return;
        }
        if (!link->is_greeted) {
            link->is_greeted = true;
            at++;
            n--;
            put(link, (uint8_t *)&link->number, sizeof link->number);
        }
        relay(link, at, (size_t)n);
    } while (link->ssl && SSL_pending(link->ssl) > 0);
}

/* ---- the process ---- */

static int open_listener(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
        listen(fd, 4096) ||
        getsockname(fd, (struct sockaddr *)&address, &size) ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
        fail("cannot listen: %s", strerror(errno));
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void use_tls(const char *certificate, const char *key)
{
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        fail("%s, %s: no certificate and key", certificate, key);
}

int main(int argc, char *argv[])
{
    struct epoll_event events[EVENTS_MAX];
    struct rlimit files;
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (argc == 3)
        use_tls(argv[1], argv[2]);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listener = open_listener();
    for (;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < n; i++) {
            struct link *link = events[i].data.ptr;
            if (!link)
                accept_all(listener);
            if (link && events[i].events & EPOLLOUT)
                flush(link);
            if (link && link->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
                read_link(link);
        }
        flush_dirty();
    }
}
