#include "client/cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/cli/latency.h"

/*
 * Each lane has one call in flight; when that is answered the next one goes
 * out. When enough were made, or the time is up, what flies is waited for. A
 * lane whose call finds the connection's queue full is grounded until another
 * lane's call is answered, or a moment has passed.
 */

enum { PROGRESS_MS = 200, RETRY_MS = 10 };

static unsigned n_parallel = 16;
static unsigned n_wanted;     /* 0: as many as fit into the time */
static uint32_t duration_ms;  /* 0: as long as it takes */
static unsigned payload_size; /* bytes */

static const struct switch_row switches[] = {
    {"concurrency", 'c', "N", "calls in flight (16)", SWITCH_COUNT, &n_parallel,
     1, 1000},
    {"number", 'n', "N", "stop after so many calls", SWITCH_COUNT, &n_wanted, 1,
     4000000000},
    {"time", 't', "SECONDS", "stop after this time (5, without --number)",
     SWITCH_SECONDS, &duration_ms, 0, 0},
    {"size", 's', "BYTES", "pass a string of that length (none)", SWITCH_COUNT,
     &payload_size, 0, MONOLOGUE_MAX_PACKET},
    {0},
};

struct lane {
    bool is_flying;
    uint64_t sent_ns;
};

static struct {
    struct cli *cli;
    char *to; /* owned */
    const char *name;
    json_t *args; /* owned */
    uv_timer_t progress;
    uv_timer_t limit;
    uv_timer_t retry; /* when all lanes are grounded */
    bool is_started;
    bool is_over; /* no more calls are made */
    bool is_told; /* the summary is printed */
    bool is_lost; /* the connection; end() will tell */
    bool was_refused;
    struct lane *lanes; /* n_parallel; owned */
    unsigned n_flying;
    unsigned n_grounded;
    uint64_t n_made;
    uint64_t n_failed;
    int status; /* why the last one failed */
    uint64_t started_ns;
    uint64_t ended_ns; /* of the last outcome */
    struct latency latency;
} bench;

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

static double elapsed_s(void)
{
    return (double)(bench.ended_ns - bench.started_ns) / 1e9;
}

static double rate(void)
{
    double s = elapsed_s();
    return s > 0 ? floor((double)bench.latency.n / s * 10) / 10 : 0;
}

/* One line that is written again and again, for a person at the terminal. */
static void on_progress(uv_timer_t *timer)
{
    (void)timer;
    fprintf(stderr,
            "\r%.1f s  %llu calls  %.0f calls/s  median %.3f ms  %llu failed ",
            elapsed_s(), (unsigned long long)bench.latency.n, rate(),
            ms(latency_percentile_ns(&bench.latency, 50)),
            (unsigned long long)bench.n_failed);
}

static bool shows_progress(void)
{
    return output_is_for_people() && isatty(STDERR_FILENO);
}

static int print_summary_for_people(void)
{
    const struct latency *l = &bench.latency;
    printf("%llu calls of %s in %.2f s, %u at once, %u bytes each\n"
           "%s%.0f calls/s%s, %llu failed",
           (unsigned long long)l->n, bench.name, elapsed_s(), n_parallel,
           payload_size, output_style(OUTPUT_BOLD), rate(),
           output_style(OUTPUT_PLAIN), (unsigned long long)bench.n_failed);
    if (l->n == 0)
        return output_line("%s", "");
    return output_line(
        "\nlatency  min %.3f  mean %.3f  p50 %.3f  p90 %.3f  p99 %.3f  "
        "p99.9 %.3f  max %.3f ms",
        ms(l->min_ns), ms((uint64_t)l->mean_ns),
        ms(latency_percentile_ns(l, 50)), ms(latency_percentile_ns(l, 90)),
        ms(latency_percentile_ns(l, 99)), ms(latency_percentile_ns(l, 99.9)),
        ms(l->max_ns));
}

static json_t *pack_latency(void)
{
    const struct latency *l = &bench.latency;
    if (l->n == 0)
        return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "min",
                     ms(l->min_ns), "mean", ms((uint64_t)l->mean_ns), "p50",
                     ms(latency_percentile_ns(l, 50)), "p90",
                     ms(latency_percentile_ns(l, 90)), "p99",
                     ms(latency_percentile_ns(l, 99)), "p999",
                     ms(latency_percentile_ns(l, 99.9)), "max", ms(l->max_ns));
}

static int print_summary(void)
{
    bench.is_told = true;
    if (shows_progress())
        fprintf(stderr, "\r\033[K");
    if (output_is_for_people())
        return print_summary_for_people();
    return output_take_json(json_pack(
        "{s:s, s:s, s:I, s:I, s:f, s:f, s:i, s:i, s:o}", "to", bench.to, "name",
        bench.name, "calls", (json_int_t)bench.latency.n, "failed",
        (json_int_t)bench.n_failed, "seconds", elapsed_s(), "callsPerSecond",
        rate(), "concurrency", (int)n_parallel, "bytes", (int)payload_size,
        "latencyMs", pack_latency()));
}

static int outcome(void)
{
    if (bench.n_failed == 0)
        return EX_OK;
    output_complain("%llu call%s failed, the last one of: %s%s",
                    (unsigned long long)bench.n_failed,
                    bench.n_failed == 1 ? "" : "s", cli_reason(bench.status),
                    bench.was_refused ? " (the server could not deliver some: "
                                        "is the callee still connected?)"
                                      : "");
    return cli_exit_status(bench.status);
}

static void finish(void)
{
    bench.is_over = true;
    if (bench.is_told || bench.is_lost)
        return;
    int exit_status = print_summary();
    cli_finish(bench.cli, exit_status == EX_OK ? outcome() : exit_status);
}

static bool is_enough(void)
{
    return bench.is_over || (n_wanted && bench.n_made == n_wanted);
}

static void stop_for(int status)
{
    bench.is_over = true;
    bench.is_lost = status == -ENOTCONN;
    if (bench.is_lost)
        return;
    output_complain("%s", monologue_errmsg(bench.cli->monologue));
    bench.n_failed++;
    bench.status = status;
}

static void on_outcome(struct monologue *monologue, int status, json_t *ret,
                       void *data);

static void on_retry(uv_timer_t *timer);

static void fly(struct lane *lane)
{
    if (is_enough())
        return;
    lane->sent_ns = uv_hrtime();
    int status = monologue_call(bench.cli->monologue, bench.to, bench.name,
                                bench.args, 0, on_outcome, lane, NULL);
    lane->is_flying = status == 0;
    if (status == 0) {
        bench.n_flying++;
        bench.n_made++;
    } else if (status == -ENOBUFS) {
        if (bench.n_grounded++ == 0)
            uv_timer_start(&bench.retry, on_retry, RETRY_MS, 0);
    } else {
        stop_for(status);
    }
}

static void fly_grounded(void)
{
    bench.n_grounded = 0;
    for (unsigned i = 0; i < n_parallel && bench.n_grounded == 0; i++)
        if (!bench.lanes[i].is_flying)
            fly(&bench.lanes[i]);
}

static void on_retry(uv_timer_t *timer)
{
    (void)timer;
    fly_grounded();
    if (bench.n_flying == 0 && bench.n_grounded == 0)
        finish();
}

static void on_outcome(struct monologue *monologue, int status, json_t *ret,
                       void *data)
{
    struct lane *lane = data;
    (void)monologue;
    (void)ret;
    bench.n_flying--;
    lane->is_flying = false;
    if (bench.is_told || status == -ECONNRESET)
        return; /* of what follows end() tells */
    bench.ended_ns = uv_hrtime();
    if (status == 0) {
        latency_add(&bench.latency, bench.ended_ns - lane->sent_ns);
    } else {
        bench.n_failed++;
        bench.status = status;
    }
    fly(lane);
    if (bench.n_grounded > 0)
        fly_grounded();
    if (bench.n_flying == 0 && (bench.n_grounded == 0 || is_enough()))
        finish();
}

static void on_time(uv_timer_t *timer)
{
    (void)timer;
    bench.is_over = true;
}

static int prepare(struct cli *cli)
{
    if (cli->n_args > 2)
        return cli_misuse(cli, "bench takes a connection id and a name");
    if (n_wanted == 0 && duration_ms == 0)
        duration_ms = 5000;
    int exit_status = cli->n_args ? cli_check_id(cli, cli->args[0]) : EX_OK;
    if (exit_status == EX_OK && cli->n_args > 1)
        exit_status = cli_check_name(cli, cli->args[1]);
    return exit_status;
}

/* A list with a string of that length, or an empty list. */
static json_t *make_args(void)
{
    char *text = malloc(payload_size + 1);
    if (!text || payload_size == 0) {
        free(text);
        return json_array();
    }
    memset(text, 'x', payload_size);
    json_t *args = json_pack("[s#]", text, (int)payload_size);
    free(text);
    return args;
}

static int set_out(struct cli *cli)
{
    bench.cli = cli;
    bench.name = cli->n_args > 1 ? cli->args[1] : CLI_PING;
    bench.to = strdup(cli->n_args ? cli->args[0]
                                  : monologue_connection_id(cli->monologue));
    bench.lanes = calloc(n_parallel, sizeof *bench.lanes);
    bench.args = make_args();
    latency_init(&bench.latency);
    if (!bench.to || !bench.lanes || !bench.args)
        return -ENOMEM;
    return monologue_on(cli->monologue, CLI_PING, cli_answer_ping, NULL);
}

static void start_timers(struct cli *cli)
{
    uv_timer_init(&cli->loop, &bench.progress);
    uv_timer_init(&cli->loop, &bench.limit);
    uv_timer_init(&cli->loop, &bench.retry);
    bench.is_started = true;
    if (shows_progress())
        uv_timer_start(&bench.progress, on_progress, PROGRESS_MS, PROGRESS_MS);
    if (duration_ms)
        uv_timer_start(&bench.limit, on_time, duration_ms, 0);
}

static void start(struct cli *cli)
{
    int status = set_out(cli);
    if (status < 0) {
        output_complain("%s", monologue_strerror(status));
        cli_finish(cli, cli_exit_status(status));
        return;
    }
    start_timers(cli);
    bench.started_ns = uv_hrtime();
    bench.ended_ns = bench.started_ns;
    for (unsigned i = 0; i < n_parallel; i++)
        fly(&bench.lanes[i]);
    if (bench.n_flying == 0 && bench.n_grounded == 0)
        finish();
}

static void notice(struct cli *cli, const struct monologue_event *event)
{
    (void)cli;
    if (event->kind == MONOLOGUE_EVENT_REFUSED)
        bench.was_refused = true;
}

static void interrupt(struct cli *cli)
{
    if (bench.is_started)
        finish();
    else
        cli_finish(cli, EX_OK);
}

static void end(struct cli *cli)
{
    (void)cli;
    if (bench.is_started) {
        uv_close((uv_handle_t *)&bench.progress, NULL);
        uv_close((uv_handle_t *)&bench.limit, NULL);
        uv_close((uv_handle_t *)&bench.retry, NULL);
        if (!bench.is_told) /* the connection was lost */
            (void)print_summary();
    }
    free(bench.to);
    free(bench.lanes);
    json_decref(bench.args);
}

const struct verb bench_verb = {
    .name = "bench",
    .summary = "calls per second, and how long they take",
    .usage = "[ID [NAME]] [OPTION]...",
    .help =
        "Calls NAME (\"ping\") of the program with that connection id as\n"
        "often as it can, and prints the rate and the distribution of the\n"
        "times that answers took. Without an ID it calls itself, by way of\n"
        "the server.\n",
    .switches = switches,
    .prepare = prepare,
    .start = start,
    .notice = notice,
    .interrupt = interrupt,
    .end = end,
};
