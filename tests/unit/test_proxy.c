#include "client/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static struct endpoint secure = {
    .is_secure = true, .host = (char *)"example.org", .port = (char *)"443"};
static struct endpoint plain = {.host = (char *)"example.org",
                                .port = (char *)"80"};
static char *const nothing[] = {NULL};

static const struct {
    const char *url;
    const char *host;
    const char *port;
    const char *authorization;
} good[] = {
    {"http://p:3128", "p", "3128", NULL},
    {"http://p:3128/", "p", "3128", NULL},
    {"HTTP://p:3128/any?thing", "p", "3128", NULL},
    {"p:3128", "p", "3128", NULL},
    {"p", "p", "1080", NULL},
    {"http://[::1]:3128", "::1", "3128", NULL},
    {"http://127.0.0.1", "127.0.0.1", "1080", NULL},
    {"http://Aladdin:open%20sesame@p:1", "p", "1",
     "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
    {"Aladdin:open%20sesame@p:1", "p", "1",
     "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
    {"http://user@p", "p", "1080", "Basic dXNlcjo="},
    {"http://:@p", "p", "1080", "Basic Og=="},
    {"http://u:p:q@p", "p", "1080", "Basic dTpwOnE="},
    {"http://u:p@q@p", "p", "1080", "Basic dTpwQHE="},
    {"http://%c3%BC:%25@p", "p", "1080", "Basic w7w6JQ=="},
};

START_TEST(a_url_is_taken_apart)
{
    struct proxy proxy;
    struct errmsg errmsg;
    ck_assert_int_eq(
        proxy_find(good[_i].url, nothing, &secure, &proxy, &errmsg), 0);
    ck_assert_str_eq(proxy.host, good[_i].host);
    ck_assert_str_eq(proxy.port, good[_i].port);
    ck_assert_pstr_eq(proxy.authorization, good[_i].authorization);
    proxy_deinit(&proxy);
}
END_TEST

static const struct {
    const char *url;
    const char *words;
} bad[] = {
    {"https://p:3128", "http://"},
    {"socks5h://u:secret@p:1080", "http://"},
    {"http://", "host"},
    {"http://:3128", "host"},
    {"http://p:0", "port"},
    {"http://p:http", "port"},
    {"http://u:secret@", "host"},
    {"http://[::1", "brackets"},
    {"http://p q", "blanks"},
    {"http://p\r\nX: y", "control"},
    {"http://u:secret%@p", "%XX"},
    {"http://u:secret%2@p", "%XX"},
    {"http://u:secret%2x@p", "%XX"},
    {"http://u:secret%00@p", "%XX"},
};

START_TEST(what_is_no_proxy_is_refused_without_telling_the_password)
{
    char *const environment[] = {(char *)"no_proxy=example.com", NULL};
    struct proxy proxy = {.host = (char *)"untouched"};
    struct errmsg errmsg;
    ck_assert_int_eq(
        proxy_find(bad[_i].url, environment, &secure, &proxy, &errmsg),
        -EINVAL);
    ck_assert_str_eq(proxy.host, "untouched");
    ck_assert_msg(strstr(errmsg.text, "the option proxy") == errmsg.text, "%s",
                  errmsg.text);
    ck_assert_msg(strstr(errmsg.text, bad[_i].words), "%s", errmsg.text);
    ck_assert_msg(!strstr(errmsg.text, "secret"), "%s", errmsg.text);
}
END_TEST

START_TEST(credentials_without_end_are_refused)
{
    char url[3000] = "http://";
    struct proxy proxy;
    struct errmsg errmsg;
    memset(url + 7, 'u', sizeof url - 7);
    strcpy(url + sizeof url - 3, "@p");
    ck_assert_int_eq(proxy_find(url, nothing, &secure, &proxy, &errmsg),
                     -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "too long"));
}
END_TEST

enum { MAX_VARIABLES = 5 };

static const struct {
    const char *environment[MAX_VARIABLES];
    const char *for_secure; /* the host of the proxy; NULL: none */
    const char *for_plain;
} environments[] = {
    {{NULL}, NULL, NULL},
    {{"https_proxy=s:1"}, "s", NULL},
    {{"HTTPS_PROXY=S:1"}, "S", NULL},
    {{"HTTPS_PROXY=S:1", "https_proxy=s:1"}, "s", NULL},
    {{"https_proxy=", "HTTPS_PROXY=S:1"}, "S", NULL},
    {{"http_proxy=p:1"}, NULL, "p"},
    {{"HTTP_PROXY=evil:1"}, NULL, NULL},
    {{"all_proxy=a:1"}, "a", "a"},
    {{"ALL_PROXY=A:1"}, "A", "A"},
    {{"ALL_PROXY=A:1", "all_proxy=a:1"}, "a", "a"},
    {{"all_proxy=a:1", "https_proxy=s:1"}, "s", "a"},
    {{"all_proxy=a:1", "http_proxy=p:1"}, "a", "p"},
    {{"https_proxy_=s:1", "xhttps_proxy=s:1", "https_prox=s:1"}, NULL, NULL},
    {{"all_proxy=a:1", "no_proxy=example.org"}, NULL, NULL},
    {{"all_proxy=a:1", "NO_PROXY=org"}, NULL, NULL},
    {{"all_proxy=a:1", "no_proxy=*"}, NULL, NULL},
    {{"all_proxy=a:1", "no_proxy=example.org:443"}, NULL, "a"},
    {{"all_proxy=a:1", "no_proxy=elsewhere", "NO_PROXY=*"}, "a", "a"},
    {{"all_proxy=a:1", "no_proxy=", "NO_PROXY=*"}, NULL, NULL},
};

static void expect_proxy(char *const environment[],
                         const struct endpoint *endpoint, const char *host)
{
    struct proxy proxy;
    struct errmsg errmsg;
    ck_assert_int_eq(proxy_find(NULL, environment, endpoint, &proxy, &errmsg),
                     0);
    ck_assert_pstr_eq(proxy.host, host);
    proxy_deinit(&proxy);
}

START_TEST(the_environment_tells_the_proxy_of_each_scheme)
{
    char *environment[MAX_VARIABLES + 1] = {NULL};
    memcpy(environment, environments[_i].environment,
           sizeof environments[_i].environment);
    expect_proxy(environment, &secure, environments[_i].for_secure);
    expect_proxy(environment, &plain, environments[_i].for_plain);
}
END_TEST

START_TEST(this_machine_needs_no_proxy_unless_an_option_says_so)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "127.1.2.3",
                                        "::1"};
    char *const environment[] = {(char *)"all_proxy=a:1", NULL};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const struct endpoint here = {.host = (char *)hosts[i],
                                      .port = (char *)"80"};
        struct proxy proxy;
        expect_proxy(environment, &here, NULL);
        ck_assert_int_eq(proxy_find("o", environment, &here, &proxy, NULL), 0);
        ck_assert_str_eq(proxy.host, "o");
        proxy_deinit(&proxy);
    }
}
END_TEST

START_TEST(an_option_goes_before_the_environment)
{
    char *const environment[] = {(char *)"all_proxy=a:1",
                                 (char *)"no_proxy=example.org", NULL};
    struct proxy proxy;
    struct errmsg errmsg;
    ck_assert_int_eq(
        proxy_find("http://o:2", environment, &secure, &proxy, &errmsg), 0);
    ck_assert_str_eq(proxy.host, "o");
    proxy_deinit(&proxy);
    ck_assert_int_eq(proxy_find("", (char *const[]){environment[0], NULL},
                                &secure, &proxy, &errmsg),
                     0);
    ck_assert_ptr_null(proxy.host);
}
END_TEST

START_TEST(a_bad_variable_is_named)
{
    char *const environment[] = {(char *)"ALL_PROXY=socks5://p:1080", NULL};
    struct proxy proxy;
    struct errmsg errmsg;
    ck_assert_int_eq(proxy_find(NULL, environment, &secure, &proxy, &errmsg),
                     -EINVAL);
    ck_assert_ptr_eq(strstr(errmsg.text, "ALL_PROXY: "), errmsg.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proxy");
    TCase *tcase = tcase_create("proxy");
    tcase_add_loop_test(tcase, a_url_is_taken_apart, 0,
                        sizeof good / sizeof *good);
    tcase_add_loop_test(
        tcase, what_is_no_proxy_is_refused_without_telling_the_password, 0,
        sizeof bad / sizeof *bad);
    tcase_add_test(tcase, credentials_without_end_are_refused);
    tcase_add_loop_test(tcase, the_environment_tells_the_proxy_of_each_scheme,
                        0, sizeof environments / sizeof *environments);
    tcase_add_test(tcase, this_machine_needs_no_proxy_unless_an_option_says_so);
    tcase_add_test(tcase, an_option_goes_before_the_environment);
    tcase_add_test(tcase, a_bad_variable_is_named);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
