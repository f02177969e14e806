#include "tests/lib/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/suite.h"

enum { HTTP_MAX = 20000, NARROW_BYTES = 4096, WIDE_BYTES = 1 << 20 };

/* ---- connecting ---- */

static int connect_to(const struct sockaddr *address, socklen_t size,
                      int receive_buffer)
{
    static const int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                   sizeof receive_buffer);
    if (fd < 0 || connect(fd, address, size))
        daemon_fail("cannot connect: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t n = strcspn(path, ":");
    memcpy(address.sun_path, path, n);
    return connect_to((struct sockaddr *)&address, sizeof address, 0);
}

static int connect_tcp(const char *endpoint, int receive_buffer)
{
    char host[64];
    unsigned port;
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_in in4 = {.sin_family = AF_INET};
    const char *authority = strstr(endpoint, "://") + 3;
    if (sscanf(authority, "[%63[^]]]:%u", host, &port) == 2) {
        in6.sin6_port = htons((uint16_t)port);
        inet_pton(AF_INET6, host, &in6.sin6_addr);
        return connect_to((struct sockaddr *)&in6, sizeof in6, receive_buffer);
    }
    if (sscanf(authority, "%63[^:]:%u", host, &port) != 2)
        daemon_fail("not an endpoint: %s", endpoint);
    in4.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
              &in4.sin_addr);
    return connect_to((struct sockaddr *)&in4, sizeof in4, receive_buffer);
}

static void await(struct peer *p, short events, long long deadline_ms)
{
    struct pollfd fd = {.fd = p->fd, .events = events};
    long long left_ms = deadline_ms - daemon_now_ms();
    if (left_ms <= 0 || poll(&fd, 1, (int)left_ms) == 0)
        daemon_fail("the daemon %s nothing for %d ms",
                    events == POLLIN ? "sends" : "takes", DAEMON_WAIT_MS);
}

/* What OpenSSL waits for, after it gave @rc. */
static void await_tls(struct peer *p, int rc, long long deadline_ms)
{
    int error = SSL_get_error(p->ssl, rc);
    if (error == SSL_ERROR_WANT_READ)
        await(p, POLLIN, deadline_ms);
    else if (error == SSL_ERROR_WANT_WRITE)
        await(p, POLLOUT, deadline_ms);
    else
        daemon_fail("TLS failed: %d", error);
}

static void shake_hands(struct peer *p)
{
    static SSL_CTX *context;
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    int rc;
    if (!context) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
    p->ssl = SSL_new(context);
    SSL_set_fd(p->ssl, p->fd);
    while ((rc = SSL_connect(p->ssl)) != 1)
        await_tls(p, rc, deadline_ms);
}

static struct peer *connect_peer(const char *endpoint, int receive_buffer)
{
    static const char unix_scheme[] = "ws+unix:";
    struct peer *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->unread = p->buffer;
    if (strncmp(endpoint, unix_scheme, sizeof unix_scheme - 1) == 0)
        p->fd = connect_unix(endpoint + sizeof unix_scheme - 1);
    else
        p->fd = connect_tcp(endpoint, receive_buffer);
    return p;
}

struct peer *peer_connect_plain(const char *endpoint)
{
    return connect_peer(endpoint, 0);
}

struct peer *peer_connect(const char *endpoint)
{
    struct peer *p = connect_peer(endpoint, 0);
    if (strncmp(endpoint, "wss:", 4) == 0)
        shake_hands(p);
    return p;
}

const char *peer_upgrade_with(struct peer *peer, const char *key,
                              const char *headers)
{
    char request[1000];
    snprintf(request, sizeof request,
             "GET /latest HTTP/1.1\r\n"
             "Host: localhost\r\n"
             "Upgrade: websocket\r\n"
             "Connection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "%s%s%s%s\r\n",
             key ? "x-api-key: " : "", key ? key : "", key ? "\r\n" : "",
             headers);
    peer_write_text(peer, request);
    const char *head = peer_read_until(peer, "\r\n\r\n");
    if (strncmp(head, "HTTP/1.1 101 ", 13) ||
        !strstr(head, "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        daemon_fail("no 101 but %s", head);
    return head;
}

void peer_upgrade(struct peer *peer, const char *key)
{
    peer_upgrade_with(peer, key, "");
}

struct peer *peer_open_at(const char *endpoint, const char *key)
{
    struct peer *p = peer_connect(endpoint);
    peer_upgrade(p, key);
    return p;
}

static struct peer *open_peer(struct daemon *daemon, int receive_buffer)
{
    char endpoint[200];
    snprintf(endpoint, sizeof endpoint, "%s", daemon_endpoint(daemon, 0));
    struct peer *p = connect_peer(endpoint, receive_buffer);
    if (strncmp(endpoint, "wss:", 4) == 0)
        shake_hands(p);
    peer_upgrade(p, daemon_key(daemon));
    return p;
}

struct peer *peer_open(struct daemon *daemon)
{
    return open_peer(daemon, 0);
}

struct peer *peer_open_narrow(struct daemon *daemon)
{
    return open_peer(daemon, NARROW_BYTES);
}

void peer_widen(struct peer *peer)
{
    static const int size = WIDE_BYTES;
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

void peer_free(struct peer *peer)
{
    if (!peer)
        return;
    SSL_free(peer->ssl);
    close(peer->fd);
    free(peer->text);
    free(peer);
}

void peer_reset(struct peer *peer)
{
    const struct linger linger = {.l_onoff = 1};
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    peer_free(peer);
}

void peer_finish(struct peer *peer)
{
    if (peer->ssl)
        SSL_shutdown(peer->ssl);
    shutdown(peer->fd, SHUT_WR);
}

/* ---- writing ---- */

/* OpenSSL wants to be given again what it could not write at once, so that is
 * set aside. Returns 1 when there is none any more, 0, or -1: ended. */
static int write_record(struct peer *p)
{
    if (p->n_record == 0)
        return 1;
    ERR_clear_error();
    int rc = SSL_write(p->ssl, p->record, (int)p->n_record);
    if (rc <= 0) {
        int error = SSL_get_error(p->ssl, rc);
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ
                   ? 0
                   : -1;
    }
    ck_assert_uint_eq((size_t)rc, p->n_record); /* one record, all or nothing */
    p->n_record = 0;
    return 1;
}

long peer_write_some(struct peer *peer, const void *bytes, size_t n)
{
    if (peer->ssl) {
        int rc = write_record(peer);
        if (rc <= 0)
            return rc;
        if (n > sizeof peer->record)
            n = sizeof peer->record;
        memcpy(peer->record, bytes, n);
        peer->n_record = n;
        return write_record(peer) < 0 ? -1 : (long)n;
    }
    ssize_t rc = send(peer->fd, bytes, n, MSG_NOSIGNAL);
    return rc >= 0 ? (long)rc : errno == EAGAIN ? 0 : -1;
}

void peer_write(struct peer *peer, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (n > 0 || peer->n_record > 0) {
        long rc = n ? peer_write_some(peer, at, n) : write_record(peer);
        if (rc < 0)
            daemon_fail("the daemon ended the stream");
        if (rc == 0)
            await(peer, POLLOUT, deadline_ms);
        if (n == 0)
            continue;
        at += rc;
        n -= (size_t)rc;
    }
}

void peer_write_text(struct peer *peer, const char *text)
{
    peer_write(peer, text, strlen(text));
}

/* ---- reading ---- */

bool peer_has_input(struct peer *peer, int wait_ms)
{
    struct pollfd fd = {.fd = peer->fd, .events = POLLIN};
    return peer->n_read > 0 || (peer->ssl && SSL_pending(peer->ssl) > 0) ||
           poll(&fd, 1, wait_ms) > 0;
}

/* From the stream itself, not what is buffered. */
static long read_stream(struct peer *p, void *bytes_out, size_t n)
{
    if (p->ssl) {
        (void)write_record(p);
        ERR_clear_error(); /* of other streams */
        int rc = SSL_read(p->ssl, bytes_out, (int)n);
        if (rc > 0)
            return rc;
        return SSL_get_error(p->ssl, rc) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    ssize_t rc = recv(p->fd, bytes_out, n, 0);
    return rc > 0 ? (long)rc : rc < 0 && errno == EAGAIN ? 0 : -1;
}

static void consume(struct peer *p, size_t n)
{
    p->n_read -= n;
    p->unread = p->n_read ? p->unread + n : p->buffer;
}

long peer_read_some(struct peer *peer, void *bytes_out, size_t n)
{
    if (peer->n_read == 0)
        return read_stream(peer, bytes_out, n);
    if (n > peer->n_read)
        n = peer->n_read;
    memcpy(bytes_out, peer->unread, n);
    consume(peer, n);
    return (long)n;
}

/* Reads more into the buffer; false: the stream is ended. */
static bool fill(struct peer *p, long long deadline_ms)
{
    memmove(p->buffer, p->unread, p->n_read);
    p->unread = p->buffer;
    for (;;) {
        long rc =
            read_stream(p, p->buffer + p->n_read, sizeof p->buffer - p->n_read);
        if (rc < 0)
            return false;
        p->n_read += (size_t)rc;
        if (rc > 0)
            return true;
        await(p, POLLIN, deadline_ms);
    }
}

void peer_read(struct peer *peer, void *bytes_out, size_t n)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    while (peer->n_read < n)
        if (!fill(peer, deadline_ms))
            daemon_fail("the stream ended %zu bytes short", n - peer->n_read);
    memcpy(bytes_out, peer->unread, n);
    consume(peer, n);
}

void peer_keep(struct peer *peer, const void *bytes, size_t n)
{
    peer->text = realloc(peer->text, peer->size + n + 1);
    if (!peer->text)
        abort();
    memcpy(peer->text + peer->size, bytes, n);
    peer->size += n;
    peer->text[peer->size] = '\0';
}

const char *peer_read_until(struct peer *peer, const char *end)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    const uint8_t *found;
    while (!(found = memmem(peer->unread, peer->n_read, end, strlen(end))))
        if (peer->n_read > HTTP_MAX || !fill(peer, deadline_ms))
            daemon_fail("no end but %.*s", (int)peer->n_read,
                        (char *)peer->unread);
    size_t n = (size_t)(found - peer->unread) + strlen(end);
    peer->size = 0;
    peer_keep(peer, peer->unread, n);
    consume(peer, n);
    return peer->text;
}

const char *peer_read_text(struct peer *peer, size_t n)
{
    char text[HTTP_MAX];
    ck_assert_uint_le(n, sizeof text);
    peer_read(peer, text, n);
    peer->size = 0;
    peer_keep(peer, text, n);
    return peer->text;
}

void peer_expect_end(struct peer *peer)
{
    if (peer->n_read > 0 || fill(peer, daemon_now_ms() + DAEMON_WAIT_MS))
        daemon_fail("no end but %zu bytes: %.*s", peer->n_read,
                    (int)peer->n_read, (char *)peer->unread);
}

void peer_await_end(struct peer *peer)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    do
        consume(peer, peer->n_read);
    while (fill(peer, deadline_ms));
}
