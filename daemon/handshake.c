#include "daemon/handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/access.h"
#include "daemon/admit.h"
#include "daemon/browserkey.h"
#include "daemon/charge.h"
#include "daemon/connection.h"
#include "daemon/head.h"
#include "daemon/log.h"
#include "daemon/peername.h"
#include "daemon/worker.h"
#include "proto/nak.h"
#include "proto/upgrade.h"

/* Of what admit() refused. */
static const char *why(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_FORBIDDEN:
        return "no valid key";
    case REFUSAL_TOO_MANY_REQUESTS:
        return "over connect_rate";
    case REFUSAL_NOT_WEBSOCKET:
    case REFUSAL_MISSING_TOKEN:
        return "not a WebSocket handshake";
    default:
        return "bad WebSocket handshake";
    }
}

/* Keeps what GET @connections tells of the client. Returns 0 or -ENOMEM. */
static int keep_user_agent(struct connection *c,
                           const struct http_reader *request)
{
    const char *user_agent = http_header(request, "User-Agent", NULL);
    if (!user_agent)
        return 0;
    free(c->user_agent);
    c->user_agent = strdup(user_agent);
    return c->user_agent ? 0 : -ENOMEM;
}

/* Once the peer is gone nobody can be asked. Returns 0 or -ENOMEM. */
static int keep_source_ip(struct connection *c)
{
    char ip[PEERNAME_CHARS];
    if (!access_is_on(c) || c->source_ip)
        return 0;
    peername_print_ip(c->socket.fd, ip);
    c->source_ip = strdup(ip);
    return c->source_ip ? 0 : -ENOMEM;
}

/* With a line for the subprotocol, if there is one to select, and one for what
 * the client has got beyond API Gateway: to others no byte differs from that.
 */
static int append_101(struct connection *c, const struct admission *admission)
{
    static const char nak[] = UPGRADE_EXTENSIONS ": " NAK_EXTENSION "\r\n";
    const char *protocol = admission->protocol;
    char headers[80 + sizeof nak];
    snprintf(headers, sizeof headers, "%s%s%s%s",
             protocol ? "sec-websocket-protocol: " : "",
             protocol ? protocol : "", protocol ? "\r\n" : "",
             c->wants_nak ? nak : "");
    return upgrade_append_101(&c->socket.outbox,
                              c->worker->snapshot->config->send_queue_limit,
                              time(NULL), admission->accept, headers);
}

static bool asks_for_nak(const struct connection *c,
                         const struct http_reader *request)
{
    return http_has_token(request, UPGRADE_EXTENSIONS, NAK_EXTENSION) ||
           (c->worker->snapshot->config->browser_keys &&
            browserkey_asks_for(request, NAK_EXTENSION));
}

static int open_connection(struct connection *c,
                           const struct http_reader *request,
                           const struct admission *admission)
{
    struct worker *w = c->worker;
    struct connid id;
    connid_mint(&w->ids, w->slot, &id);
    int rc = keep_user_agent(c, request);
    if (rc == 0)
        rc = keep_source_ip(c);
    c->wants_nak = asks_for_nak(c, request);
    if (rc == 0)
        rc = append_101(c, admission);
    return rc ? rc
              : connection_open(
                    c, &id,
                    snapshot_tally(w->snapshot, admission->key, w->slot));
}

static void log_opened(const struct connection *c,
                       const struct admission *admission)
{
    char peer[PEERNAME_CHARS];
    if (!log_is_enabled(LOG_INFO))
        return; /* nor ask the system */
    peername_print(c->socket.fd, peer);
    log_info("connection=%.*s opened peer=%s key=%s tls=%s worker=%u",
             CONNID_PRINT(&c->id), peer,
             admission->key ? admission->key->name : "none",
             socket_tls_version(&c->socket), c->worker->slot);
}

static void welcome(struct connection *c, const struct http_reader *request,
                    const struct admission *admission)
{
    if (open_connection(c, request, admission)) {
        connection_drop(c, END_NO_MEMORY);
        return;
    }
    if (access_is_on(c))
        access_connected(c);
    log_opened(c, admission);
    connection_has_output(c);
}

/* Opens what is admitted, if the plan of its key allows one more. */
static void open_or_refuse(struct connection *c,
                           const struct http_reader *request,
                           const struct admission *admission)
{
    enum refusal refusal = charge_connect(c, admission->key);
    if (refusal == REFUSAL_NONE)
        welcome(c, request, admission);
    else
        head_refuse(c, refusal, NULL,
                    refusal == REFUSAL_LIMIT_EXCEEDED
                        ? "over the quota of its plan"
                        : "over the rate of its plan");
}

void handshake_answer(struct connection *c, const struct http_reader *request,
                      bool is_throttled)
{
    struct admission admission;
    enum refusal refusal =
        admit(c->worker->snapshot, request, is_throttled, &admission);
    if (refusal == REFUSAL_NONE)
        open_or_refuse(c, request, &admission);
    else
        head_refuse(c, refusal, NULL, why(refusal));
}
