#include "proto/nak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct connid id = {"eHrdFcnvvHcCE-w="};

/* Whose token gets a NAK; NULL: nobody's. */
static const struct {
    const char *payload;
    const char *token;
} payloads[] = {
    {"{\"type\":\"REQ\",\"data\":{\"token\":\"t1\",\"name\":\"x\"}}", "t1"},
    {"{\"data\":{\"args\":[{\"token\":\"no\"}],\"token\":\"t\"},"
     "\"type\":\"REQ\"}",
     "t"},
    {"{\"type\":\"R\\u0045Q\",\"data\":{\"t\\u006fken\":\"\\u0074\"}}",
     "\\u0074"},
    {"{\"type\":\"REQ\",\"data\":{\"token\":\"a\",\"token\":\"b\"}}", "b"},
    {"{\"type\":\"REQ\",\"data\":{\"token\":\"a\",\"token\":1}}", NULL},
    {"{\"type\":\"REQ\",\"data\":{\"token\":\"\"}}", NULL},
    {"{\"type\":\"REQ\",\"data\":{}}", NULL},
    {"{\"type\":\"REQ\"}", NULL},
    {"{\"type\":\"ACK\",\"data\":{\"token\":\"t1\"}}", NULL},
    {"{\"type\":\"NAK\",\"data\":{\"token\":\"t1\"}}", NULL},
    {"{\"type\":\"req\",\"data\":{\"token\":\"t1\"}}", NULL},
    {"", NULL},
    {"[]", NULL},
    {"{\"type\":\"REQ\",\"data\":{\"token\":\"t1\"}", NULL},
};

START_TEST(only_calls_with_a_token_get_one)
{
    struct json_span token = {NULL, 0};
    size_t size = strlen(payloads[_i].payload);
    char *exact = malloc(size);
    memcpy(exact, payloads[_i].payload, size);
    bool is_call = nak_find_token(exact, size, &token);
    ck_assert(is_call == (payloads[_i].token != NULL));
    if (is_call) {
        ck_assert_uint_eq(token.size, strlen(payloads[_i].token));
        ck_assert_mem_eq(token.text, payloads[_i].token, token.size);
    } else {
        ck_assert_ptr_null(token.text);
    }
    free(exact);
}
END_TEST

static bool finds_token_of(int n, struct json_span *token)
{
    static char payload[1024];
    snprintf(payload, sizeof payload,
             "{\"type\":\"REQ\",\"data\":{\"token\":\"%0*d\"}}", n, 0);
    return nak_find_token(payload, strlen(payload), token);
}

START_TEST(tokens_have_a_bound_and_the_longest_fits)
{
    static const int statuses[] = {-ENOENT, -EMSGSIZE, -ENOBUFS, -ENOMEM,
                                   -ENOSYS};
    char text[NAK_MAX];
    struct json_span token;
    ck_assert(!finds_token_of(NAK_TOKEN_MAX + 1, &token));
    ck_assert(finds_token_of(NAK_TOKEN_MAX, &token));
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        ck_assert_uint_lt(nak_write(text, &id, &token, statuses[i]), NAK_MAX);
}
END_TEST

START_TEST(it_is_written_as_the_protocol_has_it)
{
    char text[NAK_MAX];
    const struct json_span token = {"t\\u0031", 7};
    static const char expected[] =
        "{\"from\":\"eHrdFcnvvHcCE-w=\",\"payload\":{\"type\":\"NAK\",\"data\":"
        "{\"token\":\"t\\u0031\",\"error\":{\"code\":\"ENOENT\",\"message\":"
        "\"no open connection has that id\"}}}}";
    size_t size = nak_write(text, &id, &token, -ENOENT);
    ck_assert_uint_eq(size, sizeof expected - 1);
    ck_assert_mem_eq(text, expected, size);
}
END_TEST

START_TEST(codes_and_statuses_are_the_same)
{
    static const int statuses[] = {-ENOENT, -EMSGSIZE, -ENOBUFS,  -EAGAIN,
                                   -ENOSYS, -EBUSY,    -EREMOTEIO};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const char *code = nak_code(statuses[i]);
        const struct json_span span = {code, strlen(code)};
        ck_assert_int_eq(nak_status(&span), statuses[i]);
    }
    const struct json_span other = {"EINVAL", 6};
    ck_assert_int_eq(nak_status(&other), -EREMOTEIO);
    ck_assert_str_eq(nak_code(-EINVAL), "EREMOTEIO");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nak");
    TCase *tcase = tcase_create("nak");
    tcase_add_loop_test(tcase, only_calls_with_a_token_get_one, 0,
                        sizeof payloads / sizeof *payloads);
    tcase_add_test(tcase, tokens_have_a_bound_and_the_longest_fits);
    tcase_add_test(tcase, it_is_written_as_the_protocol_has_it);
    tcase_add_test(tcase, codes_and_statuses_are_the_same);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
