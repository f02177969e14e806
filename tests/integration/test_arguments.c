#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* What the program says and how it exits, without and around serving. */

struct said {
    int status;
    char *output;
    char *log;
};

static struct said run(struct daemon *daemon, const char *const options[])
{
    struct said said;
    daemon_spawn(daemon, options);
    said.status = daemon_wait(daemon);
    said.output = daemon_output(daemon);
    said.log = daemon_log(daemon);
    return said;
}
#define RUN(daemon, ...) run(daemon, (const char *const[]){__VA_ARGS__, NULL})

static void forget(struct said *said)
{
    free(said->output);
    free(said->log);
}

START_TEST(what_is_asked_for_goes_to_standard_output)
{
    static const struct {
        const char *option;
        const char *part;
    } cases[] = {
        {"--help", "--idle-timeout"},
        {"--version", "monologued "},
        {"--check-config", "valid"},
        {"--print-config", "idle_timeout = 10m"},
    };
    struct daemon *daemon = daemon_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct said said = RUN(daemon, cases[i].option);
        ck_assert_int_eq(said.status, 0);
        ck_assert_msg(strstr(said.output, cases[i].part), "%s", said.output);
        ck_assert_str_eq(said.log, "");
        forget(&said);
    }
    daemon_free(daemon);
}
END_TEST

/* Keys, credentials and certificates are read, and nothing is made. */
START_TEST(what_the_files_hold_is_checked)
{
    static const char *const cases[][2] = {
        {"keys_file = bad", "bad:1: alice: the key is missing"},
        {"keys_file = none", "none: No such file or directory"},
        {"credentials_file = bad", "credentials_file: bad:1: "},
        {"tls_certificate = bad\ntls_key = bad", "certificate bad has no"},
    };
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "bad", "alice = disabled\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        daemon_write_file(daemon, "my.conf", cases[i][0]);
        struct said said = RUN(daemon, "--config=my.conf", "--check-config");
        ck_assert_int_eq(said.status, 78);
        ck_assert_msg(strstr(said.log, cases[i][1]) != NULL, "%s", said.log);
        forget(&said);
    }
    struct said said =
        RUN(daemon, "--check-config", "--listen=wss://127.0.0.1:0",
            "--tls-self-signed", "--tls-certificate=new", "--tls-key=new.key");
    ck_assert_int_eq(said.status, 0);
    ck_assert_int_eq(access(daemon_path(daemon, "new"), F_OK), -1);
    forget(&said);
    daemon_free(daemon);
}
END_TEST

/* Runs @script, which finds the program as $MONOLOGUED, in a shell. */
#define SHELL(daemon, script) RUN(daemon, "exec", "--", "/bin/sh", "-c", script)

START_TEST(what_cannot_be_written_is_told)
{
    static const struct {
        const char *script;
        const char *reason;
    } cases[] = {
        {"\"$MONOLOGUED\" --help >/dev/full", "No space left on device"},
        {"\"$MONOLOGUED\" --version >/dev/full", "No space left on device"},
        {"\"$MONOLOGUED\" --print-config >/dev/full",
         "No space left on device"},
        {"\"$MONOLOGUED\" keygen >/dev/full", "No space left on device"},
        {"\"$MONOLOGUED\" keygen >&-", "Bad file descriptor"},
    };
    struct daemon *daemon = daemon_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[100];
        struct said said = SHELL(daemon, cases[i].script);
        ck_assert_int_eq(said.status, 71);
        snprintf(line, sizeof line, "monologued: standard output: %s\n",
                 cases[i].reason);
        ck_assert_msg(strstr(said.log, line), "%s", said.log);
        forget(&said);
    }
    daemon_free(daemon);
}
END_TEST

START_TEST(a_reader_that_has_gone_away_is_not_spoken_of)
{
    struct daemon *daemon = daemon_new();
    struct said said =
        SHELL(daemon, "exec 3>&1; { mkfifo f; exec 4<>f 5>f 4<&-; "
                      "\"$MONOLOGUED\" --help >&5; echo $? >&3; }");
    ck_assert_int_eq(said.status, 0);
    ck_assert_str_eq(said.output, "71\n");
    ck_assert_str_eq(said.log, "");
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(an_endpoint_that_cannot_be_announced_is_logged)
{
    struct daemon *daemon = daemon_new();
    daemon_spawn(daemon, (const char *const[]){
                             "exec", "--", "/bin/sh", "-c",
                             "exec \"$MONOLOGUED\" --listen=ws://127.0.0.1:0 "
                             ">/dev/full",
                             NULL});
    daemon_await_log(daemon, "standard output: No space left on device");
    daemon_signal(daemon, SIGTERM);
    ck_assert_int_eq(daemon_wait(daemon), 0);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_printed_configuration_reads_back_the_same)
{
    struct daemon *daemon = daemon_new();
    struct said first =
        RUN(daemon, "--print-config", "--idle-timeout=90s", "--workers=3",
            "--listen=ws://127.0.0.1:1234", "--listen=unix:/tmp/x");
    ck_assert_int_eq(first.status, 0);
    daemon_write_file(daemon, "conf", first.output);
    struct said second = RUN(daemon, "--config=conf", "--print-config");
    ck_assert_int_eq(second.status, 0);
    ck_assert_str_eq(first.output, second.output);
    forget(&first);
    forget(&second);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_wrong_option_is_a_matter_of_usage)
{
    struct daemon *daemon = daemon_new();
    struct said said = RUN(daemon, "--idle-timeot=1s");
    ck_assert_int_eq(said.status, 64);
    ck_assert_msg(strstr(said.log, "--idle-timeout"), "%s", said.log);
    forget(&said);
    said = RUN(daemon, "serve");
    ck_assert_int_eq(said.status, 64);
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_wrong_setting_is_named_with_file_and_line)
{
    static const struct {
        const char *text;
        const char *line;
        const char *word;
    } cases[] = {
        {"# all is well\nidle_timeout = soon\n", "2", "idle_timeout"},
        {"stage = a\n\nno_such_thing = 1\n", "3", "no_such_thing"},
        {"workers = -1\n", "1", "workers"},
        {"listen = http://x\n", "1", "listen"},
    };
    struct daemon *daemon = daemon_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char place[40];
        daemon_write_file(daemon, "my.conf", cases[i].text);
        struct said said = RUN(daemon, "--config=my.conf", "--check-config");
        snprintf(place, sizeof place, "my.conf:%s", cases[i].line);
        ck_assert_int_eq(said.status, 78);
        ck_assert_msg(strstr(said.log, place) &&
                          strstr(said.log, cases[i].word),
                      "%s", said.log);
        forget(&said);
    }
    struct said said = RUN(daemon, "--config=not-there.conf");
    ck_assert_int_eq(said.status, 78);
    ck_assert_ptr_nonnull(strstr(said.log, "not-there.conf"));
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named_with_its_setting)
{
    static const struct {
        const char *option;
        const char *line;
    } cases[] = {
        {"--keys-file=no/where", "monologued: keys_file: no/where: "},
        {"--credentials-file=no/where",
         "monologued: credentials_file: no/where: "},
        {"--usage-file=no/where",
         "monologued: usage_file: cannot write no/where: "},
        {"--write-rc=no/where",
         "monologued: write_rc: cannot write no/where: "},
        {"--access-log=no/where", "monologued: access_log: no/where: "},
        {"--admin-listen=unix:no/where", "monologued: admin_listen: "},
    };
    struct daemon *daemon = daemon_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct said said =
            RUN(daemon, "--listen=ws://127.0.0.1:0", cases[i].option);
        ck_assert_int_eq(said.status, 78);
        ck_assert_msg(strstr(said.log, cases[i].line), "%s", said.log);
        forget(&said);
    }
    daemon_free(daemon);
}
END_TEST

START_TEST(keys_that_cannot_be_read_are_named)
{
    static const char *const texts[] = {"", "# nobody\n", "a = b c\n", "a\n"};
    struct daemon *daemon = daemon_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        daemon_write_file(daemon, "my.keys", texts[i]);
        struct said said =
            RUN(daemon, "--keys-file=my.keys", "--listen=ws://127.0.0.1:0");
        ck_assert_int_eq(said.status, 78);
        ck_assert_msg(strstr(said.log, "my.keys"), "%s", said.log);
        forget(&said);
    }
    daemon_free(daemon);
}
END_TEST

START_TEST(a_certificate_that_cannot_be_read_is_named)
{
    struct daemon *daemon = daemon_new();
    daemon_write_file(daemon, "my.pem", "not PEM\n");
    struct said said = RUN(daemon, "--tls-certificate=my.pem",
                           "--tls-key=my.pem", "--listen=wss://127.0.0.1:0");
    ck_assert_int_eq(said.status, 78);
    ck_assert_msg(strstr(said.log, "my.pem"), "%s", said.log);
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(the_environment_is_stronger_than_the_file_and_weaker_than_options)
{
    struct daemon *daemon = daemon_new();
    daemon_set_environment(daemon, "MONOLOGUED_IDLE_TIMEOUT=20s");
    daemon_set_environment(daemon, "MONOLOGUED_STAGE=from-environment");
    daemon_write_file(daemon, "conf", "idle_timeout = 10s\nworkers = 7\n");
    struct said said =
        RUN(daemon, "--config=conf", "--print-config", "--stage=from-option");
    ck_assert_int_eq(said.status, 0);
    ck_assert_ptr_nonnull(strstr(said.output, "idle_timeout = 20s\n"));
    ck_assert_ptr_nonnull(strstr(said.output, "stage = from-option\n"));
    ck_assert_ptr_nonnull(strstr(said.output, "workers = 7\n"));
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(keygen_makes_keys_that_are_let_in)
{
    struct daemon *daemon = daemon_new();
    char key[50];
    struct said said = RUN(daemon, "keygen", "alice");
    ck_assert_int_eq(said.status, 0);
    char *line = strchr(said.output, '\n');
    ck_assert_int_eq(line - said.output, 40);
    snprintf(key, sizeof key, "%.40s", said.output);
    ck_assert_uint_eq(strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789"),
                      40);
    ck_assert_int_eq(strncmp(line + 1, "alice = sha256:", 15), 0);
    ck_assert_ptr_null(strstr(line + 1, key));
    daemon_write_file(daemon, "keys", line + 1);
    forget(&said);
    said = RUN(daemon, "keygen", "not a name");
    ck_assert_int_eq(said.status, 64);
    forget(&said);

    daemon_run(daemon, (const char *const[]){"--keys-file=keys", NULL});
    struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), key);
    (void)peer_id(peer);
    daemon_await_log(daemon, "key=alice");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

START_TEST(write_rc_writes_where_and_how_to_come_in)
{
    struct daemon *daemon = DAEMON("--write-rc=client.rc");
    struct stat status;
    char line[300];
    char *text = daemon_read_file(daemon, "client.rc");
    ck_assert_int_eq(stat(daemon_path(daemon, "client.rc"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    snprintf(line, sizeof line, "endpoint = %s\n", daemon_endpoint(daemon, 0));
    ck_assert_msg(strstr(text, line), "%s", text);
    snprintf(line, sizeof line, "apiKey = %s\n", daemon_key(daemon));
    ck_assert_msg(strstr(text, line), "%s", text);
    ck_assert_int_eq(strncmp(text, "[opts]\n", 7), 0);
    free(text);
    daemon_end(daemon);
}
END_TEST

START_TEST(the_log_can_be_json)
{
    struct daemon *daemon = DAEMON("--log-format=json", "--log-level=debug");
    struct peer *peer = peer_open(daemon);
    (void)peer_id(peer);
    daemon_await_log(daemon, "\"event\"");
    peer_free(peer);
    daemon_end(daemon);
}
END_TEST

/* ---- exec ---- */

START_TEST(exec_tells_the_command_how_to_come_in)
{
    struct daemon *daemon = daemon_new();
    struct said said =
        RUN(daemon, "exec", "--stage=s", "--", "/bin/sh", "-c",
            "echo \"$MONOLOGUE_ENDPOINT $MONOLOGUE_API_KEY\";"
            "echo \"$monologue_opts__endpoint $monologue_opts__apiKey\"");
    char endpoint[100];
    char key[100];
    char twice[300];
    ck_assert_int_eq(said.status, 0);
    ck_assert_int_eq(
        sscanf(said.output, "ws://127.0.0.1:%99[^ ] %99s", endpoint, key), 2);
    ck_assert_ptr_nonnull(strstr(endpoint, "/s"));
    ck_assert_uint_eq(strlen(key), 40);
    snprintf(twice, sizeof twice,
             "ws://127.0.0.1:%s %s\nws://127.0.0.1:%s %s\n", endpoint, key,
             endpoint, key);
    ck_assert_str_eq(said.output, twice);
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(exec_ends_as_the_command_does)
{
    static const struct {
        const char *script;
        int status;
    } cases[] = {
        {"exit 0", 0},
        {"exit 7", 7},
        {"exit 255", 255},
        {"kill -KILL $$", 128 + SIGKILL},
        {"kill -TERM $$", 128 + SIGTERM},
    };
    struct daemon *daemon = daemon_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct said said =
            RUN(daemon, "exec", "--", "/bin/sh", "-c", cases[i].script);
        ck_assert_int_eq(said.status, cases[i].status);
        forget(&said);
    }
    struct said said = RUN(daemon, "exec", "--", "/no/such/command");
    ck_assert_int_eq(said.status, 127);
    ck_assert_ptr_nonnull(strstr(said.log, "/no/such/command"));
    forget(&said);
    said = RUN(daemon, "exec", "--", "/etc/passwd");
    ck_assert_int_eq(said.status, 126);
    forget(&said);
    said = RUN(daemon, "exec", "--");
    ck_assert_int_eq(said.status, 64);
    forget(&said);
    daemon_free(daemon);
}
END_TEST

START_TEST(exec_serves_while_the_command_runs_and_passes_signals_on)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < 3; i++) {
        struct daemon *daemon = daemon_new();
        daemon_spawn(daemon, (const char *const[]){
                                 "exec", "--api-key=k", "--", "/bin/sh", "-c",
                                 "trap 'echo told; exit 5' TERM INT HUP;"
                                 "echo \"endpoint $MONOLOGUE_ENDPOINT\";"
                                 "while :; do sleep 0.02; done",
                                 NULL});
        struct peer *peer = peer_open_at(daemon_endpoint(daemon, 0), "k");
        (void)peer_id(peer);
        daemon_signal(daemon, signals[i]);
        peer_expect_close(peer, 1001, "Going away");
        peer_send(peer, PEER_CLOSE, "", 0);
        peer_expect_end(peer);
        peer_free(peer);
        ck_assert_int_eq(daemon_wait(daemon), 5);
        char *output = daemon_output(daemon);
        ck_assert_ptr_nonnull(strstr(output, "told\n"));
        free(output);
        daemon_free(daemon);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_asked_for_goes_to_standard_output,
        what_the_files_hold_is_checked,
        what_cannot_be_written_is_told,
        a_reader_that_has_gone_away_is_not_spoken_of,
        an_endpoint_that_cannot_be_announced_is_logged,
        a_printed_configuration_reads_back_the_same,
        a_wrong_option_is_a_matter_of_usage,
        a_wrong_setting_is_named_with_file_and_line,
        a_file_that_is_not_there_is_named_with_its_setting,
        keys_that_cannot_be_read_are_named,
        a_certificate_that_cannot_be_read_is_named,
        the_environment_is_stronger_than_the_file_and_weaker_than_options,
        keygen_makes_keys_that_are_let_in,
        write_rc_writes_where_and_how_to_come_in,
        the_log_can_be_json,
        exec_tells_the_command_how_to_come_in,
        exec_ends_as_the_command_does,
        exec_serves_while_the_command_runs_and_passes_signals_on,
        NULL};
    return suite_run("arguments", tests);
}
