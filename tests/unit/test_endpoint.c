#include "client/endpoint.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct {
    const char *url;
    bool is_secure;
    const char *host;
    const char *port;
    const char *host_header;
    const char *target;
} good[] = {
    {"ws://localhost", false, "localhost", "80", "localhost", "/"},
    {"ws://localhost/", false, "localhost", "80", "localhost", "/"},
    {"WSS://h/latest", true, "h", "443", "h", "/latest"},
    {"wss://h:443/latest", true, "h", "443", "h", "/latest"},
    {"wss://h:80/latest", true, "h", "80", "h:80", "/latest"},
    {"ws://h:65535", false, "h", "65535", "h:65535", "/"},
    {"ws://h?a=b", false, "h", "80", "h", "/?a=b"},
    {"ws://h:1/p/q?a=:@/", false, "h", "1", "h:1", "/p/q?a=:@/"},
    {"ws://[::1]:8080/x", false, "::1", "8080", "[::1]:8080", "/x"},
    {"ws://[::1]", false, "::1", "80", "[::1]", "/"},
};

START_TEST(a_url_is_taken_apart)
{
    struct endpoint endpoint;
    struct errmsg errmsg;
    ck_assert_int_eq(endpoint_parse(good[_i].url, &endpoint, &errmsg), 0);
    ck_assert_int_eq(endpoint.is_secure, good[_i].is_secure);
    ck_assert_str_eq(endpoint.host, good[_i].host);
    ck_assert_str_eq(endpoint.port, good[_i].port);
    ck_assert_str_eq(endpoint.host_header, good[_i].host_header);
    ck_assert_str_eq(endpoint.target, good[_i].target);
    endpoint_deinit(&endpoint);
}
END_TEST

static const char *const bad[] = {
    "",
    "localhost",
    "http://h/",
    "ws:/h",
    "ws://",
    "ws:///latest",
    "ws://:80/",
    "ws://h:/",
    "ws://h:0/",
    "ws://h:65536/",
    "ws://h:99999999999999999999/",
    "ws://h:8o/",
    "ws://h:+80/",
    "ws://u:p@h/",
    "ws://[::1/",
    "ws://[::1]x/",
    "ws://[]/",
    "ws://h/#top",
    "ws://h/a b",
    "ws://h/\r\nX: y",
    "ws://h\x7f/",
};

START_TEST(what_is_no_endpoint_is_refused_with_a_reason)
{
    struct endpoint endpoint = {.port = (char *)"untouched"};
    struct errmsg errmsg = {""};
    ck_assert_int_eq(endpoint_parse(bad[_i], &endpoint, &errmsg), -EINVAL);
    ck_assert_str_ne(errmsg.text, "");
    ck_assert_str_eq(endpoint.port, "untouched");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *tcase = tcase_create("urls");
    tcase_add_loop_test(tcase, a_url_is_taken_apart, 0,
                        sizeof good / sizeof *good);
    tcase_add_loop_test(tcase, what_is_no_endpoint_is_refused_with_a_reason, 0,
                        sizeof bad / sizeof *bad);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
