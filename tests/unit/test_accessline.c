#include "daemon/accessline.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct connid CONNECTION = {"TXzPWdnOjoECGjA="};
static const struct connid MESSAGE = {"PJpDXchdqRcCJCA="};

static struct accessline_facts make_facts(enum accessline_event event)
{
    return (struct accessline_facts){
        .event = event,
        .status = 200,
        .now_ms = 1708326702790,
        .connected_ms = 1708326702789,
        .connection = &CONNECTION,
        .request = "TXzPWFkkjoEF92g=",
        .extended_request = "TXzPWFkkjoEF92g=",
        .stage = "latest",
        .source_ip = "192.0.2.1",
    };
}

static char *print(const char *format, const struct accessline_facts *facts)
{
    static char text[ACCESSLINE_MAX + 1];
    struct accessline *line;
    struct errmsg errmsg = {""};
    int rc = accessline_compile(format, &line, &errmsg);
    ck_assert_msg(rc == 0, "%s: %s", format, errmsg.text);
    text[accessline_print(line, facts, text)] = '\0';
    accessline_free(line);
    return text;
}

static void expect(const char *format, const struct accessline_facts *facts,
                   const char *expected)
{
    char line[ACCESSLINE_MAX + 1];
    snprintf(line, sizeof line, "%s\n", expected);
    ck_assert_str_eq(print(format, facts), line);
}

START_TEST(clf_is_written_as_api_gateway_does)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_CONNECT);
    facts.status = 101;
    expect("clf", &facts,
           "192.0.2.1 - [19/Feb/2024:07:11:42 +0000] \"CONNECT $connect "
           "TXzPWdnOjoECGjA=\" 101 TXzPWFkkjoEF92g=");
}
END_TEST

static const struct {
    const char *name;
    const char *expected;
} variables[] = {
    {"connectedAt", "1708326702789"},
    {"connectionId", "TXzPWdnOjoECGjA="},
    {"disconnectReason", "-"},
    {"disconnectStatusCode", "-"},
    {"error.message", "Internal server error"},
    {"error.messageString", "\"Internal server error\""},
    {"eventType", "MESSAGE"},
    {"extendedRequestId", "TXzPWFkkjoEF92g="},
    {"identity.apiKey", "-"},
    {"identity.apiKeyId", "alice"},
    {"identity.sourceIp", "192.0.2.1"},
    {"identity.userAgent", "curl/8"},
    {"integration.error", "Internal server error"},
    {"integration.integrationStatus", "500"},
    {"integration.status", "500"},
    {"integrationErrorMessage", "Internal server error"},
    {"messageId", "PJpDXchdqRcCJCA="},
    {"requestId", "TXzPWFkkjoEF92g="},
    {"requestTime", "19/Feb/2024:07:11:42 +0000"},
    {"requestTimeEpoch", "1708326702790"},
    {"routeKey", "$default"},
    {"stage", "latest"},
    {"status", "500"},
    {"apiId", "-"},
    {"domainName", "-"},
    {"authorizer.principalId", "-"},
    {"authorizer.property", "-"},
    {"authenticate.status", "-"},
    {"authorize.latency", "-"},
    {"waf.status", "-"},
    {"identity.userArn", "-"},
    {"integrationLatency", "-"},
};

START_TEST(a_variable_has_its_value)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_MESSAGE);
    char format[100];
    facts.status = 500;
    facts.error = "Internal server error";
    facts.key_name = "alice";
    facts.user_agent = "curl/8";
    facts.message = &MESSAGE;
    snprintf(format, sizeof format, "$context.%s", variables[_i].name);
    expect(format, &facts, variables[_i].expected);
}
END_TEST

START_TEST(a_disconnect_tells_why)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_DISCONNECT);
    facts.end = "idle";
    facts.close_code = 1001;
    expect("$context.eventType $context.routeKey $context.disconnectReason "
           "$context.disconnectStatusCode",
           &facts, "DISCONNECT $disconnect idle 1001");
}
END_TEST

START_TEST(what_is_not_there_is_a_dash)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_CONNECT);
    facts.connection = NULL;
    facts.connected_ms = 0;
    expect("$context.connectionId,$context.connectedAt,$context.messageId,"
           "$context.identity.userAgent,$context.identity.apiKeyId,"
           "$context.error.message,$context.error.messageString,"
           "$context.integration.status",
           &facts, "-,-,-,-,-,-,\"-\",-");
}
END_TEST

START_TEST(text_around_variables_stays_as_it_is)
{
    const struct accessline_facts facts = make_facts(ACCESSLINE_MESSAGE);
    expect("cost: 5$ $ $$context.stage$context.status. $contexts\t", &facts,
           "cost: 5$ $ $latest200. $contexts\t");
    expect("$context.stage...", &facts, "latest...");
    expect("\\n\"$context.stage\"", &facts, "\\n\"latest\"");
}
END_TEST

static const struct {
    const char *value;
    const char *expected;
} escapes[] = {
    {"a\"b\\c", "a\\\"b\\\\c"},
    {"a\r\nb\t\x7f", "a\\u000d\\u000ab\\u0009\\u007f"},
    {"\x1b[31m", "\\u001b[31m"},
    {"\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80"},
    {"\xc2\x9b", "\\u009b"},
    {"a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"$context.status", "$context.status"},
};

START_TEST(a_value_cannot_break_out)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_CONNECT);
    facts.user_agent = escapes[_i].value;
    expect("$context.identity.userAgent", &facts, escapes[_i].expected);
}
END_TEST

START_TEST(json_formats_give_json)
{
    static const char *const formats[] = {
        "json",
        "{\"requestId\":\"$context.requestId\",\"ip\":"
        "\"$context.identity.sourceIp\",\"ua\":"
        "\"$context.identity.userAgent\",\"status\":$context.status,"
        "\"message\":$context.error.messageString,\"error\":"
        "\"$context.integrationErrorMessage\"}",
    };
    struct accessline_facts facts = make_facts(ACCESSLINE_MESSAGE);
    facts.user_agent = "\"},\x01\xff\\";
    for (size_t i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            facts.error = k ? "no \"key\"" : NULL;
            json_t *value = json_loads(print(formats[i], &facts), 0, NULL);
            ck_assert_msg(value != NULL, "not JSON: %s",
                          print(formats[i], &facts));
            json_decref(value);
        }
}
END_TEST

START_TEST(a_long_user_agent_is_cut)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_CONNECT);
    char agent[5000];
    memset(agent, 'a', sizeof agent - 1);
    agent[sizeof agent - 1] = '\0';
    facts.user_agent = agent;
    ck_assert_uint_eq(strlen(print("$context.identity.userAgent", &facts)),
                      256 + 1);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_not_written)
{
    struct accessline_facts facts = make_facts(ACCESSLINE_CONNECT);
    char agent[300], format[2000] = "";
    memset(agent, 1, sizeof agent - 1);
    agent[sizeof agent - 1] = '\0';
    facts.user_agent = agent;
    for (int i = 0; i < 6; i++)
        strcat(format, "$context.identity.userAgent");
    ck_assert_str_eq(print(format, &facts), "");
}
END_TEST

static const struct {
    const char *format;
    const char *fault;
} faults[] = {
    {"$context.requestid",
     "$context.requestid is not a variable: did you mean $context.requestId?"},
    {"$context.identity.sourceIP",
     "$context.identity.sourceIP is not a variable: did you mean "
     "$context.identity.sourceIp?"},
    {"$context.status $context.somethingElse",
     "$context.somethingElse is not a variable"},
    {"$context.", "$context. is not a variable"},
    {"$context.authorizer.", "$context.authorizer is not a variable"},
    {"combined", "use clf, json, or a text with variables such as "
                 "$context.requestId"},
    {"", "use clf, json, or a text with variables such as "
         "$context.requestId"},
};

START_TEST(a_variable_that_is_none_is_named)
{
    struct accessline *line = NULL;
    struct errmsg errmsg = {""};
    ck_assert_int_eq(accessline_compile(faults[_i].format, &line, &errmsg),
                     -EINVAL);
    ck_assert_str_eq(errmsg.text, faults[_i].fault);
    ck_assert_ptr_null(line);
}
END_TEST

START_TEST(a_format_has_a_bound)
{
    char format[ACCESSLINE_FORMAT_MAX + 2];
    struct accessline *line;
    struct errmsg errmsg = {""};
    memset(format, 'x', sizeof format - 1);
    format[sizeof format - 1] = '\0';
    memcpy(format, "$context.status ", 16);
    ck_assert_int_eq(accessline_compile(format, &line, &errmsg), -EINVAL);
    ck_assert_str_eq(errmsg.text, "a format has at most 2000 characters");
    format[ACCESSLINE_FORMAT_MAX] = '\0';
    ck_assert_int_eq(accessline_compile(format, &line, &errmsg), 0);
    accessline_free(line);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    const TTest *const once[] = {clf_is_written_as_api_gateway_does,
                                 a_disconnect_tells_why,
                                 what_is_not_there_is_a_dash,
                                 text_around_variables_stays_as_it_is,
                                 json_formats_give_json,
                                 a_long_user_agent_is_cut,
                                 a_line_that_is_too_long_is_not_written,
                                 a_format_has_a_bound,
                                 NULL};
    Suite *suite = suite_create("accessline");
    TCase *tcase = tcase_create("accessline");
    tcase_add_loop_test(tcase, a_variable_has_its_value, 0, COUNT(variables));
    tcase_add_loop_test(tcase, a_value_cannot_break_out, 0, COUNT(escapes));
    tcase_add_loop_test(tcase, a_variable_that_is_none_is_named, 0,
                        COUNT(faults));
    for (int i = 0; once[i]; i++)
        tcase_add_test(tcase, once[i]);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
