#include "daemon/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/address.h"

enum {
    BACKLOG = 4096, /* the kernel cuts it to net.core.somaxconn */
    TRIES_MAX = 32, /* ports that turn out not to be free everywhere */
};

struct listener {
    bool is_tls;
    bool is_http;
    bool is_passed;     /* others listen at the same sockets */
    char *unlink_path;  /* of a Unix socket that we made; or NULL */
    ino_t unlink_inode; /* and which one it was */
    char *endpoint;
    size_t n_sockets;
    int fds[LISTENER_SOCKETS_MAX];
};

/* ---- binding ---- */

static void set_options(int fd, int family)
{
    static const int on = 1;
    if (family != AF_INET && family != AF_INET6)
        return;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
}

static int bind_one(const struct sockaddr *address, socklen_t size, int *fd_out)
{
    int fd = socket(address->sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    set_options(fd, address->sa_family);
    if (bind(fd, address, size) || listen(fd, BACKLOG)) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    *fd_out = fd;
    return 0;
}

static void add_socket(struct listener *l, int fd)
{
    static const int on = 1;
    /* Goes on to what is accepted; a Unix socket does without. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    l->fds[l->n_sockets++] = fd;
}

static void set_port(struct sockaddr *address, uint16_t port)
{
    if (address->sa_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = htons(port);
    else if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size))
        return 0;
    /* The port stands at the same place in both families. */
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/*
 * A name stands for addresses of the families that this machine has. An
 * address stands for itself: "::1" is there where no other of IPv6 is.
 */
static int resolve(const char *host, struct addrinfo **found_out)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_NUMERICHOST,
    };
    if (getaddrinfo(host, "0", &hints, found_out) == 0)
        return 0;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_ADDRCONFIG;
    errno = 0;
    switch (getaddrinfo(host, "0", &hints, found_out)) {
    case 0:
        return 0;
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    default: /* also where it could not open a file to look into */
        return errno == EMFILE || errno == ENFILE ? -errno : -EINVAL;
    }
}

/* Whether @a came before: a hosts file may name an address twice. */
static bool is_repeated(const struct addrinfo *found, const struct addrinfo *a)
{
    for (; found != a; found = found->ai_next)
        if (found->ai_addrlen == a->ai_addrlen &&
            memcmp(found->ai_addr, a->ai_addr, a->ai_addrlen) == 0)
            return true;
    return false;
}

/* @port: 0 becomes what the system chose, for the addresses to come. */
static int add_address(struct listener *l, const struct addrinfo *a,
                       uint16_t *port)
{
    struct sockaddr_storage address = {0};
    int fd;
    memcpy(&address, a->ai_addr, a->ai_addrlen);
    set_port((struct sockaddr *)&address, *port);
    int rc = bind_one((struct sockaddr *)&address, a->ai_addrlen, &fd);
    if (rc)
        return rc;
    add_socket(l, fd);
    *port = bound_port(fd);
    return 0;
}

static int add_addresses(struct listener *l, const struct addrinfo *found,
                         uint16_t *port)
{
    int rc = 0;
    for (const struct addrinfo *a = found;
         a && rc == 0 && l->n_sockets < LISTENER_SOCKETS_MAX; a = a->ai_next)
        if (!is_repeated(found, a))
            rc = add_address(l, a, port);
    return rc;
}

static void remove_addresses(struct listener *l)
{
    while (l->n_sockets)
        close(l->fds[--l->n_sockets]);
}

/*
 * Binds every address of the name; one port for all. When it is 0 the port that
 * the system chose for the first may be taken at another: then it is to choose
 * again.
 */
static int bind_tcp(struct listener *l, const struct listen_address *address,
                    uint16_t *port_out)
{
    struct addrinfo *found;
    int n_tries = address->port ? 1 : TRIES_MAX;
    int rc = resolve(address->host, &found);
    if (rc)
        return rc;
    do {
        remove_addresses(l);
        *port_out = address->port;
        rc = add_addresses(l, found, port_out);
    } while (rc == -EADDRINUSE && --n_tries);
    freeaddrinfo(found);
    return rc;
}

static bool is_socket(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/*
 * Whether nobody listens at @address: a socket that a killed process left.
 * Connecting to a file of another kind is refused just the same.
 */
static bool is_stale(const struct sockaddr_un *address)
{
    if (!is_socket(address->sun_path))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool is_refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) &&
        errno == ECONNREFUSED;
    close(fd);
    return is_refused;
}

/* Which file a path names; 0 when none. */
static ino_t inode_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) ? 0 : status.st_ino;
}

static int bind_unix(struct listener *l, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int rc = bind_one((struct sockaddr *)&address, sizeof address, &fd);
    if (rc == -EADDRINUSE && is_stale(&address)) {
        unlink(path);
        rc = bind_one((struct sockaddr *)&address, sizeof address, &fd);
    }
    if (rc == -EADDRINUSE && !is_socket(path))
        return -EEXIST;
    if (rc)
        return rc;
    add_socket(l, fd);
    l->unlink_inode = inode_of(path);
    l->unlink_path = strdup(path);
    return l->unlink_path ? 0 : -ENOMEM;
}

/* Non-blocking, whatever whoever passed it has set. */
static int inherit(struct listener *l, int fd)
{
    int is_listening = 0;
    socklen_t size = sizeof is_listening;
    int flags = fcntl(fd, F_GETFL);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) ||
        !is_listening)
        return -EOPNOTSUPP;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
        return -errno;
    l->is_passed = true;
    add_socket(l, fd);
    return 0;
}

/* ---- the endpoint ---- */

static int print_tcp_endpoint(struct listener *l, const char *host,
                              uint16_t port)
{
    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "::") == 0)
        host = "::1";
    bool is_v6 = strchr(host, ':') != NULL;
    const char *scheme = l->is_http ? "http" : l->is_tls ? "wss" : "ws";
    return asprintf(&l->endpoint, "%s://%s%s%s:%u", scheme, is_v6 ? "[" : "",
                    host, is_v6 ? "]" : "", port);
}

static int print_inherited_endpoint(struct listener *l, int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    char host[INET6_ADDRSTRLEN] = "?";
    if (getsockname(fd, (struct sockaddr *)&address, &size))
        return -1;
    if (address.ss_family == AF_UNIX)
        return asprintf(&l->endpoint, "ws+unix:%s:",
                        ((struct sockaddr_un *)&address)->sun_path);
    getnameinfo((struct sockaddr *)&address, size, host, sizeof host, NULL, 0,
                NI_NUMERICHOST);
    return print_tcp_endpoint(l, host, bound_port(fd));
}

static int print_endpoint(struct listener *l,
                          const struct listen_address *address, uint16_t port)
{
    int n = -1;
    switch (address->kind) {
    case LISTEN_TCP:
        n = print_tcp_endpoint(l, address->host, port);
        break;
    case LISTEN_UNIX:
        n = asprintf(&l->endpoint,
                     l->is_http ? "unix:%s" : "ws+unix:%s:", address->path);
        break;
    case LISTEN_SYSTEMD:
        n = print_inherited_endpoint(l, l->fds[0]);
        break;
    }
    if (n >= 0)
        return 0;
    l->endpoint = NULL;
    return -ENOMEM;
}

size_t listener_sockets(const struct listener *listener, const int **fds_out)
{
    *fds_out = listener->fds;
    return listener->n_sockets;
}

const char *listener_endpoint(const struct listener *listener)
{
    return listener->endpoint;
}

/* ---- opening and closing ---- */

static const char *advice(int rc)
{
    switch (rc) {
    case -EADDRINUSE:
        return "another process listens there: stop it, or choose another "
               "address (port 0 takes a free port)";
    case -EADDRNOTAVAIL:
        return "this machine has no such address";
    case -EACCES:
        return "not permitted: ports below 1024 need CAP_NET_BIND_SERVICE, "
               "a Unix socket a folder that we may write";
    case -EEXIST:
        return "a file that is no socket is there: move it away, or choose "
               "another path";
    case -EINVAL:
        return "the host name is unknown";
    case -EAGAIN:
        return "the host name cannot be looked up just now: is the network "
               "up?";
    case -EOPNOTSUPP:
        return "what was passed to us is no listening socket: use "
               "ListenStream= in the socket unit";
    default:
        return strerror(-rc);
    }
}

static int bind_address(struct listener *l,
                        const struct listen_address *address, int passed_fd)
{
    uint16_t port = 0;
    int rc = 0;
    switch (address->kind) {
    case LISTEN_TCP:
        rc = bind_tcp(l, address, &port);
        break;
    case LISTEN_UNIX:
        rc = bind_unix(l, address->path);
        break;
    case LISTEN_SYSTEMD:
        rc = inherit(l, passed_fd);
        break;
    }
    return rc ? rc : print_endpoint(l, address, port);
}

int listener_open(const struct listen_address *address, int passed_fd,
                  struct listener **listener_out, struct errmsg *errmsg)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l) {
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    l->is_tls = address->is_tls;
    l->is_http = address->is_http;
    int rc = bind_address(l, address, passed_fd);
    if (rc) {
        char text[ADDRESS_TEXT_MAX];
        address_print(address, text);
        errmsg_set(errmsg, "listen %s: %s", text, advice(rc));
        listener_close(l);
        return rc;
    }
    *listener_out = l;
    return 0;
}

/*
 * Of a Unix socket that is shut down the backlog stays: nobody joins it, but
 * those who wait there would wait on until the descriptor is closed.
 */
static void refuse_waiting(int fd)
{
    int newcomer;
    while ((newcomer = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        close(newcomer);
}

/*
 * First the path goes, unless it is a successor's by now: once the socket is
 * shut down one may take it for a stale one and put its own in its place at any
 * moment. A listening socket that is shut down does not listen any more: those
 * who wait in its backlog are refused, as everybody is from then on.
 */
void listener_stop(struct listener *listener)
{
    struct listener *l = listener;
    if (l->unlink_path && inode_of(l->unlink_path) == l->unlink_inode)
        unlink(l->unlink_path);
    free(l->unlink_path);
    l->unlink_path = NULL;
    for (size_t i = 0; i < l->n_sockets && !l->is_passed; i++) {
        shutdown(l->fds[i], SHUT_RDWR);
        refuse_waiting(l->fds[i]);
    }
}

void listener_close(struct listener *listener)
{
    if (!listener)
        return;
    listener_stop(listener);
    for (size_t i = 0; i < listener->n_sockets; i++)
        close(listener->fds[i]);
    free(listener->endpoint);
    free(listener);
}
