#include "client/rpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/monologue.h"
#include "proto/packet.h"
#include "tests/lib/suite.h"

#define ID "eHrdFcnvvHcCE-w="

static char *text;
static size_t size;

static void forget(void)
{
    free(text);
    text = NULL;
}

START_TEST(a_call_is_written_as_the_original_writes_it)
{
    json_t *args = json_pack("[i, s]", 1, "two");
    ck_assert_int_eq(rpc_write_call(ID, "t", "add", args, &text, &size), 0);
    ck_assert_str_eq(text, "{\"to\":\"" ID "\",\"payload\":{\"type\":\"REQ\","
                           "\"data\":{\"token\":\"t\",\"name\":\"add\","
                           "\"args\":[1,\"two\"]}}}");
    ck_assert_uint_eq(size, strlen(text));
    forget();
    ck_assert_int_eq(rpc_write_call(ID, "t", "add", NULL, &text, &size), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"args\":[]"));
    forget();
    ck_assert_uint_eq(args->refcount, 1);
    json_decref(args);
}
END_TEST

START_TEST(an_answer_without_a_value_has_no_ret)
{
    ck_assert_int_eq(rpc_write_answer(ID, "t", NULL, &text, &size), 0);
    ck_assert_str_eq(text, "{\"to\":\"" ID "\",\"payload\":{\"type\":\"ACK\","
                           "\"data\":{\"token\":\"t\"}}}");
    forget();
    ck_assert_int_eq(rpc_write_answer(ID, "t", json_null(), &text, &size), 0);
    ck_assert_ptr_nonnull(strstr(text, "{\"token\":\"t\",\"ret\":null}"));
    forget();
}
END_TEST

START_TEST(what_we_write_a_router_would_relay)
{
    struct packet packet;
    json_t *args = json_pack("[s, f, {s:n}]", "\xc3\xa9\"\\\n", 0.1, "n");
    ck_assert_int_eq(rpc_write_call(ID, "t", "add", args, &text, &size), 0);
    ck_assert_int_eq(packet_scan(text, size, &packet), PACKET_RELAY);
    forget();
    json_decref(args);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused)
{
    json_t *object = json_object();
    ck_assert_int_eq(rpc_write_call(ID, "t", "add", object, &text, &size),
                     -EINVAL);
    ck_assert_int_eq(rpc_write_call(ID, "t", "\xff", NULL, &text, &size),
                     -EINVAL);
    ck_assert_int_eq(rpc_write_call(ID, "t", "", NULL, &text, &size), -EINVAL);
    json_decref(object);
}
END_TEST

/* Writes an answer whose value is a string of @n bytes. */
static int write_long(size_t n)
{
    char *letters = malloc(n);
    memset(letters, 'x', n);
    json_t *ret = json_stringn(letters, n);
    int status = rpc_write_answer(ID, "t", ret, &text, &size);
    json_decref(ret);
    free(letters);
    return status;
}

START_TEST(the_limit_counts_the_packet_as_relayed)
{
    ck_assert_int_eq(write_long(0), 0);
    size_t overhead = size + 2; /* "from" is two longer than "to" */
    forget();
    ck_assert_int_eq(write_long(MONOLOGUE_MAX_PACKET - overhead), 0);
    struct packet packet;
    ck_assert_int_eq(packet_scan(text, size, &packet), PACKET_RELAY);
    ck_assert_uint_eq(PACKET_HEAD_SIZE + packet.payload_size + PACKET_TAIL_SIZE,
                      MONOLOGUE_MAX_PACKET);
    forget();
    ck_assert_int_eq(write_long(MONOLOGUE_MAX_PACKET - overhead + 1),
                     -EMSGSIZE);
}
END_TEST

static enum rpc_kind read_text(const char *json, struct rpc *rpc)
{
    return rpc_read(json, strlen(json), rpc);
}

START_TEST(a_call_is_read)
{
    struct rpc rpc;
    ck_assert_int_eq(
        read_text("{\"from\":\"f\",\"payload\":{\"type\":\"REQ\",\"data\":"
                  "{\"token\":\"t\",\"name\":\"n\",\"args\":[1]}}}",
                  &rpc),
        RPC_CALL);
    ck_assert_str_eq(rpc.from, "f");
    ck_assert_str_eq(rpc.token, "t");
    ck_assert_str_eq(rpc.name, "n");
    ck_assert_uint_eq(json_array_size(rpc.args), 1);
    rpc_deinit(&rpc);
}
END_TEST

#define ANSWER(ret)                                                      \
    "{\"from\":\"f\",\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":" \
    "\"t\"" ret "}}}"

static const struct {
    const char *json;
    const char *ret;
} answers[] = {
    {ANSWER(""), "null"},
    {ANSWER(",\"ret\":null"), "null"},
    {ANSWER(",\"ret\":[true]"), "[true]"},
    {ANSWER(",\"ret\":9007199254740993"), "9007199254740993"},
    {ANSWER(",\"ret\":100000000000000000000"), "1e20"},
    {ANSWER(",\"ret\":\"a\\u0000b\""), "\"a\\u0000b\""},
};

START_TEST(an_answer_is_read)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text(answers[_i].json, &rpc), RPC_ANSWER);
    char *ret = json_dumps(rpc.ret, JSON_ENCODE_ANY | JSON_COMPACT);
    ck_assert_str_eq(ret, answers[_i].ret);
    free(ret);
    rpc_deinit(&rpc);
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
    "{\"from\":1,\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":\"t\"}}}",
    "{\"from\":\"f\",\"payload\":1}",
    "{\"from\":\"f\",\"payload\":{}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"ACK\"}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"ACK\",\"data\":[]}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":5}}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"ACK\",\"data\":{\"token\":"
    "\"t\\u0000\"}}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"NAK\",\"data\":{\"token\":\"t\","
    "\"name\":\"n\",\"args\":[]}}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"REQ\",\"data\":{\"token\":\"t\","
    "\"name\":\"n\",\"args\":{}}}}",
    "{\"from\":\"f\",\"payload\":{\"type\":\"REQ\",\"data\":{\"token\":\"t\","
    "\"args\":[]}}}",
    ANSWER(",\"ret\":1e999"),
    ANSWER("") "x",
};

START_TEST(what_is_no_packet_is_told_apart)
{
    struct rpc rpc;
    ck_assert_int_eq(read_text(others[_i], &rpc), RPC_OTHER);
    rpc_deinit(&rpc);
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
    rpc_deinit(&rpc);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rpc");
    TCase *tcase = tcase_create("rpc");
    tcase_add_test(tcase, a_call_is_written_as_the_original_writes_it);
    tcase_add_test(tcase, an_answer_without_a_value_has_no_ret);
    tcase_add_test(tcase, what_we_write_a_router_would_relay);
    tcase_add_test(tcase, what_cannot_be_written_is_refused);
    tcase_add_test(tcase, the_limit_counts_the_packet_as_relayed);
    tcase_add_test(tcase, a_call_is_read);
    tcase_add_loop_test(tcase, an_answer_is_read, 0,
                        sizeof answers / sizeof *answers);
    tcase_add_loop_test(tcase, what_is_no_packet_is_told_apart, 0,
                        sizeof others / sizeof *others);
    tcase_add_test(tcase, an_error_frame_is_a_refusal);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
