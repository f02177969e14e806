/*
 * bench-load: callers and callees at a relay, by the thousand, from one
 * thread. Everything that comes back is checked: who said it, in answer to
 * what, and every byte of it. One wrong, missing or doubled ends the program.
 *
 * What is measured is the relay, from outside: the CPU time of its process per
 * message it relayed, its memory, and how long calls took.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "tests/bench/load/crowd.h"
#include "tests/bench/load/histogram.h"
#include "tests/bench/load/load_options.h"
#include "tests/bench/load/observe.h"

enum { BURST_MAX = 64, N_CHURNING = 16 };

static struct load_options options;
static struct crowd crowd;
static struct histogram latency;
static uint64_t n_messages; /* that the relay passed on, or connections made */
static uint64_t n_refused;
static uint64_t n_pending; /* calls under way */
static bool is_over;       /* no new call is made */
static uint64_t n_flooded, flood_began_ns;
static struct peer *flooder, *flooded;

/* ---- callers and callees ---- */

static uint64_t token_of(const struct peer *caller, uint32_t number)
{
    return (uint64_t)caller->index << 32 | number;
}

static void call(struct peer *caller)
{
    uint32_t number = caller->n_calls++;
    caller->called_ns[number % CROWD_WINDOW_MAX] = observe_now_ns();
    crowd.dialect->say(caller, caller->callee, TEXT_REQUEST,
                       token_of(caller, number));
    crowd_has_output(caller);
    n_pending++;
}

static void take_answer(struct peer *caller, const char *from, uint64_t token)
{
    uint32_t number = (uint32_t)token;
    uint64_t *called_ns = &caller->called_ns[number % CROWD_WINDOW_MAX];
    if (token >> 32 != caller->index || number >= caller->n_calls ||
        caller->n_calls - number > options.window || *called_ns == 0)
        fail("an answer to no call of ours");
    if (memcmp(from, caller->callee->id, TEXT_ID_SIZE) != 0)
        fail("an answer from somebody else");
    histogram_add(&latency, crowd.now_ns - *called_ns);
    *called_ns = 0;
    n_pending--;
    if (!is_over)
        call(caller);
}

static void take_call(struct peer *callee, const char *from, uint64_t token)
{
    if (token >> 32 >= crowd.n_peers)
        fail("a call from nobody");
    struct peer *caller = crowd.peers[token >> 32];
    if (caller == flooder)
        return;
    if (caller->callee != callee || memcmp(from, caller->id, TEXT_ID_SIZE) != 0)
        fail("a call from or for somebody else");
    crowd.dialect->say(callee, caller, TEXT_ANSWER, token);
    crowd_has_output(callee);
}

static void on_text(struct peer *peer, const char *text, size_t size)
{
    const char *from;
    uint64_t token;
    bool is_caller = peer->callee != NULL;
    if (!text_check(
            &dialect_texts[TEXT_HEARD][is_caller ? TEXT_ANSWER : TEXT_REQUEST],
            text, size, &from, &token))
        fail("not what was said: %.*s", (int)(size < 200 ? size : 200), text);
    n_messages++;
    if (is_caller)
        take_answer(peer, from, token);
    else
        take_call(peer, from, token);
}

static void on_refusal(struct peer *peer)
{
    if (peer != flooder)
        fail("the server refused a call");
    n_refused++;
}

/* ---- a flood beside ---- */

static void flood(void)
{
    uint64_t due = (uint64_t)((double)(crowd.now_ns - flood_began_ns) / 1e9 *
                              options.flood);
    for (int i = 0; i < BURST_MAX && n_flooded < due; i++, n_flooded++)
        crowd.dialect->say(flooder, flooded, TEXT_REQUEST,
                           token_of(flooder, 0));
    crowd_has_output(flooder);
}

static void open_flood(void)
{
    uint32_t first = crowd.n_peers;
    crowd_gather(&crowd, 2);
    flooder = crowd.peers[first];
    flooded = crowd.peers[first + 1];
    if (options.is_deaf)
        crowd_deafen(flooded);
    flood_began_ns = observe_now_ns();
}

/* ---- running ---- */

static void turn(void)
{
    crowd_turn(&crowd, flooder ? 1 : 100);
    if (flooder && !is_over)
        flood();
}

static void run_for(double seconds)
{
    uint64_t until_ns = observe_now_ns() + (uint64_t)(seconds * 1e9);
    do
        turn();
    while (crowd.now_ns < until_ns);
}

static void start_calls(uint32_t first)
{
    uint32_t n_callees = options.is_hot ? 1 : options.n_pairs;
    for (uint32_t i = 0; i < options.n_pairs; i++) {
        struct peer *caller = crowd.peers[first + n_callees + i];
        caller->callee = crowd.peers[first + (options.is_hot ? 0 : i)];
        for (uint32_t j = 0; j < options.window; j++)
            call(caller);
    }
}

/* Every call that was made must be answered, too. */
static void drain(void)
{
    uint64_t until_ns = observe_now_ns() + 20000000000u;
    is_over = true;
    while (n_pending > 0) {
        turn();
        if (crowd.now_ns > until_ns)
            fail("%" PRIu64 " calls were never answered", n_pending);
    }
}

/* ---- connections that come and go ---- */

static void on_ready(struct peer *peer)
{
    if (options.mode != LOAD_CHURN)
        return;
    n_messages++;
    crowd_close(peer);
    if (!is_over)
        crowd_reopen(peer);
}

/* ---- what is printed ---- */

static void print_latency(void)
{
    printf(",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f",
           (double)histogram_at(&latency, 0.5) / 1e3,
           (double)histogram_at(&latency, 0.99) / 1e3,
           (double)histogram_at(&latency, 0.999) / 1e3);
}

static void print_result(const struct observation *before,
                         const struct observation *after)
{
    double seconds = (double)(after->time_ns - before->time_ns) / 1e9;
    double n = n_messages ? (double)n_messages : 1;
    printf(
        "{\"messages\":%" PRIu64 ",\"seconds\":%.3f,\"cpu_us\":%.4f,"
        "\"per_second\":%.0f,\"busy\":%.3f,\"steal\":%.4f,"
        "\"rss\":%" PRIu64 ",\"rss_before\":%" PRIu64 ",\"refused\":%" PRIu64,
        n_messages, seconds, (double)(after->cpu_ns - before->cpu_ns) / 1e3 / n,
        (double)n_messages / seconds,
        (double)(after->cpu_ns - before->cpu_ns) / 1e9 / seconds,
        (double)(after->steal - before->steal) /
            (double)(after->all - before->all + 1),
        after->rss, before->rss, n_refused);
    print_latency();
    printf("}\n");
}

static void measure(void)
{
    run_for(options.warmup_s);
    n_messages = 0;
    latency = (struct histogram){0};
    struct observation before = observe(options.server);
    run_for(options.measured_s);
    struct observation after = observe(options.server);
    print_result(&before, &after);
}

static void run_relay(void)
{
    uint32_t n = options.n_pairs + (options.is_hot ? 1 : options.n_pairs);
    crowd_gather(&crowd, options.n_idle);
    crowd_gather(&crowd, n);
    if (options.flood)
        open_flood();
    start_calls(options.n_idle);
    measure();
    drain();
}

static void run_churn(void)
{
    crowd_gather(&crowd, options.n_idle);
    for (int i = 0; i < N_CHURNING; i++)
        crowd_open(&crowd);
    measure();
}

/* Once before, so that what grows but once is not counted. */
static void run_idle(void)
{
    crowd_gather(&crowd, 64);
    struct observation before = observe(options.server);
    crowd_gather(&crowd, options.n_idle);
    run_for(options.warmup_s);
    struct observation after = observe(options.server);
    n_messages = options.n_idle;
    print_result(&before, &after);
}

static void prepare(void)
{
    static char host[32];
    struct rlimit files;
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    snprintf(host, sizeof host, "127.0.0.1:%u", options.port);
    options.texts.host = host;
    crowd.dialect = options.dialect;
    crowd.address = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(options.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (options.is_tls) {
        crowd.tls = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(crowd.tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
        /* Each handshake is a whole one. */
        SSL_CTX_set_session_cache_mode(crowd.tls, SSL_SESS_CACHE_OFF);
    }
    crowd.on_ready = on_ready;
    crowd.on_text = on_text;
    crowd.on_refusal = on_refusal;
    crowd_init(&crowd);
    crowd.dialect->prepare(&options.texts);
}

int main(int argc, char *argv[])
{
    options = load_options_read(argc, argv);
    prepare();
    switch (options.mode) {
    case LOAD_RELAY:
        run_relay();
        break;
    case LOAD_CHURN:
        run_churn();
        break;
    case LOAD_IDLE:
    case N_LOAD_MODES:
        run_idle();
        break;
    }
    return 0;
}
