#include "proto/answer.h"

#include <string.h>

#include "tests/lib/suite.h"
#include "tests/lib/wire.h"

static const struct answer_ids ids = {
    .now = 1592876730,
    .request = "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02",
    .gateway = {{'O', 'j', 'u', '9', 'I', 'G', 'v', '6', '5', 'P', 'g', 'F',
                 'l', 'B', 'g', '='}},
};

START_TEST(a_refused_key_has_the_bytes_of_api_gateway)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(answer_append_refusal(&out, WIRE_LIMIT, REFUSAL_FORBIDDEN,
                                           NULL, true, &ids),
                     0);
    wire_expect_text(&out, "HTTP/1.1 403 Forbidden\r\n"
                           "Date: Tue, 23 Jun 2020 01:45:30 GMT\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: 23\r\n"
                           "Connection: keep-alive\r\n"
                           "x-amzn-RequestId: "
                           "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02\r\n"
                           "x-amzn-ErrorType: ForbiddenException\r\n"
                           "x-amz-apigw-id: Oju9IGv65PgFlBg=\r\n"
                           "\r\n"
                           "{\"message\":\"Forbidden\"}");
}
END_TEST

START_TEST(another_version_is_told_which_one_we_speak)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(answer_append_refusal(&out, WIRE_LIMIT, REFUSAL_VERSION,
                                           NULL, false, &ids),
                     0);
    wire_expect_text(&out, "HTTP/1.1 426 Upgrade Required\r\n"
                           "Date: Tue, 23 Jun 2020 01:45:30 GMT\r\n"
                           "Content-Length: 0\r\n"
                           "Connection: upgrade, close\r\n"
                           "x-amzn-RequestId: "
                           "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02\r\n"
                           "x-amz-apigw-id: Oju9IGv65PgFlBg=\r\n"
                           "Upgrade: websocket\r\n"
                           "Sec-WebSocket-Version: 13\r\n"
                           "\r\n");
}
END_TEST

static const struct {
    enum refusal refusal;
    int status;
    const char *type; /* NULL: no such header */
    const char *body;
} answers[] = {
    {REFUSAL_BAD_REQUEST, 400, "BadRequestException",
     "{\"message\":\"Bad Request\"}"},
    {REFUSAL_FORBIDDEN, 403, "ForbiddenException",
     "{\"message\":\"Forbidden\"}"},
    {REFUSAL_MISSING_TOKEN, 403, "MissingAuthenticationTokenException",
     "{\"message\":\"Missing Authentication Token\"}"},
    {REFUSAL_ACCESS_DENIED, 403, "AccessDeniedException",
     "{\"message\":\"Forbidden\"}"},
    {REFUSAL_UNKNOWN_CREDENTIAL, 403, "UnrecognizedClientException",
     "{\"message\":\"The security token included in the request is "
     "invalid.\"}"},
    {REFUSAL_INCOMPLETE_SIGNATURE, 403, "IncompleteSignatureException",
     "{\"message\":\"The Authorization header is incomplete.\"}"},
    {REFUSAL_INVALID_SIGNATURE, 403, "InvalidSignatureException",
     "{\"message\":\"The request signature we calculated does not match the "
     "signature you provided. Check your AWS Secret Access Key and signing "
     "method. Consult the service documentation for details.\"}"},
    {REFUSAL_GONE, 410, "GoneException", ""},
    {REFUSAL_PAYLOAD_TOO_LARGE, 413, "PayloadTooLargeException",
     "{\"message\":\"Payload Too Large\"}"},
    {REFUSAL_TARGET_TOO_LONG, 414, NULL, "{\"message\":\"URI Too Long\"}"},
    {REFUSAL_NOT_WEBSOCKET, 426, NULL, ""},
    {REFUSAL_VERSION, 426, NULL, ""},
    {REFUSAL_TOO_MANY_REQUESTS, 429, "TooManyRequestsException",
     "{\"message\":\"Too Many Requests\"}"},
    {REFUSAL_LIMIT_EXCEEDED, 429, "LimitExceededException",
     "{\"message\":\"Limit Exceeded\"}"},
    {REFUSAL_HEAD_TOO_LARGE, 431, NULL,
     "{\"message\":\"Request Header Fields Too Large\"}"},
    {REFUSAL_INTERNAL, 500, "InternalServerErrorException",
     "{\"message\":\"Internal server error\"}"},
    {REFUSAL_UNAVAILABLE, 503, "ServiceUnavailableException",
     "{\"message\":\"Service Unavailable\"}"},
};

START_TEST(a_refusal_says_the_same_in_status_type_and_body)
{
    enum refusal refusal = answers[_i].refusal;
    ck_assert_int_eq(answer_status(refusal), answers[_i].status);
    for (int keep_alive = 0; keep_alive < 2; keep_alive++) {
        struct bytes out = BYTES_EMPTY;
        ck_assert_int_eq(answer_append_refusal(&out, WIRE_LIMIT, refusal, NULL,
                                               keep_alive, &ids),
                         0);
        struct http_reader *reader = wire_read_message(
            HTTP_RESPONSES, bytes_begin(&out), bytes_size(&out));
        size_t size;
        const uint8_t *body = http_body(reader, &size);
        const char *type = http_header(reader, "x-amzn-ErrorType", NULL);
        ck_assert_int_eq(http_status(reader), answers[_i].status);
        ck_assert_int_eq(http_keeps_alive(reader), keep_alive);
        ck_assert_pstr_eq(type, answers[_i].type);
        ck_assert_uint_eq(size, strlen(answers[_i].body));
        if (size)
            ck_assert_mem_eq(body, answers[_i].body, size);
        http_reader_free(reader);
        bytes_deinit(&out);
    }
}
END_TEST

START_TEST(each_fault_of_the_reader_has_its_refusal)
{
    const int faults[] = {400, 413, 414, 431, 500};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        ck_assert_int_eq(answer_status(answer_to_fault(faults[i])), faults[i]);
    ck_assert_int_eq(answer_to_fault(413), REFUSAL_PAYLOAD_TOO_LARGE);
    ck_assert_int_eq(answer_to_fault(501), REFUSAL_BAD_REQUEST);
    ck_assert_int_eq(answer_to_fault(505), REFUSAL_BAD_REQUEST);
    ck_assert_int_eq(answer_status(REFUSAL_NONE), 101);
}
END_TEST

START_TEST(a_message_of_its_own_takes_the_place_of_the_usual_one)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(answer_append_refusal(&out, WIRE_LIMIT,
                                           REFUSAL_INVALID_SIGNATURE,
                                           "Signature expired", false, &ids),
                     0);
    wire_expect_text(&out, "HTTP/1.1 403 Forbidden\r\n"
                           "Date: Tue, 23 Jun 2020 01:45:30 GMT\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: 31\r\n"
                           "Connection: close\r\n"
                           "x-amzn-RequestId: "
                           "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02\r\n"
                           "x-amzn-ErrorType: InvalidSignatureException\r\n"
                           "x-amz-apigw-id: Oju9IGv65PgFlBg=\r\n"
                           "\r\n"
                           "{\"message\":\"Signature expired\"}");
}
END_TEST

START_TEST(a_200_tells_its_length_even_of_nothing)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(answer_append_ok(&out, WIRE_LIMIT, NULL, true, &ids), 0);
    wire_expect_text(&out, "HTTP/1.1 200 OK\r\n"
                           "Date: Tue, 23 Jun 2020 01:45:30 GMT\r\n"
                           "Content-Length: 0\r\n"
                           "Connection: keep-alive\r\n"
                           "x-amzn-RequestId: "
                           "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02\r\n"
                           "x-amz-apigw-id: Oju9IGv65PgFlBg=\r\n"
                           "\r\n");
}
END_TEST

START_TEST(a_204_has_neither_body_nor_length)
{
    struct bytes out = BYTES_EMPTY;
    ck_assert_int_eq(answer_append_no_content(&out, WIRE_LIMIT, true, &ids), 0);
    wire_expect_text(&out, "HTTP/1.1 204 No Content\r\n"
                           "Date: Tue, 23 Jun 2020 01:45:30 GMT\r\n"
                           "Connection: keep-alive\r\n"
                           "x-amzn-RequestId: "
                           "5bb402aa-193f-4fd5-a6f7-1d9c07e5bf02\r\n"
                           "x-amz-apigw-id: Oju9IGv65PgFlBg=\r\n"
                           "\r\n");
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof *(table))

int main(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = tcase_create("answer");
    tcase_add_test(tcase, a_refused_key_has_the_bytes_of_api_gateway);
    tcase_add_test(tcase, another_version_is_told_which_one_we_speak);
    tcase_add_loop_test(tcase, a_refusal_says_the_same_in_status_type_and_body,
                        0, COUNT(answers));
    tcase_add_test(tcase, each_fault_of_the_reader_has_its_refusal);
    tcase_add_test(tcase,
                   a_message_of_its_own_takes_the_place_of_the_usual_one);
    tcase_add_test(tcase, a_200_tells_its_length_even_of_nothing);
    tcase_add_test(tcase, a_204_has_neither_body_nor_length);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
