#include "proto/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct http_limits limits = {
    .head_size = 400, .target_size = 30, .n_headers = 8, .body_size = 20};

/* What a reader said of an input, as text: one word or more an event. */
struct transcript {
    char text[4096];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void say(struct transcript *said,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(said->text + said->size, sizeof said->text - said->size,
                      format, args);
    va_end(args);
    ck_assert_int_lt(n, sizeof said->text - said->size);
    said->size += (size_t)n;
}

static void say_head(struct transcript *said, const struct http_reader *reader,
                     enum http_role role)
{
    const char *name, *value;
    if (role == HTTP_REQUESTS)
        say(said, "%s %s", http_method(reader), http_target(reader));
    else
        say(said, "%d", http_status(reader));
    say(said, " 1.%d", http_minor_version(reader));
    for (size_t i = 0; http_header_at(reader, i, &name, &value); i++)
        say(said, " [%s=%s]", name, value);
    if (http_is_upgrade(reader))
        say(said, " upgrade");
    if (!http_keeps_alive(reader))
        say(said, " close");
}

static void say_body(struct transcript *said, const struct http_reader *reader)
{
    size_t size;
    const uint8_t *body = http_body(reader, &size);
    if (size)
        say(said, " <%.*s>", (int)size, (const char *)body);
    else
        ck_assert_ptr_null(body);
}

/* Reads one piece, which lies in a block of its own size. */
static enum http_event read_piece(struct http_reader *reader, const char *in,
                                  size_t n, size_t *used_out)
{
    uint8_t *piece = malloc(n);
    ck_assert_ptr_nonnull(piece);
    memcpy(piece, in, n);
    enum http_event event = http_read(reader, piece, n, used_out);
    free(piece);
    ck_assert_uint_le(*used_out, n);
    return event;
}

/* Bytes of the next piece, at least 1. */
typedef size_t (*cut_cb)(void);

static size_t cut_whole(void)
{
    return SIZE_MAX;
}

static size_t cut_bytes(void)
{
    return 1;
}

static size_t cut_random(void)
{
    return 1 + (size_t)rand() % (rand() % 4 ? 8 : 100);
}

static void transcribe(enum http_role role, const struct http_limits *within,
                       const char *in, size_t n, cut_cb cut,
                       struct transcript *said)
{
    struct http_reader *reader = http_reader_new(role, within);
    size_t total = 0;
    bool is_over = false;
    bool has_head = false;
    said->size = 0;
    said->text[0] = '\0';
    while (total < n && !is_over) {
        size_t size = cut();
        size_t used;
        if (size > n - total)
            size = n - total;
        enum http_event event = read_piece(reader, in + total, size, &used);
        total += used;
        switch (event) {
        case HTTP_EVENT_MORE:
            ck_assert_uint_eq(used, size);
            break;
        case HTTP_EVENT_HEAD:
            say_head(said, reader, role);
            say(said, " ...");
            has_head = true;
            break;
        case HTTP_EVENT_MESSAGE:
            if (!has_head)
                say_head(said, reader, role);
            say_body(said, reader);
            say(said, " @%zu\n", total);
            has_head = false;
            is_over = http_is_upgrade(reader);
            break;
        case HTTP_EVENT_FAULT: {
            const char *why;
            int status = http_fault(reader, &why);
            ck_assert_uint_gt(strlen(why), 0);
            say(said, "fault %d @%zu", status, total);
            is_over = true;
            break;
        }
        }
    }
    http_reader_free(reader);
}

/* All ways to cut the input must make the reader say what is expected. */
static void expect_within(const struct http_limits *within, enum http_role role,
                          const char *in, size_t n, const char *expected)
{
    struct transcript said;
    transcribe(role, within, in, n, cut_whole, &said);
    ck_assert_str_eq(said.text, expected);
    transcribe(role, within, in, n, cut_bytes, &said);
    ck_assert_str_eq(said.text, expected);
    srand(11);
    for (int i = 0; i < 30; i++) {
        transcribe(role, within, in, n, cut_random, &said);
        ck_assert_str_eq(said.text, expected);
    }
}

struct example {
    const char *in;
    size_t size;
    const char *expected;
};

#define IN(text) text, sizeof(text) - 1
#define GET "GET /a HTTP/1.1\r\n"
#define POST "POST /a HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

/* Every head here is 18 bytes and what stands between Host and the end. */
static const struct example requests[] = {
    {IN(GET "Host: h\r\n\r\n"), "GET /a 1.1 [Host=h] @28\n"},
    {IN("\r\n\r\n" GET "Host: h\r\n\r\n"), "GET /a 1.1 [Host=h] @32\n"},
    {IN("GET /a HTTP/1.0\r\n\r\n"), "GET /a 1.0 close @19\n"},
    {IN("GET /a HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n"),
     "GET /a 1.0 [Connection=x, Keep-Alive] @46\n"},
    {IN(GET "Host: h\r\nConnection: ,, CLOSE \r\n\r\n"),
     "GET /a 1.1 [Host=h] [Connection=,, CLOSE] close @51\n"},
    {IN(GET "Host:\r\n\r\n"), "GET /a 1.1 [Host=] @26\n"},
    {IN(GET "hOST:\t h:1 \t\r\nA:b:c\r\nA: \x80\xff\t\"d\r\n\r\n"),
     "GET /a 1.1 [hOST=h:1] [A=b:c] [A=\x80\xff\t\"d] @50\n"},
    {IN("GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET http://h/a?b 1.1 [Host=h] @38\n"},
    {IN("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
     "OPTIONS * 1.1 [Host=h] @31\n"},
    {IN("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\nrest"),
     "CONNECT h:1 1.1 [Host=h] close @33\n"},
    {IN("GET /a%0d%0aB:c HTTP/1.1\r\nHost: h\r\n\r\n"),
     "GET /a%0d%0aB:c 1.1 [Host=h] @37\n"},

    /* one after the other */
    {IN(GET "Host: h\r\n\r\n" GET "Host: i\r\n\r\n"),
     "GET /a 1.1 [Host=h] @28\nGET /a 1.1 [Host=i] @56\n"},
    {IN(POST "Content-Length: 3\r\n\r\nabc" GET "Host: i\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Content-Length=3] ... <abc> @51\n"
     "GET /a 1.1 [Host=i] @79\n"},

    /* upgrades end what we read */
    {IN(GET "Host: h\r\nConnection: keep-alive, Upgrade\r\n"
            "Upgrade: websocket\r\n\r\n\x81\x80"),
     "GET /a 1.1 [Host=h] [Connection=keep-alive, Upgrade] "
     "[Upgrade=websocket] upgrade @81\n"},
    {IN(GET "Host: h\r\nUpgrade: websocket\r\n\r\n"),
     "GET /a 1.1 [Host=h] [Upgrade=websocket] @48\n"},
    {IN("GET /a HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\n"),
     "GET /a 1.0 [Connection=upgrade] [Upgrade=w] close @52\n"},
    {IN(GET "Host: h\r\nConnection: upgrade\r\nUpgrade: w\r\n"
            "Content-Length: 0\r\n\r\n"),
     "GET /a 1.1 [Host=h] [Connection=upgrade] [Upgrade=w] "
     "[Content-Length=0] upgrade @80\n"},
    {IN(GET "Host: h\r\nConnection: upgrade\r\nUpgrade: w\r\n"
            "Content-Length: 5\r\n\r\nabcde"),
     "fault 400 @80"},
    {IN(GET "Host: h\r\nConnection: upgrade\r\nUpgrade: w\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     "fault 400 @89"},
    {IN("CONNECT h:1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1"),
     "fault 400 @52"},

    /* bodies */
    {IN(POST "Content-Length: 0\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Content-Length=0] @48\n"},
    {IN(POST "Content-Length: 020\r\n\r\n01234567890123456789"),
     "POST /a 1.1 [Host=h] [Content-Length=020] ... "
     "<01234567890123456789> @70\n"},
    {IN(POST "Content-Length: 21\r\n\r\n0"), "fault 413 @49"},
    {IN(POST "Content-Length: 9999999999999999999\r\n\r\n"), "fault 413 @66"},
    {IN(POST "Content-Length: 18446744073709551617\r\n\r\n"), "fault 400 @65"},
    {IN(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
     "fault 400 @65"},
    {IN(POST "Content-Length: 5, 5\r\n\r\n"), "fault 400 @49"},
    {IN(POST "Content-Length: 5 5\r\n\r\n"), "fault 400 @48"},
    {IN(POST "Content-Length: +5\r\n\r\n"), "fault 400 @47"},
    {IN(POST "Content-Length: -5\r\n\r\n"), "fault 400 @47"},
    {IN(POST "Content-Length: 0x5\r\n\r\n"), "fault 400 @48"},
    {IN(POST "Content-Length:\r\n\r\n"), "fault 400 @46"},
    {IN(CHUNKED "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n"
                "GET"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ... "
     "<abc0123456789> @89\n"},
    {IN(CHUNKED "1\r\na\r\n0\r\nTrailer: b\r\nC:\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ... <a> @84\n"},
    {IN(CHUNKED "0\r\nContent-Length: 9\r\nConnection: close\r\n\r\nGET"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ... @100\n"},
    {IN(CHUNKED "0\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ... @62\n"},
    {IN(CHUNKED "14\r\n01234567890123456789\r\n0\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ... "
     "<01234567890123456789> @88\n"},
    {IN(CHUNKED "15\r\n0"), "POST /a 1.1 [Host=h] "
                            "[Transfer-Encoding=chunked] ...fault 413 @61"},
    {IN(CHUNKED "13\r\n0123456789012345678\r\n2\r\nab"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 413 @85"},
    {IN(CHUNKED "0ffffffffffffffe\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 413 @75"},
    {IN(CHUNKED "10000000000000001\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @76"},
    {IN(CHUNKED "1\na\r\n0\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @59"},
    {IN(CHUNKED "1\r\naXY0\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @66"},
    {IN(CHUNKED "1 x\r\na\r\n0\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @62"},
    {IN(CHUNKED "1 \t;\r\na\r\n0 \r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ... <a> @72\n"},
    {IN(CHUNKED "0x1\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @62"},
    {IN(CHUNKED "\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @59"},
    {IN(CHUNKED "0\r\n B: c\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @67"},
    {IN(CHUNKED "0;\x01\r\n\r\n"),
     "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] ...fault 400 @59"},
    {IN(POST "Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n\r\n"),
     "fault 400 @76"},
    {IN(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
     "fault 400 @76"},
    {IN(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), "fault 501 @63"},
    {IN(POST "Transfer-Encoding: chunked, gzip\r\n\r\n"), "fault 501 @63"},
    {IN(POST "Transfer-Encoding: xchunked\r\n\r\n"), "fault 501 @58"},
    {IN(POST "Transfer-Encoding: chunked\r\n"
             "Transfer-Encoding: chunked\r\n\r\n"),
     "fault 501 @85"},
    {IN("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
     "fault 400 @48"},

    /* start lines */
    {IN("\x16\x03\x01\x02"), "fault 400 @0"},
    {IN("GET /a\r\n"), "fault 400 @8"},
    {IN("GET /a HTTP/0.9\r\n"), "fault 505 @17"},
    {IN("GET /a HTTP/1.2\r\n"), "fault 505 @17"},
    {IN("GET /a HTTP/2.0\r\n"), "fault 505 @17"},
    {IN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "fault 505 @16"},
    {IN("GET /a HTTP/1.10\r\n"), "fault 400 @18"},
    {IN("GET /a http/1.1\r\n"), "fault 400 @17"},
    {IN("GET /a HTTP/1.1 \r\n"), "fault 400 @18"},
    {IN("GET  /a HTTP/1.1\r\n"), "fault 400 @18"},
    {IN("GET /a  HTTP/1.1\r\n"), "fault 400 @18"},
    {IN(" GET /a HTTP/1.1\r\n"), "fault 400 @18"},
    {IN("GET\t/a HTTP/1.1\r\n"), "fault 400 @3"},
    {IN("GET /\xc3\xa4 HTTP/1.1\r\n"), "fault 400 @5"},
    {IN("GET a HTTP/1.1\r\n"), "fault 400 @16"},
    {IN("SOURCE /a ICE/1.0\r\n"), "fault 400 @19"},
    {IN("FROB /a HTTP/1.1\r\n"), "fault 501 @18"},
    {IN("get /a HTTP/1.1\r\n"), "fault 501 @17"},
    {IN("G(T /a HTTP/1.1\r\n"), "fault 400 @17"},
    {IN("GET /a HTTP/1.1\n"), "fault 400 @16"},
    {IN("\nGET /a HTTP/1.1\r\n"), "fault 400 @1"},
    {IN("\r\r\n"), "fault 400 @3"},
    {IN("GET /\0 HTTP/1.1\r\n"), "fault 400 @5"},

    /* headers */
    {IN(GET "\r\n"), "fault 400 @19"},
    {IN(GET "Host: h\r\nHost: h\r\n\r\n"), "fault 400 @37"},
    {IN("GET /a HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"), "fault 400 @37"},
    {IN(GET "Host: h i\r\n\r\n"), "fault 400 @30"},
    {IN(GET "Host: h/i\r\n\r\n"), "fault 400 @30"},
    {IN(GET "Host: h\n"), "fault 400 @25"},
    {IN(GET "Host: h\r\n\n"), "fault 400 @27"},
    {IN(GET "A: b\rC: d\r\n"), "fault 400 @28"},
    {IN(GET "A: b\r\r\n"), "fault 400 @24"},
    {IN(GET "A: b\r\n c\r\n"), "fault 400 @27"},
    {IN(GET "A: b\r\n\tc: d\r\n"), "fault 400 @30"},
    {IN(GET " A: b\r\n"), "fault 400 @24"},
    {IN(GET "A : b\r\n"), "fault 400 @24"},
    {IN(GET "A B: c\r\n"), "fault 400 @25"},
    {IN(GET ": b\r\n"), "fault 400 @22"},
    {IN(GET "A\r\n"), "fault 400 @20"},
    {IN(GET "A\xc3: b\r\n"), "fault 400 @24"},
    {IN(GET "A\0: b\r\n"), "fault 400 @18"},
    {IN(GET "A: \0b\r\n"), "fault 400 @20"},
    {IN(GET "A: \x1b[2J\r\n"), "fault 400 @20"},
    {IN(GET "A: \x7f\r\n"), "fault 400 @20"},
};

START_TEST(a_request_is_read_or_refused_however_it_is_cut)
{
    const struct example *example = &requests[_i];
    expect_within(&limits, HTTP_REQUESTS, example->in, example->size,
                  example->expected);
}
END_TEST

static const struct example responses[] = {
    {IN("HTTP/1.1 101 Switching Protocols\r\nUpgrade: w\r\n\r\n\x81"),
     "101 1.1 [Upgrade=w] upgrade close @48\n"},
    {IN(OK "Content-Length: 3\r\n\r\nabc" OK "Content-Length: 0\r\n\r\n"),
     "200 1.1 [Content-Length=3] ... <abc> @41\n"
     "200 1.1 [Content-Length=0] @79\n"},
    {IN(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
     "200 1.1 [Transfer-Encoding=chunked] ... <abc> @60\n"},
    {IN("HTTP/1.0 403\r\n\r\n"), "403 1.0 close @16\n"},
    {IN("HTTP/1.1 403 \r\n\r\n"), "403 1.1 close @17\n"},
    {IN("HTTP/1.1 403 Verbot\xe9n\t!\r\n\r\n"), "403 1.1 close @27\n"},
    {IN("HTTP/1.1 204 \r\nContent-Length: 3\r\n\r\n"),
     "204 1.1 [Content-Length=3] @36\n"},
    {IN("HTTP/1.1 304 \r\n\r\n"), "304 1.1 @17\n"},
    {IN("HTTP/1.1 100 \r\nA: b\r\n\r\nHTTP/1.1 103 \r\n\r\n"
        "HTTP/1.1 403 \r\nContent-Length: 1\r\n\r\na"),
     "403 1.1 [Content-Length=1] ... <a> @77\n"},
    {IN("HTTP/1.1 101 \r\nContent-Length: 1\r\n\r\na"), "fault 400 @36"},
    {IN("HTTP/1.1 101 \r\nTransfer-Encoding: chunked\r\n\r\n"),
     "fault 400 @45"},
    {IN(OK "Content-Length: 21\r\n\r\n"), "fault 413 @39"},
    {IN("HTTP/2 200\r\n\r\n"), "fault 505 @12"},
    {IN("HTTP/2.0 200\r\n\r\n"), "fault 505 @14"},
    {IN("HTTP/1.1  200\r\n\r\n"), "fault 400 @15"},
    {IN("HTTP/1.1 2000\r\n\r\n"), "fault 400 @15"},
    {IN("HTTP/1.1 20\r\n\r\n"), "fault 400 @13"},
    {IN("HTTP/1.1 099\r\n\r\n"), "fault 400 @14"},
    {IN("HTTP/1.1\r\n\r\n"), "fault 400 @10"},
    {IN("\r\nHTTP/1.1 200\r\n\r\n"), "fault 400 @2"},
    {IN("SSH-2.0-OpenSSH_9.2\r\n"), "fault 400 @21"},
    {IN("HTTP/1.1 200 O\0K\r\n"), "fault 400 @14"},
};

START_TEST(a_response_is_read_or_refused_however_it_is_cut)
{
    const struct example *example = &responses[_i];
    expect_within(&limits, HTTP_RESPONSES, example->in, example->size,
                  example->expected);
}
END_TEST

START_TEST(a_target_over_its_limit_is_a_414_before_it_has_ended)
{
    const char fits[] = "GET /23456789012345678901234567890 HTTP/1.1\r\n"
                        "Host: h\r\n\r\n";
    const char over[] = "GET /234567890123456789012345678901";
    expect_within(&limits, HTTP_REQUESTS, fits, sizeof fits - 1,
                  "GET /23456789012345678901234567890 1.1 [Host=h] @56\n");
    expect_within(&limits, HTTP_REQUESTS, over, sizeof over - 1,
                  "fault 414 @34");
}
END_TEST

/* A request whose head has @size bytes: one header takes up the slack. */
static size_t write_head(char *head, size_t size)
{
    const char before[] = GET "Host: h\r\nA: ";
    size_t begin = sizeof before - 1;
    memcpy(head, before, begin);
    memset(head + begin, 'a', size - begin - 4);
    memcpy(head + size - 4, "\r\n\r\n", 4);
    return size;
}

START_TEST(a_head_over_its_limit_is_a_431_at_its_first_byte_too_many)
{
    char head[500];
    struct transcript said;
    size_t n = write_head(head, limits.head_size);
    transcribe(HTTP_REQUESTS, &limits, head, n, cut_random, &said);
    ck_assert_ptr_nonnull(strstr(said.text, " @400\n"));
    n = write_head(head, limits.head_size + 1);
    expect_within(&limits, HTTP_REQUESTS, head, n, "fault 431 @400");
    memset(head, 'A', sizeof head);
    expect_within(&limits, HTTP_REQUESTS, head, sizeof head, "fault 431 @400");
}
END_TEST

START_TEST(empty_lines_and_interim_responses_count_as_head)
{
    char in[1000];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = "\r\n"[i % 2];
    expect_within(&limits, HTTP_REQUESTS, in, sizeof in, "fault 431 @400");

    const char interim[] = "HTTP/1.1 100 \r\n\r\n"; /* 17 bytes */
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = interim[i % 17];
    expect_within(&limits, HTTP_RESPONSES, in, sizeof in, "fault 431 @400");
}
END_TEST

START_TEST(a_header_too_many_is_a_431_and_none_is_dropped)
{
    char in[200] = GET "Host: h\r\n";
    for (size_t i = 1; i < limits.n_headers; i++)
        strcat(in, "A: b\r\n");
    size_t n = strlen(in);
    strcat(in, "\r\n");
    expect_within(&limits, HTTP_REQUESTS, in, n + 2,
                  "GET /a 1.1 [Host=h] [A=b] [A=b] [A=b] [A=b] [A=b] [A=b] "
                  "[A=b] @70\n");
    strcpy(in + n, "A: b\r\n\r\n");
    expect_within(&limits, HTTP_REQUESTS, in, n + 8, "fault 431 @74");
}
END_TEST

/* One byte in each chunk costs six bytes of lines, which is fine. */
START_TEST(small_chunks_pass_and_long_extensions_do_not)
{
    const struct http_limits within = {
        .head_size = 100, .target_size = 9, .n_headers = 4, .body_size = 500};
    char in[8000] = CHUNKED;
    struct transcript said;
    for (int i = 0; i < 500; i++)
        strcat(in, "1\r\nx\r\n");
    strcat(in, "0\r\n\r\n");
    transcribe(HTTP_REQUESTS, &within, in, strlen(in), cut_random, &said);
    ck_assert_ptr_nonnull(strstr(said.text, "xxx> @3062\n"));

    strcpy(in, CHUNKED);
    for (int i = 0; i < 40; i++)
        strcat(in, "1;some=extension\r\nx\r\n");
    expect_within(&within, HTTP_REQUESTS, in, strlen(in),
                  "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] "
                  "...fault 431 @220");

    strcpy(in, CHUNKED "2;");
    memset(in + strlen(in), 'y', 200);
    expect_within(&within, HTTP_REQUESTS, in, 200,
                  "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] "
                  "...fault 431 @157");
}
END_TEST

START_TEST(trailers_are_bounded_as_heads_are)
{
    const struct http_limits within = {
        .head_size = 100, .target_size = 9, .n_headers = 4, .body_size = 99};
    char in[600] = CHUNKED "63\r\n";
    size_t n = strlen(in);
    memset(in + n, 'x', 99);
    strcpy(in + n + 99, "\r\n0\r\n");
    n = strlen(in);
    while (strlen(in) < n + 101)
        strcat(in, "A: bcd\r\n");
    char expected[300];
    snprintf(expected, sizeof expected,
             "POST /a 1.1 [Host=h] [Transfer-Encoding=chunked] "
             "...fault 431 @%zu",
             n + 100);
    expect_within(&within, HTTP_REQUESTS, in, strlen(in), expected);
}
END_TEST

static struct http_reader *read_whole(const char *in)
{
    const struct http_limits wide = {
        .head_size = 60000, .target_size = 4096, .n_headers = 50};
    struct http_reader *reader = http_reader_new(HTTP_REQUESTS, &wide);
    size_t used;
    ck_assert_int_eq(http_read(reader, (const uint8_t *)in, strlen(in), &used),
                     HTTP_EVENT_MESSAGE);
    return reader;
}

START_TEST(headers_are_found_by_name_in_any_case)
{
    struct http_reader *reader =
        read_whole(GET "Host: h\r\nX-Api-Key: one\r\nx-api-key: two\r\n\r\n");
    size_t n = 7;
    ck_assert_str_eq(http_header(reader, "x-API-key", &n), "one");
    ck_assert_uint_eq(n, 2);
    ck_assert_ptr_null(http_header(reader, "x-api-ke", &n));
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_null(http_header(reader, "x-api-key2", NULL));
    http_reader_free(reader);
}
END_TEST

START_TEST(a_token_is_looked_for_in_all_headers_of_the_name)
{
    struct http_reader *reader =
        read_whole(GET "Host: h\r\nConnection: keep-alive ,,\tUpGrade\t\r\n"
                       "Connection: last\r\nB: only\r\n\r\n");
    ck_assert(http_has_token(reader, "connection", "upgrade"));
    ck_assert(http_has_token(reader, "connection", "keep-alive"));
    ck_assert(http_has_token(reader, "connection", "last"));
    ck_assert(!http_has_token(reader, "connection", "only"));
    ck_assert(!http_has_token(reader, "connection", "keep"));
    ck_assert(!http_has_token(reader, "connection", "upgrades"));
    ck_assert(!http_has_token(reader, "connection", ""));
    http_reader_free(reader);
}
END_TEST

/* Quadratic scanners take minutes for this, which the suite does not give. */
START_TEST(a_list_of_blanks_costs_linear_time)
{
    static char in[60000];
    strcpy(in, GET "Host: h\r\nConnection: a");
    memset(in + strlen(in), ' ', 59000);
    strcat(in, "b\r\n\r\n");
    struct http_reader *reader = read_whole(in);
    for (int i = 0; i < 1000; i++)
        ck_assert(!http_has_token(reader, "Connection", "b"));
    http_reader_free(reader);
}
END_TEST

START_TEST(no_input_changes_nothing)
{
    struct http_reader *reader = read_whole(GET "Host: h\r\n\r\n");
    size_t used = 7;
    ck_assert_int_eq(http_read(reader, NULL, 0, &used), HTTP_EVENT_MORE);
    ck_assert_uint_eq(used, 0);
    ck_assert_str_eq(http_header(reader, "Host", NULL), "h");
    http_reader_free(reader);
    http_reader_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tcase = tcase_create("http");
    tcase_add_loop_test(tcase, a_request_is_read_or_refused_however_it_is_cut,
                        0, sizeof requests / sizeof *requests);
    tcase_add_loop_test(tcase, a_response_is_read_or_refused_however_it_is_cut,
                        0, sizeof responses / sizeof *responses);
    tcase_add_test(tcase, a_target_over_its_limit_is_a_414_before_it_has_ended);
    tcase_add_test(tcase,
                   a_head_over_its_limit_is_a_431_at_its_first_byte_too_many);
    tcase_add_test(tcase, empty_lines_and_interim_responses_count_as_head);
    tcase_add_test(tcase, a_header_too_many_is_a_431_and_none_is_dropped);
    tcase_add_test(tcase, small_chunks_pass_and_long_extensions_do_not);
    tcase_add_test(tcase, trailers_are_bounded_as_heads_are);
    tcase_add_test(tcase, headers_are_found_by_name_in_any_case);
    tcase_add_test(tcase, a_token_is_looked_for_in_all_headers_of_the_name);
    tcase_add_test(tcase, a_list_of_blanks_costs_linear_time);
    tcase_add_test(tcase, no_input_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
