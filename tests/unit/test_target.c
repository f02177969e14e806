#include "daemon/target.h"

#include <string.h>

#include "tests/lib/suite.h"

#define ID "Qyi07eCbtjMCJKw="
#define SHORT "Qyi07eCbtjMCJKw"

static const struct {
    const char *target;
    enum target_kind kind;
} targets[] = {
    {"/latest", TARGET_SOCKET},
    {"/latest/", TARGET_SOCKET},
    {"/latest?a=b", TARGET_SOCKET},
    {"/latest/?a=b", TARGET_SOCKET},
    {"/latest//", TARGET_UNKNOWN},
    {"/latest/x", TARGET_UNKNOWN},
    {"/latestx", TARGET_UNKNOWN},
    {"/lates", TARGET_UNKNOWN},
    {"/Latest", TARGET_UNKNOWN},
    {"latest", TARGET_UNKNOWN},
    {"/", TARGET_UNKNOWN},
    {"*", TARGET_UNKNOWN},
    {"http://h/latest", TARGET_UNKNOWN},
    {"/other/@connections/" ID, TARGET_UNKNOWN},
    {"/@connections/" ID, TARGET_UNKNOWN},
    {"/latest/@connections/" ID, TARGET_CONNECTION},
    {"/latest/%40connections/" ID, TARGET_CONNECTION},
    {"/latest/@connections/" SHORT "%3D", TARGET_CONNECTION},
    {"/latest/@connections/" SHORT "%3d", TARGET_CONNECTION},
    {"/latest/@connections/%51yi07eCbtjMCJKw%3D", TARGET_CONNECTION},
    {"/latest/@connections/" ID "?x=y", TARGET_CONNECTION},
    {"/latest/@connections", TARGET_CONNECTIONS},
    {"/latest/@connections/", TARGET_CONNECTIONS},
    {"/latest/@connections/?x", TARGET_CONNECTIONS},
    {"/latest/@connectionsx", TARGET_UNKNOWN},
    {"/latest/@connections/" SHORT, TARGET_BAD_ID},
    {"/latest/@connections/" ID "=", TARGET_BAD_ID},
    {"/latest/@connections/" ID "/", TARGET_BAD_ID},
    {"/latest/@connections/" SHORT "%", TARGET_BAD_ID},
    {"/latest/@connections/" SHORT "%3", TARGET_BAD_ID},
    {"/latest/@connections/" SHORT "%zz", TARGET_BAD_ID},
    {"/latest/@connections/" SHORT "%253D", TARGET_BAD_ID},
    {"/latest/@connections/x", TARGET_BAD_ID},
};

START_TEST(a_target_is_what_its_path_says)
{
    struct connid id = {"untouched"};
    enum target_kind kind = target_parse(targets[_i].target, "latest", &id);
    ck_assert_msg(kind == targets[_i].kind, "%s: %d", targets[_i].target, kind);
    if (kind == TARGET_CONNECTION)
        ck_assert_mem_eq(id.chars, ID, CONNID_CHARS);
    else
        ck_assert_str_eq(id.chars, "untouched");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("target");
    TCase *tcase = tcase_create("target");
    tcase_add_loop_test(tcase, a_target_is_what_its_path_says, 0,
                        sizeof targets / sizeof *targets);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
