#include "daemon/admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/acceptor.h"
#include "daemon/address.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "proto/answer.h"
#include "proto/http.h"
#include "proto/list.h"

/*
 * A client asks once. Its request is read until it is complete or faulty, and
 * answered; then our direction is shut and what the client still sends is
 * dropped until it ends, because closing at once would take the answer away
 * from it. All of that may take DEADLINE_MS; and a newcomer that finds all
 * places taken gets the oldest one's.
 */

enum {
    CLIENTS_MAX = 16,
    DEADLINE_MS = 10000,
    READ_BYTES = 4096,
    DROPPED_MAX = 256 * 1024, /* bytes behind the request */
    ANSWER_MAX = 64 * 1024 * 1024,
};

static const struct http_limits http_limits = {
    .head_size = 8192, .target_size = 1024, .n_headers = 64, .body_size = 4096};

/* One listening socket. */
struct door {
    uv_poll_t poll;
    struct admin *admin;
    int fd;
};

struct admin {
    uv_loop_t *loop;
    struct admin_source source;
    struct listen_address address;
    struct listener *listener;
    struct acceptor acceptor;
    uv_timer_t pause; /* while it runs nothing is accepted */
    struct door doors[LISTENER_SOCKETS_MAX];
    size_t n_doors;
    struct list clients; /* struct client, the oldest first */
    unsigned n_clients;
    unsigned n_open_handles; /* of doors, the pause and clients */
};

struct client {
    struct list link; /* in admin.clients */
    struct admin *admin;
    uv_poll_t poll;
    uv_timer_t deadline;
    int fd;
    unsigned n_open_handles;
    struct http_reader *http; /* NULL once it is answered */
    struct bytes answer;      /* the rest of it */
    size_t n_dropped;
};

/* ---- ending ---- */

static void count_closed(struct admin *admin)
{
    if (--admin->n_open_handles)
        return;
    listener_close(admin->listener);
    acceptor_deinit(&admin->acceptor);
    address_deinit(&admin->address);
    free(admin);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    struct admin *admin = client->admin;
    if (--client->n_open_handles == 0)
        free(client);
    count_closed(admin);
}

static void close_client(struct client *client)
{
    list_remove(&client->link);
    client->admin->n_clients--;
    uv_close((uv_handle_t *)&client->poll, on_client_closed);
    uv_close((uv_handle_t *)&client->deadline, on_client_closed);
    close(client->fd);
    http_reader_free(client->http);
    bytes_deinit(&client->answer);
}

static void on_deadline(uv_timer_t *timer)
{
    close_client(timer->data);
}

/* ---- answers ---- */

struct page {
    int status;
    const char *reason;
    const char *headers; /* further ones */
    const char *text;    /* NULL: the metrics */
};

static const struct page healthy = {200, "OK", "", "ok"};
static const struct page ready = {200, "OK", "", "ready"};
static const struct page not_ready = {503, "Service Unavailable", "",
                                      "draining"};
static const struct page metrics = {200, "OK", "", NULL};
static const struct page unknown = {
    404, "Not Found", "", "There are /healthz, /readyz and /metrics."};
static const struct page bad_method = {
    405, "Method Not Allowed", "Allow: GET, HEAD\r\n", "Use GET or HEAD."};
static const struct page bad_host = {
    403, "Forbidden", "", "The Host is not the address of this endpoint."};
static const struct page bad_origin = {403, "Forbidden", "",
                                       "Web pages are not served."};
static const struct page failed = {500, "Internal Server Error", "",
                                   "Out of memory."};

static int append_page(struct bytes *out, const struct page *page,
                       const struct bytes *body, bool is_head)
{
    char date[ANSWER_DATE_SIZE];
    answer_write_date(date, time(NULL));
    int rc = bytes_append_format(out, ANSWER_MAX,
                                 "HTTP/1.1 %d %s\r\n"
                                 "Date: %s\r\n"
                                 "Content-Type: text/plain; %scharset=utf-8\r\n"
                                 "Content-Length: %zu\r\n"
                                 "Cache-Control: no-store\r\n"
                                 "X-Content-Type-Options: nosniff\r\n"
                                 "Connection: close\r\n"
                                 "%s\r\n",
                                 page->status, page->reason, date,
                                 page->text ? "" : "version=0.0.4; ",
                                 bytes_size(body), page->headers);
    if (rc || is_head)
        return rc;
    return bytes_append(out, bytes_begin(body), bytes_size(body), ANSWER_MAX);
}

static int append_body(struct admin *admin, const struct page *page,
                       struct bytes *body)
{
    if (page->text)
        return bytes_append_format(body, ANSWER_MAX, "%s\n", page->text);
    return admin->source.append_metrics(body, ANSWER_MAX, admin->source.data);
}

/* ---- requests ---- */

/* Whether @host, the value of the header, is @name, with or without a port. */
static bool is_host(const char *host, const char *name)
{
    size_t n = strlen(name);
    if (strncasecmp(host, name, n) != 0)
        return false;
    return host[n] == '\0' ||
           (host[n] == ':' &&
            host[n + 1 + strspn(host + n + 1, "0123456789")] == '\0');
}

/* A name that somebody else's DNS let point here is none of ours. */
static bool is_own_host(const struct admin *admin, const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++)
        if (is_host(host, names[i]))
            return true;
    return host && admin->address.host && is_host(host, admin->address.host);
}

static const struct page *find_page(const struct admin *admin,
                                    const struct http_reader *request)
{
    const char *method = http_method(request);
    const char *target = http_target(request);
    size_t n = strcspn(target, "?");
    if (!is_own_host(admin, http_header(request, "Host", NULL)))
        return &bad_host;
    if (http_header(request, "Origin", NULL))
        return &bad_origin;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return &bad_method;
    if (n == strlen("/healthz") && strncmp(target, "/healthz", n) == 0)
        return &healthy;
    if (n == strlen("/readyz") && strncmp(target, "/readyz", n) == 0)
        return admin->source.is_ready(admin->source.data) ? &ready : &not_ready;
    if (n == strlen("/metrics") && strncmp(target, "/metrics", n) == 0)
        return &metrics;
    return &unknown;
}

/* A faulty request is told its status, and why in the body. */
static struct page describe_fault(const struct http_reader *request)
{
    struct page page = {.reason = "Refused", .headers = ""};
    page.status = http_fault(request, &page.text);
    return page;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void answer(struct client *client, bool is_fault)
{
    struct http_reader *request = client->http;
    struct bytes body = BYTES_EMPTY;
    struct page page =
        is_fault ? describe_fault(request) : *find_page(client->admin, request);
    bool is_head = !is_fault && strcmp(http_method(request), "HEAD") == 0;
    if (append_body(client->admin, &page, &body)) {
        bytes_deinit(&body);
        page = failed;
        (void)append_body(client->admin, &page, &body);
    }
    int rc = append_page(&client->answer, &page, &body, is_head);
    bytes_deinit(&body);
    client->http = NULL;
    http_reader_free(request);
    log_debug("admin answered status=%d", page.status);
    if (rc == 0)
        rc = uv_poll_start(&client->poll, UV_WRITABLE, on_ready);
    if (rc)
        close_client(client);
}

static void read_request(struct client *client, const uint8_t *in, size_t n)
{
    while (n) {
        size_t used;
        switch (http_read(client->http, in, n, &used)) {
        case HTTP_EVENT_MORE:
        case HTTP_EVENT_HEAD:
            break;
        case HTTP_EVENT_MESSAGE:
            answer(client, false);
            return;
        case HTTP_EVENT_FAULT:
            answer(client, true);
            return;
        }
        in += used;
        n -= used;
    }
}

/* ---- the socket ---- */

static void write_answer(struct client *client)
{
    while (!bytes_is_empty(&client->answer)) {
        ssize_t n = send(client->fd, bytes_begin(&client->answer),
                         bytes_size(&client->answer), MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                close_client(client);
            return;
        }
        bytes_consume(&client->answer, (size_t)n);
    }
    shutdown(client->fd, SHUT_WR);
    if (uv_poll_start(&client->poll, UV_READABLE, on_ready))
        close_client(client);
}

static void read_ready(struct client *client)
{
    uint8_t in[READ_BYTES];
    ssize_t n = recv(client->fd, in, sizeof in, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0 && client->http) {
        read_request(client, in, (size_t)n);
        return;
    }
    client->n_dropped += n > 0 ? (size_t)n : 0;
    if (n <= 0 || client->n_dropped > DROPPED_MAX)
        close_client(client);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct client *client = poll->data;
    if (status)
        close_client(client);
    else if (events & UV_WRITABLE)
        write_answer(client);
    else
        read_ready(client);
}

static int open_client(struct admin *admin, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return -ENOMEM;
    client->http = http_reader_new(HTTP_REQUESTS, &http_limits);
    int rc =
        client->http ? uv_poll_init(admin->loop, &client->poll, fd) : -ENOMEM;
    if (rc) {
        http_reader_free(client->http);
        free(client);
        return rc;
    }
    client->admin = admin;
    client->fd = fd;
    client->poll.data = client;
    uv_timer_init(admin->loop, &client->deadline);
    client->deadline.data = client;
    client->n_open_handles = 2;
    admin->n_open_handles += 2;
    list_append(&admin->clients, &client->link);
    admin->n_clients++;
    uv_timer_start(&client->deadline, on_deadline, DEADLINE_MS, 0);
    if (uv_poll_start(&client->poll, UV_READABLE, on_ready))
        close_client(client);
    return 0;
}

/* Takes @fd. */
static void welcome(struct admin *admin, int fd)
{
    if (admin->n_clients == CLIENTS_MAX)
        close_client(list_entry(admin->clients.next, struct client, link));
    if (open_client(admin, fd))
        close(fd);
}

/* ---- accepting ---- */

static void on_newcomer(uv_poll_t *poll, int status, int events);

static void start_accepting(struct admin *admin)
{
    for (size_t i = 0; i < admin->n_doors; i++)
        uv_poll_start(&admin->doors[i].poll, UV_READABLE, on_newcomer);
}

static void on_pause_over(uv_timer_t *timer)
{
    struct admin *admin = timer->data;
    acceptor_resume(&admin->acceptor);
    start_accepting(admin);
}

static void pause_accepting(struct admin *admin)
{
    uint64_t resume_ms = admin->acceptor.resume_ms;
    for (size_t i = 0; i < admin->n_doors; i++)
        uv_poll_stop(&admin->doors[i].poll);
    uv_timer_start(&admin->pause, on_pause_over,
                   resume_ms - uv_now(admin->loop), 0);
}

static void on_newcomer(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;
    struct admin *admin = door->admin;
    (void)status;
    (void)events;
    int fd = acceptor_take(&admin->acceptor, door->fd, admin_endpoint(admin),
                           uv_now(admin->loop));
    if (fd >= 0)
        welcome(admin, fd);
    else if (fd == -EBUSY)
        pause_accepting(admin);
}

/* ---- opening and closing ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct admin *admin = handle->type == UV_TIMER
                              ? handle->data
                              : ((struct door *)handle->data)->admin;
    count_closed(admin);
}

static int open_doors(struct admin *admin)
{
    const int *fds;
    size_t n = listener_sockets(admin->listener, &fds);
    for (size_t i = 0; i < n; i++) {
        struct door *door = &admin->doors[i];
        int rc = uv_poll_init(admin->loop, &door->poll, fds[i]);
        if (rc)
            return rc;
        *door = (struct door){.poll = door->poll, .admin = admin, .fd = fds[i]};
        door->poll.data = door;
        admin->n_doors++;
        admin->n_open_handles++;
    }
    start_accepting(admin);
    return 0;
}

static int listen_at(struct admin *admin, const char *address,
                     struct errmsg *errmsg)
{
    int rc = address_parse_admin(address, &admin->address, errmsg);
    if (rc)
        return rc;
    rc = listener_open(&admin->address, -1, &admin->listener, errmsg);
    if (rc)
        errmsg_prefix(errmsg, "admin_listen");
    return rc ? rc : open_doors(admin);
}

int admin_open(uv_loop_t *loop, const char *address, struct admin_source source,
               struct admin **admin_out, struct errmsg *errmsg)
{
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        return -ENOMEM;
    admin->loop = loop;
    admin->source = source;
    list_init(&admin->clients);
    acceptor_init(&admin->acceptor);
    uv_timer_init(loop, &admin->pause);
    admin->pause.data = admin;
    admin->n_open_handles = 1;
    int rc = listen_at(admin, address, errmsg);
    if (rc) {
        admin_close(admin);
        return rc;
    }
    log_info("admin endpoint=%s", admin_endpoint(admin));
    *admin_out = admin;
    return 0;
}

const char *admin_endpoint(const struct admin *admin)
{
    return listener_endpoint(admin->listener);
}

void admin_close(struct admin *admin)
{
    if (!admin)
        return;
    for (size_t i = 0; i < admin->n_doors; i++)
        uv_close((uv_handle_t *)&admin->doors[i].poll, on_handle_closed);
    uv_close((uv_handle_t *)&admin->pause, on_handle_closed);
    if (admin->listener)
        listener_stop(admin->listener);
    list_for_each (node, after, &admin->clients)
        close_client(list_entry(node, struct client, link));
}
