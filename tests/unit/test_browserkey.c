#include "daemon/browserkey.h"

#include <stdio.h>

#include "tests/lib/suite.h"
#include "tests/lib/wire.h"

static struct http_reader *read_request(const char *target, const char *headers)
{
    char text[4096];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n",
                     target, headers);
    ck_assert_int_lt(n, (int)sizeof text);
    return wire_read_message(HTTP_REQUESTS, text, (size_t)n);
}

#define OFFER(list) "Sec-WebSocket-Protocol: " list "\r\n"
#define TEN(text) text text text text text text text text text text

static const struct {
    const char *target;
    const char *headers;
    const char *key; /* NULL: none is found */
} requests[] = {
    {"/latest", "", NULL},
    {"/latest", "x-api-key: secret\r\n", NULL}, /* not our business */

    /* The digits of base64url are those of: printf secret | basenc --base64url
     */
    {"/latest", OFFER("monologue, x-api-key.c2VjcmV0"), "secret"},
    {"/latest", OFFER("x-api-key.c2VjcmV0"), "secret"},
    {"/latest", OFFER(",, \tx-api-key.c2VjcmV0\t , monologue,"), "secret"},
    {"/latest", OFFER("monologue") OFFER("x-api-key.c2VjcmV0"), "secret"},
    {"/latest", "SEC-WEBSOCKET-PROTOCOL:x-api-key.c2VjcmV0\r\n", "secret"},
    {"/latest", OFFER("x-api-key.YQ"), "a"},
    {"/latest", OFFER("x-api-key.YWI"), "ab"},
    {"/latest", OFFER("x-api-key.fn4-fn4_"), "~~>~~?"},
    {"/latest", OFFER("x-api-key.Pz8_Pj4-"),
     "??"
     "?>>>"},
    {"/latest", OFFER("X-Api-Key.c2VjcmV0"), NULL},
    {"/latest", OFFER("x-api-key"), NULL},
    {"/latest", OFFER("x-api-key."), NULL},
    {"/latest", OFFER("x-api-key.c2VjcmV0cw=="), NULL}, /* padded */
    {"/latest", OFFER("x-api-key.c2VjcmV0c"), NULL},    /* a digit too many */
    {"/latest", OFFER("x-api-key.YR"), NULL},           /* odd bits */
    {"/latest", OFFER("x-api-key.Pz8/Pj4+"), NULL},     /* another alphabet */
    {"/latest", OFFER("x-api-key.c2Vj cmV0"), NULL},
    {"/latest", OFFER("x-api-key.c2VjAHJldA"), NULL}, /* a NUL in it */
    {"/latest", OFFER("x-api-key.c2Vj\xc3\xa9"), NULL},
    {"/latest", OFFER("x-api-key.c2VjcmV0, x-api-key.c2VjcmV0"), NULL},
    {"/latest", OFFER("x-api-key.c2VjcmV0") OFFER("x-api-key.eA"), NULL},

    {"/latest?x-api-key=secret", "", "secret"},
    {"/latest/?a=b&x-api-key=secret&c", "", "secret"},
    {"/latest?x-api-key=%73ecre%74", "", "secret"},
    {"/latest?x-api-key=a%2bb+c%26d%3De=f", "", "a+b+c&d=e=f"},
    {"/latest?x-api-key=a?b", "", "a?b"},
    {"/latest?x-api-key=", "", NULL},
    {"/latest?x-api-key", "", NULL},
    {"/latest?X-API-KEY=secret", "", NULL},
    {"/latest?yx-api-key=secret", "", NULL},
    {"/latest?x-api-key=two%20words", "", NULL},
    {"/latest?x-api-key=secret%00", "", NULL},
    {"/latest?x-api-key=secret&x-api-key=secret", "", NULL},
    {"/x-api-key=secret", "", NULL},

    /* The subprotocol goes first, also where it is wrong. */
    {"/latest?x-api-key=other", OFFER("x-api-key.c2VjcmV0"), "secret"},
    {"/latest?x-api-key=secret", OFFER("x-api-key.?"), NULL},
    {"/latest?x-api-key=secret", OFFER("monologue"), "secret"},

    {"/latest?x-api-key=" TEN("0123456789") "0123456789012345678901234567", "",
     TEN("0123456789") "0123456789012345678901234567"},
    {"/latest?x-api-key=" TEN("0123456789") "01234567890123456789012345678", "",
     NULL},
    {"/latest", OFFER("x-api-key." TEN(TEN("YWJj"))), NULL},
};

START_TEST(a_key_is_found_or_it_is_not)
{
    char key[BROWSERKEY_CHARS_MAX + 1] = "untouched";
    struct http_reader *request =
        read_request(requests[_i].target, requests[_i].headers);
    bool is_found = browserkey_find(request, key);
    ck_assert_msg(is_found == (requests[_i].key != NULL), "%s %s: %s",
                  requests[_i].target, requests[_i].headers, key);
    ck_assert_str_eq(key, is_found ? requests[_i].key : "untouched");
    http_reader_free(request);
}
END_TEST

START_TEST(our_subprotocol_is_selected_only_as_it_was_offered)
{
    static const struct {
        const char *headers;
        bool may_select;
    } offers[] = {
        {"", false},
        {OFFER(""), false},
        {OFFER("chat"), false},
        {OFFER("Monologue"), false},
        {OFFER("monologues, xmonologue"), false},
        {"x-protocol: monologue\r\n", false},
        {OFFER("monologue"), true},
        {OFFER("chat,monologue"), true},
        {OFFER("monologue\t ,x-api-key.c2VjcmV0"), true},
        {OFFER("chat") OFFER("monologue"), true},
    };
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        struct http_reader *request =
            read_request("/latest", offers[i].headers);
        ck_assert_msg(browserkey_may_select(request) == offers[i].may_select,
                      "%s", offers[i].headers);
        http_reader_free(request);
    }
}
END_TEST

START_TEST(what_is_asked_for_stands_in_the_query)
{
    static const struct {
        const char *target;
        bool asks;
    } targets[] = {
        {"/latest", false},
        {"/latest?x-monologue-extensions", false},
        {"/latest?x-monologue-extensions=", false},
        {"/latest?x-monologue-extensions=na", false},
        {"/latest?x-monologue-extensions=naks", false},
        {"/latest?x-monologue-extension=nak", false},
        {"/latest/x-monologue-extensions=nak", false},
        {"/latest?x-monologue-extensions=nak", true},
        {"/latest?a&x-monologue-extensions=b,nak,&c", true},
        {"/latest?x-monologue-extensions=b&x-monologue-extensions=nak", true},
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct http_reader *request = read_request(targets[i].target, "");
        ck_assert_msg(browserkey_asks_for(request, "nak") == targets[i].asks,
                      "%s", targets[i].target);
        http_reader_free(request);
    }
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {a_key_is_found_or_it_is_not, NULL};
    const TTest *const once[] = {
        our_subprotocol_is_selected_only_as_it_was_offered,
        what_is_asked_for_stands_in_the_query, NULL};
    return suite_run_looped("browserkey", looped,
                            sizeof requests / sizeof *requests, once);
}
