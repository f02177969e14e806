#include "client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/drive.h"
#include "client/exchange.h"
#include "client/reconnect.h"
#include "client/tell.h"
#include "proto/frame.h"

/*
 * A client without a connection is idle. Connecting opens a channel, asks
 * whoami and is over when the id has come: then calls go out and come in until
 * the channel ends, because we closed it or for a reason of its own, and the
 * client is idle again.
 *
 * A callback may free the client. Its memory goes back in the close callback
 * of its timer, on a later turn of the loop, so whoever is still on the stack
 * may look at it - and finds it dead.
 */

/* Of the last client that could not be made on this thread. */
static _Thread_local struct errmsg new_errmsg;

const char *monologue_version(void)
{
    return MONOLOGUE_VERSION;
}

const char *monologue_errmsg(const struct monologue *m)
{
    return m ? m->errmsg.text : new_errmsg.text;
}

static bool is_connecting(const struct monologue *m)
{
    return m->state == CLIENT_OPENING || m->state == CLIENT_GREETING;
}

enum monologue_state monologue_state(const struct monologue *m)
{
    switch (m->state) {
    case CLIENT_OPENING:
    case CLIENT_GREETING:
    case CLIENT_LEAVING:
        return MONOLOGUE_STATE_CONNECTING;
    case CLIENT_OPEN:
        return MONOLOGUE_STATE_CONNECTED;
    case CLIENT_WAITING:
        return MONOLOGUE_STATE_WAITING;
    case CLIENT_ENDING:
    case CLIENT_CLOSING:
        return MONOLOGUE_STATE_CLOSING;
    case CLIENT_IDLE:
    case CLIENT_DEAD:
        break;
    }
    return MONOLOGUE_STATE_IDLE;
}

const char *monologue_connection_id(const struct monologue *m)
{
    return m->state == CLIENT_OPEN ? m->id : NULL;
}

void client_tell(struct monologue *m, enum monologue_event_kind kind,
                 const char *text)
{
    tell_event(m, &(struct monologue_event){.kind = kind, .text = text});
}

void client_show(struct monologue *m, enum monologue_direction direction,
                 const char *text, size_t size)
{
    if (m->trace_cb)
        m->trace_cb(m, direction, text, size, m->trace_data);
}

static void on_timer(uv_timer_t *timer);

void client_arm(struct monologue *m, uint64_t deadline_ms)
{
    uint64_t now_ms = uv_now(m->loop);
    if (uv_is_active((uv_handle_t *)&m->timer) && m->due_ms <= deadline_ms)
        return;
    m->due_ms = deadline_ms;
    uv_timer_start(&m->timer, on_timer,
                   deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
}

uint64_t client_deadline_after(struct monologue *m, uint32_t timeout_ms)
{
    uv_update_time(m->loop);
    return uv_now(m->loop) + timeout_ms;
}

void client_complain(struct monologue *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(m->errmsg.text, sizeof m->errmsg.text, format, args);
    va_end(args);
    errmsg_prefix(&m->errmsg, "%s", m->options.url);
}

static void finish_closing(struct monologue *m)
{
    tell_connect(m, -ECANCELED);
    if (m->state == CLIENT_DEAD)
        return;
    m->state = CLIENT_IDLE;
    tell_close(m);
}

void client_enter_open(struct monologue *m)
{
    m->state = CLIENT_OPEN;
    m->is_heard = true;
    m->errmsg.text[0] = '\0';
    m->deadline_ms = client_deadline_after(m, m->options.keepalive_ms);
    reconnect_plan(m);
    client_arm(m, m->deadline_ms);
    client_arm(m, reconnect_due_ms(m));
    tell_connected(m);
}

static int start_connecting(struct monologue *m);

static void try_again(struct monologue *m)
{
    int status = start_connecting(m);
    if (status < 0)
        tell_failed(m, status, reconnect_schedule(m, status));
}

static void pass_deadline(struct monologue *m)
{
    m->deadline_ms = UINT64_MAX;
    if (m->state == CLIENT_OPEN) {
        exchange_sign_of_life(m);
    } else if (m->state == CLIENT_WAITING) {
        try_again(m);
    } else if (is_connecting(m)) {
        client_complain(m, "not connected within %u ms", m->options.timeout_ms);
        channel_abort(m->channel, -ETIMEDOUT);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void on_timer(uv_timer_t *timer)
{
    struct monologue *m = timer->data;
    uint64_t now_ms = uv_now(m->loop);
    if (m->state == CLIENT_CLOSING && !m->channel) {
        finish_closing(m);
        return;
    }
    if (m->deadline_ms <= now_ms)
        pass_deadline(m);
    m->stats.n_timed_out += calls_expire(&m->calls, now_ms);
    if (m->state == CLIENT_DEAD)
        return;
    reconnect_move_on(m);
    if (m->state == CLIENT_DEAD)
        return;
    uint64_t next_ms = earlier(earlier(m->deadline_ms, reconnect_due_ms(m)),
                               calls_deadline_ms(&m->calls));
    if (next_ms != UINT64_MAX)
        client_arm(m, next_ms);
}

/* Whoever ended it has said why, or else the status must do. */
static void explain(struct monologue *m, const struct channel_event *end)
{
    if (end->status < 0 && *end->why)
        client_complain(m, "%s", end->why);
    else if (end->status < 0 && !m->errmsg.text[0])
        client_complain(m, "%s", monologue_strerror(end->status));
}

static void on_channel_event(const struct channel_event *event, void *data);

/* Unless who was told of the end wanted something else. */
static void succeed(struct monologue *m)
{
    if (m->state == CLIENT_LEAVING) {
        successor_take_over(m, on_channel_event);
        client_enter_open(m);
    } else if (m->state != CLIENT_DEAD) {
        successor_drop(m);
    }
}

/* What follows the end of the connection; returns after how many ms. */
static uint32_t choose_sequel(struct monologue *m, int status)
{
    if (m->state == CLIENT_ENDING && successor_is_ready(m)) {
        m->state = CLIENT_LEAVING;
        return 0;
    }
    successor_drop(m);
    return m->state == CLIENT_ENDING ? reconnect_schedule(m, status) : 0;
}

/*
 * Calls fail first, and while they do nobody may connect: a callback that
 * tries to would have its connection mistaken for the one that ends. It may
 * close, though, and then nothing is tried again.
 */
static void on_closed(struct monologue *m, const struct channel_event *end)
{
    char id[sizeof m->id];
    bool is_left = m->state == CLIENT_LEAVING;
    bool is_ours = is_left || m->state == CLIENT_CLOSING;
    memcpy(id, m->id, sizeof id);
    m->id[0] = '\0';
    if (m->state != CLIENT_CLOSING)
        m->state = CLIENT_ENDING;
    m->channel = NULL;
    uv_timer_stop(&m->timer);
    m->deadline_ms = UINT64_MAX;
    requests_expire(&m->requests);
    explain(m, end);
    calls_fail(&m->calls, -ECONNRESET);
    if (m->state == CLIENT_DEAD)
        return;
    uint32_t delay_ms = choose_sequel(m, is_left ? 0 : end->status);
    bool has_successor = m->state == CLIENT_LEAVING;
    bool is_closing = m->state == CLIENT_CLOSING;
    if (id[0])
        tell_disconnected(m, id, is_ours ? 0 : end->status, end->code, is_ours,
                          delay_ms);
    else if (!is_closing)
        tell_failed(m, end->status, delay_ms);
    if (is_closing && m->state != CLIENT_DEAD)
        finish_closing(m);
    else if (has_successor)
        succeed(m);
}

static void on_predecessor_event(const struct channel_event *event, void *data)
{
    struct monologue *m = data;
    if (event->kind == CHANNEL_EVENT_CLOSED)
        m->predecessor = NULL;
}

void client_change_over(struct monologue *m)
{
    static const struct channel_event end = {
        .kind = CHANNEL_EVENT_CLOSED, .code = CLOSE_NORMAL, .why = ""};
    if (m->predecessor) /* a session as short as a close handshake */
        channel_discard(m->predecessor);
    m->predecessor = m->channel;
    channel_hand_over(m->predecessor, on_predecessor_event, m);
    channel_close(m->predecessor);
    m->state = CLIENT_LEAVING;
    on_closed(m, &end);
}

static void on_channel_event(const struct channel_event *event, void *data)
{
    struct monologue *m = data;
    switch (event->kind) {
    case CHANNEL_EVENT_OPEN:
        exchange_greet(m);
        return;
    case CHANNEL_EVENT_MESSAGE:
        exchange_take(m, event->text, event->size);
        reconnect_move_on(m);
        return;
    case CHANNEL_EVENT_CLOSED:
        on_closed(m, event);
        return;
    }
}

static int read_options(struct monologue *m,
                        const struct monologue_options *given)
{
    char *directory = getcwd(NULL, 0);
    int status = options_make(given, environ, directory ? directory : "/",
                              &m->options, &new_errmsg);
    free(directory);
    if (status < 0 || !m->options.endpoint.is_secure)
        return status;
    const struct tls_client_options tls = options_tls(&m->options);
    return tls_context_new_client(&tls, &m->tls, &new_errmsg);
}

void client_discard(struct monologue *m)
{
    calls_deinit(&m->calls);
    methods_deinit(&m->methods);
    tls_context_free(m->tls);
    options_deinit(&m->options);
    free(m);
}

static int choose_loop(struct monologue *m, uv_loop_t *given)
{
    m->loop = given;
    m->owns_loop = !given;
    int status = given ? 0 : drive_new_loop(&m->loop);
    if (status < 0)
        errmsg_set(&new_errmsg, "no event loop: %s",
                   monologue_strerror(status));
    return status;
}

static void init(struct monologue *m, const struct monologue_options *options)
{
    m->deadline_ms = UINT64_MAX;
    m->event_cb = options->event_cb;
    m->event_data = options->event_data;
    m->trace_cb = options->trace_cb;
    m->trace_data = options->trace_data;
    calls_init(&m->calls, m);
    methods_init(&m->methods, m->options.listeners);
    requests_init(&m->requests, m->options.max_requests, exchange_answer, m);
    reconnect_init(m);
    uv_timer_init(m->loop, &m->timer);
    m->timer.data = m;
}

int monologue_new(const struct monologue_options *options,
                  struct uv_loop_s *loop, struct monologue **monologue_out)
{
    static const struct monologue_options defaults;
    struct monologue *m = calloc(1, sizeof *m);
    errmsg_set(&new_errmsg, "out of memory");
    if (!m)
        return -ENOMEM;
    if (!options)
        options = &defaults;
    int status = read_options(m, options);
    if (status == 0)
        status = choose_loop(m, loop);
    if (status < 0) {
        tls_context_free(m->tls);
        options_deinit(&m->options);
        free(m);
        return status;
    }
    init(m, options);
    *monologue_out = m;
    new_errmsg.text[0] = '\0';
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct monologue *m = handle->data;
    if (!m->owns_loop) /* else the loop is still to be ended */
        client_discard(m);
}

void monologue_free(struct monologue *m)
{
    if (!m || m->state == CLIENT_DEAD)
        return;
    m->state = CLIENT_DEAD;
    if (m->channel)
        channel_discard(m->channel);
    if (m->predecessor)
        channel_discard(m->predecessor);
    m->channel = m->predecessor = NULL;
    successor_drop(m);
    requests_deinit(&m->requests);
    uv_close((uv_handle_t *)&m->timer, on_timer_closed);
    calls_fail(&m->calls, -ECANCELED);
    tell_connect(m, -ECANCELED);
    tell_close(m);
    if (m->owns_loop && !m->is_driven)
        drive_end(m);
}

int client_open_channel(struct monologue *m, channel_cb cb,
                        struct channel **channel_out)
{
    const struct channel_settings settings = {
        .endpoint = &m->options.endpoint,
        .api_key = m->options.api_key,
        .proxy = &m->options.proxy,
        .server_name = m->options.server_name,
        .tls = m->tls,
    };
    return channel_open(m->loop, &settings, cb, m, channel_out);
}

static int start_connecting(struct monologue *m)
{
    m->errmsg.text[0] = '\0';
    int status = client_open_channel(m, on_channel_event, &m->channel);
    if (status < 0) {
        client_complain(m, "cannot start connecting: %s",
                        monologue_strerror(status));
        return status;
    }
    m->state = CLIENT_OPENING;
    m->deadline_ms = client_deadline_after(m, m->options.timeout_ms);
    client_arm(m, m->deadline_ms);
    return 0;
}

/* Whoever connects while the client does so by itself joins that attempt. */
int monologue_connect(struct monologue *m, monologue_connect_cb cb, void *data)
{
    if (m->state == CLIENT_OPEN)
        return -EISCONN;
    bool is_idle = m->state == CLIENT_IDLE || m->state == CLIENT_WAITING;
    bool is_under_way = is_connecting(m) || m->state == CLIENT_LEAVING;
    if (m->connect_cb || !(is_idle || is_under_way))
        return -EALREADY;
    int status = is_idle ? start_connecting(m) : 0;
    if (status < 0)
        return status;
    m->connect_cb = cb;
    m->connect_data = data;
    return 0;
}

int monologue_close(struct monologue *m, monologue_close_cb cb, void *data)
{
    if (m->state == CLIENT_CLOSING || m->state == CLIENT_DEAD)
        return -EALREADY;
    bool is_ending = m->state == CLIENT_ENDING;
    m->state = CLIENT_CLOSING;
    m->deadline_ms = UINT64_MAX;
    m->close_cb = cb;
    m->close_data = data;
    if (m->channel)
        channel_close(m->channel);
    else if (!is_ending)
        client_arm(m, 0); /* nothing to do, but to tell later */
    return 0;
}
