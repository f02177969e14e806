#include "daemon/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/accessline.h"
#include "daemon/lines.h"
#include "daemon/log.h"
#include "daemon/peername.h"
#include "daemon/tally.h"

enum { LOSS_EVERY_MS = 1000 };

static struct lines_buffer buffers[2];
static struct lines lines = LINES_INIT(buffers, -1);

/* ---- the file ---- */

/* On the writing thread. Who overwhelms this log shall not do so to the other.
 */
static bool tell_loss(struct lines *from, uint64_t n_lost)
{
    static uint64_t told_ms;
    uint64_t now_ms = uv_hrtime() / 1000000;
    (void)from;
    if (told_ms && now_ms - told_ms < LOSS_EVERY_MS)
        return false;
    told_ms = now_ms;
    log_warn("access log lost lines=%llu", (unsigned long long)n_lost);
    return true;
}

/* A FIFO that nobody reads is an error at once. */
static int open_file(const char *path)
{
    if (!path)
        return open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (strcmp(path, "-") == 0)
        return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    return open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
        0640);
}

int access_open(const char *path, struct errmsg *errmsg)
{
    int rc = 0;
    if (!path && lines.fd < 0)
        return 0;
    int fd = open_file(path);
    if (fd < 0) {
        rc = -errno;
        errmsg_set(errmsg, "access_log: %s: %s", path ? path : "/dev/null",
                   strerror(-rc));
        return rc;
    }
    if (lines.fd >= 0) {
        /* The thread may be writing: its descriptor gets another file. */
        if (dup3(fd, lines.fd, O_CLOEXEC) < 0)
            rc = -errno;
        if (rc)
            errmsg_set(errmsg, "access_log: %s", strerror(-rc));
        close(fd);
        return rc;
    }
    lines.fd = fd;
    rc = lines_open(&lines, tell_loss);
    if (rc) {
        errmsg_set(errmsg, "access_log: %s", strerror(-rc));
        close(fd);
        lines.fd = -1;
    }
    return rc;
}

void access_close(void)
{
    if (lines.fd < 0)
        return;
    lines_close(&lines);
    if (lines.has_thread)
        return; /* it is stuck, and keeps its descriptor */
    close(lines.fd);
    lines.fd = -1;
}

uint64_t access_count_lost(void)
{
    return lines_count_lost(&lines);
}

/* ---- lines ---- */

/* Adds what is known of every connection, and queues the line. */
static void put(struct connection *c, struct accessline_facts facts)
{
    const struct snapshot *snapshot = c->worker->snapshot;
    char line[ACCESSLINE_MAX];
    char ip[PEERNAME_CHARS];
    if (!c->source_ip)
        peername_print_ip(c->socket.fd, ip);
    facts.now_ms = worker_epoch_ms();
    facts.stage = snapshot->config->stage;
    facts.source_ip = c->source_ip ? c->source_ip : ip;
    lines_put(&lines, line, accessline_print(snapshot->access, &facts, line));
}

/* The same of one that is open. @request: NULL: it gets an id now */
static void put_open(struct connection *c, struct accessline_facts facts,
                     const struct connid *request)
{
    struct connid minted;
    char id[CONNID_CHARS + 1];
    if (!request) {
        connid_mint_request(&c->worker->ids, &minted);
        request = &minted;
    }
    snprintf(id, sizeof id, "%.*s", CONNID_PRINT(request));
    facts.request = id;
    facts.extended_request = id;
    facts.connection = &c->id;
    facts.connected_ms = c->opened_ms;
    facts.user_agent = c->user_agent;
    facts.key_name = c->tally->name[0] ? c->tally->name : NULL;
    put(c, facts);
}

void access_connected(struct connection *c)
{
    struct accessline_facts facts = {.event = ACCESSLINE_CONNECT,
                                     .status = 101};
    put_open(c, facts, NULL);
}

void access_refused(struct connection *c, const char *user_agent, int status,
                    const char *why, const struct answer_ids *ids)
{
    char extended[CONNID_CHARS + 1];
    struct accessline_facts facts = {
        .event = ACCESSLINE_CONNECT,
        .status = status,
        .error = why,
        .request = ids->request,
        .extended_request = extended,
        .user_agent = user_agent,
    };
    snprintf(extended, sizeof extended, "%.*s", CONNID_PRINT(&ids->gateway));
    put(c, facts);
}

static void put_message(struct connection *c, int status, const char *error,
                        const struct connid *request)
{
    struct connid id;
    struct accessline_facts facts = {.event = ACCESSLINE_MESSAGE,
                                     .status = status,
                                     .error = error,
                                     .message = &id};
    connid_mint(&c->worker->ids, c->worker->slot, &id);
    put_open(c, facts, request);
}

void access_relayed(struct connection *c)
{
    put_message(c, 200, NULL, NULL);
}

void access_failed(struct connection *c, int status, const char *error,
                   const struct connid *request)
{
    put_message(c, status, error, request);
}

void access_disconnected(struct connection *c, enum connection_end end,
                         uint16_t code)
{
    struct accessline_facts facts = {.event = ACCESSLINE_DISCONNECT,
                                     .status = 200,
                                     .end = ending_names[end],
                                     .close_code = code};
    put_open(c, facts, NULL);
}
