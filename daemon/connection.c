#include "daemon/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/access.h"
#include "daemon/head.h"
#include "daemon/log.h"
#include "daemon/logname.h"
#include "daemon/session.h"
#include "daemon/worker.h"

/*
 * The happy path: connection_new() puts a socket into HEAD; the handshake
 * room reads the request, and connection_open() makes it OPEN, known to the
 * registry under its id. The session room reads frames until one side sends a
 * close frame: CLOSING. Once both have, and ours is on its way, our direction
 * of TCP is shut; the peer's end, or close_timeout, makes it CLOSED.
 *
 * What can go wrong ends in connection_drop(), from any state. The memory of a
 * closed connection stays until the end of the turn, because events of the
 * same turn may still name it.
 */

enum {
    CLOSE_FRAME_SIZE = 4 + FRAME_CONTROL_MAX, /* always finds room */
};

#define TO(state) (1u << (state))

static const unsigned allowed[] = {
    [CONNECTION_HEAD] =
        TO(CONNECTION_OPEN) | TO(CONNECTION_CLOSING) | TO(CONNECTION_CLOSED),
    [CONNECTION_OPEN] = TO(CONNECTION_CLOSING) | TO(CONNECTION_CLOSED),
    [CONNECTION_CLOSING] = TO(CONNECTION_CLOSED),
    [CONNECTION_CLOSED] = 0,
};

static void enter(struct connection *c, enum connection_state next)
{
    assert(allowed[c->state] & TO(next));
    c->state = (uint8_t)next;
}

static void wait_for(struct connection *c, enum connection_deadline which,
                     struct deadline *deadline)
{
    deadlines_add(&c->worker->deadlines[which], deadline,
                  worker_now_ms(c->worker));
}

static const struct config *config_of(const struct connection *c)
{
    return c->worker->snapshot->config;
}

/* ---- beginning ---- */

static void count_opened(struct connection *c)
{
    metrics_add(c->worker->metrics, METRIC_CONNECTS, 1);
    metrics_add(c->worker->metrics, METRIC_OPEN, 1);
    metrics_count(&c->tally->n_connects, 1);
}

void connection_new(struct worker *worker, struct mail_socket socket)
{
    const struct snapshot *snapshot = worker->snapshot;
    struct connection *c = calloc(1, sizeof *c);
    int rc = -ENOMEM;
    if (!c)
        goto fail;
    c->worker = worker;
    list_init(&c->dirty);
    deadline_init(&c->phase);
    deadline_init(&c->activity);
    deadline_init(&c->sending);
    c->head = head_new(snapshot, socket.is_throttled);
    if (!c->head)
        goto fail;
    rc = socket_open(&c->socket, &worker->sockets, socket.fd,
                     socket.is_tls ? snapshot->tls : NULL);
    if (rc)
        goto fail;
    wait_for(c, DEADLINE_HANDSHAKE, &c->phase);
    return;
fail:
    log_warn("connection lost reason=\"%s\"", strerror(-rc));
    if (c)
        head_free(c->head);
    free(c);
    close(socket.fd);
    atomic_fetch_sub_explicit(&worker->n_connections, 1, memory_order_relaxed);
}

int connection_open(struct connection *c, const struct connid *id,
                    struct tally *tally)
{
    c->id = *id;
    int rc = registry_add(&c->worker->registry, c);
    if (rc)
        return rc;
    head_free(c->head);
    c->head = NULL;
    enter(c, CONNECTION_OPEN);
    c->tally = tally;
    count_opened(c);
    c->opened_ms = worker_epoch_ms();
    c->active_ms = worker_now_ms(c->worker);
    wait_for(c, DEADLINE_SESSION, &c->phase);
    wait_for(c, DEADLINE_IDLE, &c->activity);
    return 0;
}

void connection_wait_for_head(struct connection *c)
{
    wait_for(c, DEADLINE_HANDSHAKE, &c->phase);
}

void connection_wait_for_request(struct connection *c)
{
    wait_for(c, DEADLINE_KEEPALIVE, &c->phase);
}

void connection_is_active(struct connection *c)
{
    c->active_ms = worker_now_ms(c->worker);
    deadlines_touch(&c->worker->deadlines[DEADLINE_IDLE], &c->activity,
                    c->active_ms);
}

/* ---- output ---- */

void connection_has_output(struct connection *c)
{
    if (!c->socket.is_blocked && list_is_empty(&c->dirty))
        list_append(&c->worker->dirty, &c->dirty);
}

/* Once both sides have had their last word, the stream ends, too. */
static void finish_if_done(struct connection *c)
{
    if (c->state == CONNECTION_CLOSING && c->is_input_over && !c->is_finished &&
        socket_output_size(&c->socket) == 0) {
        c->is_finished = true;
        socket_finish(&c->socket);
    }
}

static void wait_for_peer(struct connection *c)
{
    c->n_untaken = (uint32_t)socket_untaken_size(&c->socket);
    wait_for(c, DEADLINE_SEND, &c->sending);
}

void connection_flush(struct connection *c)
{
    size_t before = socket_output_size(&c->socket);
    int rc = socket_flush(&c->socket);
    if (rc == 0) {
        deadline_cancel(&c->sending);
        finish_if_done(c);
    } else if (rc != -EAGAIN) {
        if (c->worker->is_lent) /* there may be last words to be read first */
            list_move(&c->worker->unsent, &c->dirty);
        else
            connection_drop(c, END_ERROR);
    } else if (list_is_empty(&c->sending.link) ||
               socket_output_size(&c->socket) < before) {
        wait_for_peer(c);
    }
}

static int append_text(struct connection *c, const struct iovec *parts,
                       int n_parts)
{
    const struct config *config = config_of(c);
    if (c->state != CONNECTION_OPEN)
        return -ENOBUFS;
    return frame_append(&c->socket.outbox, config->send_queue_limit, FRAME_TEXT,
                        parts, n_parts, config->frame_limit);
}

static void count_sent(struct connection *c, const struct iovec *parts,
                       int n_parts)
{
    size_t size = 0;
    for (int i = 0; i < n_parts; i++)
        size += parts[i].iov_len;
    metrics_add(c->worker->metrics, METRIC_MESSAGES_OUT, 1);
    metrics_add(c->worker->metrics, METRIC_BYTES_OUT, size);
    metrics_count(&c->tally->n_messages, 1);
}

/* A queue that is full because much came in one turn is not a slow peer's. */
int connection_send(struct connection *c, const struct iovec *parts,
                    int n_parts)
{
    int rc = append_text(c, parts, n_parts);
    if (rc == -ENOBUFS && c->state == CONNECTION_OPEN &&
        !c->socket.is_blocked) {
        connection_flush(c);
        rc = append_text(c, parts, n_parts);
    }
    if (rc) {
        if (rc == -ENOBUFS && c->state == CONNECTION_OPEN)
            metrics_add(c->worker->metrics, METRIC_QUEUE_FULL, 1);
        return rc;
    }
    count_sent(c, parts, n_parts);
    connection_has_output(c);
    connection_is_active(c);
    return 0;
}

/* ---- input ---- */

bool connection_must_wait(struct connection *c)
{
    size_t most = config_of(c)->send_queue_limit / 2;
    if (bytes_size(&c->socket.outbox) <= most)
        return false;
    connection_flush(c);
    return c->state != CONNECTION_CLOSED &&
           bytes_size(&c->socket.outbox) > most;
}

/* Whether the next request must wait for the answer to the last one. */
static bool is_held(const struct connection *c)
{
    return c->state == CONNECTION_HEAD && head_is_busy(c->head);
}

void connection_set_aside(struct connection *c, const uint8_t *in, size_t n)
{
    if (bytes_append(&c->unread, in, n, SOCKET_PLAIN_SIZE))
        connection_drop(c, END_NO_MEMORY);
    else
        socket_set_input(&c->socket,
                         is_held(c) ? SOCKET_HOLD : SOCKET_WAIT_FOR_ROOM);
}

static void read_bytes(struct connection *c, uint8_t *in, size_t n)
{
    if (c->state == CONNECTION_HEAD) {
        size_t used = head_read(c, in, n);
        in += used;
        n -= used;
    }
    if (c->state != CONNECTION_HEAD)
        session_read(c, in, n);
    else if (n || is_held(c))
        connection_set_aside(c, in, n);
}

static void end_input(struct connection *c, enum connection_end end);

static void read_ready(struct connection *c)
{
    char name[LOGNAME_CHARS];
    uint8_t *in;
    size_t n;
    int rc = socket_read(&c->socket, &in, &n);
    if (n)
        read_bytes(c, in, n);
    if (c->state == CONNECTION_CLOSED)
        return;
    if (rc == -EPROTO)
        log_debug("%s failed tls=\"%s\"", logname_print(c, name),
                  socket_tls_fault(&c->socket));
    if (rc && rc != -EAGAIN)
        end_input(c, rc == UV_EOF ? END_EOF : END_ERROR);
    else if (socket_output_size(&c->socket)) /* TLS has answers of its own */
        connection_has_output(c);
}

void connection_resume(struct connection *c)
{
    struct bytes unread = c->unread;
    c->unread = BYTES_EMPTY;
    socket_set_input(&c->socket, SOCKET_READ);
    read_bytes(c, bytes_begin(&unread), bytes_size(&unread));
    bytes_deinit(&unread);
}

/* Whether what was set aside waits for room only, which there may be now. */
static bool can_resume(const struct connection *c)
{
    return c->state != CONNECTION_CLOSED && !bytes_is_empty(&c->unread) &&
           !is_held(c);
}

void connection_on_ready(struct socket *socket, bool is_readable,
                         bool is_writable)
{
    struct connection *c = list_entry(socket, struct connection, socket);
    if (is_writable)
        connection_flush(c);
    if (can_resume(c))
        connection_resume(c);
    if (c->state == CONNECTION_CLOSED || !is_readable)
        return;
    if (socket->input != SOCKET_READ) /* told only of the connection's end */
        connection_drop(c, END_ERROR);
    else
        read_ready(c);
}

/* ---- ending ---- */

static void free_partial(struct connection *c)
{
    frame_partial_free(c->partial);
    c->partial = NULL;
    bytes_deinit(&c->unread);
}

/* From here on nobody finds it by its id. */
static void leave_open(struct connection *c, enum connection_end end,
                       uint16_t code)
{
    if (access_is_on(c))
        access_disconnected(c, end, code);
    registry_remove(&c->worker->registry, c);
    deadline_cancel(&c->activity);
    metrics_add(c->worker->metrics, METRIC_OPEN, (uint64_t)-1);
    metrics_add(c->worker->metrics, METRIC_CLOSED + end, 1);
    log_info("connection=%.*s closed reason=%s code=%u", CONNID_PRINT(&c->id),
             ending_names[end], code);
}

static void enter_closing(struct connection *c)
{
    enter(c, CONNECTION_CLOSING);
    wait_for(c, DEADLINE_CLOSING, &c->phase);
    connection_has_output(c);
}

static void send_close(struct connection *c, enum connection_end end,
                       uint16_t code, const char *reason, size_t reason_size)
{
    leave_open(c, end, code);
    int rc = frame_append_close(
        &c->socket.outbox, bytes_size(&c->socket.outbox) + CLOSE_FRAME_SIZE,
        code, reason, reason_size);
    enter_closing(c);
    if (rc)
        connection_drop(c, END_NO_MEMORY);
}

void connection_close(struct connection *c, enum connection_end end,
                      uint16_t code, const char *reason)
{
    if (c->state == CONNECTION_HEAD)
        connection_drop(c, end);
    else if (c->state == CONNECTION_OPEN)
        send_close(c, end, code, reason, strlen(reason));
}

static void ignore_input(struct connection *c)
{
    c->is_input_over = true;
    free_partial(c);
    socket_set_input(&c->socket, SOCKET_READ); /* to see the end */
}

void connection_close_last(struct connection *c, enum connection_end end,
                           uint16_t code, const char *reason,
                           size_t reason_size)
{
    if (c->state == CONNECTION_OPEN)
        send_close(c, end, code, reason, reason_size);
    if (c->state != CONNECTION_CLOSING)
        return;
    ignore_input(c);
    connection_has_output(c);
}

void connection_end_head(struct connection *c, enum connection_end end)
{
    char name[LOGNAME_CHARS];
    log_debug("%s handshake ended reason=%s", logname_print(c, name),
              ending_names[end]);
    head_free(c->head);
    c->head = NULL;
    enter_closing(c);
    ignore_input(c);
}

/*
 * A peer that sends no more may still read: what is on its way to it gets
 * close_timeout, without a close frame, which it could not answer.
 */
static void linger(struct connection *c)
{
    if (c->state == CONNECTION_HEAD) {
        connection_end_head(c, END_EOF);
    } else if (c->state == CONNECTION_OPEN) {
        leave_open(c, END_EOF, CLOSE_ABNORMAL);
        enter_closing(c);
    }
    ignore_input(c);
    socket_set_input(&c->socket, SOCKET_HOLD); /* the end has been seen */
}

/* The peer will send no more. The answers to what it sent are still due: a
 * refusal, the echo of a close frame, a TLS alert. */
static void end_input(struct connection *c, enum connection_end end)
{
    connection_flush(c);
    if (c->state == CONNECTION_CLOSED)
        return;
    if (end == END_EOF && socket_output_size(&c->socket)) {
        linger(c);
        return;
    }
    if (socket_output_size(&c->socket) == 0) {
        if (end == END_EOF)
            socket_part(&c->socket);
        else
            socket_finish(&c->socket);
    }
    connection_drop(c, end);
}

void connection_drop(struct connection *c, enum connection_end end)
{
    char name[LOGNAME_CHARS];
    if (c->state == CONNECTION_CLOSED)
        return;
    if (c->state == CONNECTION_OPEN)
        leave_open(c, end, CLOSE_ABNORMAL);
    else
        log_debug("%s ended reason=%s", logname_print(c, name),
                  ending_names[end]);
    if (c->state == CONNECTION_HEAD && !head_has_answered(c->head))
        metrics_add(c->worker->metrics, METRIC_HANDSHAKE_FAILURES + end, 1);
    enter(c, CONNECTION_CLOSED);
    c->is_input_over = true;
    deadline_cancel(&c->phase);
    deadline_cancel(&c->sending);
    socket_close(&c->socket);
    list_move(&c->worker->dead, &c->dirty);
    atomic_fetch_sub_explicit(&c->worker->n_connections, 1,
                              memory_order_relaxed);
}

void connection_free(struct connection *c)
{
    head_free(c->head);
    free_partial(c);
    free(c->user_agent);
    free(c->source_ip);
    free(c);
}

/*
 * The kernel tells of room only once there is much of it: a peer that is slow,
 * but not deaf, has taken something without our hearing of it.
 */
static void give_up_sending(struct connection *c)
{
    if (socket_untaken_size(&c->socket) < c->n_untaken)
        wait_for_peer(c);
    else
        connection_drop(c, END_SEND_TIMEOUT);
}

void connection_on_deadline(enum connection_deadline which,
                            struct deadline *deadline)
{
    switch (which) {
    case DEADLINE_HANDSHAKE:
    case DEADLINE_KEEPALIVE:
        connection_drop(list_entry(deadline, struct connection, phase),
                        END_HANDSHAKE_TIMEOUT);
        return;
    case DEADLINE_SESSION:
        connection_close(list_entry(deadline, struct connection, phase),
                         END_SESSION_LIMIT, CLOSE_GOING_AWAY, "Going away");
        return;
    case DEADLINE_CLOSING:
        connection_drop(list_entry(deadline, struct connection, phase),
                        END_CLOSE_TIMEOUT);
        return;
    case DEADLINE_IDLE:
        connection_close(list_entry(deadline, struct connection, activity),
                         END_IDLE, CLOSE_GOING_AWAY, "Going away");
        return;
    case DEADLINE_SEND:
        give_up_sending(list_entry(deadline, struct connection, sending));
        return;
    case N_DEADLINES:
        return;
    }
}
