#include "client/cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/dashboard.h"
#include "client/cli/fetch.h"
#include "client/cli/vitals.h"

/*
 * Once in an interval the metrics are fetched and compared with those before.
 * A server that cannot be reached at the start is an error; one that goes away
 * later, as for a restart, is tried again until it is back.
 */

static const char DEFAULT_URL[] = "http://127.0.0.1:9090";
enum { FETCH_TIMEOUT_MS = 5000 };

static uint32_t interval_ms = 1000;
static unsigned count; /* of updates; 0: until interrupted */

static const struct switch_row switches[] = {
    {"interval", 'i', "SECONDS", "from one update to the next (1)",
     SWITCH_SECONDS, &interval_ms, 0, 0},
    {"count", 'n', "N", "end after so many updates", SWITCH_COUNT, &count, 1,
     1000000000},
    {0},
};

static struct {
    struct cli *cli;
    const char *url;
    struct fetch_address address;
    uv_timer_t timer;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    uv_signal_t resize;
    uv_tty_t keyboard;
    bool has_keyboard;
    bool is_over;
    struct fetch *fetch; /* under way */
    json_t *reading;     /* the last one; owned */
    json_t *vitals;      /* owned */
    uint64_t read_ns;    /* when */
    unsigned n_updates;
    char key;
    int exit_status;
} top;

static void finish(int exit_status)
{
    if (top.is_over)
        return;
    top.is_over = true;
    top.exit_status = exit_status;
    if (top.fetch)
        fetch_cancel(top.fetch);
    uv_close((uv_handle_t *)&top.timer, NULL);
    uv_close((uv_handle_t *)&top.interrupt, NULL);
    uv_close((uv_handle_t *)&top.terminate, NULL);
    uv_close((uv_handle_t *)&top.resize, NULL);
    if (top.has_keyboard)
        uv_close((uv_handle_t *)&top.keyboard, NULL);
    uv_tty_reset_mode();
    dashboard_close();
}

static json_t *time_of_day(void)
{
    char text[32];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(text);
}

/* The first reading has no rates yet: a line of JSON is for an interval. */
static int show_vitals(bool is_first)
{
    if (output_is_for_people())
        return dashboard_draw(top.url, top.vitals, NULL);
    if (is_first)
        return EX_OK;
    json_t *line = json_pack("{s:o}", "time", time_of_day());
    if (line)
        json_object_update(line, top.vitals);
    return output_take_json(line);
}

static int show_trouble(const char *why)
{
    if (output_is_for_people())
        return dashboard_draw(top.url, top.vitals, why);
    return output_take_json(
        json_pack("{s:o, s:s}", "time", time_of_day(), "error", why));
}

static void count_update(int exit_status)
{
    if (exit_status != EX_OK)
        finish(exit_status);
    else if (count && ++top.n_updates == count)
        finish(EX_OK);
}

static void fail_at_start(int status, const char *why)
{
    finish(status == -EPROTO ? EX_PROTOCOL : EX_UNAVAILABLE);
    output_complain("%s: %s (is it the admin_listen address of a monologued?)",
                    top.url, why);
}

static bool take_reading(const char *body, size_t size)
{
    uint64_t now_ns = uv_hrtime();
    json_t *reading = vitals_parse(body, size);
    if (!json_object_get(reading, "monologued_uptime_seconds")) {
        json_decref(reading);
        return false;
    }
    json_decref(top.vitals);
    top.vitals = vitals_compare(top.reading, reading,
                                (double)(now_ns - top.read_ns) / 1e9);
    json_decref(top.reading);
    top.reading = reading;
    top.read_ns = now_ns;
    return top.vitals != NULL;
}

static void on_fetched(int status, const char *why, const char *body,
                       size_t size, void *data)
{
    bool is_first = !top.reading;
    (void)data;
    top.fetch = NULL;
    if (status == 0 && !take_reading(body, size)) {
        status = -EPROTO;
        why = "these are not the metrics of a monologued";
    }
    if (status < 0 && is_first)
        fail_at_start(status, why);
    else if (status < 0)
        count_update(show_trouble(why));
    else if (is_first && !output_is_for_people())
        return;
    else
        count_update(show_vitals(is_first));
}

static void on_time(uv_timer_t *timer)
{
    (void)timer;
    if (top.fetch)
        return; /* it has its own deadline */
    if (fetch_start(&top.cli->loop, &top.address, "/metrics", FETCH_TIMEOUT_MS,
                    on_fetched, NULL, &top.fetch) < 0)
        finish(EX_OSERR);
}

static void on_signal(uv_signal_t *watcher, int signal)
{
    (void)watcher;
    (void)signal;
    finish(EX_OK);
}

static void on_resized(uv_signal_t *watcher, int signal)
{
    (void)watcher;
    (void)signal;
    if (top.vitals && output_is_for_people())
        (void)dashboard_draw(top.url, top.vitals, NULL);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(&top.key, 1);
}

/* The keyboard is raw: Ctrl-C, Ctrl-D and q arrive as they are. */
static void on_key(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)stream;
    if (n < 0 || (n == 1 && strchr("q\x03\x04", buf->base[0])))
        finish(EX_OK);
}

static void watch_keyboard(void)
{
    if (!output_is_for_people() || !isatty(STDIN_FILENO) ||
        uv_tty_init(&top.cli->loop, &top.keyboard, STDIN_FILENO, 1) < 0)
        return;
    top.has_keyboard = true;
    uv_tty_set_mode(&top.keyboard, UV_TTY_MODE_RAW);
    uv_read_start((uv_stream_t *)&top.keyboard, on_alloc, on_key);
}

static int prepare(struct cli *cli)
{
    struct errmsg errmsg;
    const char *from_environment = getenv("MONOLOGUE_ADMIN");
    if (cli->n_args > 1)
        return cli_misuse(cli, "top takes one address");
    top.cli = cli;
    top.url = cli->n_args                             ? cli->args[0]
              : from_environment && *from_environment ? from_environment
                                                      : DEFAULT_URL;
    if (fetch_parse(top.url, &top.address, &errmsg) < 0)
        return cli_misuse(cli, "%s", errmsg.text);
    return EX_OK;
}

static int run(struct cli *cli)
{
    uv_timer_init(&cli->loop, &top.timer);
    uv_signal_init(&cli->loop, &top.interrupt);
    uv_signal_init(&cli->loop, &top.terminate);
    uv_signal_init(&cli->loop, &top.resize);
    uv_signal_start(&top.interrupt, on_signal, SIGINT);
    uv_signal_start(&top.terminate, on_signal, SIGTERM);
    uv_signal_start(&top.resize, on_resized, SIGWINCH);
    watch_keyboard();
    uv_timer_start(&top.timer, on_time, 0, interval_ms);
    uv_run(&cli->loop, UV_RUN_DEFAULT);
    json_decref(top.reading);
    json_decref(top.vitals);
    return top.exit_status;
}

const struct verb top_verb = {
    .name = "top",
    .summary = "watch a server: connections, messages, refusals, keys",
    .usage = "[ADMIN-URL] [OPTION]...",
    .help = "Shows how a monologued is doing, once a second: what its admin\n"
            "endpoint (setting admin_listen) tells. ADMIN-URL is\n"
            "http://HOST:PORT or unix:/PATH; by default MONOLOGUE_ADMIN, or\n"
            "http://127.0.0.1:9090. Where standard output is not a terminal,\n"
            "each interval is a line of JSON.\n",
    .switches = switches,
    .prepare = prepare,
    .run = run,
};
