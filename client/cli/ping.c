#include "client/cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client/cli/latency.h"

/*
 * A ping is a call of CLI_PING, which every `monologue listen` answers. What
 * counts is that an answer comes: one that says "no such method" shows as well
 * that the peer is alive, and how far away. Pings are sent on time, whether or
 * not earlier ones were answered; after the last one those still out are waited
 * for. A peer without a name for it, such as a client of another make, does not
 * answer at all: --name names something that it does.
 */

static unsigned count; /* 0: until interrupted */
static uint32_t interval_ms = 1000;
static const char *name = CLI_PING;

static const struct switch_row switches[] = {
    {"count", 'c', "N", "how many; by default until interrupted", SWITCH_COUNT,
     &count, 1, 1000000000},
    {"interval", 'i', "SECONDS", "from one to the next (1)", SWITCH_SECONDS,
     &interval_ms, 0, 0},
    {"name", 'n', "NAME", "what to call (ping)", SWITCH_TEXT, &name, 0, 0},
    {0},
};

struct probe {
    uint64_t sent_ns;
    unsigned seq;
};

static struct {
    struct cli *cli;
    char *to; /* owned */
    uv_timer_t timer;
    bool is_started;
    bool is_over; /* no more are sent */
    uint64_t started_ns;
    uint64_t ended_ns;
    unsigned n_sent;
    unsigned n_ended;   /* answered or not */
    unsigned n_refused; /* by the server: no such id */
    int status;         /* why the last one failed */
    struct latency latency;
} ping;

/* To the microsecond: what is finer is noise. */
static double ms(double ns)
{
    return round(ns / 1e3) / 1e3;
}

static int print_summary_for_people(unsigned loss)
{
    const struct latency *l = &ping.latency;
    printf("\n--- %s ping statistics ---\n"
           "%u pings sent, %u answered, %u%% loss, time %.0f ms",
           ping.to, ping.n_sent, (unsigned)l->n, loss,
           ms((double)(ping.ended_ns - ping.started_ns)));
    if (l->n == 0)
        return output_line("%s", "");
    return output_line("\nrtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms",
                       ms((double)l->min_ns), ms(l->mean_ns),
                       ms((double)l->max_ns), ms(latency_deviation_ns(l)));
}

static int print_summary(void)
{
    const struct latency *l = &ping.latency;
    unsigned n_lost = ping.n_sent - (unsigned)l->n;
    unsigned loss =
        ping.n_sent ? (unsigned)((uint64_t)n_lost * 100 / ping.n_sent) : 0;
    if (output_is_for_people())
        return print_summary_for_people(loss);
    json_t *summary = json_pack("{s:s, s:I, s:I, s:i}", "to", ping.to, "sent",
                                (json_int_t)ping.n_sent, "answered",
                                (json_int_t)l->n, "lossPercent", (int)loss);
    if (l->n > 0)
        json_object_update_new(
            summary,
            json_pack("{s:f, s:f, s:f, s:f}", "minMs", ms((double)l->min_ns),
                      "avgMs", ms(l->mean_ns), "maxMs", ms((double)l->max_ns),
                      "mdevMs", ms(latency_deviation_ns(l))));
    return output_take_json(summary);
}

static int outcome(void)
{
    if (ping.latency.n > 0 || ping.n_sent == 0)
        return EX_OK;
    if (ping.n_refused > 0)
        return cli_exit_status(-ENOENT);
    if (ping.status == -ETIMEDOUT)
        output_complain("nobody answers to \"%s\" there; see --name", name);
    else
        output_complain("%s", monologue_errmsg(ping.cli->monologue));
    return cli_exit_status(ping.status);
}

static void finish(void)
{
    ping.is_over = true;
    ping.ended_ns = uv_hrtime();
    int exit_status = print_summary();
    cli_finish(ping.cli, exit_status == EX_OK ? outcome() : exit_status);
}

static int print_answer(const struct probe *probe, uint64_t duration_ns)
{
    double duration_ms = ms((double)duration_ns);
    if (output_is_for_people())
        return output_line("answer from %s: seq=%u time=%.3f ms", ping.to,
                           probe->seq, duration_ms);
    return output_take_json(
        json_pack("{s:i, s:f}", "seq", (int)probe->seq, "ms", duration_ms));
}

static int print_failure(const struct probe *probe, int status)
{
    const char *why = cli_reason(status);
    if (output_is_for_people())
        return output_line("seq=%u %s", probe->seq, why);
    return output_take_json(
        json_pack("{s:i, s:s}", "seq", (int)probe->seq, "error", why));
}

static int take_outcome(const struct probe *probe, int status)
{
    uint64_t duration_ns = uv_hrtime() - probe->sent_ns;
    /* These the callee says itself: it lives. */
    bool is_answer = status == 0 || status == -ENOSYS || status == -EBUSY ||
                     status == -EREMOTEIO || status == -EBADMSG;
    if (!is_answer) {
        ping.status = status;
        return print_failure(probe, status);
    }
    latency_add(&ping.latency, duration_ns);
    return print_answer(probe, duration_ns);
}

static void on_outcome(struct monologue *monologue, int status, json_t *ret,
                       void *data)
{
    struct probe *probe = data;
    (void)monologue;
    (void)ret;
    ping.n_ended++;
    if (!ping.is_over && status != -ECONNRESET) { /* of that tells end() */
        int exit_status = take_outcome(probe, status);
        if (exit_status != EX_OK) {
            ping.is_over = true;
            cli_finish(ping.cli, exit_status);
        } else if (count && ping.n_ended == count) {
            finish();
        }
    }
    free(probe);
}

static int send_probe(void)
{
    struct probe *probe = malloc(sizeof *probe);
    if (!probe)
        return -ENOMEM;
    *probe = (struct probe){.sent_ns = uv_hrtime(), .seq = ping.n_sent + 1};
    int status = monologue_call(ping.cli->monologue, ping.to, name, NULL, 0,
                                on_outcome, probe, NULL);
    if (status < 0)
        free(probe);
    else
        ping.n_sent++;
    return status;
}

static void on_time(uv_timer_t *timer)
{
    int status = send_probe();
    if (status == -ENOTCONN || (count && ping.n_sent == count))
        uv_timer_stop(timer); /* -ENOTCONN: its event says why */
    if (status == 0 || status == -ENOTCONN)
        return;
    ping.status = status;
    finish();
}

static int prepare(struct cli *cli)
{
    if (cli->n_args > 1)
        return cli_misuse(cli, "ping takes one connection id");
    int exit_status = cli->n_args ? cli_check_id(cli, cli->args[0]) : EX_OK;
    return exit_status == EX_OK ? cli_check_name(cli, name) : exit_status;
}

static void start(struct cli *cli)
{
    const char *self = monologue_connection_id(cli->monologue);
    ping.cli = cli;
    ping.to = strdup(cli->n_args ? cli->args[0] : self);
    ping.started_ns = uv_hrtime();
    latency_init(&ping.latency);
    int status =
        ping.to ? monologue_on(cli->monologue, CLI_PING, cli_answer_ping, NULL)
                : -ENOMEM;
    if (status < 0) {
        output_complain("%s", monologue_strerror(status));
        cli_finish(cli, cli_exit_status(status));
        free(ping.to);
        return;
    }
    if (output_is_for_people())
        printf("PING %s%s\n", ping.to,
               strcmp(ping.to, self) == 0 ? ", ourselves, by way of the server"
                                          : "");
    uv_timer_init(&cli->loop, &ping.timer);
    ping.is_started = true;
    uv_timer_start(&ping.timer, on_time, 0, interval_ms);
}

static void notice(struct cli *cli, const struct monologue_event *event)
{
    (void)cli;
    if (event->kind == MONOLOGUE_EVENT_REFUSED && ping.n_refused++ == 0)
        output_complain("%s: the server could not deliver a ping: is that "
                        "connection gone?",
                        ping.to);
}

static void interrupt(struct cli *cli)
{
    if (ping.is_started)
        finish();
    else
        cli_finish(cli, EX_OK);
}

static void end(struct cli *cli)
{
    (void)cli;
    if (!ping.is_started)
        return;
    uv_close((uv_handle_t *)&ping.timer, NULL);
    if (!ping.is_over) { /* the connection was lost */
        ping.ended_ns = uv_hrtime();
        (void)print_summary();
    }
    free(ping.to);
}

const struct verb ping_verb = {
    .name = "ping",
    .summary = "measure the way to another program and back",
    .usage = "[ID] [OPTION]...",
    .help =
        "Calls \"ping\" of the program with that connection id, again and\n"
        "again, and prints how long each answer took. Without an ID it\n"
        "pings itself, which measures the way to the server. What listens\n"
        "by this command answers; for others name a method that they have.\n",
    .switches = switches,
    .prepare = prepare,
    .start = start,
    .notice = notice,
    .interrupt = interrupt,
    .end = end,
};
