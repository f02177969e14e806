#include "daemon/handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/admit.h"
#include "daemon/connection.h"
#include "daemon/log.h"
#include "daemon/worker.h"
#include "proto/http.h"
#include "proto/upgrade.h"

/*
 * A refused client may ask again on the same connection, as on AWS, but each
 * connection only so often: guessing keys shall cost something.
 */
enum { REQUESTS_MAX = 100 };

struct handshake {
    struct http_reader *http;
    unsigned n_requests; /* refused so far */
    bool is_throttled;
};

struct handshake *handshake_new(const struct snapshot *snapshot,
                                bool is_throttled)
{
    struct handshake *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->is_throttled = is_throttled;
    h->http = http_reader_new(HTTP_REQUESTS, &snapshot->http_limits);
    if (!h->http) {
        free(h);
        return NULL;
    }
    return h;
}

void handshake_free(struct handshake *handshake)
{
    if (!handshake)
        return;
    http_reader_free(handshake->http);
    free(handshake);
}

enum { ADDRESS_CHARS = INET6_ADDRSTRLEN + 8 };

/* "192.0.2.1:4711", "[2001:db8::1]:4711" or "unix". */
static void print_peer(int fd, char text_out[ADDRESS_CHARS])
{
    struct sockaddr_storage address = {0};
    char host[INET6_ADDRSTRLEN] = "?";
    socklen_t size = sizeof address;
    const struct sockaddr_in *in4 = (const void *)&address;
    const struct sockaddr_in6 *in6 = (const void *)&address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
        address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &in4->sin_addr, host, sizeof host);
        snprintf(text_out, ADDRESS_CHARS, "%s:%u", host, ntohs(in4->sin_port));
    } else if (address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
        snprintf(text_out, ADDRESS_CHARS, "[%s]:%u", host,
                 ntohs(in6->sin6_port));
    } else {
        snprintf(text_out, ADDRESS_CHARS, "unix");
    }
}

static void refuse(struct connection *c, enum refusal refusal, bool keep_alive,
                   const char *why)
{
    struct worker *w = c->worker;
    struct answer_ids ids = {.now = time(NULL)};
    char peer[ADDRESS_CHARS];
    connid_mint_uuid(&w->ids, ids.request);
    connid_mint_request(&w->ids, &ids.gateway);
    print_peer(c->socket.fd, peer);
    log_info("peer=%s refused status=%d why=\"%s\" request=%s", peer,
             answer_status(refusal), why, ids.request);
    int rc = answer_append_refusal(&c->socket.outbox,
                                   w->snapshot->config->send_queue_limit,
                                   refusal, NULL, keep_alive, &ids);
    if (rc)
        connection_drop(c, END_NO_MEMORY);
    else if (keep_alive)
        connection_has_output(c);
    else
        connection_end_head(c, END_REFUSED);
}

static const char *refusal_name(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_FORBIDDEN:
        return "unknown stage or key";
    case REFUSAL_TOO_MANY_REQUESTS:
        return "over connect_rate";
    case REFUSAL_NOT_WEBSOCKET:
    case REFUSAL_MISSING_TOKEN:
        return "not a WebSocket handshake";
    default:
        return "bad WebSocket handshake";
    }
}

/* Returns -ENOMEM with nothing sent. */
static int welcome(struct connection *c, const struct admission *admission)
{
    struct worker *w = c->worker;
    struct connid id;
    char peer[ADDRESS_CHARS];
    connid_mint(&w->ids, w->slot, &id);
    int rc = upgrade_append_101(&c->socket.outbox,
                                w->snapshot->config->send_queue_limit,
                                time(NULL), admission->accept);
    if (rc == 0)
        rc = connection_open(c, &id);
    if (rc)
        return rc;
    print_peer(c->socket.fd, peer);
    log_info("connection=%.*s opened peer=%s key=%s tls=%s worker=%u",
             CONNID_PRINT(&id), peer,
             admission->key ? admission->key->name : "none",
             socket_tls_version(&c->socket), w->slot);
    connection_has_output(c);
    return 0;
}

/* After a HEAD the body of a refusal would put the client out of step. */
static bool may_ask_again(struct handshake *h)
{
    return http_keeps_alive(h->http) && ++h->n_requests < REQUESTS_MAX &&
           strcmp(http_method(h->http), "HEAD") != 0;
}

static void answer(struct connection *c)
{
    struct handshake *h = c->handshake;
    struct worker *w = c->worker;
    struct admission admission;
    enum refusal refusal =
        admit(w->snapshot, h->http, h->is_throttled, &admission);
    if (refusal == REFUSAL_NONE) {
        if (welcome(c, &admission))
            connection_drop(c, END_NO_MEMORY);
        return;
    }
    bool keep_alive = may_ask_again(h);
    if (keep_alive) /* the next request has a handshake_timeout of its own */
        deadlines_add(&w->deadlines[DEADLINE_HANDSHAKE], &c->phase,
                      worker_now_ms(w));
    refuse(c, refusal, keep_alive, refusal_name(refusal));
}

size_t handshake_read(struct connection *c, const uint8_t *in, size_t n)
{
    size_t total = 0;
    while (total < n && c->state == CONNECTION_HEAD) {
        size_t used;
        const char *why;
        enum http_event event =
            http_read(c->handshake->http, in + total, n - total, &used);
        total += used;
        switch (event) {
        case HTTP_EVENT_MORE:
        case HTTP_EVENT_HEAD:
            break;
        case HTTP_EVENT_MESSAGE:
            answer(c);
            break;
        case HTTP_EVENT_FAULT: {
            int status = http_fault(c->handshake->http, &why);
            refuse(c, answer_to_fault(status), false, why);
            break;
        }
        }
    }
    return total;
}
