#include "daemon/metrics.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char COUNTER[] = "counter";
static const char GAUGE[] = "gauge";

struct label {
    const char *name; /* NULL: there is none */
    const char *const *values;
    unsigned n_values;
};

#define LABEL(name, values)                             \
    {                                                   \
        name, values, sizeof(values) / sizeof *(values) \
    }

static const char *const statuses[METRICS_STATUSES] = {
    "400", "403", "410", "413", "414",  "426",
    "429", "431", "500", "503", "other"};
static const char *const directions[] = {"in", "out"};
static const char *const ways[] = {"local", "remote"};
static const char *const causes[] = {"throttled", "malformed",  "gone",
                                     "too_long",  "queue_full", "mailbox_full",
                                     "no_memory"};
static const char *const kinds[] = {"ClientError", "IntegrationError",
                                    "ExecutionError"};
static const char *const actions[METRICS_ACTIONS] = {"POST", "GET", "DELETE"};
static const char *const outcomes[METRICS_OUTCOMES] = {
    [OUTCOME_DONE] = "done",       [OUTCOME_GONE] = "gone",
    [OUTCOME_LIMITED] = "limited", [OUTCOME_REFUSED] = "refused",
    [OUTCOME_FAILED] = "failed",
};
static const char *const reloads[] = {"done", "refused"};
static const char *const versions[] = {MONOLOGUED_VERSION};

/* A family is a name and as many metrics in a row as its labels say. */
static const struct family {
    enum metric first;
    const char *name;
    const char *kind;
    struct label labels[2];
    const char *help;
} families[] = {
    {METRIC_CONNECTS,
     "monologued_connect_total",
     COUNTER,
     {{0}},
     "WebSocket connections opened. CloudWatch: ConnectCount."},
    {METRIC_OPEN,
     "monologued_connections_open",
     GAUGE,
     {{0}},
     "WebSocket connections that are open."},
    {METRIC_SOCKETS,
     "monologued_sockets",
     GAUGE,
     {{0}},
     "Connections of any kind: in handshakes, open, closing."},
    {METRIC_CLOSED,
     "monologued_disconnect_total",
     COUNTER,
     {LABEL("reason", ending_names)},
     "WebSocket connections closed, by the log's reason."},
    {METRIC_HANDSHAKE_FAILURES,
     "monologued_handshake_failures_total",
     COUNTER,
     {LABEL("reason", ending_names)},
     "Connections that ended before they had asked for anything."},
    {METRIC_TURNED_AWAY,
     "monologued_turned_away_total",
     COUNTER,
     {{0}},
     "Connections closed at once, as there were max_connections."},
    {METRIC_REFUSALS,
     "monologued_refusals_total",
     COUNTER,
     {LABEL("status", statuses)},
     "Requests refused, handshakes and @connections alike, by status."},
    {METRIC_MESSAGES_IN,
     "monologued_messages_total",
     COUNTER,
     {LABEL("direction", directions)},
     "Messages from and to clients. CloudWatch: MessageCount is the sum."},
    {METRIC_BYTES_IN,
     "monologued_message_bytes_total",
     COUNTER,
     {LABEL("direction", directions)},
     "Bytes in these messages."},
    {METRIC_RELAYED_LOCAL,
     "monologued_relayed_total",
     COUNTER,
     {LABEL("way", ways)},
     "Packets passed on: within a worker, or to another one's connection."},
    {METRIC_UNDELIVERED_THROTTLED,
     "monologued_undelivered_total",
     COUNTER,
     {LABEL("cause", causes)},
     "Packets that their senders were told were not delivered."},
    {METRIC_ERROR_FRAMES,
     "monologued_error_frames_total",
     COUNTER,
     {{0}},
     "Error frames sent to clients."},
    {METRIC_NAKS,
     "monologued_naks_total",
     COUNTER,
     {{0}},
     "NAK packets sent, in place of error frames, to clients that asked."},
    {METRIC_QUEUE_FULL,
     "monologued_send_queue_full_total",
     COUNTER,
     {{0}},
     "Messages that found no room in a client's send queue."},
    {METRIC_CLIENT_ERRORS,
     "monologued_errors_total",
     COUNTER,
     {LABEL("kind", kinds)},
     "Errors as CloudWatch counts them: refusals with 4xx, packets that the "
     "router rejects, and failures to carry out what was asked for."},
    {METRIC_MANAGED,
     "monologued_management_calls_total",
     COUNTER,
     {LABEL("action", actions), LABEL("outcome", outcomes)},
     "Calls of the @connections API."},
    {METRIC_RELOADED,
     "monologued_reloads_total",
     COUNTER,
     {LABEL("outcome", reloads)},
     "Reloads of the settings."},
    {METRIC_LOG_LOST,
     "monologued_log_lines_lost_total",
     COUNTER,
     {{0}},
     "Lines of the log that could not be written."},
    {METRIC_ACCESS_LOST,
     "monologued_access_log_lines_lost_total",
     COUNTER,
     {{0}},
     "Lines of the access log that could not be written."},
    {METRIC_UPTIME,
     "monologued_uptime_seconds",
     GAUGE,
     {{0}},
     "Since the start."},
    {METRIC_BUILD,
     "monologued_build_info",
     GAUGE,
     {LABEL("version", versions)},
     "Always 1; the version is in the label."},
};

enum { N_FAMILIES = sizeof families / sizeof *families };

/* ---- counting ---- */

struct metrics *metrics_new(void)
{
    struct metrics *metrics =
        aligned_alloc(_Alignof(struct metrics), sizeof *metrics);
    for (unsigned i = 0; metrics && i < N_METRICS; i++)
        atomic_init(&metrics->values[i], 0);
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

void metrics_count_refusal(struct metrics *metrics, int status)
{
    unsigned i = 0;
    while (i < METRICS_STATUSES - 1 && atoi(statuses[i]) != status)
        i++;
    metrics_add(metrics, METRIC_REFUSALS + i, 1);
    metrics_add(metrics,
                status < 500 ? METRIC_CLIENT_ERRORS : METRIC_EXECUTION_ERRORS,
                1);
}

static enum metric find_kind(enum metric cause)
{
    if (cause == METRIC_UNDELIVERED_THROTTLED)
        return METRIC_CLIENT_ERRORS;
    return cause <= METRIC_UNDELIVERED_TOO_LONG ? METRIC_INTEGRATION_ERRORS
                                                : METRIC_EXECUTION_ERRORS;
}

void metrics_count_undelivered(struct metrics *metrics, enum metric cause)
{
    metrics_add(metrics, cause, 1);
    metrics_add(metrics, find_kind(cause), 1);
}

enum metric metrics_cause(int rc)
{
    switch (rc) {
    case -ENOENT:
        return METRIC_UNDELIVERED_GONE;
    case -ENOBUFS:
        return METRIC_UNDELIVERED_QUEUE_FULL;
    default:
        return METRIC_UNDELIVERED_NO_MEMORY;
    }
}

/* ---- reading ---- */

void metrics_sum(const struct metrics *metrics, uint64_t sums[N_METRICS])
{
    for (unsigned i = 0; i < N_METRICS; i++)
        sums[i] +=
            atomic_load_explicit(&metrics->values[i], memory_order_relaxed);
}

int metrics_append_head(struct bytes *out, size_t limit, const char *name,
                        const char *kind, const char *help)
{
    return bytes_append_format(out, limit, "# HELP %s %s\n# TYPE %s %s\n", name,
                               help, name, kind);
}

/* The @i-th metric of a family; the last label turns fastest. */
static int append_metric(struct bytes *out, size_t limit,
                         const struct family *family, unsigned i,
                         uint64_t value)
{
    const struct label *first = &family->labels[0];
    const struct label *second = &family->labels[1];
    unsigned n_second = second->name ? second->n_values : 1;
    if (!first->name)
        return bytes_append_format(out, limit, "%s %" PRIu64 "\n", family->name,
                                   value);
    if (!second->name)
        return bytes_append_format(out, limit, "%s{%s=\"%s\"} %" PRIu64 "\n",
                                   family->name, first->name, first->values[i],
                                   value);
    return bytes_append_format(
        out, limit, "%s{%s=\"%s\",%s=\"%s\"} %" PRIu64 "\n", family->name,
        first->name, first->values[i / n_second], second->name,
        second->values[i % n_second], value);
}

static unsigned count_metrics(const struct family *family)
{
    unsigned n = 1;
    for (int i = 0; i < 2; i++)
        if (family->labels[i].name)
            n *= family->labels[i].n_values;
    return n;
}

int metrics_append(struct bytes *out, size_t limit,
                   const uint64_t sums[N_METRICS])
{
    unsigned next = 0;
    int rc = 0;
    for (int i = 0; i < N_FAMILIES && rc == 0; i++) {
        const struct family *family = &families[i];
        unsigned n = count_metrics(family);
        assert(family->first == next); /* the table has every metric once */
        next += n;
        rc = metrics_append_head(out, limit, family->name, family->kind,
                                 family->help);
        for (unsigned k = 0; k < n && rc == 0; k++)
            rc = append_metric(out, limit, family, k, sums[family->first + k]);
    }
    assert(rc || next == N_METRICS);
    return rc;
}
