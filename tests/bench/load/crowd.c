#include "tests/bench/load/crowd.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load/observe.h"

enum {
    EVENTS_MAX = 256,
    INPUT_SIZE = 1 << 19, /* the longest thing, and a read behind it */
    READ_SIZE = 1 << 18,
    GREETINGS_MAX = 64, /* connections that are being opened at a time */
    PATIENCE_S = 20,    /* without any progress */
};

static uint8_t input[INPUT_SIZE];

void crowd_init(struct crowd *crowd)
{
    crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (crowd->epoll_fd < 0)
        fail("epoll: %s", strerror(errno));
}

static void watch(struct peer *peer, int operation, bool wants_room)
{
    struct epoll_event event = {
        .events = (peer->is_deaf ? 0u : (uint32_t)EPOLLIN) |
                  (wants_room ? (uint32_t)EPOLLOUT : 0u),
        .data.ptr = peer,
    };
    if (epoll_ctl(peer->crowd->epoll_fd, operation, peer->fd, &event))
        fail("epoll: %s", strerror(errno));
}

/* ---- opening and closing ---- */

/* From several addresses, as each has only so many ports. */
static void bind_source(int fd, uint32_t index)
{
    static const int on = 1;
    const struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + index % 200),
    };
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&source, sizeof source))
        fail("bind: %s", strerror(errno));
}

void crowd_reopen(struct peer *peer)
{
    static const int on = 1;
    static uint32_t n_opened;
    struct crowd *crowd = peer->crowd;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (peer->fd < 0)
        fail("socket: %s", strerror(errno));
    bind_source(peer->fd, n_opened++);
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(peer->fd, (struct sockaddr *)&crowd->address,
                sizeof crowd->address) &&
        errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    if (crowd->tls) {
        peer->ssl = SSL_new(crowd->tls);
        if (!peer->ssl || !SSL_set_fd(peer->ssl, peer->fd))
            fail("TLS: out of memory");
        SSL_set_connect_state(peer->ssl);
    }
    crowd->n_open++;
    peer->phase = 0;
    peer->is_ready = false;
    crowd->dialect->greet(peer);
    peer->is_blocked = true; /* until it is connected */
    watch(peer, EPOLL_CTL_ADD, true);
}

struct peer *crowd_open(struct crowd *crowd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    char id[TEXT_ID_SIZE + 1];
    crowd->peers =
        realloc(crowd->peers, (crowd->n_peers + 1) * sizeof *crowd->peers);
    if (!peer || !crowd->peers)
        fail("out of memory");
    peer->crowd = crowd;
    peer->index = crowd->n_peers++;
    crowd->peers[peer->index] = peer;
    /* Where peers name themselves; a router gives them another name. */
    snprintf(id, sizeof id, "peer%0*x", TEXT_ID_SIZE - 4, peer->index);
    memcpy(peer->id, id, TEXT_ID_SIZE);
    crowd_reopen(peer);
    return peer;
}

void crowd_close(struct peer *peer)
{
    close(peer->fd);
    SSL_free(peer->ssl);
    peer->ssl = NULL;
    peer->fd = -1;
    peer->out.head = peer->out.size = 0;
    peer->n_rest = 0;
    peer->crowd->n_open--;
}

void crowd_deafen(struct peer *peer)
{
    peer->is_deaf = true;
    watch(peer, EPOLL_CTL_MOD, peer->is_blocked);
}

/* ---- output ---- */

void crowd_has_output(struct peer *peer)
{
    if (peer->is_dirty || peer->is_blocked)
        return;
    peer->is_dirty = true;
    peer->next_dirty = peer->crowd->dirty;
    peer->crowd->dirty = peer;
}

/* Returns the bytes sent, or -1: none just now. */
static ssize_t send_some(struct peer *peer)
{
    const uint8_t *bytes = peer->out.data + peer->out.head;
    size_t n = outlet_left(&peer->out);
    if (peer->ssl) {
        ERR_clear_error();
        int sent =
            SSL_write(peer->ssl, bytes, n > INT32_MAX ? INT32_MAX : (int)n);
        if (sent > 0)
            return sent;
        int why = SSL_get_error(peer->ssl, sent);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return -1;
        fail("TLS: %s", ERR_reason_error_string(ERR_peek_error()));
    }
    ssize_t sent = send(peer->fd, bytes, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        fail("send to the server: %s", strerror(errno));
    return sent;
}

static void flush(struct peer *peer)
{
    while (peer->fd >= 0 && outlet_left(&peer->out) > 0) {
        ssize_t n = send_some(peer);
        if (n < 0) {
            peer->is_blocked = true;
            watch(peer, EPOLL_CTL_MOD, true);
            return;
        }
        outlet_consume(&peer->out, (size_t)n);
    }
}

static void flush_dirty(struct crowd *crowd)
{
    struct peer *peer = crowd->dirty;
    crowd->dirty = NULL;
    for (struct peer *next; peer; peer = next) {
        next = peer->next_dirty;
        peer->is_dirty = false;
        flush(peer);
    }
}

/* ---- input ---- */

/* Returns the bytes read, 0 at the end of the stream, or -1: none just now. */
static ssize_t receive_some(struct peer *peer, uint8_t *in)
{
    if (peer->ssl) {
        ERR_clear_error();
        int n = SSL_read(peer->ssl, in, READ_SIZE);
        if (n > 0)
            return n;
        int why = SSL_get_error(peer->ssl, n);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return -1;
        return 0;
    }
    ssize_t n = recv(peer->fd, in, READ_SIZE, 0);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        fail("recv from the server: %s", strerror(errno));
    return n;
}

static void tell(struct peer *peer, const struct heard *heard)
{
    struct crowd *crowd = peer->crowd;
    switch (heard->what) {
    case HEARD_MORE:
    case HEARD_NOTHING:
        return;
    case HEARD_READY:
        peer->is_ready = true;
        crowd->on_ready(peer);
        return;
    case HEARD_TEXT:
        crowd->on_text(peer, heard->text, heard->size);
        return;
    case HEARD_REFUSAL:
        if (!crowd->on_refusal)
            fail("the server refused what was said: %.*s", (int)heard->size,
                 heard->text);
        crowd->on_refusal(peer);
        return;
    }
}

static void keep_rest(struct peer *peer, const uint8_t *in, size_t n)
{
    if (n > 0) {
        peer->rest = realloc(peer->rest, n);
        if (!peer->rest)
            fail("out of memory");
        memcpy(peer->rest, in, n);
    }
    peer->n_rest = n;
}

static void take_input(struct peer *peer, size_t n)
{
    uint8_t *at = input;
    while (n > 0 && peer->fd >= 0) {
        struct heard heard = peer->crowd->dialect->read(peer, at, n);
        if (heard.what == HEARD_MORE)
            break;
        at += heard.used;
        n -= heard.used;
        tell(peer, &heard);
    }
    if (peer->fd >= 0)
        keep_rest(peer, at, n);
}

static void read_peer(struct peer *peer)
{
    if (peer->n_rest > INPUT_SIZE - READ_SIZE)
        fail("the server said something too long");
    memcpy(input, peer->rest ? peer->rest : input, peer->n_rest);
    ssize_t n = receive_some(peer, input + peer->n_rest);
    if (n == 0)
        fail("the server closed a connection");
    if (n > 0)
        take_input(peer, peer->n_rest + (size_t)n);
}

void crowd_turn(struct crowd *crowd, int timeout_ms)
{
    struct epoll_event events[EVENTS_MAX];
    flush_dirty(crowd);
    int n = epoll_wait(crowd->epoll_fd, events, EVENTS_MAX, timeout_ms);
    crowd->now_ns = observe_now_ns();
    for (int i = 0; i < n; i++) {
        struct peer *peer = events[i].data.ptr;
        if (peer->fd < 0)
            continue;
        if (events[i].events & EPOLLOUT) {
            peer->is_blocked = false;
            watch(peer, EPOLL_CTL_MOD, false);
            flush(peer);
        }
        if (events[i].events & ~(uint32_t)EPOLLOUT)
            read_peer(peer);
        if (peer->fd >= 0 && peer->ssl && outlet_left(&peer->out) > 0)
            flush(peer);
    }
    flush_dirty(crowd);
}

static uint32_t count_ready(const struct crowd *crowd, uint32_t from)
{
    uint32_t n = 0;
    for (uint32_t i = from; i < crowd->n_peers; i++)
        n += crowd->peers[i]->is_ready;
    return n;
}

void crowd_gather(struct crowd *crowd, uint32_t n)
{
    uint32_t first = crowd->n_peers, n_ready = 0, base = first;
    uint64_t progress_ns = observe_now_ns();
    while (n_ready < n) {
        while (crowd->n_peers - first < n &&
               crowd->n_peers - first - n_ready < GREETINGS_MAX)
            crowd_open(crowd);
        crowd_turn(crowd, 100);
        /* Those at the front are ready for long: do not count them again. */
        while (base < crowd->n_peers && crowd->peers[base]->is_ready)
            base++;
        uint32_t now_ready = base - first + count_ready(crowd, base);
        if (now_ready > n_ready)
            progress_ns = observe_now_ns();
        else if (observe_now_ns() - progress_ns > PATIENCE_S * 1000000000ull)
            fail("the server lets in only %u of %u", n_ready, n);
        n_ready = now_ready;
    }
}
