#include "daemon/settings.h"

#include <string.h>

#include "daemon/config.h"
#include "daemon/log.h"

#define SECOND_MS UINT64_C(1000)
#define YEAR_MS (365 * 24 * 3600 * SECOND_MS)
#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

#define FIELD(name) .key = #name, .offset = offsetof(struct config, name)
#define FIELD_MS(name)                                          \
    .key = #name, .offset = offsetof(struct config, name##_ms), \
    .type = SETTING_DURATION, .max = YEAR_MS
#define RELOADABLE .is_reloadable = true

static const char *choose_level(int index)
{
    return log_level_name((enum log_level)index);
}

static const char *choose_format(int index)
{
    return log_format_name((enum log_format)index);
}

static const char *choose_profile(int index)
{
    static const char *const words[] = {
        [PROFILE_LOCAL] = "local", [PROFILE_AWS] = "aws", NULL};
    return words[index];
}

static const char *choose_counts(int index)
{
    static const char *const words[] = {[PLAN_COUNTS_CONNECTS] = "connects",
                                        [PLAN_COUNTS_MESSAGES] = "messages",
                                        NULL};
    return words[index];
}

static const char *choose_management_auth(int index)
{
    static const char *const names[] = {"auto", "sigv4", "none"};
    return (size_t)index < sizeof names / sizeof *names ? names[index] : NULL;
}

/* clang-format off */
const struct setting settings_table[] = {
    {FIELD(profile), .type = SETTING_CHOICE, RELOADABLE,
     .initial = "local", .choice = choose_profile,
     .help = "whose rates hold by default: none, or those of AWS"},

    {FIELD(listen), .type = SETTING_ADDRESSES,
     .initial = "ws://127.0.0.1:8080",
     .help = "accept connections here; may be repeated"},
    {FIELD(stage), .type = SETTING_STAGE,
     .initial = "latest",
     .help = "the path that clients ask for"},

    {FIELD(api_key_required), .type = SETTING_BOOLEAN, RELOADABLE,
     .initial = "true",
     .help = "refuse connections without a valid x-api-key"},
    {FIELD(browser_keys), .type = SETTING_BOOLEAN, RELOADABLE,
     .initial = "false",
     .help = "take keys from a subprotocol or the query, too"},
    {FIELD(api_key), .type = SETTING_KEY, RELOADABLE,
     .help = "one key that is let in, in the clear"},
    {FIELD(keys_file), .type = SETTING_PATH, RELOADABLE,
     .help = "the keys that are let in, one a line"},
    {FIELD(plan_counts), .type = SETTING_CHOICE, RELOADABLE,
     .initial = "connects", .choice = choose_counts,
     .help = "count against usage plans connects, or messages as well"},
    {FIELD(usage_file), .type = SETTING_PATH,
     .help = "keep here what was used of quotas"},

    {FIELD(management_auth), .type = SETTING_CHOICE, RELOADABLE,
     .initial = "auto", .choice = choose_management_auth,
     .help = "whether @connections takes signed requests only"},
    {FIELD(credentials_file), .type = SETTING_PATH, RELOADABLE,
     .help = "who may sign them: access key IDs and secrets"},

    {FIELD(tls_certificate), .type = SETTING_PATH, RELOADABLE,
     .help = "the certificate chain for wss://, PEM"},
    {FIELD(tls_key), .type = SETTING_PATH, RELOADABLE,
     .help = "its private key, PEM"},
    {FIELD(tls_self_signed), .type = SETTING_BOOLEAN,
     .initial = "false",
     .help = "make both files when they do not exist"},

    {FIELD(write_rc), .type = SETTING_PATH,
     .help = "write endpoint and key here as a .monologuerc"},

    {FIELD(admin_listen), .type = SETTING_ADMIN,
     .help = "health, readiness and metrics over HTTP here"},

    {FIELD(workers), .type = SETTING_NUMBER,
     .initial = "0", .min = 1, .max = 1024, .zero = "one per CPU",
     .help = "threads that serve connections"},

    {FIELD_MS(idle_timeout), RELOADABLE,
     .initial = "10m", .min = 1, .zero = "never",
     .help = "close a connection without messages after"},
    {FIELD_MS(session_limit), RELOADABLE,
     .initial = "2h", .min = 1, .zero = "never",
     .help = "close any connection after"},
    {FIELD_MS(handshake_timeout), RELOADABLE,
     .initial = "10s", .min = 1,
     .help = "give up on a connection that is not open after"},
    {FIELD_MS(keepalive_timeout), RELOADABLE,
     .initial = "1m", .min = 1,
     .help = "wait so long for another HTTP request"},
    {FIELD_MS(close_timeout), RELOADABLE,
     .initial = "5s", .min = 1,
     .help = "wait so long for the answer to a close frame"},
    {FIELD_MS(send_timeout), RELOADABLE,
     .initial = "30s", .min = 1,
     .help = "close a receiver that takes nothing for"},
    {FIELD_MS(drain_timeout), RELOADABLE,
     .initial = "5s", .min = 1, .zero = "at once",
     .help = "when stopping, wait for connections at most"},

    {FIELD(frame_limit), .type = SETTING_SIZE, RELOADABLE,
     .initial = "32K", .min = 125, .max = 16 * MIB,
     .help = "bytes of one frame that a client sends"},
    {FIELD(message_limit), .type = SETTING_SIZE, RELOADABLE,
     .initial = "128K", .min = 1, .max = 16 * MIB,
     .help = "bytes of one message"},
    {FIELD(fragment_limit), .type = SETTING_NUMBER, RELOADABLE,
     .initial = "131072", .min = 1, .max = 16 * MIB,
     .help = "frames of one message"},
    {FIELD(send_queue_limit), .type = SETTING_SIZE, RELOADABLE,
     .initial = "1M", .min = 1, .max = 1024 * MIB,
     .help = "bytes that wait for one slow receiver"},
    {FIELD(mailbox_limit), .type = SETTING_SIZE,
     .initial = "16M", .min = 1, .max = 1024 * MIB,
     .help = "bytes that wait between two workers"},

    {FIELD(max_connections), .type = SETTING_NUMBER, RELOADABLE,
     .initial = "0", .min = 1, .max = 10000000,
     .zero = "as many as there are file descriptors",
     .help = "connections at a time"},
    {FIELD(connect_rate), .type = SETTING_RATE, RELOADABLE,
     .initial = "0", .aws = "500", .max = 1000000, .zero = "no limit",
     .help = "new connections a second"},
    {FIELD(connect_burst), .type = SETTING_NUMBER, RELOADABLE,
     .initial = "500", .min = 1, .max = 1000000,
     .help = "and how many of them at once"},
    {FIELD(request_rate), .type = SETTING_RATE, RELOADABLE,
     .initial = "0", .aws = "10000", .max = 1000000, .zero = "no limit",
     .help = "messages and @connections requests a second"},
    {FIELD(request_burst), .type = SETTING_NUMBER, RELOADABLE,
     .initial = "5000", .min = 1, .max = 1000000,
     .help = "and how many of them at once"},

    {FIELD(log_level), .type = SETTING_CHOICE, RELOADABLE,
     .initial = "info", .choice = choose_level,
     .help = "what is logged: this and what is more severe"},
    {FIELD(log_format), .type = SETTING_CHOICE, RELOADABLE,
     .initial = "text", .choice = choose_format,
     .help = "how it is logged"},
    {FIELD(access_log), .type = SETTING_PATH, RELOADABLE,
     .help = "a line for each CONNECT, MESSAGE and DISCONNECT; -: stderr"},
    {FIELD(access_log_format), .type = SETTING_FORMAT, RELOADABLE,
     .initial = "clf",
     .help = "clf, json or a text with $context variables"},
};
/* clang-format on */

const size_t settings_count = sizeof settings_table / sizeof settings_table[0];

_Static_assert(sizeof settings_table / sizeof settings_table[0] <= 64,
               "a set of settings fits a word");

static bool matches(const char *key, const char *text, size_t n)
{
    if (strlen(key) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (key[i] != (text[i] == '-' ? '_' : text[i]))
            return false;
    return true;
}

const struct setting *settings_find(const char *key, size_t n)
{
    for (size_t i = 0; i < settings_count; i++)
        if (matches(settings_table[i].key, key, n))
            return &settings_table[i];
    return NULL;
}

bool settings_add_up(const struct setting *setting)
{
    return setting->type == SETTING_ADDRESSES ||
           setting->type == SETTING_FORMAT;
}

size_t settings_index(const struct setting *setting)
{
    return (size_t)(setting - settings_table);
}

void settings_offer(struct nearest *nearest)
{
    for (size_t i = 0; i < settings_count; i++)
        nearest_offer(nearest, settings_table[i].key);
}
