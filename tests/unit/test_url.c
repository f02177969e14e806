#include "client/url.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct {
    const char *text;
    const char *host; /* NULL: refused */
    const char *port; /* NULL: none */
} cases[] = {
    {"h", "h", NULL},          {"h:1", "h", "1"},
    {"h:65535", "h", "65535"}, {"[::1]", "::1", NULL},
    {"[::1]:80", "::1", "80"}, {"", NULL, NULL},
    {":80", NULL, NULL},       {"h:", NULL, NULL},
    {"h:0", NULL, NULL},       {"h:65536", NULL, NULL},
    {"h:000080", NULL, NULL},  {"h:8o", NULL, NULL},
    {"h:1:2", NULL, NULL},     {"::1", NULL, NULL},
    {"[]", NULL, NULL},        {"[::1", NULL, NULL},
    {"[::1]80", NULL, NULL},
};

/* The text ends where it is told to, not at a NUL. */
START_TEST(a_host_and_a_port_are_told_apart)
{
    size_t n = strlen(cases[_i].text);
    char *text = malloc(n + 1);
    memcpy(text, cases[_i].text, n);
    text[n] = '9';
    struct url_part all = {text, text + n};
    struct url_part host = {NULL, NULL};
    struct url_part port = {NULL, NULL};
    const char *why = url_split_host(all, &host, &port);
    ck_assert_int_eq(why == NULL, cases[_i].host != NULL);
    if (why) {
        ck_assert_ptr_null(host.begin);
    } else {
        char *copy = url_copy(host);
        ck_assert_str_eq(copy, cases[_i].host);
        free(copy);
        ck_assert_int_eq(port.begin == NULL, cases[_i].port == NULL);
        copy = port.begin ? url_copy(port) : NULL;
        ck_assert_pstr_eq(copy, cases[_i].port);
        free(copy);
    }
    free(text);
}
END_TEST

START_TEST(a_host_and_a_port_are_joined)
{
    static const char *const parts[][3] = {{"h", "80", "h:80"},
                                           {"h", NULL, "h"},
                                           {"::1", "80", "[::1]:80"},
                                           {"::1", NULL, "[::1]"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *joined = url_join_host(parts[i][0], parts[i][1]);
        ck_assert_str_eq(joined, parts[i][2]);
        free(joined);
    }
}
END_TEST

START_TEST(only_printable_texts_are_urls)
{
    ck_assert(url_is_printable("ws://h/~x"));
    ck_assert(!url_is_printable("ws://h/ x"));
    ck_assert(!url_is_printable("ws://h/\x7f"));
    ck_assert(!url_is_printable("ws://h/\r\n"));
}
END_TEST

int main(void)
{
    const TTest *const once[] = {a_host_and_a_port_are_joined,
                                 only_printable_texts_are_urls, NULL};
    const TTest *const looped[] = {a_host_and_a_port_are_told_apart, NULL};
    return suite_run_looped("url", looped, sizeof cases / sizeof *cases, once);
}
