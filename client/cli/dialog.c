#include "client/cli/dialog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/report.h"
#include "proto/connid.h"

/*
 * A wait is a struct on the heap that its callback marks as done. Whoever was
 * interrupted abandons it: then the callback, which comes all the same, frees.
 * Each such callback stops the loop: a timer's would be followed, within the
 * same turn, by waiting for more.
 */

struct wait {
    uv_loop_t *loop;
    bool is_done;
    bool is_abandoned;
    int status;
    char *ret; /* JSON text; owned */
    uint64_t ended_ns;
};

static struct wait *new_wait(const struct dialog *dialog)
{
    struct wait *wait = calloc(1, sizeof *wait);
    if (wait)
        wait->loop = &dialog->cli->loop;
    else
        output_complain("out of memory");
    return wait;
}

static void finish_wait(struct wait *wait, int status)
{
    uv_stop(wait->loop);
    wait->is_done = true;
    wait->status = status;
    wait->ended_ns = uv_hrtime();
    if (wait->is_abandoned) {
        free(wait->ret);
        free(wait);
    }
}

/* Returns whether it is done; if not, @wait is not the caller's any more. */
static bool run_until_done(struct dialog *dialog, struct wait *wait)
{
    while (!wait->is_done && !dialog->is_interrupted && !dialog->is_over)
        uv_run(&dialog->cli->loop, UV_RUN_ONCE);
    wait->is_abandoned = !wait->is_done;
    return wait->is_done;
}

/* ---- what is shown ---- */

static int show_packet_as_json(enum monologue_direction direction,
                               const char *text, size_t size)
{
    json_t *value =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!value)
        value = json_stringn(text, size);
    return output_take_json(json_pack(
        "{s:o}", direction == MONOLOGUE_SENT ? "sent" : "received", value));
}

static void on_packet(struct monologue *monologue,
                      enum monologue_direction direction, const char *text,
                      size_t size, void *data)
{
    const struct dialog *dialog = data;
    char time[REPORT_TIME_SIZE];
    (void)monologue;
    if (!dialog->shows_packets)
        return;
    if (!output_is_for_people()) {
        (void)show_packet_as_json(direction, text, size);
        return;
    }
    char *tamed = strndup(text, size);
    if (!tamed)
        return;
    output_tame(tamed);
    report_time(time);
    (void)output_line("%s%s %s%s %s", output_style(OUTPUT_DIM), time,
                      direction == MONOLOGUE_SENT ? "->" : "<-",
                      output_style(OUTPUT_PLAIN), tamed);
    free(tamed);
}

static struct dialog *current; /* whose listens are heard */

static void on_heard(const struct monologue_request *request, const char *args,
                     size_t size)
{
    seen_add(&current->ids, monologue_request_from(request));
    seen_add(&current->names, monologue_request_name(request));
    (void)report_request(request, args, size);
}

static void on_event(struct monologue *monologue,
                     const struct monologue_event *event, void *data)
{
    (void)monologue;
    (void)data;
    if (event->kind == MONOLOGUE_EVENT_DISCONNECTED && !event->is_ours)
        output_complain("disconnected: %s", event->text);
    else
        report_event(event);
}

/* ---- connections ---- */

void dialog_init(struct dialog *dialog, struct cli *cli)
{
    *dialog = (struct dialog){.cli = cli};
    listens_init(&dialog->listens, &cli->loop);
    dialog->listens.heard = on_heard;
    current = dialog;
}

static int make_client(struct dialog *dialog)
{
    struct cli *cli = dialog->cli;
    struct monologue_options options = cli->options;
    if (dialog->endpoint)
        options.endpoint = dialog->endpoint;
    options.event_cb = on_event;
    options.trace_cb = on_packet;
    options.trace_data = dialog;
    int status = monologue_new(&options, &cli->loop, &cli->monologue);
    if (status < 0) {
        output_complain("%s", monologue_errmsg(NULL));
        return status == -ENOMEM ? EX_OSERR : EX_CONFIG;
    }
    status = monologue_on(cli->monologue, CLI_PING, cli_answer_ping, NULL);
    if (status == 0)
        status = listens_attach(&dialog->listens, cli->monologue);
    if (status == 0)
        return EX_OK;
    output_complain("%s", monologue_strerror(status));
    monologue_free(cli->monologue);
    cli->monologue = NULL;
    return cli_exit_status(status);
}

static void on_connected(struct monologue *monologue, int status, void *data)
{
    (void)monologue;
    finish_wait(data, status);
}

static void on_closed(struct monologue *monologue, void *data)
{
    (void)monologue;
    finish_wait(data, 0);
}

static int wait_for_connection(struct dialog *dialog, struct wait *wait)
{
    struct cli *cli = dialog->cli;
    if (!run_until_done(dialog, wait)) {
        (void)monologue_close(cli->monologue, NULL, NULL);
        return EX_TEMPFAIL;
    }
    int status = wait->status;
    free(wait);
    if (status < 0) {
        output_complain("%s", monologue_errmsg(cli->monologue));
        return cli_exit_status(status);
    }
    seen_add(&dialog->ids, monologue_connection_id(cli->monologue));
    return EX_OK;
}

static int use_endpoint(struct dialog *dialog, const char *url)
{
    char *endpoint = strdup(url);
    if (!endpoint) {
        output_complain("out of memory");
        return EX_OSERR;
    }
    (void)dialog_disconnect(dialog);
    free(dialog->endpoint);
    dialog->endpoint = endpoint;
    monologue_free(dialog->cli->monologue);
    dialog->cli->monologue = NULL;
    return EX_OK;
}

int dialog_connect(struct dialog *dialog, const char *url)
{
    struct cli *cli = dialog->cli;
    int exit_status = url ? use_endpoint(dialog, url) : EX_OK;
    if (exit_status == EX_OK && !cli->monologue)
        exit_status = make_client(dialog);
    if (exit_status != EX_OK)
        return exit_status;
    struct wait *wait = new_wait(dialog);
    int status =
        wait ? monologue_connect(cli->monologue, on_connected, wait) : -ENOMEM;
    if (status == 0)
        return wait_for_connection(dialog, wait);
    free(wait);
    output_complain("%s", status == -EISCONN
                              ? "already connected: disconnect first"
                              : monologue_strerror(status));
    return cli_exit_status(status);
}

int dialog_disconnect(struct dialog *dialog)
{
    struct wait *wait = new_wait(dialog);
    int status = -ENOTCONN;
    if (wait && dialog->cli->monologue)
        status = monologue_close(dialog->cli->monologue, on_closed, wait);
    if (status < 0 || run_until_done(dialog, wait))
        free(wait);
    return EX_OK;
}

void dialog_deinit(struct dialog *dialog)
{
    dialog->is_over = false; /* or the wait for the close would not be one */
    dialog->is_interrupted = false;
    (void)dialog_disconnect(dialog);
    monologue_free(dialog->cli->monologue);
    listens_stop(&dialog->listens);
    while (uv_run(&dialog->cli->loop, UV_RUN_DEFAULT))
        continue; /* it was stopped */
    listens_deinit(&dialog->listens);
    seen_deinit(&dialog->ids);
    seen_deinit(&dialog->names);
    free(dialog->endpoint);
}

const char *dialog_id(const struct dialog *dialog)
{
    const char *id = dialog->cli->monologue
                         ? monologue_connection_id(dialog->cli->monologue)
                         : NULL;
    if (!id)
        output_complain("not connected: see connect");
    return id;
}

/* ---- calls ---- */

static void on_answered(struct monologue *monologue, int status,
                        const char *ret, size_t size, void *data)
{
    struct wait *wait = data;
    (void)monologue;
    if (status == 0)
        wait->ret = strndup(ret, size);
    finish_wait(wait, status == 0 && !wait->ret ? -ENOMEM : status);
}

static int explain(const struct dialog *dialog, int status, const char *to,
                   const char *name)
{
    if (status != -ECONNRESET) /* its event says why */
        return cli_explain_call(dialog->cli, status, to, name, false);
    return EX_UNAVAILABLE;
}

int dialog_call(struct dialog *dialog, const char *to, const char *name,
                const char *args, char **ret_out, uint64_t *ns_out)
{
    struct wait *wait = new_wait(dialog);
    uint64_t started_ns = uv_hrtime();
    if (!wait || !dialog_id(dialog)) {
        free(wait);
        return EX_UNAVAILABLE;
    }
    int status =
        monologue_call_raw(dialog->cli->monologue, to, name, args,
                           args ? strlen(args) : 0, 0, on_answered, wait, NULL);
    if (status == 0 && !run_until_done(dialog, wait)) {
        output_complain("%s %s: not waited for any longer", to, name);
        return EX_TEMPFAIL;
    }
    if (status == 0)
        status = wait->status;
    if (status == 0) {
        seen_add(&dialog->ids, to);
        seen_add(&dialog->names, name);
        *ret_out = wait->ret;
        *ns_out = wait->ended_ns - started_ns;
    }
    free(wait);
    return status == 0 ? EX_OK : explain(dialog, status, to, name);
}

struct alarm {
    uv_timer_t timer;
    bool is_over;
    bool is_closed;
};

static void on_time(uv_timer_t *timer)
{
    struct alarm *alarm = timer->data;
    alarm->is_over = true;
    uv_stop(timer->loop);
}

static void on_alarm_closed(uv_handle_t *handle)
{
    struct alarm *alarm = handle->data;
    alarm->is_closed = true;
}

int dialog_wait(struct dialog *dialog, uint32_t timeout_ms)
{
    uv_loop_t *loop = &dialog->cli->loop;
    struct alarm alarm = {.is_over = false};
    uv_timer_init(loop, &alarm.timer);
    alarm.timer.data = &alarm;
    if (timeout_ms)
        uv_timer_start(&alarm.timer, on_time, timeout_ms, 0);
    while (!alarm.is_over && !dialog->is_interrupted && !dialog->is_over)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&alarm.timer, on_alarm_closed);
    while (!alarm.is_closed)
        uv_run(loop, UV_RUN_NOWAIT);
    return EX_OK;
}
