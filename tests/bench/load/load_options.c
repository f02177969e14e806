#include "tests/bench/load/load_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/crowd.h"
#include "tests/bench/load/fail.h"

static const char usage[] =
    "usage: bench-load [OPTION]... relay|churn|idle\n"
    "Loads a relay on this machine, checks all that comes back, and prints\n"
    "one line of JSON.\n"
    "  --dialect=ws|raw|nats|mqtt|resp  what the relay speaks (ws)\n"
    "  --port=N --pid=N        the relay, and whose CPU time to read\n"
    "  --path=/STAGE --key=KEY for ws (/latest, none)\n"
    "  --tls                   whatever the certificate\n"
    "  --pairs=N --window=N    callers, and how many calls each has under way\n"
    "  --hot                   all call the same callee\n"
    "  --size=N --shape=string|utf8|nested   bytes of payload\n"
    "  --fragment=N            bytes of a frame, at most (32768)\n"
    "  --idle=N                silent connections beside\n"
    "  --flood=N [--deaf]      messages per second to one more reader, which\n"
    "                          does not read them\n"
    "  --warmup=S --seconds=S  before and while measuring\n";

static const char *const modes[N_LOAD_MODES] = {"relay", "churn", "idle"};

static const struct dialect *const dialects[] = {
    &dialect_ws, &dialect_raw, &dialect_nats, &dialect_mqtt, &dialect_resp};

static const struct option names[] = {
    {"dialect", required_argument, NULL, 'd'},
    {"port", required_argument, NULL, 'p'},
    {"pid", required_argument, NULL, 'P'},
    {"path", required_argument, NULL, 'a'},
    {"key", required_argument, NULL, 'k'},
    {"tls", no_argument, NULL, 't'},
    {"pairs", required_argument, NULL, 'n'},
    {"window", required_argument, NULL, 'w'},
    {"hot", no_argument, NULL, 'h'},
    {"size", required_argument, NULL, 's'},
    {"shape", required_argument, NULL, 'S'},
    {"fragment", required_argument, NULL, 'f'},
    {"idle", required_argument, NULL, 'i'},
    {"flood", required_argument, NULL, 'F'},
    {"deaf", no_argument, NULL, 'D'},
    {"warmup", required_argument, NULL, 'u'},
    {"seconds", required_argument, NULL, 'm'},
    {NULL, 0, NULL, 0},
};

static uint32_t number(const char *text, uint32_t least, uint32_t most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end || end == text || value < least || value > most)
        fail("%s: not a number from %u to %u\n%s", text, least, most, usage);
    return (uint32_t)value;
}

static double seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= 0 && value < 3600))
        fail("%s: not a number of seconds\n%s", text, usage);
    return value;
}

static const struct dialect *find_dialect(const char *name)
{
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(dialects[i]->name, name) == 0)
            return dialects[i];
    fail("%s: no such dialect\n%s", name, usage);
}

static int find(const char *const *words, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    fail("%s: not understood\n%s", word, usage);
}

static void read_option(struct load_options *o, int letter, const char *value)
{
    switch (letter) {
    case 'd':
        o->dialect = find_dialect(value);
        return;
    case 'p':
        o->port = (uint16_t)number(value, 1, 65535);
        return;
    case 'P':
        o->server = (pid_t)number(value, 1, INT32_MAX);
        return;
    case 'a':
        o->texts.path = value;
        return;
    case 'k':
        o->texts.api_key = value;
        return;
    case 't':
        o->is_tls = true;
        return;
    case 'n':
        o->n_pairs = number(value, 1, 100000);
        return;
    case 'w':
        o->window = number(value, 1, CROWD_WINDOW_MAX);
        return;
    case 'h':
        o->is_hot = true;
        return;
    case 's':
        o->texts.size = number(value, 4, 130000);
        return;
    case 'S':
        o->texts.shape =
            (enum text_shape)find(text_shapes, N_TEXT_SHAPES, value);
        return;
    case 'f':
        o->texts.fragment = number(value, 1, 1 << 20);
        return;
    case 'i':
        o->n_idle = number(value, 0, 1000000);
        return;
    case 'F':
        o->flood = number(value, 1, 1000000);
        return;
    case 'D':
        o->is_deaf = true;
        return;
    case 'u':
        o->warmup_s = seconds(value);
        return;
    case 'm':
        o->measured_s = seconds(value);
        return;
    default:
        fail("see above\n%s", usage);
    }
}

struct load_options load_options_read(int argc, char *argv[])
{
    struct load_options options = {
        .dialect = &dialect_ws,
        .texts = {.path = "/latest",
                  .api_key = "",
                  .fragment = 32768,
                  .size = 256},
        .n_pairs = 50,
        .window = 1,
        .warmup_s = 0.5,
        .measured_s = 2,
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1)
        read_option(&options, letter, optarg);
    if (optind != argc - 1)
        fail("one mode is needed\n%s", usage);
    options.mode = (enum load_mode)find(modes, N_LOAD_MODES, argv[optind]);
    if (!options.port || !options.server)
        fail("--port and --pid are needed\n%s", usage);
    return options;
}
