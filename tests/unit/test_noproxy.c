#include "client/noproxy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const struct {
    const char *list;
    const char *host;
    bool is_named;
} cases[] = {
    /* names, and those below them */
    {"", "example.org", false},
    {"example.org", "example.org", true},
    {"example.org", "www.example.org", true},
    {"example.org", "notexample.org", false},
    {"example.org", "example.org.evil", false},
    {"www.example.org", "example.org", false},
    {".example.org", "example.org", true},
    {".example.org", "www.example.org", true},
    {"EXAMPLE.org", "www.eXample.ORG", true},
    {"example.org.", "example.org", true},
    {"example.org", "example.org.", true},
    {".", "example.org", false},
    {"org", "example.org", true},
    {"localhost", "localhost", true},
    /* lists */
    {"a,b,example.org", "example.org", true},
    {"a b\texample.org", "example.org", true},
    {" , ,example.org, ", "example.org", true},
    {"a,b", "example.org", false},
    /* all */
    {"*", "example.org", true},
    {"*", "192.0.2.1", true},
    {"*", "::1", true},
    {"a,*", "example.org", true},
    {"*.org", "example.org", false},
    /* ports: 443 is ours */
    {"example.org:443", "example.org", true},
    {"example.org:80", "example.org", false},
    {"example.org:80,example.org:443", "example.org", true},
    {"example.org:", "example.org", true},
    {"*:443", "example.org", true},
    {"192.0.2.1:80", "192.0.2.1", false},
    {"192.0.2.1:443", "192.0.2.1", true},
    {"[2001:db8::1]:443", "2001:db8::1", true},
    {"[2001:db8::1]:80", "2001:db8::1", false},
    /* addresses and networks */
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.10", false},
    {"2.1", "192.0.2.1", false},
    {"192.0.2.0/24", "192.0.2.255", true},
    {"192.0.2.0/24", "192.0.3.0", false},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"10.0.0.0/7", "11.255.0.1", true},
    {"0.0.0.0/0", "192.0.2.1", true},
    {"192.0.2.1/32", "192.0.2.1", true},
    {"192.0.2.1/33", "192.0.2.1", false},
    {"192.0.2.1/", "192.0.2.1", false},
    {"192.0.2.1/x", "192.0.2.1", false},
    {"192.0.2.0/24", "example.org", false},
    {"example.org/24", "example.org", false},
    {"2001:db8::1", "2001:db8::1", true},
    {"2001:DB8:0::1", "2001:db8::1", true},
    {"[2001:db8::1]", "2001:db8::1", true},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "192.0.2.1", false},
    {"::1/128", "::1", true},
    {"::1/129", "::1", false},
    /* what makes no sense names nobody */
    {"[::1", "::1", false},
    {"[::1]x", "::1", false},
    {"/", "example.org", false},
    {":443", "example.org", false},
};

/* In blocks of their own size, for a read beyond the end to be seen. */
START_TEST(a_host_is_named_or_not)
{
    char *list = strdup(cases[_i].list);
    char *host = strdup(cases[_i].host);
    ck_assert_msg(noproxy_names(list, host, "443") == cases[_i].is_named,
                  "\"%s\" and %s", list, host);
    free(list);
    free(host);
}
END_TEST

START_TEST(an_entry_longer_than_any_name_does_no_harm)
{
    char list[2000];
    memset(list, 'a', sizeof list);
    strcpy(list + sizeof list - 10, ",h");
    ck_assert(noproxy_names(list, "h", "443"));
    ck_assert(!noproxy_names(list, "aaaa", "443"));
}
END_TEST

int main(void)
{
    const TTest *const once[] = {an_entry_longer_than_any_name_does_no_harm,
                                 NULL};
    const TTest *const looped[] = {a_host_is_named_or_not, NULL};
    return suite_run_looped("noproxy", looped, sizeof cases / sizeof *cases,
                            once);
}
