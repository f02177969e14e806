#include "client/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

/* Programs that were built before give the library structs of this size. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct monologue_options) == 256,
               "a new option takes its place from reserved");

static struct folder folder;
static struct options options;
static struct errmsg errmsg;

static void setup(void)
{
    folder_init(&folder);
    options = (struct options){0};
    errmsg = (struct errmsg){""};
}

static void teardown(void)
{
    options_deinit(&options);
    folder_deinit(&folder);
}

static int make(const struct monologue_options *given, char *const env[])
{
    return options_make(given, env, folder.path, &options, &errmsg);
}

static void write_rc(const char *text)
{
    folder_write(&folder, ".monologuerc", text, strlen(text));
}

static char *const nothing[] = {NULL};

START_TEST(what_nobody_says_has_its_default)
{
    ck_assert_int_eq(
        make(&(struct monologue_options){.endpoint = "ws://h/x"}, nothing), 0);
    ck_assert_str_eq(options.url, "ws://h/x");
    ck_assert_str_eq(options.endpoint.host, "h");
    ck_assert_ptr_null(options.api_key);
    ck_assert_ptr_null(options.ca_file);
    ck_assert_ptr_null(options.cert_file);
    ck_assert_ptr_null(options.key_file);
    ck_assert_str_eq(options.server_name, "h");
    ck_assert_ptr_null(options.proxy.host);
    ck_assert_uint_eq(options.timeout_ms, 15000);
    ck_assert_uint_eq(options.listeners, 100);
    ck_assert_uint_eq(options.max_requests, 1000);
    ck_assert_uint_eq(options.keepalive_ms, 240000);
    ck_assert(!options.is_insecure);
    ck_assert(!options.reconnect);
    ck_assert_uint_eq(options.reconnect_base_ms, 1000);
    ck_assert_uint_eq(options.reconnect_cap_ms, 30000);
    ck_assert_uint_eq(options.session_ms, 7200000);
}
END_TEST

START_TEST(an_option_of_a_newer_version_is_refused)
{
    struct monologue_options given = {.endpoint = "ws://h/x"};
    size_t n = sizeof given.reserved / sizeof *given.reserved;
    for (size_t i = 0; i < n; i++) {
        given.reserved[i] = 1;
        ck_assert_int_eq(make(&given, nothing), -EINVAL);
        ck_assert_ptr_nonnull(strstr(errmsg.text, "newer"));
        given.reserved[i] = 0;
    }
    ck_assert_int_eq(make(&given, nothing), 0);
}
END_TEST

START_TEST(a_file_fills_what_is_missing)
{
    write_rc("[opts]\nendpoint=ws://file/x\napiKey=file\ntimeout=2.5\n"
             "listeners=7\n");
    ck_assert_int_eq(make(&(struct monologue_options){0}, nothing), 0);
    ck_assert_str_eq(options.url, "ws://file/x");
    ck_assert_str_eq(options.api_key, "file");
    ck_assert_uint_eq(options.timeout_ms, 2500);
    ck_assert_uint_eq(options.listeners, 7);
}
END_TEST

START_TEST(the_environment_goes_before_files)
{
    char *const env[] = {(char *)"MONOLOGUE_ENDPOINT=ws://env/x",
                         (char *)"MONOLOGUE_TIMEOUT=3", NULL};
    write_rc("[opts]\nendpoint=ws://file/x\napiKey=file\ntimeout=2.5\n");
    ck_assert_int_eq(make(&(struct monologue_options){0}, env), 0);
    ck_assert_str_eq(options.url, "ws://env/x");
    ck_assert_str_eq(options.api_key, "file");
    ck_assert_uint_eq(options.timeout_ms, 3000);
}
END_TEST

START_TEST(arguments_go_before_all)
{
    char *const env[] = {(char *)"MONOLOGUE_ENDPOINT=ws://env/x",
                         (char *)"MONOLOGUE_API_KEY=env",
                         (char *)"MONOLOGUE_TIMEOUT=3", NULL};
    write_rc("[opts]\nlisteners=7\n");
    const struct monologue_options given = {.endpoint = "ws://given/x",
                                            .api_key = "given",
                                            .ca_file = "ca",
                                            .cert_file = "cert",
                                            .key_file = "key",
                                            .server_name = "name",
                                            .proxy = "http://p:1",
                                            .timeout_ms = 1,
                                            .listeners = 2,
                                            .max_requests = 3,
                                            .is_insecure = true};
    ck_assert_int_eq(make(&given, env), 0);
    ck_assert_str_eq(options.url, "ws://given/x");
    ck_assert_str_eq(options.api_key, "given");
    ck_assert_str_eq(options.ca_file, "ca");
    ck_assert_str_eq(options.cert_file, "cert");
    ck_assert_str_eq(options.key_file, "key");
    ck_assert_str_eq(options.server_name, "name");
    ck_assert_str_eq(options.proxy.host, "p");
    struct tls_client_options tls = options_tls(&options);
    ck_assert_str_eq(tls.ca_file, "ca");
    ck_assert_str_eq(tls.cert_file, "cert");
    ck_assert_str_eq(tls.key_file, "key");
    ck_assert(tls.is_insecure);
    ck_assert_uint_eq(options.timeout_ms, 1);
    ck_assert_uint_eq(options.listeners, 2);
    ck_assert_uint_eq(options.max_requests, 3);
    ck_assert(options.is_insecure);
}
END_TEST

START_TEST(the_environment_knows_the_proxy_too)
{
    char *const env[] = {(char *)"https_proxy=http://s:1",
                         (char *)"http_proxy=http://p:1",
                         (char *)"no_proxy=elsewhere", NULL};
    ck_assert_int_eq(
        make(&(struct monologue_options){.endpoint = "ws://h"}, env), 0);
    ck_assert_str_eq(options.proxy.host, "p");
    options_deinit(&options);
    ck_assert_int_eq(
        make(&(struct monologue_options){.endpoint = "wss://h"}, env), 0);
    ck_assert_str_eq(options.proxy.host, "s");
    options_deinit(&options);
    ck_assert_int_eq(
        make(&(struct monologue_options){.endpoint = "wss://h", .proxy = ""},
             env),
        0);
    ck_assert_ptr_null(options.proxy.host);
}
END_TEST

START_TEST(the_home_directory_is_searched_too)
{
    static const char text[] = "[opts]\nendpoint=ws://home/x\n";
    char home[128];
    char *const env[] = {home, NULL};
    snprintf(home, sizeof home, "HOME=%s/home", folder.path);
    folder_write(&folder, "home/.monologuerc", text, strlen(text));
    ck_assert_int_eq(make(&(struct monologue_options){0}, env), 0);
    ck_assert_str_eq(options.url, "ws://home/x");
}
END_TEST

static const struct {
    struct monologue_options given;
    const char *variable; /* in the environment; or NULL */
    const char *rc;       /* the file; or NULL */
    const char *words;    /* in the message */
} bad[] = {
    {{0}, NULL, NULL, "MONOLOGUE_ENDPOINT"},
    {{.endpoint = ""}, NULL, NULL, "MONOLOGUE_ENDPOINT"},
    {{.endpoint = "http://h"}, NULL, NULL, "http://h"},
    {{0}, "MONOLOGUE_ENDPOINT=h", NULL, "h: "},
    {{.endpoint = "ws://h", .api_key = "a\r\nb: c"}, NULL, NULL, "key"},
    {{.endpoint = "ws://h", .key_file = "k.pem"}, NULL, NULL, "k.pem"},
    {{.endpoint = "ws://h", .proxy = "socks5://p"}, NULL, NULL, "proxy"},
    {{.endpoint = "ws://h"}, "http_proxy=https://p", NULL, "http_proxy"},
    {{.endpoint = "ws://h"}, "MONOLOGUE_TIMEOUT=-1", NULL, ""},
    {{.endpoint = "ws://h"}, "MONOLOGUE_TIMEOUT=1e9", NULL, ""},
    {{.endpoint = "ws://h"}, NULL, "[opts]\ntimeout=soon\n", "monologuerc"},
    {{.endpoint = "ws://h"}, NULL, "[opts]\nlisteners=-4\n", ""},
};

START_TEST(what_makes_no_sense_is_refused_with_a_reason)
{
    char *const env[] = {(char *)bad[_i].variable, NULL};
    if (bad[_i].rc)
        write_rc(bad[_i].rc);
    ck_assert_int_eq(make(&bad[_i].given, env), -EINVAL);
    ck_assert_str_ne(errmsg.text, "");
    ck_assert_msg(strstr(errmsg.text, bad[_i].words), "%s", errmsg.text);
    ck_assert_ptr_null(options.url);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_nobody_says_has_its_default);
    tcase_add_test(tcase, an_option_of_a_newer_version_is_refused);
    tcase_add_test(tcase, a_file_fills_what_is_missing);
    tcase_add_test(tcase, the_environment_goes_before_files);
    tcase_add_test(tcase, arguments_go_before_all);
    tcase_add_test(tcase, the_environment_knows_the_proxy_too);
    tcase_add_test(tcase, the_home_directory_is_searched_too);
    tcase_add_loop_test(tcase, what_makes_no_sense_is_refused_with_a_reason, 0,
                        sizeof bad / sizeof *bad);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
