#include "daemon/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct {
    const char *key;
    const char *text;
    const char *expected; /* the printed line; NULL: refused */
    const char *fault;    /* the message */
} cases[] = {
    {"idle_timeout", "10m", "idle_timeout = 10m\n", NULL},
    {"idle_timeout", "600s", "idle_timeout = 10m\n", NULL},
    {"idle_timeout", "7200000ms", "idle_timeout = 2h\n", NULL},
    {"idle_timeout", "1500ms", "idle_timeout = 1500ms\n", NULL},
    {"idle_timeout", "0", "idle_timeout = 0\n", NULL},
    {"idle_timeout", "0s", "idle_timeout = 0\n", NULL},
    {"idle_timeout", "8760h", "idle_timeout = 8760h\n", NULL},
    {"idle_timeout", "8761h", NULL,
     "idle_timeout: 8761h is out of range: use 1ms to 8760h, or 0: never"},
    {"idle_timeout", "99999999999999999999h", NULL,
     "idle_timeout: 99999999999999999999h is out of range: use 1ms to 8760h, "
     "or 0: never"},
    {"idle_timeout", "6000000000000000h", NULL,
     "idle_timeout: 6000000000000000h is out of range: use 1ms to 8760h, or "
     "0: never"},
    {"idle_timeout", "10 parsecs", NULL,
     "idle_timeout: \"10 parsecs\" is not a duration: use a number with ms, "
     "s, m or h, such as 10m"},
    {"idle_timeout", "10", NULL,
     "idle_timeout: \"10\" is not a duration: use a number with ms, s, m or "
     "h, such as 10m"},
    {"idle_timeout", "-1s", NULL,
     "idle_timeout: \"-1s\" is not a duration: use a number with ms, s, m or "
     "h, such as 10m"},
    {"idle_timeout", "", NULL,
     "idle_timeout: \"\" is not a duration: use a number with ms, s, m or h, "
     "such as 10m"},
    {"handshake_timeout", "0", NULL,
     "handshake_timeout: 0 is out of range: use 1ms to 8760h"},
    {"message_limit", "128K", "message_limit = 128K\n", NULL},
    {"message_limit", "131072", "message_limit = 128K\n", NULL},
    {"message_limit", "16M", "message_limit = 16M\n", NULL},
    {"message_limit", "1", "message_limit = 1\n", NULL},
    {"message_limit", "0", NULL,
     "message_limit: 0 is out of range: use 1 to 16M"},
    {"message_limit", "16777217", NULL,
     "message_limit: 16777217 is out of range: use 1 to 16M"},
    {"message_limit", "1T", NULL,
     "message_limit: \"1T\" is not a size: use a number of bytes, or one with "
     "K or M, such as 128K"},
    {"message_limit", "0x10", NULL,
     "message_limit: \"0x10\" is not a size: use a number of bytes, or one "
     "with K or M, such as 128K"},
    {"workers", "4", "workers = 4\n", NULL},
    {"workers", "0", "workers = 0\n", NULL},
    {"workers", "4K", NULL, "workers: \"4K\" is not a number: use digits only"},
    {"workers", "1025", NULL,
     "workers: 1025 is out of range: use 1 to 1024, or 0: one per CPU"},
    {"connect_rate", "0.5", "connect_rate = 0.5\n", NULL},
    {"connect_rate", "500", "connect_rate = 500\n", NULL},
    {"connect_rate", "nan", NULL,
     "connect_rate: \"nan\" is not a rate: use a number such as 50 or 0.5"},
    {"connect_rate", "1e3", NULL,
     "connect_rate: \"1e3\" is not a rate: use a number such as 50 or 0.5"},
    {"connect_rate", ".", NULL,
     "connect_rate: \".\" is not a rate: use a number such as 50 or 0.5"},
    {"connect_rate", "1.2.3", NULL,
     "connect_rate: \"1.2.3\" is not a rate: use a number such as 50 or 0.5"},
    {"connect_rate", "1000001", NULL,
     "connect_rate: 1000001 is out of range: use 0 to 1000000"},
    {"tls_self_signed", "yes", "tls_self_signed = true\n", NULL},
    {"tls_self_signed", "off", "tls_self_signed = false\n", NULL},
    {"tls_self_signed", "TRUE", NULL,
     "tls_self_signed: \"TRUE\" is not true or false: use one of them"},
    {"log_level", "trace", "log_level = trace\n", NULL},
    {"log_level", "loud", NULL,
     "log_level: \"loud\" is not one of error|warn|info|debug|trace"},
    {"log_format", "json", "log_format = json\n", NULL},
    {"stage", "v1-a_B", "stage = v1-a_B\n", NULL},
    {"stage", "a/b", NULL,
     "stage: \"a/b\" is not a stage: use 1 to 128 letters, digits, dashes or "
     "underscores"},
    {"stage", "", NULL,
     "stage: \"\" is not a stage: use 1 to 128 letters, digits, dashes or "
     "underscores"},
    {"keys_file", "/etc/a b;c", "keys_file = /etc/a b;c\n", NULL},
    {"keys_file", "", NULL,
     "keys_file: \"\" is not a path: leave the setting out for none"},
    {"keys_file", "/a ;b", NULL,
     "keys_file: \"/a ;b\" is not a path: leave the setting out for none"},
    {"keys_file", "/a\nb", NULL,
     "keys_file: \"/a\nb\" is not a path: leave the setting out for none"},
    {"api_key", "secret", "# api_key = (set, not shown)\n", NULL},
    {"api_key", "se cret", NULL,
     "api_key: a key is printable ASCII without blanks"},
    {"admin_listen", "http://127.0.0.1:9090",
     "admin_listen = http://127.0.0.1:9090\n", NULL},
    {"admin_listen", "http://127.9.9.9:0",
     "admin_listen = http://127.9.9.9:0\n", NULL},
    {"admin_listen", "http://[::1]:1", "admin_listen = http://[::1]:1\n", NULL},
    {"admin_listen", "unix:/run/x", "admin_listen = unix:/run/x\n", NULL},
    {"admin_listen", "https://localhost:1", NULL,
     "admin_listen: \"https://localhost:1\" is not an address for it: use "
     "http://127.0.0.1:PORT or unix:PATH"},
    {"admin_listen", "http://example.org:1", NULL,
     "admin_listen: \"http://example.org:1\" is not an address for it: the "
     "admin endpoint asks nobody who they are, so that it serves this machine "
     "only: use http://127.0.0.1:PORT or unix:PATH, and a proxy for others"},
    {"access_log_format", "{\"a\":\"$context.status\"}",
     "access_log_format = {\"a\":\"$context.status\"}\n", NULL},
    {"access_log_format", " clf", NULL,
     "access_log_format: \" clf\" is not a format: no blanks at the ends, no "
     "\" ;\""},
    {"access_log_format", "$context.status ; x", NULL,
     "access_log_format: \"$context.status ; x\" is not a format: no blanks "
     "at the ends, no \" ;\""},
    {"listen", "ws://127.0.0.1:0", "listen = ws://127.0.0.1:0\n", NULL},
    {"listen", "wss://[::1]:65535", "listen = wss://[::1]:65535\n", NULL},
    {"listen", " ws://localhost:1\tunix:/run/x ",
     "listen = ws://localhost:1\nlisten = unix:/run/x\n", NULL},
    {"listen", "systemd:ws systemd:wss",
     "listen = systemd:ws\nlisten = systemd:wss\n", NULL},
    {"listen", "ws://localhost:1 8080", NULL,
     "listen: \"8080\" is not an address: use ws://HOST:PORT, "
     "wss://HOST:PORT, unix:PATH, systemd:ws or systemd:wss"},
    {"listen", "", NULL,
     "listen: \"\" is not an address: use ws://HOST:PORT, wss://HOST:PORT, "
     "unix:PATH, systemd:ws or systemd:wss"},
    {"listen", "ws://localhost", NULL,
     "listen: \"ws://localhost\" is not an address: needs a host and a port "
     "of 0 to 65535, such as ws://127.0.0.1:8080 or ws://[::1]:8080"},
    {"listen", "ws://:80", NULL,
     "listen: \"ws://:80\" is not an address: needs a host and a port of 0 to "
     "65535, such as ws://127.0.0.1:8080 or ws://[::1]:8080"},
    {"listen", "ws://::1:80", NULL,
     "listen: \"ws://::1:80\" is not an address: needs a host and a port of 0 "
     "to 65535, such as ws://127.0.0.1:8080 or ws://[::1]:8080"},
    {"listen", "ws://[::1:80", NULL,
     "listen: \"ws://[::1:80\" is not an address: needs a host and a port of "
     "0 to 65535, such as ws://127.0.0.1:8080 or ws://[::1]:8080"},
    {"listen", "ws://h:65536", NULL,
     "listen: \"ws://h:65536\" is not an address: needs a host and a port of "
     "0 to 65535, such as ws://127.0.0.1:8080 or ws://[::1]:8080"},
    {"listen", "ws://h:80/latest", NULL,
     "listen: \"ws://h:80/latest\" is not an address: an address ends with "
     "the port: the path is /STAGE, see the setting stage"},
    {"listen", "unix:", NULL,
     "listen: \"unix:\" is not an address: the path of a socket has 1 to 107 "
     "characters"},
};

static const struct setting *find(const char *key)
{
    const struct setting *setting = settings_find(key, strlen(key));
    ck_assert_ptr_nonnull(setting);
    return setting;
}

static void print(const struct config *config, const struct setting *setting,
                  char text_out[1000])
{
    FILE *file = fmemopen(text_out, 1000, "w");
    values_print(config, setting, file);
    fclose(file);
}

START_TEST(a_value_is_taken_or_refused_with_advice)
{
    struct config *config = calloc(1, sizeof *config);
    const struct setting *setting = find(cases[_i].key);
    struct errmsg errmsg = {""};
    char text[1000] = "";
    int rc = values_set(config, setting, cases[_i].text, &errmsg);
    if (cases[_i].expected) {
        ck_assert_msg(rc == 0, "%s", errmsg.text);
        print(config, setting, text);
        ck_assert_str_eq(text, cases[_i].expected);
    } else {
        ck_assert_int_eq(rc, -EINVAL);
        ck_assert_str_eq(errmsg.text, cases[_i].fault);
        ck_assert_uint_eq(config->n_listen, 0);
    }
    config_free(config);
}
END_TEST

START_TEST(a_refused_value_leaves_the_old_one)
{
    struct config *config = calloc(1, sizeof *config);
    char before[1000] = "", after[1000] = "";
    const char *const keys[] = {"listen", "stage", "idle_timeout", "keys_file"};
    const char *const good[] = {"ws://h:1", "a", "5s", "/x"};
    const char *const bad[] = {"ws://h:2 x", "?", "5", ""};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(values_set(config, find(keys[i]), good[i], NULL), 0);
        print(config, find(keys[i]), before);
        ck_assert_int_eq(values_set(config, find(keys[i]), bad[i], NULL),
                         -EINVAL);
        print(config, find(keys[i]), after);
        ck_assert_str_eq(before, after);
    }
    config_free(config);
}
END_TEST

START_TEST(a_key_is_never_in_an_error)
{
    struct config *config = calloc(1, sizeof *config);
    struct errmsg errmsg = {""};
    ck_assert_int_eq(values_set(config, find("api_key"), "top secret", &errmsg),
                     -EINVAL);
    ck_assert_ptr_null(strstr(errmsg.text, "secret"));
    config_free(config);
}
END_TEST

START_TEST(equal_values_are_equal_and_others_not)
{
    static const char *const values[][3] = {
        {"listen", "ws://h:1", "wss://h:1"},
        {"listen", "ws://h:1", "ws://h:1 unix:/x"},
        {"listen", "unix:/x", "unix:/y"},
        {"stage", "a", "b"},
        {"workers", "1", "2"},
        {"idle_timeout", "1ms", "2ms"},
        {"connect_rate", "1", "1.5"},
        {"log_level", "info", "warn"},
        {"tls_self_signed", "true", "false"},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct setting *setting = find(values[i][0]);
        struct config *c[3];
        for (int k = 0; k < 3; k++) {
            c[k] = calloc(1, sizeof *c[k]);
            ck_assert_int_eq(
                values_set(c[k], setting, values[i][k ? k : 1], NULL), 0);
        }
        ck_assert(values_are_equal(c[0], c[1], setting));
        ck_assert(!values_are_equal(c[0], c[2], setting));
        values_clear(c[2], setting);
        for (int k = 0; k < 3; k++)
            config_free(c[k]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("values");
    TCase *tcase = tcase_create("table");
    tcase_add_loop_test(tcase, a_value_is_taken_or_refused_with_advice, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tcase, a_refused_value_leaves_the_old_one);
    tcase_add_test(tcase, a_key_is_never_in_an_error);
    tcase_add_test(tcase, equal_values_are_equal_and_others_not);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
