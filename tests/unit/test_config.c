#include "daemon/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "tests/lib/suite.h"

enum { WORDS_MAX = 12 };

/* What one test loads from; the words are separated by |. */
struct input {
    const char *options;
    const char *environment;
    const char *file; /* the text; NULL: there is no file */
};

static char file_path[] = "/tmp/test_config.XXXXXX";

static void split(char *text, char **words, int n)
{
    char *word;
    while (text && (word = strsep(&text, "|")))
        if (*word)
            words[n++] = word;
    words[n] = NULL;
}

static void write_file(const char *text)
{
    FILE *file = fopen(file_path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static enum config_outcome load(const struct input *input,
                                const char *const defaults[],
                                struct config **config_out,
                                struct errmsg *errmsg)
{
    char name[] = "monologued";
    char *argv[WORDS_MAX] = {name, NULL}, *environment[WORDS_MAX];
    char option[80];
    char *options = strdup(input->options ? input->options : "");
    char *variables = strdup(input->environment ? input->environment : "");
    split(options, argv, 1);
    split(variables, environment, 0);
    int argc = 0;
    while (argv[argc])
        argc++;
    if (input->file) {
        write_file(input->file);
        snprintf(option, sizeof option, "--config=%s", file_path);
        argv[argc++] = option;
        argv[argc] = NULL;
    }
    errmsg_set(errmsg, "%s", "");
    enum config_outcome outcome =
        config_load_over(defaults, argc, argv, environment, config_out, errmsg);
    free(options);
    free(variables);
    return outcome;
}

static struct config *load_well(const struct input *input)
{
    struct config *config = NULL;
    struct errmsg errmsg;
    enum config_outcome outcome = load(input, NULL, &config, &errmsg);
    ck_assert_msg(outcome == CONFIG_RUN, "%s", errmsg.text);
    return config;
}

START_TEST(without_any_source_the_defaults_hold)
{
    struct config *config = load_well(&(struct input){0});
    ck_assert_uint_eq(config->n_listen, 1);
    ck_assert_int_eq(config->listen[0].kind, LISTEN_TCP);
    ck_assert(!config->listen[0].is_tls);
    ck_assert_str_eq(config->listen[0].host, "127.0.0.1");
    ck_assert_uint_eq(config->listen[0].port, 8080);
    ck_assert_str_eq(config->stage, "latest");
    ck_assert(config->api_key_required);
    ck_assert_ptr_null(config->api_key);
    ck_assert_uint_eq(config->idle_timeout_ms, 600000);
    ck_assert_uint_eq(config->session_limit_ms, 7200000);
    ck_assert_uint_eq(config->frame_limit, 32768);
    ck_assert_uint_eq(config->message_limit, 131072);
    ck_assert_uint_eq(config->send_queue_limit, 1 << 20);
    ck_assert_uint_eq(config->mailbox_limit, 16 << 20);
    ck_assert_double_eq(config->connect_rate, 0);
    ck_assert_int_eq(config->log_level, LOG_INFO);
    ck_assert_int_eq(config->log_format, LOG_TEXT);
    config_free(config);
}
END_TEST

START_TEST(the_stronger_source_wins)
{
    struct input input = {.file = "stage = f\nworkers = 1\nidle_timeout=1s\n",
                          .environment = "MONOLOGUED_WORKERS=2|"
                                         "MONOLOGUED_IDLE_TIMEOUT=2s|PATH=/",
                          .options = "--idle-timeout=3s"};
    struct config *config = load_well(&input);
    ck_assert_str_eq(config->stage, "f");
    ck_assert_uint_eq(config->workers, 2);
    ck_assert_uint_eq(config->idle_timeout_ms, 3000);
    config_free(config);
}
END_TEST

START_TEST(addresses_add_up_within_a_source_only)
{
    struct input input = {.file = "listen = ws://a:1\nlisten = ws://b:2\n"};
    struct config *config = load_well(&input);
    ck_assert_uint_eq(config->n_listen, 2);
    ck_assert_str_eq(config->listen[1].host, "b");
    config_free(config);
    input.options = "--listen=ws://c:3|--listen|unix:/d";
    config = load_well(&input);
    ck_assert_uint_eq(config->n_listen, 2);
    ck_assert_str_eq(config->listen[0].host, "c");
    ck_assert_str_eq(config->listen[1].path, "/d");
    config_free(config);
}
END_TEST

START_TEST(other_defaults_are_weaker_than_any_source)
{
    static const char *const defaults[] = {"listen=ws://127.0.0.1:0",
                                           "log_level=warn", NULL};
    struct input input = {.file = "listen = ws://a:1\n"};
    struct config *config = NULL;
    struct errmsg errmsg;
    ck_assert_int_eq(load(&(struct input){0}, defaults, &config, &errmsg),
                     CONFIG_RUN);
    ck_assert_uint_eq(config->n_listen, 1);
    ck_assert_uint_eq(config->listen[0].port, 0);
    ck_assert_int_eq(config->log_level, LOG_WARN);
    config_free(config);
    ck_assert_int_eq(load(&input, defaults, &config, &errmsg), CONFIG_RUN);
    ck_assert_uint_eq(config->n_listen, 1);
    ck_assert_str_eq(config->listen[0].host, "a");
    config_free(config);
}
END_TEST

static const struct {
    struct input input;
    double connect_rate;
    double request_rate;
} profiles[] = {
    {{.options = ""}, 0, 0},
    {{.options = "--profile=local"}, 0, 0},
    {{.options = "--profile=aws"}, 500, 10000},
    {{.environment = "MONOLOGUED_PROFILE=aws"}, 500, 10000},
    {{.file = "connect_rate = 7\nprofile = aws\n"}, 7, 10000},
    {{.file = "profile = aws\n", .options = "--request-rate=0"}, 500, 0},
    {{.file = "profile = aws\n", .options = "--profile=local"}, 0, 0},
    {{.environment = "MONOLOGUED_REQUEST_RATE=3", .options = "--profile=aws"},
     500,
     3},
};

START_TEST(a_profile_fills_in_what_nobody_says)
{
    struct config *config = load_well(&profiles[_i].input);
    ck_assert_double_eq(config->connect_rate, profiles[_i].connect_rate);
    ck_assert_double_eq(config->request_rate, profiles[_i].request_rate);
    ck_assert_uint_eq(config->connect_burst, 500);
    ck_assert_uint_eq(config->request_burst, 5000);
    config_free(config);
}
END_TEST

START_TEST(a_profile_is_weaker_than_other_defaults)
{
    static const char *const defaults[] = {"connect_rate=2", NULL};
    struct input input = {.options = "--profile=aws"};
    struct config *config = NULL;
    struct errmsg errmsg;
    ck_assert_int_eq(load(&input, defaults, &config, &errmsg), CONFIG_RUN);
    ck_assert_double_eq(config->connect_rate, 2);
    ck_assert_double_eq(config->request_rate, 10000);
    config_free(config);
}
END_TEST

#define NOT_LOCAL(address)                                                     \
    "management_auth = none is for loopback addresses and Unix sockets only, " \
    "and " address " is neither: use sigv4"

static const struct {
    const char *options;
    enum config_outcome outcome;
    const char *fault;
} option_cases[] = {
    {"--help", CONFIG_HELP, ""},
    {"--version", CONFIG_VERSION, ""},
    {"-h", CONFIG_HELP, ""},
    {"--workers=2|-V", CONFIG_VERSION, ""},
    {"--check-config", CONFIG_CHECK, ""},
    {"--check-config|--stage=a", CONFIG_CHECK, ""},
    {"--print_config", CONFIG_PRINT, ""},
    {"--tls-self-signed|--tls-key=a|--tls-certificate|b", CONFIG_RUN, ""},
    {"--api-key-required=false", CONFIG_RUN, ""},
    {"--stage=a|--stage=b", CONFIG_RUN, ""},
    {"--management-auth=none|--listen=ws://127.1.2.3:80 ws://localhost:80 "
     "ws://[::1]:80 unix:/run/x",
     CONFIG_RUN, ""},
    {"--management-auth=none|--listen=ws://0.0.0.0:80", CONFIG_INVALID,
     NOT_LOCAL("ws://0.0.0.0:80")},
    {"--management-auth=none|--listen=ws://127.example.org:80", CONFIG_INVALID,
     NOT_LOCAL("ws://127.example.org:80")},
    {"--management-auth=none|--listen=systemd:ws", CONFIG_INVALID,
     NOT_LOCAL("systemd:ws")},
    {"--check", CONFIG_USAGE, "--check: not an option: see --help"},
    {"--idle-timout=1s", CONFIG_USAGE,
     "--idle-timout: not an option: did you mean --idle-timeout?"},
    {"--chek-config", CONFIG_USAGE,
     "--chek-config: not an option: did you mean --check-config?"},
    {"-v", CONFIG_USAGE,
     "-v: not an option: options start with -- and take their value as "
     "--option=VALUE"},
    {"--", CONFIG_USAGE,
     "--: not an option: options start with -- and take their value as "
     "--option=VALUE"},
    {"8080", CONFIG_USAGE,
     "8080: neither an option nor a sub-command: see --help"},
    {"keygn", CONFIG_USAGE, "keygn: not a sub-command: did you mean keygen?"},
    {"--workers=2|exec", CONFIG_USAGE,
     "exec: a sub-command comes first, options behind it"},
    {"--stage", CONFIG_USAGE, "--stage: needs a value"},
    {"--stage|--workers=1", CONFIG_USAGE, "--stage: needs a value"},
    {"--config", CONFIG_USAGE, "--config: needs a value"},
    {"--help=me", CONFIG_USAGE, "--help: takes no value"},
    {"--stage=a/b|--nonsense", CONFIG_USAGE,
     "--nonsense: not an option: see --help"},
    {"--workers=x", CONFIG_INVALID,
     "command line: workers: \"x\" is not a number: use digits only"},
    {"--config=/nonexistent/x", CONFIG_INVALID,
     "/nonexistent/x: No such file or directory"},
    {"--check-config|--workers=x", CONFIG_INVALID,
     "command line: workers: \"x\" is not a number: use digits only"},
};

START_TEST(options_lead_to_their_outcome)
{
    struct input input = {.options = option_cases[_i].options};
    struct config *config = NULL;
    struct errmsg errmsg;
    enum config_outcome outcome = load(&input, NULL, &config, &errmsg);
    ck_assert_int_eq(outcome, option_cases[_i].outcome);
    ck_assert_str_eq(errmsg.text, option_cases[_i].fault);
    config_free(config);
}
END_TEST

static const struct {
    const char *file;
    const char *fault; /* behind the path */
} file_cases[] = {
    {"[monologued]\nidle_timeout = 10 parsecs\n",
     ":2: idle_timeout: \"10 parsecs\" is not a duration: use a number with "
     "ms, s, m or h, such as 10m"},
    {"idle_timout = 1s\n",
     ":1: idle_timout is not a setting: did you mean idle_timeout?"},
    {"\nxyzzy = 1\n", ":2: xyzzy is not a setting"},
    {"stage = a\nstage = b\n", ":2: stage is set twice"},
    {"[monologue]\nstage = a\n",
     ":2: [monologue] is not a section: use [monologued] or none"},
    {"stage\n", ":1: not a \"name = value\" or a \"[section]\""},
    {"stage = \n",
     ":1: stage: \"\" is not a stage: use 1 to 128 letters, digits, dashes "
     "or underscores"},
};

START_TEST(a_faulty_file_is_refused_with_its_line)
{
    struct input input = {.file = file_cases[_i].file};
    struct config *config = NULL;
    struct errmsg errmsg;
    ck_assert_int_eq(load(&input, NULL, &config, &errmsg), CONFIG_INVALID);
    ck_assert_int_eq(strncmp(errmsg.text, file_path, strlen(file_path)), 0);
    ck_assert_str_eq(errmsg.text + strlen(file_path), file_cases[_i].fault);
    ck_assert_ptr_null(config);
}
END_TEST

static const struct {
    const char *environment;
    const char *fault;
} variable_cases[] = {
    {"MONOLOGUED_WORKERS=x",
     "MONOLOGUED_WORKERS: workers: \"x\" is not a number: use digits only"},
    {"MONOLOGUED_WORKER=1",
     "MONOLOGUED_WORKER: worker is not a setting: did you mean workers?"},
    {"MONOLOGUED_=1", "MONOLOGUED_:  is not a setting"},
    {"MONOLOGUED_API_KEY=",
     "MONOLOGUED_API_KEY: api_key: a key has 1 to 128 characters, this one "
     "has 0"},
};

START_TEST(a_faulty_variable_is_named)
{
    struct input input = {.environment = variable_cases[_i].environment};
    struct config *config = NULL;
    struct errmsg errmsg;
    ck_assert_int_eq(load(&input, NULL, &config, &errmsg), CONFIG_INVALID);
    ck_assert_str_eq(errmsg.text, variable_cases[_i].fault);
}
END_TEST

static const struct {
    const char *options;
    const char *fault; /* NULL: it is fine */
} mixes[] = {
    {"--listen=wss://h:1",
     "listen has a wss address, which needs tls_certificate and tls_key"},
    {"--listen=systemd:wss|--tls-key=k",
     "listen has a wss address, which needs tls_certificate and tls_key"},
    {"--listen=wss://h:1|--tls-key=k|--tls-certificate=c", NULL},
    {"--tls-key=k", "tls_certificate and tls_key need each other"},
    {"--tls-self-signed",
     "tls_self_signed needs tls_certificate and tls_key: the files to make"},
    {"--message-limit=1M",
     "send_queue_limit is too small for a message of message_limit (1048576 "
     "bytes): use at least 1183744"},
    {"--message-limit=1M|--send-queue-limit=2M", NULL},
    {"--mailbox-limit=128K",
     "mailbox_limit is too small for a message of message_limit (131072 "
     "bytes): use at least 151552"},
    {"--mailbox-limit=151552", NULL},
    {"--write-rc=x", NULL},
    {"--write-rc=x|--keys-file=k",
     "write_rc needs api_key or no keys_file: the keys in the file may be "
     "known as digests only"},
    {"--write-rc=x|--keys-file=k|--api-key=a", NULL},
    {"--write-rc=x|--keys-file=k|--api-key-required=no", NULL},
};

START_TEST(settings_must_fit_each_other)
{
    struct input input = {.options = mixes[_i].options};
    struct config *config = NULL;
    struct errmsg errmsg;
    enum config_outcome outcome = load(&input, NULL, &config, &errmsg);
    ck_assert_str_eq(errmsg.text, mixes[_i].fault ? mixes[_i].fault : "");
    ck_assert_int_eq(outcome, mixes[_i].fault ? CONFIG_INVALID : CONFIG_RUN);
    config_free(config);
}
END_TEST

START_TEST(what_is_printed_reads_back_the_same)
{
    struct input input = {
        .options = "--listen=wss://[::1]:9 unix:/run/a|--stage=x|--tls-key=a;b|"
                   "--tls-certificate=c d|--connect-rate=0.125|--workers=3|"
                   "--session-limit=0|--send-timeout=1500ms|--log-format=json"};
    struct config *config = load_well(&input);
    char text[4000] = "", again[4000] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    config_print(config, file);
    fclose(file);
    config_free(config);
    config = load_well(&(struct input){.file = text});
    file = fmemopen(again, sizeof again, "w");
    config_print(config, file);
    fclose(file);
    config_free(config);
    ck_assert_str_eq(text, again);
    ck_assert_ptr_nonnull(strstr(text, "listen = wss://[::1]:9\n"));
    ck_assert_ptr_nonnull(strstr(text, "session_limit = 0\n"));
}
END_TEST

START_TEST(a_key_is_not_printed)
{
    struct config *config =
        load_well(&(struct input){.options = "--api-key=topsecret"});
    char text[4000] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    config_print(config, file);
    fclose(file);
    config_free(config);
    ck_assert_ptr_null(strstr(text, "topsecret"));
    ck_assert_ptr_nonnull(strstr(text, "# api_key = (set, not shown)\n"));
}
END_TEST

START_TEST(a_reload_takes_only_what_needs_no_restart)
{
    struct config *old = load_well(&(struct input){0});
    struct config *new = load_well(&(struct input){
        .options = "--idle-timeout=1s|--api-key=k|--log-level=debug"});
    struct errmsg errmsg = {""};
    ck_assert_int_eq(config_check_reload(old, new, &errmsg), 0);
    config_free(new);
    new = load_well(&(struct input){.options = "--stage=other"});
    ck_assert_int_eq(config_check_reload(old, new, &errmsg), -EINVAL);
    ck_assert_str_eq(errmsg.text, "stage has changed, which takes a restart");
    config_free(new);
    config_free(old);
}
END_TEST

START_TEST(the_help_names_every_option_with_its_value)
{
    char text[8000] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    config_print_help(file);
    fclose(file);
    const char *const lines[] = {
        "  --config=FILE\n",
        "  --print-config\n",
        "  --listen=ADDRESS\n",
        "  --tls-self-signed\n",
        "  --log-level=error|warn|info|debug|trace\n",
        "  --log-format=text|json\n",
        "      close a connection without messages after; 0: never [10m]\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "no %s", lines[i]);
}
END_TEST

#define LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof(table)[0])

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = tcase_create("sources");
    LOOP(tcase, options_lead_to_their_outcome, option_cases);
    LOOP(tcase, a_faulty_file_is_refused_with_its_line, file_cases);
    LOOP(tcase, a_faulty_variable_is_named, variable_cases);
    LOOP(tcase, settings_must_fit_each_other, mixes);
    LOOP(tcase, a_profile_fills_in_what_nobody_says, profiles);
    tcase_add_test(tcase, a_profile_is_weaker_than_other_defaults);
    tcase_add_test(tcase, without_any_source_the_defaults_hold);
    tcase_add_test(tcase, the_stronger_source_wins);
    tcase_add_test(tcase, addresses_add_up_within_a_source_only);
    tcase_add_test(tcase, other_defaults_are_weaker_than_any_source);
    tcase_add_test(tcase, what_is_printed_reads_back_the_same);
    tcase_add_test(tcase, a_key_is_not_printed);
    tcase_add_test(tcase, a_reload_takes_only_what_needs_no_restart);
    tcase_add_test(tcase, the_help_names_every_option_with_its_value);
    suite_add_tcase(suite, tcase);
    int fd = mkstemp(file_path);
    if (fd < 0)
        return EXIT_FAILURE;
    close(fd);
    int status = suite_run_suite(suite);
    unlink(file_path);
    return status;
}
