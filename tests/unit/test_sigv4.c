#include "daemon/sigv4.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

enum { NOW = 1440938160 }; /* 2015-08-30 12:36:00 */

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define ID "AKIDEXAMPLE"
#define CREDENTIAL "Credential=" ID "/20150830/us-east-1/service/aws4_request"
#define AUTHORIZATION(headers, signature)                                    \
    "Authorization: AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=" headers \
    ", Signature=" signature "\r\n"
#define HOST "Host: example.amazonaws.com\r\n"
#define DATE "X-Amz-Date: 20150830T123600Z\r\n"
#define TOKEN                                                                  \
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKW" \
    "HGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4" \
    "IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE" \
    "8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yj" \
    "c8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
#define VANILLA \
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

static const struct sigv4_rules rules = {"service", NULL, 5};
static struct credentials *credentials;

static void make_credentials(void)
{
    const struct credential credential = {.id = ID, .secret = SECRET};
    const struct credential other = {.id = "OTHER", .secret = "other"};
    credentials = credentials_new();
    ck_assert_ptr_nonnull(credentials);
    ck_assert_int_eq(credentials_add(credentials, &other, NULL), 0);
    ck_assert_int_eq(credentials_add(credentials, &credential, NULL), 0);
}

static void free_credentials(void)
{
    credentials_free(credentials);
}

/* NULL: it is not HTTP. */
static struct http_reader *read_request(const char *text)
{
    static const struct http_limits limits = {65536, 4096, 200, 1000};
    struct http_reader *request = http_reader_new(HTTP_REQUESTS, &limits);
    size_t n = strlen(text), total = 0, used;
    enum http_event event;
    ck_assert_ptr_nonnull(request);
    do {
        event =
            http_read(request, (const uint8_t *)text + total, n - total, &used);
        total += used;
    } while (event == HTTP_EVENT_HEAD);
    if (event == HTTP_EVENT_MESSAGE)
        return request;
    http_reader_free(request);
    return NULL;
}

static struct sigv4_outcome check(const char *text,
                                  const struct sigv4_rules *by, time_t now)
{
    struct http_reader *request = read_request(text);
    struct sigv4_outcome outcome;
    ck_assert_msg(request != NULL, "%s", text);
    ck_assert_int_eq(sigv4_check(request, credentials, by, now, &outcome), 0);
    http_reader_free(request);
    if (outcome.verdict == SIGV4_OK) {
        ck_assert_str_eq(outcome.credential->id, ID);
        ck_assert_str_eq(outcome.message.text, "");
        ck_assert_ptr_null(sigv4_error_type(outcome.verdict));
    } else {
        ck_assert_ptr_null(outcome.credential);
        ck_assert_str_ne(outcome.message.text, "");
        ck_assert_ptr_nonnull(sigv4_error_type(outcome.verdict));
    }
    return outcome;
}

/* Of the test suite that AWS publishes, and of its manual. */
static const struct {
    const char *name;
    const char *text;
} published[] = {
    {"get-vanilla", "GET / HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
                        "host;x-amz-date", VANILLA) "\r\n"},
    {"get-relative-relative",
     "GET /example1/example2/../.. HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", VANILLA) "\r\n"},
    {"get-slash-dot-slash", "GET /./ HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
                                "host;x-amz-date", VANILLA) "\r\n"},
    {"get-slashes",
     "GET //example// HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe8"
                            "46570885f57e84") "\r\n"},
    {"get-slash-pointless-dot",
     "GET /./example HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865"
                            "db7089db637ec5") "\r\n"},
    {"get-unreserved",
     "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz "
     "HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977"
                            "f52a65bbf5f24f") "\r\n"},
    {"get-vanilla-query-order-key-case",
     "GET /?Param2=value2&Param1=value1 HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3"
                            "219ec94cdf2500") "\r\n"},
    {"get-vanilla-utf8-query, encoded as it must be on the wire",
     "GET /?%E1%88%b4=bar HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e"
                            "12c9027818dd04") "\r\n"},
    {"get-header-key-duplicate",
     "GET / HTTP/1.1\r\n" HOST "My-Header1: value2\r\n"
     "My-Header1: value2\r\n"
     "My-Header1: value1\r\n" DATE AUTHORIZATION(
         "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd"
                                       "183b4468f858259531a5138ea") "\r\n"},
    {"get-header-value-trim",
     "GET / HTTP/1.1\r\n" HOST "My-Header1:  value1\r\n"
     "My-Header2: \"a   b   c\" \r\n" DATE AUTHORIZATION(
         "host;my-header1;my-header2;x-amz-date",
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359"
         "757a9c736") "\r\n"},
    {"post-vanilla",
     "POST / HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37ddd"
                            "b68e92efbe5d6b") "\r\n"},
    {"post-vanilla-query",
     "POST /?Param1=value1 HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271"
                            "d420d138af7f11") "\r\n"},
    {"post-header-key-sort",
     "POST / HTTP/1.1\r\n" HOST "My-Header1: value1\r\n" DATE AUTHORIZATION(
         "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4"
                                       "dc9e1461ec8f8916fdf18852c") "\r\n"},
    {"post-x-www-form-urlencoded",
     "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
     "Content-Length: 13\r\n" HOST DATE AUTHORIZATION(
         "content-type;host;x-amz-date",
         "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a"
         "0fe09473a") "\r\nParam1=value1"},
    {"post-sts-header-before",
     "POST / HTTP/1.1\r\n" HOST DATE "X-Amz-Security-Token: " TOKEN
     "\r\n" AUTHORIZATION("host;x-amz-date;x-amz-security-token",
                          "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c645"
                          "33a82be05ead") "\r\n"},
};

START_TEST(a_published_signature_is_right)
{
    struct sigv4_outcome outcome = check(published[_i].text, &rules, NOW);
    ck_assert_msg(outcome.verdict == SIGV4_OK, "%s: %s", published[_i].name,
                  outcome.message.text);
}
END_TEST

#define GATEWAY(region, headers, signature)                              \
    "Authorization: AWS4-HMAC-SHA256 Credential=" ID "/20150830/" region \
    "/execute-api/aws4_request, SignedHeaders=" headers                  \
    ", Signature=" signature "\r\n"
#define PLACE "/latest/@connections/L0SM9cOFvHcCIhw%3D"

/* Made with botocore 1.29.27, @smithy/signature-v4 5.7.5 and aws4 1.13.2. */
static const struct {
    const char *name;
    const char *text;
} made[] = {
    {"botocore: POST",
     "POST " PLACE " HTTP/1.1\r\n" HOST
     "Content-Type: application/octet-stream\r\nContent-Length: 5\r\n" DATE
         GATEWAY("us-east-1", "content-type;host;x-amz-date",
                 "c2330410db85e7163950d44651cfabc9b6097e7eb6378ccf5a2d81855f20"
                 "09e8") "\r\nhello"},
    {"botocore: an encoded @ and a raw =",
     "GET /latest/%40connections/L0SM9cOFvHcCIhw= HTTP/1.1\r\n" HOST DATE
         GATEWAY("us-east-1", "host;x-amz-date",
                 "26fa67410fa3cf75474ae95225f987009ec78e1cbec0b59fbe6ea52e44fc"
                 "39fe") "\r\n"},
    {"botocore: Date in place of X-Amz-Date",
     "DELETE " PLACE " HTTP/1.1\r\n" HOST "Date: Sun, 30 Aug 2015 12:36:00 "
     "GMT\r\n" GATEWAY("us-east-1", "date;host",
                       "0824b27366229421d59ccceea4adcf5a"
                       "7d8b5b2925f6edfb160e34de37ac22a"
                       "f") "\r\n"},
    {"botocore: a path to be tidied",
     "GET /a/../b/./c//d/%41%20@x=y%3D/ HTTP/1.1\r\n" HOST DATE GATEWAY(
         "us-east-1", "host;x-amz-date",
         "bdb99ca6f8d3413b1bed94b2827515cfe19cee45f20d6f05cb8ed866c2031"
         "619") "\r\n"},
    {"botocore: blanks and nothing in headers",
     "GET / HTTP/1.1\r\n" HOST "A: one\t two  three\r\nB:\r\n" DATE GATEWAY(
         "us-east-1", "a;b;host;x-amz-date",
         "580ea39aedd1db764ec08a83b00ff8873989b3d81b32aa688232d639ae74b"
         "431") "\r\n"},
    {"smithy: the digest of the body in a header",
     "POST " PLACE " HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" DATE
     "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73"
     "043362938b9824\r\n" GATEWAY("eu-central-1",
                                  "host;x-amz-content-sha256;x-amz-date",
                                  "4cbeda3853e33b83e2389ede4dfc6ca88e6db67deb73"
                                  "e9d771bd44250afd3662") "\r\nhello"},
    {"smithy: the body unsigned",
     "POST " PLACE " HTTP/1.1\r\n" HOST "Content-Length: 9\r\n" DATE
     "x-amz-content-sha256: "
     "UNSIGNED-PAYLOAD\r\n" GATEWAY("eu-central-1",
                                    "host;x-amz-content-sha256;x-amz-date",
                                    "6060b4cf4aab06944adcdd8de67cf62cc4e38093"
                                    "69c55c882022aaa2b817fafd") "\r\nwhat "
                                                                "ever"},
    {"smithy: a query of many kinds",
     "GET /?a-=0&a=~&B=%2B%2f%3D%26&a=1&a%20b=c%20d&a=A&a&a=%c3%a9 "
     "HTTP/1.1\r\n" HOST DATE
     "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
     "95991b7852b855\r\n" GATEWAY("eu-central-1",
                                  "host;x-amz-content-sha256;x-amz-date",
                                  "c6e6c78585f5fe0e8ab569cc10681219c74e6b807465"
                                  "22d5d6f0fe146d8ad2d7") "\r\n"},
    {"aws4: a query without order",
     "GET /?b=%7e%2f&a-=0&a=1&a=%41&a=&a=~&B=x%20y&c HTTP/1.1\r\n" HOST DATE
         GATEWAY("eu-central-1", "host;x-amz-date",
                 "0d4b95b8446bd5821b09c4a2427ed769ba5abd59c5593f5bedf36199f21d"
                 "895c") "\r\n"},
};

static const struct sigv4_rules gateway = {"execute-api", NULL, 5};

START_TEST(what_others_have_signed_is_right)
{
    struct sigv4_outcome outcome = check(made[_i].text, &gateway, NOW);
    ck_assert_msg(outcome.verdict == SIGV4_OK, "%s: %s", made[_i].name,
                  outcome.message.text);
}
END_TEST

#define GET "GET / HTTP/1.1\r\n"
#define GOOD AUTHORIZATION("host;x-amz-date", VANILLA)
#define MATCH_NOT                                                             \
    "The request signature we calculated does not match the signature you "   \
    "provided. Check your AWS Secret Access Key and signing method. Consult " \
    "the service documentation for details."
#define WITH(credential)                                     \
    "Authorization: AWS4-HMAC-SHA256 Credential=" credential \
    ", SignedHeaders=host;x-amz-date, Signature=" VANILLA "\r\n"
#define BASIC "Date must be in ISO-8601 'basic format'."
#define SCOPE "Credential should be scoped "
#define WANTS "Authorization header requires '"

static const struct {
    const char *text;
    enum sigv4_verdict verdict;
    const char *message;
} refused[] = {
    {GET HOST DATE "\r\n", SIGV4_MISSING, "Missing Authentication Token"},
    {"GET /?X-Amz-Signature=" VANILLA " HTTP/1.1\r\n" HOST DATE "\r\n",
     SIGV4_MISSING, "Missing Authentication Token"},
    {GET HOST DATE "Authorization:\r\n\r\n", SIGV4_INCOMPLETE,
     WANTS "Credential' parameter. " WANTS "Signature' parameter. " WANTS
           "SignedHeaders' parameter."},
    {GET HOST DATE "Authorization: AWS4-HMAC-SHA256 " CREDENTIAL
                   ", Signature=" VANILLA "\r\n\r\n",
     SIGV4_INCOMPLETE, WANTS "SignedHeaders' parameter."},
    {GET HOST DATE "Authorization: AWS4-HMAC-SHA256 " CREDENTIAL
                   ", SignedHeaders=host, Signature=\r\n\r\n",
     SIGV4_INCOMPLETE, WANTS "Signature' parameter."},
    {GET HOST DATE GOOD GOOD "\r\n", SIGV4_INCOMPLETE,
     "More than one Authorization header."},
    {GET HOST DATE "Authorization: AWS4-HMAC-SHA256 " CREDENTIAL
                   ", SignedHeaders=host, SignedHeaders=host;x-amz-date, "
                   "Signature=" VANILLA "\r\n\r\n",
     SIGV4_INCOMPLETE,
     "Authorization header has more than one 'SignedHeaders' parameter."},
    {GET HOST DATE "Authorization: Bearer secret\r\n\r\n", SIGV4_INCOMPLETE,
     "Invalid key=value pair (missing equal-sign) in Authorization header."},
    {GET HOST DATE "Authorization: \xff\r\n\r\n", SIGV4_INCOMPLETE,
     "Authorization header must be printable ASCII."},
    {GET HOST DATE "Authorization: AWS4-ECDSA-P256-SHA256 " CREDENTIAL
                   ", SignedHeaders=host;x-amz-date, Signature=" VANILLA
                   "\r\n\r\n",
     SIGV4_INCOMPLETE,
     "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."},
    {GET HOST DATE WITH(ID) "\r\n", SIGV4_INCOMPLETE,
     "Credential must have exactly 5 slash-delimited elements, e.g. "
     "keyid/date/region/service/term."},
    {GET HOST DATE WITH(ID "/20150830/us-east-1/service/aws4_request/") "\r\n",
     SIGV4_INCOMPLETE,
     "Credential must have exactly 5 slash-delimited elements, e.g. "
     "keyid/date/region/service/term."},
    {GET HOST GOOD "\r\n", SIGV4_INCOMPLETE,
     "Authorization header requires existence of either a 'X-Amz-Date' or a "
     "'Date' header."},
    {GET HOST DATE DATE GOOD "\r\n", SIGV4_INCOMPLETE, BASIC},
    {GET HOST "X-Amz-Date: 1440938160\r\n" GOOD "\r\n", SIGV4_INCOMPLETE,
     BASIC},
    {GET HOST "X-Amz-Date: 20150830T124101Z\r\n" GOOD "\r\n", SIGV4_EXPIRED,
     "Signature not yet current: 20150830T124101Z is still later than "
     "20150830T124100Z (20150830T123600Z + 5 min.)"},
    {GET HOST "X-Amz-Date: 20150830T123059Z\r\n" GOOD "\r\n", SIGV4_EXPIRED,
     "Signature expired: 20150830T123059Z is now earlier than "
     "20150830T123100Z (20150830T123600Z - 5 min.)"},
    {GET HOST DATE AUTHORIZATION("x-amz-date", VANILLA) "\r\n", SIGV4_MISMATCH,
     "'Host' must be a 'SignedHeader' in the AWS Authorization."},
    {GET HOST DATE AUTHORIZATION("host", VANILLA) "\r\n", SIGV4_MISMATCH,
     "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization."},
    {GET HOST DATE "x-aMz-meta: 1\r\n" GOOD "\r\n", SIGV4_MISMATCH,
     "'x-aMz-meta' must be a 'SignedHeader' in the AWS Authorization."},
    {GET HOST DATE "X-Amzn-Trace-Id: Root=1\r\n" GOOD "\r\n", SIGV4_OK, ""},
    {GET HOST DATE WITH(ID "/20150830//service/aws4_request") "\r\n",
     SIGV4_MISMATCH, SCOPE "to a valid region."},
    {GET HOST DATE WITH(ID "/20150830/" TOKEN "/aws4_request") "\r\n",
     SIGV4_INCOMPLETE,
     "Credential must have exactly 5 slash-delimited elements, e.g. "
     "keyid/date/region/service/term."},
    {GET HOST DATE WITH(ID "/20150830/region-of-more-than-64-characters-which-"
                           "would-not-fit-into-what-is-signed/service/"
                           "aws4_request") "\r\n",
     SIGV4_MISMATCH, SCOPE "to a valid region."},
    {GET HOST DATE WITH(ID "/20150830/us-east-1/Service/aws4_request") "\r\n",
     SIGV4_MISMATCH, SCOPE "to correct service: 'service'."},
    {GET HOST DATE WITH(ID "/20150830/us-east-1/service/aws5_request") "\r\n",
     SIGV4_MISMATCH, SCOPE "with a valid terminator: 'aws4_request'."},
    {GET HOST DATE WITH(ID "/20150831/us-east-1/service/aws4_request") "\r\n",
     SIGV4_MISMATCH,
     "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
     "of date from HTTP."},
    {GET HOST DATE WITH(
         "NOBODY/20150830/us-east-1/service/aws4_request") "\r\n",
     SIGV4_UNKNOWN_KEY,
     "The security token included in the request is invalid."},
    {GET HOST DATE WITH("OTHER/20150830/us-east-1/service/aws4_request") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {GET HOST DATE WITH(ID "/20150830/us-east-2/service/aws4_request") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    /* Signed as well as they can be, by hand, but not canonical. */
    {GET HOST DATE AUTHORIZATION("host;x-amz-date;x-amz-date",
                                 "6daaddc9db156e4106aef8a30f68344e9ac376d740250"
                                 "5ef5db53826d3a654e3") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {GET HOST DATE AUTHORIZATION("x-amz-date;host",
                                 "a525cce1a1929f16e29703cc45da1f73d30d1b71530a4"
                                 "e05e523261c18c8e02e") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {GET HOST DATE AUTHORIZATION(";host;x-amz-date",
                                 "739fe6d5f6c14df37efd47867f45c5f7a717f9d48d1d6"
                                 "923edc89d40966232f7") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {GET HOST DATE AUTHORIZATION("absent;host;x-amz-date",
                                 "4bfb87ba8112b5975df1755a7c13c58cf4ab9d1e6f3fb"
                                 "81af383984cac0555fd") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {GET HOST DATE AUTHORIZATION("host;x-amz-date", VANILLA "0") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {"GET http://example.amazonaws.com/ HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "9311fbda963a3d79d9e4d5e7d730b50f9be6918f5f1ed7f389"
                            "9ffb0a6a6eedbf") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
    {"OPTIONS * HTTP/1.1\r\n" HOST DATE AUTHORIZATION(
         "host;x-amz-date", "04de70bd1eb188cc23ea09ca6476b5fe8eb305b16cbdd75ac2"
                            "d056721cafbdb0") "\r\n",
     SIGV4_MISMATCH, MATCH_NOT},
};

START_TEST(a_refusal_says_why)
{
    struct sigv4_outcome outcome = check(refused[_i].text, &rules, NOW);
    ck_assert_str_eq(outcome.message.text, refused[_i].message);
    ck_assert_int_eq(outcome.verdict, refused[_i].verdict);
}
END_TEST

START_TEST(parameters_come_in_any_order_and_with_any_space)
{
    static const char *const headers[] = {
        "AWS4-HMAC-SHA256 Signature=" VANILLA "," CREDENTIAL
        ",SignedHeaders=host;x-amz-date",
        "AWS4-HMAC-SHA256   SignedHeaders=host;x-amz-date    " CREDENTIAL
        " , , Signature=" VANILLA ",",
        "AWS4-HMAC-SHA256 New=1, " CREDENTIAL
        ", SignedHeaders=host;x-amz-date, Signature=" VANILLA};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char text[1000];
        snprintf(text, sizeof text, GET HOST DATE "Authorization: %s\r\n\r\n",
                 headers[i]);
        ck_assert_int_eq(check(text, &rules, NOW).verdict, SIGV4_OK);
    }
}
END_TEST

START_TEST(a_signature_lives_from_and_to_the_minute)
{
    static const char text[] = GET HOST DATE GOOD "\r\n";
    ck_assert_int_eq(check(text, &rules, NOW + 300).verdict, SIGV4_OK);
    ck_assert_int_eq(check(text, &rules, NOW + 301).verdict, SIGV4_EXPIRED);
    ck_assert_int_eq(check(text, &rules, NOW - 300).verdict, SIGV4_OK);
    ck_assert_int_eq(check(text, &rules, NOW - 301).verdict, SIGV4_EXPIRED);
}
END_TEST

START_TEST(a_region_can_be_demanded)
{
    static const char text[] = GET HOST DATE GOOD "\r\n";
    const struct sigv4_rules here = {"service", "us-east-1", 5};
    const struct sigv4_rules there = {"service", "us-east-2", 5};
    ck_assert_int_eq(check(text, &here, NOW).verdict, SIGV4_OK);
    ck_assert_int_eq(check(text, &there, NOW).verdict, SIGV4_MISMATCH);
}
END_TEST

/* What a good signature promises of a body that is "hello" */
static const struct {
    const char *digest;
    const char *signature;
    enum sigv4_verdict verdict;
} promises[] = {
    {"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
     "d9dab0a6a835b9c14284a96601f31b3a46302ad959b8d4f4db98d073c263052a",
     SIGV4_OK},
    {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "3ad5e249949a59b862eedd9f1bf1ece4693c3042bf860ef5e3351b8925316f98",
     SIGV4_MISMATCH},
    {"2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824",
     "c4162a16002b365a942521d8bd7119e172ed8a6e84798c55b978fff521fbfb0c",
     SIGV4_MISMATCH},
    {"unsigned-payload",
     "4a2512f05291870252ff9ca6c847350980f0f00d68ad263cd8a22891dec4109a",
     SIGV4_MISMATCH},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
     "d5e447116d5f45350f5e3eb42efd50165483f2d5058c82af789d3909a926b332",
     SIGV4_MISMATCH},
};

START_TEST(a_promise_about_the_body_must_be_kept)
{
    char text[1000];
    snprintf(text, sizeof text,
             "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" DATE
             "X-Amz-Content-Sha256: %s\r\n" AUTHORIZATION(
                 "host;x-amz-content-sha256;x-amz-date", "%s") "\r\nhello",
             promises[_i].digest, promises[_i].signature);
    ck_assert_int_eq(check(text, &rules, NOW).verdict, promises[_i].verdict);
}
END_TEST

/* Writes @n numbers, each with its surroundings. */
static void repeat(char *text, const char *before, const char *behind, int n)
{
    for (int i = 0; i < n; i++)
        text += sprintf(text, "%s%02d%s", before, i, behind);
}

/* Requests with many of what is bounded; botocore's signatures. */
static const struct {
    enum { SEGMENTS, PARAMETERS, HEADERS } kind;
    int n; /* Host and X-Amz-Date are two more headers */
    const char *signature;
    enum sigv4_verdict verdict;
} bounds[] = {
    {SEGMENTS, 64,
     "45726a27db886dd9623ad61374f06cf6938d5664447c4af17fdc1237a4f9d43b",
     SIGV4_OK},
    {PARAMETERS, 64,
     "63a113d41b29815274642e791e8f27a37f2030075b7b53a257a9e2a0783a2d0a",
     SIGV4_OK},
    {HEADERS, 62,
     "696ab94278203303fab67e33fdeed6bbdf5f112d415a0cfa6d4a27c9f86c6db9",
     SIGV4_OK},
    {SEGMENTS, 65,
     "e699107223df40bae5a6139669163cdd8aab12d2b56e53a58fb4ca94fdcaf429",
     SIGV4_MISMATCH},
    {PARAMETERS, 65,
     "4ea88c10cde0181c6ea5339da1d7a5b5f1d78a55be3fda76c632488e1ff81602",
     SIGV4_MISMATCH},
    {HEADERS, 63,
     "88482bd3c60828bdc0c7422955677f65243f6d70c18ae7350dd3edff994a3585",
     SIGV4_MISMATCH},
};

START_TEST(a_request_may_have_64_of_a_kind)
{
    char path[200] = "/", query[600] = "", headers[800] = "", names[400] = "";
    char text[3000];
    switch (bounds[_i].kind) {
    case SEGMENTS:
        repeat(path, "/", "", bounds[_i].n);
        break;
    case PARAMETERS:
        repeat(query, "p", "=&", bounds[_i].n);
        break;
    case HEADERS:
        repeat(headers, "y", ": x\r\n", bounds[_i].n);
        repeat(names, ";y", "", bounds[_i].n);
        break;
    }
    snprintf(text, sizeof text,
             "GET %s?%s HTTP/1.1\r\n" HOST DATE
             "%s" GATEWAY("us-east-1", "host;x-amz-date%s", "%s") "\r\n",
             path, query, headers, names, bounds[_i].signature);
    ck_assert_int_eq(check(text, &gateway, NOW).verdict, bounds[_i].verdict);
}
END_TEST

static bool is_right(const char *text)
{
    struct http_reader *request = read_request(text);
    struct sigv4_outcome outcome;
    if (!request)
        return false;
    ck_assert_int_eq(sigv4_check(request, credentials, &gateway, NOW, &outcome),
                     0);
    http_reader_free(request);
    return outcome.verdict == SIGV4_OK;
}

/* Those of made[] that have only one form, unlike "%2f", or "/a/../b". */
static const int uniform[] = {0, 1, 2, 4, 5};

/* What is not signed: the version, the length, the case of a header's name. */
static bool is_free(const char *text, const char *at, int bit)
{
    static const char version[] = "HTTP/1.1", length[] = "Content-Length: ";
    const char *line = at;
    if (at >= strstr(text, version) &&
        at < strstr(text, version) + strlen(version))
        return true;
    while (line > text && line[-1] != '\n')
        line--;
    if (strncmp(line, length, strlen(length)) == 0)
        return true;
    bool is_header = line > text && at < strstr(text, "\r\n\r\n");
    return is_header && at < strchr(line, ':') && bit == 5;
}

START_TEST(no_bit_of_what_is_signed_can_be_changed)
{
    const char *good = made[uniform[_i]].text;
    char text[2000];
    ck_assert_uint_lt(strlen(good), sizeof text);
    ck_assert(is_right(good));
    for (size_t i = 0; good[i]; i++) {
        for (int bit = 0; bit < 8; bit++) {
            strcpy(text, good);
            text[i] = (char)(text[i] ^ 1 << bit);
            if (is_free(good, good + i, bit))
                continue;
            ck_assert_msg(!is_right(text), "byte %zu, bit %d: %s", i, bit,
                          text);
        }
    }
}
END_TEST

static int n_allocations_left = -1; /* until one fails; -1: none does */

static bool may_allocate(void)
{
    return n_allocations_left < 0 || n_allocations_left-- > 0;
}

static void *allocate(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return may_allocate() ? malloc(n) : NULL;
}

static void *reallocate(void *old, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return may_allocate() ? realloc(old, n) : NULL;
}

static void release(void *old, const char *file, int line)
{
    (void)file, (void)line;
    free(old);
}

/*
 * OpenSSL fails, at each place where it may, but for what it does once;
 * nobody's signature is wrong.
 */
START_TEST(a_lack_of_memory_is_no_verdict)
{
    struct http_reader *request = read_request(published[0].text);
    struct sigv4_outcome outcome;
    int n_failures = 0;
    ck_assert_ptr_nonnull(request);
    ck_assert_int_eq(check(published[0].text, &rules, NOW).verdict, SIGV4_OK);
    for (;; n_failures++) {
        outcome.verdict = SIGV4_UNKNOWN_KEY;
        n_allocations_left = n_failures;
        int rc = sigv4_check(request, credentials, &rules, NOW, &outcome);
        bool had_enough = n_allocations_left > 0;
        n_allocations_left = -1;
        if (rc == 0)
            ck_assert_int_eq(outcome.verdict, SIGV4_OK);
        else
            ck_assert_int_eq(rc, -ENOMEM);
        if (rc)
            ck_assert_int_eq(outcome.verdict, SIGV4_UNKNOWN_KEY);
        if (had_enough)
            break;
    }
    ck_assert_int_gt(n_failures, 5);
    http_reader_free(request);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sigv4");
    TCase *tcase = tcase_create("signatures");
    if (!CRYPTO_set_mem_functions(allocate, reallocate, release))
        return 1;
    tcase_add_checked_fixture(tcase, make_credentials, free_credentials);
    tcase_add_loop_test(tcase, a_published_signature_is_right, 0,
                        sizeof published / sizeof published[0]);
    tcase_add_loop_test(tcase, what_others_have_signed_is_right, 0,
                        sizeof made / sizeof made[0]);
    tcase_add_loop_test(tcase, no_bit_of_what_is_signed_can_be_changed, 0,
                        sizeof uniform / sizeof uniform[0]);
    tcase_add_loop_test(tcase, a_refusal_says_why, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_loop_test(tcase, a_promise_about_the_body_must_be_kept, 0,
                        sizeof promises / sizeof promises[0]);
    tcase_add_loop_test(tcase, a_request_may_have_64_of_a_kind, 0,
                        sizeof bounds / sizeof bounds[0]);
    tcase_add_test(tcase, parameters_come_in_any_order_and_with_any_space);
    tcase_add_test(tcase, a_signature_lives_from_and_to_the_minute);
    tcase_add_test(tcase, a_region_can_be_demanded);
    tcase_add_test(tcase, a_lack_of_memory_is_no_verdict);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
