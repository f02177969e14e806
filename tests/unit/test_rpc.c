#include "client/rpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/packet.h"
#include "tests/lib/suite.h"

#define ID "eHrdFcnvvHcCE-w="

static const struct connid id = {ID};
static struct bytes out;

static void setup(void)
{
    out = BYTES_EMPTY;
}

static void teardown(void)
{
    bytes_deinit(&out);
}

static struct json_span span(const char *text)
{
    return (struct json_span){text, strlen(text)};
}

static void expect_written(const char *text)
{
    ck_assert_uint_eq(bytes_size(&out), strlen(text));
    ck_assert_mem_eq(bytes_begin(&out), text, strlen(text));
    bytes_deinit(&out);
}

START_TEST(a_call_is_written_as_the_original_writes_it)
{
    const struct json_span args = span("[1,\"two\"]");
    ck_assert_int_eq(rpc_write_call(&id, "t", "add", &args, &out), 0);
    expect_written("{\"to\":\"" ID "\",\"payload\":{\"type\":\"REQ\","
                   "\"data\":{\"token\":\"t\",\"name\":\"add\","
                   "\"args\":[1,\"two\"]}}}");
    ck_assert_int_eq(rpc_write_call(&id, "t", "add", NULL, &out), 0);
    expect_written("{\"to\":\"" ID "\",\"payload\":{\"type\":\"REQ\","
                   "\"data\":{\"token\":\"t\",\"name\":\"add\","
                   "\"args\":[]}}}");
}
END_TEST

START_TEST(an_answer_without_a_value_has_no_ret)
{
    const struct json_span null = span("null");
    ck_assert_int_eq(rpc_write_answer(&id, "t", NULL, &out), 0);
    expect_written("{\"to\":\"" ID "\",\"payload\":{\"type\":\"ACK\","
                   "\"data\":{\"token\":\"t\"}}}");
    ck_assert_int_eq(rpc_write_answer(&id, "t", &null, &out), 0);
    expect_written("{\"to\":\"" ID "\",\"payload\":{\"type\":\"ACK\","
                   "\"data\":{\"token\":\"t\",\"ret\":null}}}");
}
END_TEST

START_TEST(a_failure_has_a_code_and_a_text)
{
    ck_assert_int_eq(rpc_write_failure(&id, "t", -ENOSYS, "no \"x\"\n", &out),
                     0);
    expect_written("{\"to\":\"" ID "\",\"payload\":{\"type\":\"NAK\","
                   "\"data\":{\"token\":\"t\",\"error\":{\"code\":\"ENOSYS\","
                   "\"message\":\"no \\\"x\\\"\\u000a\"}}}}");
}
END_TEST

static void expect_text(const char *given, const char *written)
{
    char expected[RPC_MESSAGE_MAX + 16];
    struct packet packet;
    ck_assert_int_eq(rpc_write_failure(&id, "t", -EBUSY, given, &out), 0);
    ck_assert_int_eq(
        packet_scan((char *)bytes_begin(&out), bytes_size(&out), &packet),
        PACKET_RELAY);
    snprintf(expected, sizeof expected, "\"message\":\"%s\"", written);
    ck_assert_ptr_nonnull(memmem(bytes_begin(&out), bytes_size(&out), expected,
                                 strlen(expected)));
    bytes_deinit(&out);
}

START_TEST(the_text_of_a_failure_is_cut_between_characters)
{
    char text[RPC_MESSAGE_MAX + 2];
    memset(text, 'x', RPC_MESSAGE_MAX - 1);
    strcpy(text + RPC_MESSAGE_MAX - 1, "\xc3\xa9");
    char *whole = strndup(text, RPC_MESSAGE_MAX - 1);
    expect_text(text, whole);
    expect_text("ab\xff"
                "cd",
                "ab");
    expect_text("", "");
    free(whole);
}
END_TEST

START_TEST(what_we_write_a_router_would_relay)
{
    struct packet packet;
    ck_assert_int_eq(
        rpc_write_call(&id, "t", "\xc3\xa9\"\\\n\x01/", NULL, &out), 0);
    ck_assert_int_eq(
        packet_scan((char *)bytes_begin(&out), bytes_size(&out), &packet),
        PACKET_RELAY);
    ck_assert_ptr_nonnull(memmem(bytes_begin(&out), bytes_size(&out),
                                 "\xc3\xa9\\\"\\\\\\u000a\\u0001/", 19));
}
END_TEST

START_TEST(names_that_cannot_be_written_are_refused)
{
    ck_assert_int_eq(rpc_write_call(&id, "t", "\xff", NULL, &out), -EINVAL);
    ck_assert_int_eq(rpc_write_call(&id, "t", "", NULL, &out), -EINVAL);
    char *name = malloc(MONOLOGUE_MAX_PACKET + 1);
    memset(name, 'x', MONOLOGUE_MAX_PACKET);
    name[MONOLOGUE_MAX_PACKET] = '\0';
    ck_assert_int_eq(rpc_write_call(&id, "t", name, NULL, &out), -EMSGSIZE);
    name[0] = '\1'; /* longer than the limit only when escaped */
    name[MONOLOGUE_MAX_PACKET - 2] = '\0';
    ck_assert_int_eq(rpc_write_call(&id, "t", name, NULL, &out), -EMSGSIZE);
    free(name);
}
END_TEST

/* Writes an answer whose value is a string of @n bytes. */
static int write_long(size_t n)
{
    char *text = malloc(n + 2);
    memset(text, 'x', n + 2);
    text[0] = text[n + 1] = '"';
    const struct json_span ret = {text, n + 2};
    int status = rpc_write_answer(&id, "t", &ret, &out);
    free(text);
    return status;
}

START_TEST(the_limit_counts_the_packet_as_relayed)
{
    ck_assert_int_eq(write_long(0), 0);
    size_t overhead = bytes_size(&out) + 2; /* "from" is longer than "to" */
    bytes_deinit(&out);
    ck_assert_int_eq(write_long(MONOLOGUE_MAX_PACKET - overhead), 0);
    struct packet packet;
    ck_assert_int_eq(
        packet_scan((char *)bytes_begin(&out), bytes_size(&out), &packet),
        PACKET_RELAY);
    ck_assert_uint_eq(PACKET_HEAD_SIZE + packet.payload_size + PACKET_TAIL_SIZE,
                      MONOLOGUE_MAX_PACKET);
    bytes_deinit(&out);
    ck_assert_int_eq(write_long(MONOLOGUE_MAX_PACKET - overhead + 1),
                     -EMSGSIZE);
    ck_assert(bytes_is_empty(&out));
}
END_TEST

/* Reads a copy without a byte to spare, which lives until the next one. */
static enum rpc_kind read_text(const char *json, struct rpc *rpc)
{
    static char *exact;
    size_t size = strlen(json);
    free(exact);
    exact = malloc(size);
    memcpy(exact, json, size);
    return rpc_read(exact, size, rpc);
}

static void expect(const struct json_span *value, const char *text)
{
    ck_assert_uint_eq(value->size, strlen(text));
    ck_assert_mem_eq(value->text, text, value->size);
}

#define FROM "{\"from\":\"" ID "\",\"payload\":{\"type\":"

START_TEST(a_call_is_read)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text(FROM "\"REQ\",\"data\":{\"token\":\"t\","
                                    "\"name\":\"n\\u00e9\",\"args\":[ 1 ]}}}",
                               &rpc),
                     RPC_CALL);
    ck_assert(connid_equal(&rpc.from, &id));
    expect(&rpc.token, "t");
    expect(&rpc.args, "[ 1 ]");
    ck_assert_str_eq(rpc.name, "n\xc3\xa9");
    ck_assert_uint_eq(rpc.name_size, 3);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_cut_and_told)
{
    char text[MONOLOGUE_MAX_NAME + 200];
    struct rpc rpc;
    for (int n = MONOLOGUE_MAX_NAME; n <= MONOLOGUE_MAX_NAME + 1; n++) {
        snprintf(text, sizeof text,
                 FROM "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"%0*d\","
                      "\"args\":[]}}}",
                 n, 0);
        ck_assert_int_eq(read_text(text, &rpc), RPC_CALL);
        ck_assert_uint_eq(rpc.name_size, (size_t)n);
        ck_assert_uint_eq(strlen(rpc.name), MONOLOGUE_MAX_NAME);
    }
}
END_TEST

#define ANSWER(ret) FROM "\"ACK\",\"data\":{\"token\":\"t\"" ret "}}}"

static const struct {
    const char *json;
    const char *ret;
} answers[] = {
    {ANSWER(""), "null"},
    {ANSWER(",\"ret\":null"), "null"},
    {ANSWER(",\"ret\":[true]"), "[true]"},
    {ANSWER(",\"ret\":100000000000000000000"), "100000000000000000000"},
    {ANSWER(",\"ret\":1e999"), "1e999"},
    {ANSWER(",\"ret\":\"a\\u0000\\ud800\""), "\"a\\u0000\\ud800\""},
};

START_TEST(an_answer_is_read)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text(answers[_i].json, &rpc), RPC_ANSWER);
    expect(&rpc.token, "t");
    expect(&rpc.ret, answers[_i].ret);
}
END_TEST

#define FAILURE(error) FROM "\"NAK\",\"data\":{\"token\":\"t\"" error "}}}"

static const struct {
    const char *json;
    int status;
    const char *message;
} failures[] = {
    {FAILURE(",\"error\":{\"code\":\"ENOENT\",\"message\":\"gone\"}"), -ENOENT,
     "gone"},
    {FAILURE(",\"error\":{\"code\":\"EN\\u004fSYS\"}"), -ENOSYS, ""},
    {FAILURE(",\"error\":{\"code\":\"EPERM\",\"message\":\"no\"}"), -EREMOTEIO,
     "no"},
    {FAILURE(",\"error\":{\"code\":-2,\"message\":{}}"), -EREMOTEIO, ""},
    {FAILURE(",\"error\":\"ENOENT\""), -EREMOTEIO, ""},
    {FAILURE(",\"error\":{}"), -EREMOTEIO, ""},
    {FAILURE(""), -EREMOTEIO, ""},
};

START_TEST(a_failure_is_read_whatever_it_says)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text(failures[_i].json, &rpc), RPC_FAILURE);
    ck_assert(connid_equal(&rpc.from, &id));
    expect(&rpc.token, "t");
    ck_assert_int_eq(rpc.status, failures[_i].status);
    ck_assert_str_eq(rpc.message, failures[_i].message);
}
END_TEST

START_TEST(a_long_text_of_a_failure_is_cut_between_characters)
{
    char text[RPC_MESSAGE_MAX + 200];
    struct rpc rpc;
    snprintf(text, sizeof text,
             FAILURE(",\"error\":{\"message\":\"%0*d\xc3\xa9\"}"),
             RPC_MESSAGE_MAX - 1, 0);
    ck_assert_int_eq(read_text(text, &rpc), RPC_FAILURE);
    ck_assert_uint_eq(strlen(rpc.message), RPC_MESSAGE_MAX - 1);
}
END_TEST

static const char *const others[] = {
    "",
    "whoami",
    ID,
    "[]",
    "\"x\"",
    "{}",
    "{\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":\"t\"}}}",
    "{\"from\":\"\",\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":\"t\"}}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":\"t\"}}"
    "}",
    "{\"from\":1,\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":\"t\"}}}",
    "{\"from\":\"" ID "\",\"payload\":1}",
    "{\"from\":\"" ID "\",\"payload\":{}}",
    FROM "\"ACK\"}}",
    FROM "\"ACK\",\"data\":[]}}",
    FROM "\"ACK\",\"data\":{\"token\":5}}}",
    FROM "\"ACK\",\"data\":{\"token\":\"\"}}}",
    FROM "\"ACk\",\"data\":{\"token\":\"t\"}}}",
    FROM "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"n\",\"args\":{}}}}",
    FROM "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"n\"}}}",
    FROM "\"REQ\",\"data\":{\"token\":\"t\",\"args\":[]}}}",
    FROM "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"\",\"args\":[]}}}",
    FROM "\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"a\\u0000\","
         "\"args\":[]}}}",
    ANSWER(",\"ret\":01"),
    ANSWER("") "x",
};

START_TEST(what_is_no_packet_is_told_apart)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text(others[_i], &rpc), RPC_OTHER);
}
END_TEST

START_TEST(an_error_frame_is_a_refusal)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text("{\"message\": \"Internal server error\", "
                               "\"connectionId\":\"a\", \"requestId\":\"b\"}",
                               &rpc),
                     RPC_REFUSAL);
    ck_assert_str_eq(rpc.message, "Internal server error");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc");
    TCase *tcase = tcase_create("rpc");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_call_is_written_as_the_original_writes_it);
    tcase_add_test(tcase, an_answer_without_a_value_has_no_ret);
    tcase_add_test(tcase, a_failure_has_a_code_and_a_text);
    tcase_add_test(tcase, the_text_of_a_failure_is_cut_between_characters);
    tcase_add_test(tcase, what_we_write_a_router_would_relay);
    tcase_add_test(tcase, names_that_cannot_be_written_are_refused);
    tcase_add_test(tcase, the_limit_counts_the_packet_as_relayed);
    tcase_add_test(tcase, a_call_is_read);
    tcase_add_test(tcase, a_name_that_is_too_long_is_cut_and_told);
    tcase_add_loop_test(tcase, an_answer_is_read, 0,
                        sizeof answers / sizeof *answers);
    tcase_add_loop_test(tcase, a_failure_is_read_whatever_it_says, 0,
                        sizeof failures / sizeof *failures);
    tcase_add_test(tcase, a_long_text_of_a_failure_is_cut_between_characters);
    tcase_add_loop_test(tcase, what_is_no_packet_is_told_apart, 0,
                        sizeof others / sizeof *others);
    tcase_add_test(tcase, an_error_frame_is_a_refusal);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
