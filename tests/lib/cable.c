#include "tests/lib/cable.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "proto/list.h"

/*
 * One thread carries all connections. It holds the mutex except while it
 * polls; others only change rules and leave wishes, and wake it by a pipe.
 *
 * A connection is two lanes of at most one chunk each: a lane reads when it is
 * empty and writes when its chunk has been under way for long enough.
 */

enum { MAX_LINKS = 32, CHUNK = 65536 };

struct lane {
    uint8_t chunk[CHUNK];
    size_t begin; /* of what is not written yet */
    size_t end;
    size_t n_passed; /* since the rules were made */
    long long due_ms;
    bool is_over; /* its source has ended */
    bool is_shut; /* and its sink knows */
};

struct link {
    struct list node;
    int fds[N_CABLE_WAYS]; /* the source of each way: client, server */
    struct lane lanes[N_CABLE_WAYS];
    bool is_leaving; /* both ends were told: waits for them to leave */
    bool is_stalled;
    bool has_wish; /* to be ended as wish says */
    enum cable_end wish;
};

struct cable {
    int listener;
    int wake[2]; /* a pipe: read by the thread */
    uint16_t port;
    uint16_t server_port;
    pthread_t thread;
    pthread_mutex_t mutex; /* over all below */
    struct list links;     /* struct link */
    unsigned n_links;
    unsigned n_connections;
    size_t n_passed[N_CABLE_WAYS];
    struct cable_rules rules;
    unsigned n_wishes; /* of links, not fulfilled yet */
    pthread_cond_t fulfilled;
    bool is_stopped;
};

/* Unlike assert() it evaluates its argument whatever the build. */
static void must(bool is_done)
{
    if (!is_done)
        abort();
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static struct sockaddr_in local(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static void set_reset(int fd)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void drop(struct cable *cable, struct link *link)
{
    close(link->fds[CABLE_UP]);
    close(link->fds[CABLE_DOWN]);
    list_remove(&link->node);
    cable->n_links--;
    free(link);
}

static void end(struct cable *cable, struct link *link, enum cable_end how)
{
    switch (how) {
    case CABLE_FIN:
        link->is_leaving = true;
        shutdown(link->fds[CABLE_UP], SHUT_WR);
        shutdown(link->fds[CABLE_DOWN], SHUT_WR);
        return;
    case CABLE_RST:
        set_reset(link->fds[CABLE_UP]);
        set_reset(link->fds[CABLE_DOWN]);
        drop(cable, link);
        return;
    case CABLE_STALL:
        link->is_stalled = true;
        return;
    case N_CABLE_ENDS:
        break;
    }
    abort();
}

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = local(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void prepare(int fd)
{
    const int on = 1;
    must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

/* Bytes that may pass before the cut; SIZE_MAX: there is none. */
static size_t room(const struct cable *cable, const struct link *link,
                   enum cable_way way)
{
    const struct cable_rules *rules = &cable->rules;
    if (!rules->is_cut || rules->cut_way != way)
        return SIZE_MAX;
    return rules->cut_after - link->lanes[way].n_passed;
}

static bool is_due_to_end(const struct cable *cable, const struct link *link)
{
    return room(cable, link, cable->rules.cut_way) == 0;
}

static void take_client(struct cable *cable)
{
    int client = accept4(cable->listener, NULL, NULL, SOCK_CLOEXEC);
    must(client >= 0);
    cable->n_connections++;
    int server = connect_to(cable->server_port);
    if (server < 0) { /* as if the cable were not there */
        set_reset(client);
        close(client);
        return;
    }
    prepare(client);
    prepare(server);
    struct link *link = calloc(1, sizeof *link);
    must(link);
    link->fds[CABLE_UP] = client;
    link->fds[CABLE_DOWN] = server;
    list_append(&cable->links, &link->node);
    cable->n_links++;
    if (is_due_to_end(cable, link))
        end(cable, link, cable->rules.end);
}

static bool is_empty(const struct lane *lane)
{
    return lane->begin == lane->end;
}

/* Returns false when the source was reset. */
static bool read_chunk(struct cable *cable, struct link *link,
                       enum cable_way way)
{
    struct lane *lane = &link->lanes[way];
    ssize_t n = read(link->fds[way], lane->chunk, CHUNK);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    lane->is_over = n == 0;
    lane->begin = 0;
    lane->end = (size_t)n;
    lane->due_ms = now_ms() + cable->rules.delay_ms;
    return true;
}

/* Returns false when the sink was reset. */
static bool write_piece(struct cable *cable, struct link *link,
                        enum cable_way way)
{
    struct lane *lane = &link->lanes[way];
    size_t n = lane->end - lane->begin;
    if (cable->rules.piece > 0 && n > cable->rules.piece)
        n = cable->rules.piece;
    if (n > room(cable, link, way))
        n = room(cable, link, way);
    ssize_t written = send(link->fds[way == CABLE_UP ? CABLE_DOWN : CABLE_UP],
                           lane->chunk + lane->begin, n, MSG_NOSIGNAL);
    if (written < 0)
        return errno == EAGAIN || errno == EINTR;
    lane->begin += (size_t)written;
    lane->n_passed += (size_t)written;
    cable->n_passed[way] += (size_t)written;
    return true;
}

/* Reads what nobody wants, until its source leaves. */
static void discard(struct link *link, enum cable_way way, short events)
{
    uint8_t nothing[4096];
    if (!(events & (POLLIN | POLLHUP | POLLERR)))
        return;
    ssize_t n = read(link->fds[way], nothing, sizeof nothing);
    link->lanes[way].is_over =
        n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* What to wait for at the source of @way: it is the other way's sink, too. */
static short wanted(const struct link *link, enum cable_way way)
{
    const struct lane *from = &link->lanes[way];
    const struct lane *to = &link->lanes[!way];
    short events = 0;
    if (link->is_leaving)
        return from->is_over ? 0 : POLLIN;
    if (link->is_stalled)
        return 0;
    if (is_empty(from) && !from->is_over)
        events |= POLLIN;
    if (!is_empty(to) && to->due_ms <= now_ms())
        events |= POLLOUT;
    return events;
}

/* Carries what can be carried one way; returns false after a reset. */
static bool carry(struct cable *cable, struct link *link, enum cable_way way,
                  const struct pollfd *source, const struct pollfd *sink)
{
    struct lane *lane = &link->lanes[way];
    bool is_fine = true;
    if (is_empty(lane) && !lane->is_over &&
        (source->revents & (POLLIN | POLLHUP | POLLERR)))
        is_fine = read_chunk(cable, link, way);
    else if (!is_empty(lane) && (sink->revents & (POLLOUT | POLLERR)))
        is_fine = write_piece(cable, link, way);
    if (is_fine && lane->is_over && is_empty(lane) && !lane->is_shut) {
        lane->is_shut = true;
        shutdown(sink->fd, SHUT_WR);
    }
    return is_fine;
}

static void serve(struct cable *cable, struct link *link,
                  const struct pollfd ends[N_CABLE_WAYS])
{
    if (link->has_wish) {
        link->has_wish = false;
        end(cable, link, link->wish);
        if (--cable->n_wishes == 0)
            pthread_cond_signal(&cable->fulfilled);
        return;
    }
    if (link->is_leaving) {
        discard(link, CABLE_UP, ends[CABLE_UP].revents);
        discard(link, CABLE_DOWN, ends[CABLE_DOWN].revents);
        if (link->lanes[CABLE_UP].is_over && link->lanes[CABLE_DOWN].is_over)
            drop(cable, link);
        return;
    }
    if (link->is_stalled)
        return;
    if (!carry(cable, link, CABLE_UP, &ends[CABLE_UP], &ends[CABLE_DOWN]) ||
        !carry(cable, link, CABLE_DOWN, &ends[CABLE_DOWN], &ends[CABLE_UP]))
        end(cable, link, CABLE_RST);
    else if (is_due_to_end(cable, link))
        end(cable, link, cable->rules.end);
    else if (link->lanes[CABLE_UP].is_shut && link->lanes[CABLE_DOWN].is_shut)
        drop(cable, link);
}

/* The time until the first chunk is due that is not yet, or -1. */
static int patience_ms(const struct cable *cable)
{
    long long now = now_ms();
    long long least = -1;
    list_for_each (node, next, &cable->links) {
        const struct link *link = list_entry(node, struct link, node);
        for (int way = 0; way < N_CABLE_WAYS; way++) {
            long long left = link->lanes[way].due_ms - now;
            if (!is_empty(&link->lanes[way]) && left > 0 && !link->is_stalled &&
                (least < 0 || left < least))
                least = left;
        }
    }
    return (int)least;
}

/* The listener, the pipe, and two for each link, in their order. */
static nfds_t list_fds(const struct cable *cable,
                       struct pollfd fds[2 + 2 * MAX_LINKS])
{
    nfds_t n = 0;
    bool has_room = cable->n_links < MAX_LINKS;
    fds[n++] = (struct pollfd){cable->wake[0], POLLIN, 0};
    fds[n++] = (struct pollfd){has_room ? cable->listener : -1, POLLIN, 0};
    list_for_each (node, next, &cable->links) {
        const struct link *link = list_entry(node, struct link, node);
        for (int way = 0; way < N_CABLE_WAYS; way++) {
            short events = wanted(link, way);
            /* What is not asked for is told of a socket that was reset. */
            int fd = events ? link->fds[way] : -1;
            fds[n++] = (struct pollfd){fd, events, 0};
        }
    }
    return n;
}

static void turn(struct cable *cable)
{
    struct pollfd fds[2 + 2 * MAX_LINKS];
    char nothing[64];
    nfds_t n = list_fds(cable, fds);
    int timeout_ms = patience_ms(cable);
    pthread_mutex_unlock(&cable->mutex);
    int n_ready = poll(fds, n, timeout_ms);
    must(n_ready >= 0 || errno == EINTR);
    pthread_mutex_lock(&cable->mutex);
    if (fds[0].revents)
        must(read(cable->wake[0], nothing, sizeof nothing) > 0);
    const struct pollfd *ends = fds + 2;
    list_for_each (node, next, &cable->links) {
        struct link *link = list_entry(node, struct link, node);
        struct pollfd of_link[N_CABLE_WAYS] = {ends[0], ends[1]};
        of_link[CABLE_UP].fd = link->fds[CABLE_UP];
        of_link[CABLE_DOWN].fd = link->fds[CABLE_DOWN];
        serve(cable, link, of_link);
        ends += 2;
    }
    if (fds[1].revents)
        take_client(cable);
}

static void *live(void *data)
{
    struct cable *cable = data;
    pthread_mutex_lock(&cable->mutex);
    while (!cable->is_stopped)
        turn(cable);
    list_for_each (node, next, &cable->links)
        end(cable, list_entry(node, struct link, node), CABLE_RST);
    pthread_mutex_unlock(&cable->mutex);
    return NULL;
}

struct cable *cable_new(uint16_t port)
{
    struct sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    struct cable *cable = calloc(1, sizeof *cable);
    must(cable);
    list_init(&cable->links);
    cable->server_port = port;
    cable->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(cable->listener >= 0);
    must(bind(cable->listener, (struct sockaddr *)&address, size) == 0);
    must(listen(cable->listener, 128) == 0);
    must(getsockname(cable->listener, (struct sockaddr *)&address, &size) == 0);
    cable->port = ntohs(address.sin_port);
    must(pipe2(cable->wake, O_CLOEXEC) == 0);
    must(pthread_mutex_init(&cable->mutex, NULL) == 0);
    must(pthread_cond_init(&cable->fulfilled, NULL) == 0);
    must(pthread_create(&cable->thread, NULL, live, cable) == 0);
    return cable;
}

static void lock(struct cable *cable)
{
    must(pthread_mutex_lock(&cable->mutex) == 0);
}

static void unlock(struct cable *cable)
{
    must(pthread_mutex_unlock(&cable->mutex) == 0);
}

static void unlock_and_wake(struct cable *cable)
{
    unlock(cable);
    must(write(cable->wake[1], "", 1) == 1);
}

void cable_free(struct cable *cable)
{
    if (!cable)
        return;
    lock(cable);
    cable->is_stopped = true;
    unlock_and_wake(cable);
    must(pthread_join(cable->thread, NULL) == 0);
    pthread_mutex_destroy(&cable->mutex);
    pthread_cond_destroy(&cable->fulfilled);
    close(cable->listener);
    close(cable->wake[0]);
    close(cable->wake[1]);
    free(cable);
}

uint16_t cable_port(const struct cable *cable)
{
    return cable->port;
}

void cable_set(struct cable *cable, const struct cable_rules *rules)
{
    lock(cable);
    cable->rules = *rules;
    memset(cable->n_passed, 0, sizeof cable->n_passed);
    list_for_each (node, next, &cable->links) {
        struct link *link = list_entry(node, struct link, node);
        link->lanes[CABLE_UP].n_passed = 0;
        link->lanes[CABLE_DOWN].n_passed = 0;
    }
    unlock_and_wake(cable);
}

void cable_cut(struct cable *cable, enum cable_end how)
{
    lock(cable);
    list_for_each (node, next, &cable->links) {
        struct link *link = list_entry(node, struct link, node);
        link->has_wish = true;
        link->wish = how;
        cable->n_wishes++;
    }
    must(write(cable->wake[1], "", 1) == 1);
    while (cable->n_wishes > 0)
        must(pthread_cond_wait(&cable->fulfilled, &cable->mutex) == 0);
    unlock(cable);
}

size_t cable_passed(struct cable *cable, enum cable_way way)
{
    lock(cable);
    size_t n = cable->n_passed[way];
    unlock(cable);
    return n;
}

unsigned cable_n_connections(struct cable *cable)
{
    lock(cable);
    unsigned n = cable->n_connections;
    unlock(cable);
    return n;
}
