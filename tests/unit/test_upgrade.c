#include "proto/upgrade.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/wire.h"

/* RFC 6455, section 1.3 */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

START_TEST(the_accept_for_a_key_is_that_of_the_standard)
{
    char accept[UPGRADE_ACCEPT_CHARS + 1];
    upgrade_accept(KEY, accept);
    ck_assert_str_eq(accept, ACCEPT);
}
END_TEST

START_TEST(keys_are_16_bytes_in_base64_and_differ)
{
    char one[UPGRADE_KEY_CHARS + 1], other[UPGRADE_KEY_CHARS + 1];
    ck_assert_int_eq(upgrade_make_key(one), 0);
    ck_assert_int_eq(upgrade_make_key(other), 0);
    ck_assert_uint_eq(strlen(one), UPGRADE_KEY_CHARS);
    ck_assert_str_eq(one + 22, "==");
    ck_assert_str_ne(one, other);
}
END_TEST

#define GET "GET /latest HTTP/1.1\r\nHost: h\r\n"
#define UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define WITH_KEY(key) "Sec-WebSocket-Key: " key "\r\n"

static const struct {
    const char *text; /* but for the empty line at the end */
    enum refusal refusal;
} requests[] = {
    {GET UPGRADE VERSION WITH_KEY(KEY), REFUSAL_NONE},
    {GET "connection:keep-alive , \t,uPGRADE\t\r\nUPGRADE: h2c,WebSocket\r\n"
         "SEC-WEBSOCKET-VERSION:   13  \r\nsec-websocket-key:" KEY "  \r\n",
     REFUSAL_NONE},
    {GET "Connection: keep-alive\r\nConnection: Upgrade\r\n"
         "Upgrade: websocket\r\nContent-Length: 0\r\n" VERSION WITH_KEY(KEY),
     REFUSAL_NONE},
    {GET UPGRADE VERSION WITH_KEY(KEY) "Sec-WebSocket-Protocol: ,a,,b\r\n"
                                       "Sec-WebSocket-Extensions: ;;=\r\n",
     REFUSAL_NONE},

    {"POST /latest HTTP/1.1\r\nHost: h\r\n" UPGRADE VERSION WITH_KEY(KEY),
     REFUSAL_MISSING_TOKEN},
    {"HEAD /latest HTTP/1.1\r\nHost: h\r\n", REFUSAL_MISSING_TOKEN},
    {"OPTIONS * HTTP/1.1\r\nHost: h\r\n", REFUSAL_MISSING_TOKEN},
    {"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n" UPGRADE VERSION WITH_KEY(KEY),
     REFUSAL_MISSING_TOKEN},

    {GET, REFUSAL_NOT_WEBSOCKET},
    {"GET /latest HTTP/1.0\r\n", REFUSAL_NOT_WEBSOCKET},
    {GET "Connection: Upgrade\r\n" VERSION WITH_KEY(KEY),
     REFUSAL_NOT_WEBSOCKET},
    {GET "Upgrade: websocket\r\n" VERSION WITH_KEY(KEY), REFUSAL_NOT_WEBSOCKET},
    {GET "Connection: close\r\nUpgrade: websocket\r\n" VERSION WITH_KEY(KEY),
     REFUSAL_NOT_WEBSOCKET},
    {GET "Connection: upgrades\r\nUpgrade: websocket\r\n" VERSION WITH_KEY(KEY),
     REFUSAL_NOT_WEBSOCKET},
    {GET "Connection: Upgrade\r\nUpgrade: h2c\r\n" VERSION WITH_KEY(KEY),
     REFUSAL_NOT_WEBSOCKET},

    {"GET /latest HTTP/1.0\r\n" UPGRADE VERSION WITH_KEY(KEY),
     REFUSAL_BAD_REQUEST},

    {GET UPGRADE WITH_KEY(KEY), REFUSAL_VERSION},
    {GET UPGRADE WITH_KEY(KEY) VERSION VERSION, REFUSAL_VERSION},
    {GET UPGRADE WITH_KEY(KEY) "Sec-WebSocket-Version: 8\r\n", REFUSAL_VERSION},
    {GET UPGRADE WITH_KEY(KEY) "Sec-WebSocket-Version: 13, 8\r\n",
     REFUSAL_VERSION},
    {GET UPGRADE WITH_KEY(KEY) "Sec-WebSocket-Version: 013\r\n",
     REFUSAL_VERSION},
    {GET UPGRADE "Sec-WebSocket-Version:\r\n", REFUSAL_VERSION},

    {GET UPGRADE VERSION, REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY(KEY) WITH_KEY(KEY), REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY(""), REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("MTIzNDU2Nzg5MDEyMzQ1"), /* 15 bytes */
     REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("MTIzNDU2Nzg5MDEyMzQ1Njc="), /* 17 */
     REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("dGhlIHNhbXBsZSBub25jZQ="),
     REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("dGhlIHNhbXBsZSBub25jZQ==="),
     REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("dGhlIHNhbXBsZSBub25jZR=="), /* odd bits */
     REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("dGhlIHNhbXBsZSB-b25jZQ=="),
     REFUSAL_BAD_REQUEST},
    {GET UPGRADE VERSION WITH_KEY("dGhlIHNhbXBs SBub25jZQ=="),
     REFUSAL_BAD_REQUEST},
};

START_TEST(a_request_is_taken_or_refused)
{
    char text[1024], accept[UPGRADE_ACCEPT_CHARS + 1] = "untouched";
    size_t n = (size_t)snprintf(text, sizeof text, "%s\r\n", requests[_i].text);
    struct http_reader *request = wire_read_message(HTTP_REQUESTS, text, n);
    ck_assert_int_eq(upgrade_check_request(request, accept),
                     requests[_i].refusal);
    ck_assert_str_eq(
        accept, requests[_i].refusal == REFUSAL_NONE ? ACCEPT : "untouched");
    http_reader_free(request);
}
END_TEST

START_TEST(a_101_has_the_bytes_of_api_gateway)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(upgrade_append_101(&out, WIRE_LIMIT, 1633543063,
                                        "e9Ztme4JDr4o30+FPAUZwoJMZcE=", ""),
                     0);
    wire_expect_text(&out,
                     "HTTP/1.1 101 Switching Protocols\r\n"
                     "Date: Wed, 06 Oct 2021 17:57:43 GMT\r\n"
                     "Connection: upgrade\r\n"
                     "upgrade: websocket\r\n"
                     "sec-websocket-accept: e9Ztme4JDr4o30+FPAUZwoJMZcE=\r\n"
                     "\r\n");
}
END_TEST

START_TEST(a_101_may_say_more)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(
        upgrade_append_101(&out, WIRE_LIMIT, 0, ACCEPT, "a: b\r\n"), 0);
    wire_expect_text(&out, "HTTP/1.1 101 Switching Protocols\r\n"
                           "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                           "Connection: upgrade\r\n"
                           "upgrade: websocket\r\n"
                           "sec-websocket-accept: " ACCEPT "\r\n"
                           "a: b\r\n"
                           "\r\n");
}
END_TEST

static const struct {
    time_t now;
    const char *date;
} dates[] = {
    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
    {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
    {1704067199, "Sun, 31 Dec 2023 23:59:59 GMT"},
    {4102444800, "Fri, 01 Jan 2100 00:00:00 GMT"},
};

START_TEST(dates_have_the_one_form_that_http_wants)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(
        upgrade_append_101(&out, WIRE_LIMIT, dates[_i].now, ACCEPT, ""), 0);
    struct http_reader *reader =
        wire_read_message(HTTP_RESPONSES, bytes_begin(&out), bytes_size(&out));
    ck_assert_str_eq(http_header(reader, "Date", NULL), dates[_i].date);
    http_reader_free(reader);
    bytes_deinit(&out);
}
END_TEST

START_TEST(an_answer_over_the_limit_appends_nothing)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(upgrade_append_101(&out, WIRE_LIMIT, 0, ACCEPT, ""), 0);
    size_t n = bytes_size(&out);
    bytes_deinit(&out);
    ck_assert_int_eq(upgrade_append_101(&out, n - 1, 0, ACCEPT, ""), -ENOBUFS);
    ck_assert(bytes_is_empty(&out));
    ck_assert_int_eq(upgrade_append_101(&out, n, 0, ACCEPT, ""), 0);
    ck_assert_uint_eq(bytes_size(&out), n);
    ck_assert_int_eq(upgrade_append_101(&out, n, 0, ACCEPT, ""), -ENOBUFS);
    ck_assert_uint_eq(bytes_size(&out), n);
    bytes_deinit(&out);
}
END_TEST

START_TEST(our_own_request_is_one_that_we_take)
{
    struct bytes out = BYTES_EMPTY;
    char accept[UPGRADE_ACCEPT_CHARS + 1];
    ck_assert_int_eq(upgrade_append_request(&out, WIRE_LIMIT, "[::1]:8080",
                                            "/latest?a=b", KEY,
                                            "x-api-key: k\r\nA:\xc3\xa4\r\n"),
                     0);
    struct http_reader *request =
        wire_read_message(HTTP_REQUESTS, bytes_begin(&out), bytes_size(&out));
    ck_assert_int_eq(upgrade_check_request(request, accept), REFUSAL_NONE);
    ck_assert_str_eq(accept, ACCEPT);
    http_reader_free(request);
    wire_expect_text(&out, "GET /latest?a=b HTTP/1.1\r\n"
                           "Host: [::1]:8080\r\n"
                           "Upgrade: websocket\r\n"
                           "Connection: Upgrade\r\n"
                           "Sec-WebSocket-Key: " KEY "\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "x-api-key: k\r\nA:\xc3\xa4\r\n"
                           "\r\n");
}
END_TEST

static const struct {
    const char *host;
    const char *target;
    const char *headers;
} injections[] = {
    {"", "/", ""},
    {"h i", "/", ""},
    {"h\r\nA: b", "/", ""},
    {"h/i", "/", ""},
    {"h\x7f", "/", ""},
    {"h", "", ""},
    {"h", "latest", ""},
    {"h", "/a b", ""},
    {"h", "/\r\nA: b", ""},
    {"h", "/\t", ""},
    {"h", "/\xc3\xa4", ""},
    {"h", "/\x7f", ""},
    {"h", "/", "A: b"},
    {"h", "/", "A: b\n"},
    {"h", "/", "A: b\r"},
    {"h", "/", "\r\n"},
    {"h", "/", "A: b\r\n\r\n"},
    {"h", "/", "A: b\r\n c\r\n"},
    {"h", "/", "A: b\rC: d\r\n"},
    {"h", "/", "A: \x01\r\n"},
    {"h", "/", "A: \x7f\r\n"},
    {"h", "/", "A : b\r\n"},
    {"h", "/", "A\r\n"},
};

START_TEST(what_cannot_stand_in_a_request_is_refused)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(upgrade_append_request(
                         &out, WIRE_LIMIT, injections[_i].host,
                         injections[_i].target, KEY, injections[_i].headers),
                     -EINVAL);
    ck_assert(bytes_is_empty(&out));
}
END_TEST

#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define SWITCHED SWITCHING "Connection: upgrade\r\nupgrade: websocket\r\n"
#define ACCEPTED "sec-websocket-accept: " ACCEPT "\r\n"

static const struct {
    const char *text; /* but for the empty line at the end */
    int rc;
} responses[] = {
    {SWITCHED ACCEPTED, 0},
    {SWITCHING "CONNECTION: a, UPGRADE\r\nUPGRADE: WebSocket \r\n" ACCEPTED, 0},

    {SWITCHED, -EPROTO},
    {SWITCHED ACCEPTED ACCEPTED, -EPROTO},
    {SWITCHED "sec-websocket-accept: s3PPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
     -EPROTO},
    {SWITCHED "sec-websocket-accept: " ACCEPT "=\r\n", -EPROTO},
    {SWITCHED "sec-websocket-accept:\r\n", -EPROTO},
    {SWITCHED ACCEPTED "Sec-WebSocket-Extensions: permessage-deflate\r\n",
     -EPROTO},
    {SWITCHED ACCEPTED "Sec-WebSocket-Protocol: chat\r\n", -EPROTO},
    {SWITCHED ACCEPTED "Upgrade: websocket\r\n", -EPROTO},
    {SWITCHING "Connection: upgrade\r\n" ACCEPTED, -EPROTO},
    {SWITCHING "Upgrade: websocket\r\n" ACCEPTED, -EPROTO},
    {SWITCHING "Connection: close\r\nUpgrade: websocket\r\n" ACCEPTED, -EPROTO},
    {SWITCHING "Connection: upgrade\r\nUpgrade: h2c\r\n" ACCEPTED, -EPROTO},
    {SWITCHING "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n" ACCEPTED,
     -EPROTO},
    {"HTTP/1.0 101 \r\nConnection: upgrade\r\nUpgrade: websocket\r\n" ACCEPTED,
     -EPROTO},

    {"HTTP/1.1 401 Unauthorized\r\n", -EKEYREJECTED},
    {"HTTP/1.1 403 Forbidden\r\n", -EKEYREJECTED},
    {"HTTP/1.1 429 Too Many Requests\r\n", -EAGAIN},
    {"HTTP/1.1 503 Service Unavailable\r\n", -EAGAIN},
    {"HTTP/1.1 200 OK\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" //
     ACCEPTED,
     -ECONNREFUSED},
    {"HTTP/1.1 301 Moved Permanently\r\nLocation: /\r\n", -ECONNREFUSED},
    {"HTTP/1.1 426 Upgrade Required\r\n", -ECONNREFUSED},
    {"HTTP/1.1 502 Bad Gateway\r\n", -ECONNREFUSED},
};

START_TEST(a_response_is_the_one_to_our_key_or_none)
{
    char text[1024];
    size_t n =
        (size_t)snprintf(text, sizeof text, "%s\r\n", responses[_i].text);
    struct http_reader *response = wire_read_message(HTTP_RESPONSES, text, n);
    ck_assert_int_eq(upgrade_check_response(response, KEY), responses[_i].rc);
    http_reader_free(response);
}
END_TEST

START_TEST(our_own_101_is_one_that_we_take)
{
    struct bytes out = BYTES_EMPTY;
    char key[UPGRADE_KEY_CHARS + 1], accept[UPGRADE_ACCEPT_CHARS + 1];
    ck_assert_int_eq(upgrade_make_key(key), 0);
    upgrade_accept(key, accept);
    ck_assert_int_eq(upgrade_append_101(&out, WIRE_LIMIT, 0, accept, ""), 0);
    struct http_reader *response =
        wire_read_message(HTTP_RESPONSES, bytes_begin(&out), bytes_size(&out));
    ck_assert_int_eq(upgrade_check_response(response, key), 0);
    ck_assert_int_eq(upgrade_check_response(response, KEY), -EPROTO);
    http_reader_free(response);
    bytes_deinit(&out);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof *(table))

int main(void)
{
    Suite *suite = suite_create("upgrade");
    TCase *tcase = tcase_create("upgrade");
    tcase_add_test(tcase, the_accept_for_a_key_is_that_of_the_standard);
    tcase_add_test(tcase, keys_are_16_bytes_in_base64_and_differ);
    tcase_add_loop_test(tcase, a_request_is_taken_or_refused, 0,
                        COUNT(requests));
    tcase_add_test(tcase, a_101_has_the_bytes_of_api_gateway);
    tcase_add_test(tcase, a_101_may_say_more);
    tcase_add_loop_test(tcase, dates_have_the_one_form_that_http_wants, 0,
                        COUNT(dates));
    tcase_add_test(tcase, an_answer_over_the_limit_appends_nothing);
    tcase_add_test(tcase, our_own_request_is_one_that_we_take);
    tcase_add_loop_test(tcase, what_cannot_stand_in_a_request_is_refused, 0,
                        COUNT(injections));
    tcase_add_loop_test(tcase, a_response_is_the_one_to_our_key_or_none, 0,
                        COUNT(responses));
    tcase_add_test(tcase, our_own_101_is_one_that_we_take);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
