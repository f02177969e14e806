#include "client/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct proxy open_to_all = {.host = (char *)"p",
                                         .port = (char *)"3128"};
static const struct proxy private = {.host = (char *)"p",
                                     .port = (char *)"3128",
                                     .authorization = (char *)"Basic dTpw"};
static const struct endpoint by_name = {
    .is_secure = true, .host = (char *)"example.org", .port = (char *)"443"};
static const struct endpoint by_address = {.host = (char *)"2001:db8::1",
                                           .port = (char *)"80"};

static void expect_request(const struct endpoint *endpoint,
                           const struct proxy *proxy, const char *request)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(tunnel_append_request(&out, endpoint, proxy), 0);
    ck_assert_uint_eq(bytes_size(&out), strlen(request));
    ck_assert_mem_eq(bytes_begin(&out), request, strlen(request));
    bytes_deinit(&out);
}

START_TEST(a_request_names_the_server_and_its_port)
{
    expect_request(&by_name, &open_to_all,
                   "CONNECT example.org:443 HTTP/1.1\r\n"
                   "Host: example.org:443\r\n\r\n");
    expect_request(&by_address, &private,
                   "CONNECT [2001:db8::1]:80 HTTP/1.1\r\n"
                   "Host: [2001:db8::1]:80\r\n"
                   "Proxy-Authorization: Basic dTpw\r\n\r\n");
}
END_TEST

START_TEST(a_host_without_end_is_refused)
{
    static char host[20000];
    const struct endpoint endpoint = {.host = host, .port = (char *)"80"};
    struct bytes out = BYTES_EMPTY;
    memset(host, 'h', sizeof host - 1);
    ck_assert_int_eq(tunnel_append_request(&out, &endpoint, &open_to_all),
                     -ENOBUFS);
    ck_assert(bytes_is_empty(&out));
}
END_TEST

static const struct {
    const char *answer;
    int status;
    const char *words;  /* in the message */
    const char *behind; /* what is left for the server's side */
} cases[] = {
    {"HTTP/1.1 200 OK\r\n\r\n", 0, "", ""},
    {"HTTP/1.0 200 Connection established\r\n\r\nhello", 0, "", "hello"},
    {"HTTP/1.1 204 Fine\r\nVia: x\r\n\r\n", 0, "", ""},
    /* it has no body, whatever it says */
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, "", "hello"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", 0, "",
     "5\r\n"},
    {"HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", 0, "", "x"},
    {"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
     "Content-Length: 100\r\n\r\nwho",
     -EACCES, "wants a user", "who"},
    {"HTTP/1.1 403 No\r\n\r\n", -EACCES, "forbids", ""},
    {"HTTP/1.1 401 No\r\n\r\n", -EACCES, "wants a user", ""}, /* tinyproxy */
    {"HTTP/1.1 500 No\r\n\r\n", -EHOSTUNREACH, "does not reach", ""},
    {"HTTP/1.1 502 Bad Gateway\r\n\r\n", -EHOSTUNREACH, "(HTTP 502)", ""},
    {"HTTP/1.1 503 Down\r\n\r\n", -EHOSTUNREACH, "does not reach", ""},
    {"HTTP/1.1 504 Late\r\n\r\n", -EHOSTUNREACH, "does not reach", ""},
    {"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", -ECONNREFUSED, "301", ""},
    {"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", -ECONNREFUSED, "405", ""},
    {"HTTP/1.1 101 What\r\n\r\n", -ECONNREFUSED, "101", ""},
    {"SSH-2.0-OpenSSH_9.2\r\n", -EPROTO, "HTTP", NULL},
    {"\x05\xff", -EPROTO, "HTTP", NULL}, /* SOCKS */
    {"\x15\x03\x01\x00\x02\x02\x46", -EPROTO, "HTTP", NULL},
};

/* In blocks of their own size, for a read beyond the end to be seen. */
static int read_piece(struct http_reader *answer, const char *text, size_t n,
                      size_t *used, struct errmsg *why)
{
    uint8_t *piece = malloc(n ? n : 1);
    memcpy(piece, text, n);
    int status = tunnel_read(answer, piece, n, &open_to_all, used, why);
    ck_assert_uint_le(*used, n);
    free(piece);
    return status;
}

static void expect_answer(const char *text, size_t max_piece, int i)
{
    struct http_reader *answer = tunnel_reader_new();
    struct errmsg why = {""};
    size_t n = strlen(text);
    size_t at = 0;
    int status = -EAGAIN;
    while (status == -EAGAIN && at < n) {
        size_t used = 0;
        size_t piece = 1 + (size_t)rand() % max_piece;
        status = read_piece(answer, text + at, piece < n - at ? piece : n - at,
                            &used, &why);
        at += used;
    }
    ck_assert_msg(status == cases[i].status, "%s: %d", text, status);
    ck_assert_msg(strstr(why.text, cases[i].words), "%s", why.text);
    if (cases[i].behind)
        ck_assert_str_eq(text + at, cases[i].behind);
    http_reader_free(answer);
}

START_TEST(an_answer_opens_the_tunnel_or_tells_why_not)
{
    expect_answer(cases[_i].answer, 1, _i);
    for (int round = 0; round < 50; round++)
        expect_answer(cases[_i].answer, 40, _i);
}
END_TEST

START_TEST(credentials_that_are_refused_are_not_asked_for)
{
    static const char text[] = "HTTP/1.1 407 No\r\n\r\n";
    struct http_reader *answer = tunnel_reader_new();
    struct errmsg why = {""};
    size_t used = 0;
    ck_assert_int_eq(tunnel_read(answer, (const uint8_t *)text, strlen(text),
                                 &private, &used, &why),
                     -EACCES);
    ck_assert_ptr_nonnull(strstr(why.text, "refused its user"));
    ck_assert_ptr_null(strstr(why.text, "dTpw"));
    http_reader_free(answer);
}
END_TEST

START_TEST(an_endless_answer_is_not_read_to_its_end)
{
    static const char line[] = "a: bcdefghijklm\r\n";
    struct http_reader *answer = tunnel_reader_new();
    struct errmsg why = {""};
    size_t used = 0;
    int status = read_piece(answer, "HTTP/1.1 200 OK\r\n", 17, &used, &why);
    unsigned n = 0;
    for (; status == -EAGAIN && n < 10000; n++)
        status = read_piece(answer, line, sizeof line - 1, &used, &why);
    ck_assert_int_eq(status, -EPROTO);
    ck_assert_uint_lt(n, 1200);
    http_reader_free(answer);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {an_answer_opens_the_tunnel_or_tells_why_not,
                                   NULL};
    const TTest *const once[] = {
        a_request_names_the_server_and_its_port, a_host_without_end_is_refused,
        credentials_that_are_refused_are_not_asked_for,
        an_endless_answer_is_not_read_to_its_end, NULL};
    return suite_run_looped("tunnel", looped, sizeof cases / sizeof *cases,
                            once);
}
