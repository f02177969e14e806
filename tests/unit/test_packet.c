#include "proto/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

#define ID "eHrdFcnvvHcCE-w="
#define PAYLOAD "{\"type\":\"REQ\",\"data\":{\"token\":\"1\"}}"

struct scan {
    enum packet_kind kind;
    struct packet packet;
    size_t payload_offset;
};

/* Scans a copy without a byte to spare; sanitizers see reads behind it. */
static struct scan scan(const char *text, size_t n)
{
    struct scan result = {.kind = PACKET_MALFORMED};
    char *exact = malloc(n);
    ck_assert(exact != NULL || n == 0);
    memcpy(exact, text, n);
    result.kind = packet_scan(exact, n, &result.packet);
    if (result.kind == PACKET_RELAY)
        result.payload_offset = (size_t)(result.packet.payload - exact);
    result.packet.payload = NULL;
    free(exact);
    return result;
}

static enum packet_kind kind_of(const char *text)
{
    return scan(text, strlen(text)).kind;
}

/* Texts in these tables use ' for ". */
static char *quoted(const char *text)
{
    char *out = strdup(text);
    ck_assert_ptr_nonnull(out);
    for (char *quote = out; (quote = strchr(quote, '\'')) != NULL;)
        *quote = '"';
    return out;
}

START_TEST(whoami_is_exactly_six_bytes)
{
    ck_assert_int_eq(kind_of("whoami"), PACKET_WHOAMI);
    static const char *const others[] = {
        "",        "whoam",    "whoamI",     "whoamis", " whoami",
        "whoami ", "whoami\n", "\"whoami\"", "WHOAMI",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_int_eq(kind_of(others[i]), PACKET_MALFORMED);
    ck_assert_int_eq(scan("whoami", 7).kind, PACKET_MALFORMED);
}
END_TEST

static const struct {
    const char *text;
    const char *to;
    const char *payload;
} relayed[] = {
    {"{'to':'a','payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'payload':{'type':'b'},'to':'a'}", "a", "{'type':'b'}"},
    {"{'to':'a','payload':{'type':'b','data':{}}}", "a",
     "{'type':'b','data':{}}"},
    {"{'to':'a','payload':{'data':{'x':[1]},'type':'b'}}", "a",
     "{'data':{'x':[1]},'type':'b'}"},
    {"{'to':'a','from':'f','payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'from':null,'to':'a','payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'from':{'x':[{}]},'to':'a','payload':{'type':'b'}}", "a",
     "{'type':'b'}"},
    {" \t\r\n{ 'to' : 'a' , 'payload' : { 'type' : 'b' } } \n", "a",
     "{ 'type' : 'b' }"},
    {"{'to':'\\u0061\\n','payload':{'type':'b'}}", "a\n", "{'type':'b'}"},
    {"{'\\u0074o':'a','p\\u0061yload':{'t\\u0079pe':'b'}}", "a",
     "{'t\\u0079pe':'b'}"},
    {"{'to':1,'to':'a','payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'to':'z','to':'a','payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'to':'','t\\u006f':'a','payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'to':'a','payload':5,'payload':{'type':'b'}}", "a", "{'type':'b'}"},
    {"{'to':'a','payload':{'x':1},'payload':{'type':'b'}}", "a",
     "{'type':'b'}"},
    {"{'to':'a','payload':{'type':'c'},'payload':{'type':'b'}}", "a",
     "{'type':'b'}"},
    {"{'to':'a','payload':{'type':1,'type':'b'}}", "a",
     "{'type':1,'type':'b'}"},
    {"{'to':'a','payload':{'data':1,'type':'b','data':{}}}", "a",
     "{'data':1,'type':'b','data':{}}"},
    {"{'to':'a','payload':{'type':'b','data':{'__proto__':1,'to':2}}}", "a",
     "{'type':'b','data':{'__proto__':1,'to':2}}"},
    {"{'to':'\\u0000','payload':{'type':'\\ud800'}}", NULL,
     "{'type':'\\ud800'}"},
    {"{'to':'a','payload':{'type':'b','data':{'n':1e999,'m':-0}}}", "a",
     "{'type':'b','data':{'n':1e999,'m':-0}}"},
};

START_TEST(a_good_packet_is_taken_apart)
{
    char *text = quoted(relayed[_i].text);
    char *payload = quoted(relayed[_i].payload);
    struct scan it = scan(text, strlen(text));
    ck_assert_msg(it.kind == PACKET_RELAY, "%s", text);
    ck_assert_uint_eq(it.packet.payload_size, strlen(payload));
    ck_assert_mem_eq(text + it.payload_offset, payload, strlen(payload));
    const char *to = relayed[_i].to;
    size_t to_size = to != NULL ? strlen(to) : 1;
    ck_assert_uint_eq(it.packet.to_size, to_size);
    ck_assert_mem_eq(it.packet.to, to != NULL ? to : "\0", to_size);
    free(payload);
    free(text);
}
END_TEST

static const char *const refused[] = {
    "null",
    "1",
    "'to'",
    "[]",
    "{}",
    "[{'to':'a','payload':{'type':'b'}}]",
    "{'to':'a'}",
    "{'payload':{'type':'b'}}",
    "{'from':'a','payload':{'type':'b'}}",
    "{'to':'','payload':{'type':'b'}}",
    "{'to':1,'payload':{'type':'b'}}",
    "{'to':null,'payload':{'type':'b'}}",
    "{'to':['a'],'payload':{'type':'b'}}",
    "{'to':{'a':1},'payload':{'type':'b'}}",
    "{'to':'a','payload':null}",
    "{'to':'a','payload':'b'}",
    "{'to':'a','payload':1234}",
    "{'to':'a','payload':[]}",
    "{'to':'a','payload':['type','b']}",
    "{'to':'a','payload':{}}",
    "{'to':'a','payload':{'data':{}}}",
    "{'to':'a','payload':{'type':''}}",
    "{'to':'a','payload':{'type':123}}",
    "{'to':'a','payload':{'type':null}}",
    "{'to':'a','payload':{'type':{'a':1}}}",
    "{'to':'a','payload':{'type':'b','data':null}}",
    "{'to':'a','payload':{'type':'b','data':[]}}",
    "{'to':'a','payload':{'type':'b','data':'c'}}",
    "{'to':'a','payload':{'type':'b','data':1}}",
    "{'to':'a','payload':{'type':'b','x':1}}",
    "{'to':'a','payload':{'type':'b','':1}}",
    "{'to':'a','payload':{'type':'b','to':1}}",
    "{'to':'a','payload':{'type':'b','__proto__':{}}}",
    "{'to':'a','payload':{'__proto__':{'type':'b'}}}",
    "{'to':'a','payload':{'type':'b'},'x':1}",
    "{'to':'a','payload':{'type':'b'},'type':'b'}",
    "{'to':'a','payload':{'type':'b'},'__proto__':{}}",
    "{'to':'a','payload':{'type':'b'},'\\u005f_proto__':1}",
    "{'to':'a','payload':{'type':'b'},'route':'$connect'}",
    "{'to':'a','payload':{'type':'b'},'To':'a'}",
    "{'to':'a','to':1,'payload':{'type':'b'}}",
    "{'to':'a','to':'','payload':{'type':'b'}}",
    "{'to':'a','\\u0074o':1,'payload':{'type':'b'}}",
    "{'to':'a','payload':{'type':'b'},'payload':1}",
    "{'to':'a','payload':{'type':'b'},'payload':{}}",
    "{'to':'a','payload':{'type':'b','type':1}}",
    "{'to':'a','payload':{'type':'b','data':{},'data':1}}",
    "{'to':'a','payload':{'type':'b'}}x",
    "{'to':'a','payload':{'type':'b'}}{}",
    "{'to':'a','payload':{'type':'b'}},",
    "{'to':'a','payload':{'type':'b'},}",
    "{'to':'a','payload':{'type':'b',}}",
    "{'to':'a','from':01,'payload':{'type':'b'}}",
    "{'to':'a','payload':{'type':'b','data':{'x':[}]}}}",
    "{'to':'a''payload':{'type':'b'}}",
    "{'to':'a',,'payload':{'type':'b'}}",
    "\xef\xbb\xbf{'to':'a','payload':{'type':'b'}}",
    "\f{'to':'a','payload':{'type':'b'}}",
};

START_TEST(what_the_router_throws_on_is_malformed)
{
    char *text = quoted(refused[_i]);
    ck_assert_msg(kind_of(text) == PACKET_MALFORMED, "%s", text);
    free(text);
}
END_TEST

START_TEST(an_empty_message_is_malformed_wherever_it_lies)
{
    struct packet packet;
    ck_assert_int_eq(packet_scan(NULL, 0, &packet), PACKET_MALFORMED);
    ck_assert_int_eq(packet_scan("whoami", 0, &packet), PACKET_MALFORMED);
}
END_TEST

START_TEST(a_refused_packet_leaves_the_result_alone)
{
    struct packet packet = {.payload = "x", .payload_size = 3, .to_size = 5};
    char *text = quoted("{'to':'abc','payload':{'type':'b'},'x':1}");
    ck_assert_int_eq(packet_scan(text, strlen(text), &packet),
                     PACKET_MALFORMED);
    ck_assert_str_eq(packet.payload, "x");
    ck_assert_uint_eq(packet.payload_size, 3);
    ck_assert_uint_eq(packet.to_size, 5);
    free(text);
}
END_TEST

START_TEST(to_is_cut_but_its_size_is_told)
{
    struct scan it;
    it = scan("{\"to\":\"" ID "\",\"payload\":" PAYLOAD "}",
              sizeof "{\"to\":\"" ID "\",\"payload\":" PAYLOAD "}" - 1);
    ck_assert_int_eq(it.kind, PACKET_RELAY);
    ck_assert_uint_eq(it.packet.to_size, CONNID_CHARS);
    ck_assert_mem_eq(it.packet.to, ID, CONNID_CHARS);
    it = scan("{\"to\":\"" ID "x\",\"payload\":" PAYLOAD "}",
              sizeof "{\"to\":\"" ID "x\",\"payload\":" PAYLOAD "}" - 1);
    ck_assert_int_eq(it.kind, PACKET_RELAY);
    ck_assert_uint_eq(it.packet.to_size, CONNID_CHARS + 1);
    ck_assert_mem_eq(it.packet.to, ID, CONNID_CHARS);
}
END_TEST

static const char whole[] =
    " {\"to\":\"" ID "\",\"from\":[-1.5e+3,true,false,null],\"payload\":"
    "{\"type\":\"REQ\",\"data\":{\"token\":\"\\u00e9\\n\",\"args\":[{},[[]],"
    "\"a text that is longer than any vector in use \\\" \\\\ and goes on\","
    "\"\xe2\x82\xac\"]}}}";

START_TEST(every_shorter_prefix_is_malformed)
{
    size_t n = sizeof whole - 1;
    ck_assert_int_eq(scan(whole, n).kind, PACKET_RELAY);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(scan(whole, i).kind, PACKET_MALFORMED);
}
END_TEST

START_TEST(no_changed_byte_makes_the_scan_leave_the_text)
{
    size_t n = sizeof whole - 1;
    char text[sizeof whole];
    memcpy(text, whole, sizeof whole);
    for (size_t i = 0; i < n; i++)
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            struct scan it = scan(text, n);
            if (it.kind == PACKET_RELAY)
                ck_assert_uint_le(it.payload_offset + it.packet.payload_size,
                                  n);
            text[i] = whole[i];
        }
}
END_TEST

/* A packet whose data has a member x: n opens, the middle, n closes. */
static char *wrap(const char *open, const char *middle, const char *close,
                  size_t n_times, size_t *n_out)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, n_out);
    ck_assert_ptr_nonnull(out);
    fputs("{\"to\":\"" ID "\",\"payload\":{\"type\":\"REQ\",\"data\":{\"x\":",
          out);
    for (size_t i = 0; i < n_times; i++)
        fputs(open, out);
    fputs(middle, out);
    for (size_t i = 0; i < n_times; i++)
        fputs(close, out);
    fputs("}}}", out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static const struct {
    const char *open, *middle, *close;
    size_t n_times;
} large[] = {
    {"[", "", "]", 65000},
    {"{\"a\":", "1", "}", 65000},
    {"[{\"a\":[", "1", "]}]", 30000},
    {"", "1", ",\"key\":12345", 12000},
    {"", "\"\"", ",\"\\u0061\":\"\\\"\"", 12000},
    {"[-1.5e3,", "\"\"", ",true]", 12000},
};

START_TEST(a_large_packet_is_relayed_whole)
{
    size_t n;
    char *text = wrap(large[_i].open, large[_i].middle, large[_i].close,
                      large[_i].n_times, &n);
    struct scan it = scan(text, n);
    ck_assert_int_eq(it.kind, PACKET_RELAY);
    ck_assert_uint_eq(it.payload_offset + it.packet.payload_size, n - 1);
    ck_assert_int_eq(scan(text, n - 1).kind, PACKET_MALFORMED);
    free(text);
}
END_TEST

START_TEST(a_deep_packet_that_never_closes_is_malformed)
{
    enum { SIZE = 131072 };
    char *text = malloc(SIZE);
    ck_assert_ptr_nonnull(text);
    memset(text, '[', SIZE);
    ck_assert_int_eq(scan(text, SIZE).kind, PACKET_MALFORMED);
    static const char head[] = "{\"from\":";
    memcpy(text, head, sizeof head - 1);
    ck_assert_int_eq(scan(text, SIZE).kind, PACKET_MALFORMED);
    free(text);
}
END_TEST

START_TEST(a_string_of_100_kb_is_relayed_whole)
{
    enum { SIZE = 100000 };
    char *string = malloc(SIZE + 1);
    ck_assert_ptr_nonnull(string);
    memset(string, 'x', SIZE);
    string[0] = string[SIZE - 1] = '"';
    string[SIZE] = '\0';
    size_t n;
    char *text = wrap("", string, "", 0, &n);
    struct scan it = scan(text, n);
    ck_assert_int_eq(it.kind, PACKET_RELAY);
    ck_assert_uint_eq(it.payload_offset + it.packet.payload_size, n - 1);
    text[n / 2] = '\n';
    ck_assert_int_eq(scan(text, n).kind, PACKET_MALFORMED);
    free(text);
    free(string);
}
END_TEST

START_TEST(a_head_and_a_tail_make_a_packet)
{
    struct connid from;
    memcpy(from.chars, ID, CONNID_CHARS);
    char head[PACKET_HEAD_SIZE + 1] = {0};
    head[PACKET_HEAD_SIZE] = '#';
    packet_write_head(head, &from);
    ck_assert_mem_eq(head, "{\"from\":\"" ID "\",\"payload\":#",
                     PACKET_HEAD_SIZE + 1);
    ck_assert_str_eq(PACKET_TAIL, "}");
    ck_assert_uint_eq(strlen(PACKET_TAIL), PACKET_TAIL_SIZE);
}
END_TEST

START_TEST(an_error_frame_is_spaced_as_api_gateway_does)
{
    static const char expected[] = "{\"message\": \"Internal server error\", "
                                   "\"connectionId\":\"Qyi07eCbtjMCJKw=\", "
                                   "\"requestId\":\"Qyi3UG41tjMFlUg=\"}";
    struct connid connection;
    struct connid request;
    memcpy(connection.chars, "Qyi07eCbtjMCJKw=", CONNID_CHARS);
    memcpy(request.chars, "Qyi3UG41tjMFlUg=", CONNID_CHARS);
    char text[PACKET_ERROR_MAX];
    memset(text, '#', sizeof text);
    size_t n = packet_write_error(text, "Internal server error", &connection,
                                  &request);
    ck_assert_uint_eq(n, 103);
    ck_assert_mem_eq(text, expected, n);
    ck_assert_int_eq(text[n], '#');
}
END_TEST

START_TEST(the_longest_message_fits_an_error_frame)
{
    struct connid id;
    memcpy(id.chars, ID, CONNID_CHARS);
    char message[101];
    memset(message, 'm', 100);
    message[100] = '\0';
    char text[PACKET_ERROR_MAX];
    size_t n = packet_write_error(text, message, &id, &id);
    ck_assert_uint_eq(n, 103 - strlen("Internal server error") + 100);
    ck_assert_int_eq(text[n - 1], '}');
}
END_TEST

#define N_OF(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *suite = suite_create("packet");
    TCase *tcase = tcase_create("packet");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, whoami_is_exactly_six_bytes);
    tcase_add_loop_test(tcase, a_good_packet_is_taken_apart, 0, N_OF(relayed));
    tcase_add_loop_test(tcase, what_the_router_throws_on_is_malformed, 0,
                        N_OF(refused));
    tcase_add_test(tcase, an_empty_message_is_malformed_wherever_it_lies);
    tcase_add_test(tcase, a_refused_packet_leaves_the_result_alone);
    tcase_add_test(tcase, to_is_cut_but_its_size_is_told);
    tcase_add_test(tcase, every_shorter_prefix_is_malformed);
    tcase_add_test(tcase, no_changed_byte_makes_the_scan_leave_the_text);
    tcase_add_loop_test(tcase, a_large_packet_is_relayed_whole, 0, N_OF(large));
    tcase_add_test(tcase, a_deep_packet_that_never_closes_is_malformed);
    tcase_add_test(tcase, a_string_of_100_kb_is_relayed_whole);
    tcase_add_test(tcase, a_head_and_a_tail_make_a_packet);
    tcase_add_test(tcase, an_error_frame_is_spaced_as_api_gateway_does);
    tcase_add_test(tcase, the_longest_message_fits_an_error_frame);
    return suite_run_suite(suite);
}
