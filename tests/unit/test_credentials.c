#include "daemon/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

#define ID_48 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
#define TEN "0123456789"
#define SECRET_128 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567"

static struct credentials *credentials;

static void make(void)
{
    credentials = credentials_new();
    ck_assert_ptr_nonnull(credentials);
}

static void release(void)
{
    credentials_free(credentials);
}

static const struct credential *find(const char *id)
{
    return credentials_find(credentials, id, strlen(id));
}

/* Reads a file named "file"; its folder is cut from the messages. */
static int read_text(const char *text, mode_t mode, struct errmsg *errmsg,
                     struct errmsg *warning)
{
    struct folder folder;
    char path[PATH_MAX];
    folder_init(&folder);
    folder_write(&folder, "file", text, strlen(text));
    folder_join(&folder, "file", path);
    ck_assert_int_eq(chmod(path, mode), 0);
    int rc = credentials_read(credentials, path, errmsg, warning);
    size_t n = strlen(path) - strlen("file");
    if (rc) {
        ck_assert_int_eq(strncmp(errmsg->text, path, n), 0);
        memmove(errmsg->text, errmsg->text + n, strlen(errmsg->text + n) + 1);
    }
    folder_deinit(&folder);
    return rc;
}

static int add(const char *id, const char *secret, const char *name,
               struct errmsg *errmsg)
{
    struct credential credential = {.rights = CREDENTIAL_GET};
    snprintf(credential.id, sizeof credential.id, "%s", id);
    snprintf(credential.secret, sizeof credential.secret, "%s", secret);
    snprintf(credential.name, sizeof credential.name, "%s", name);
    return credentials_add(credentials, &credential, errmsg);
}

START_TEST(an_empty_set_knows_nobody)
{
    ck_assert_uint_eq(credentials_count(credentials), 0);
    ck_assert_ptr_null(find(""));
    ck_assert_ptr_null(find("AKID"));
}
END_TEST

START_TEST(only_the_exact_id_is_found)
{
    ck_assert_int_eq(add("AKID", "one", "", NULL), 0);
    ck_assert_int_eq(add("akid", "two", "", NULL), 0);
    ck_assert_str_eq(find("AKID")->secret, "one");
    ck_assert_str_eq(find("akid")->secret, "two");
    ck_assert_ptr_eq(credentials_find(credentials, "AKIDs", 4), find("AKID"));
    ck_assert_ptr_null(find("AKI"));
    ck_assert_ptr_null(find("AKIDs"));
    ck_assert_ptr_null(find(""));
}
END_TEST

START_TEST(what_is_added_is_checked)
{
    struct errmsg errmsg;
    ck_assert_int_eq(add("", "s", "", &errmsg), -EINVAL);
    ck_assert_int_eq(add("a/b", "s", "", &errmsg), -EINVAL);
    ck_assert_int_eq(add("a", "", "", &errmsg), -EINVAL);
    ck_assert_int_eq(add("a", "s s", "", &errmsg), -EINVAL);
    ck_assert_int_eq(add("a", "s", "n=n", &errmsg), -EINVAL);
    ck_assert_int_eq(add("a", "s", "n", &errmsg), 0);
    ck_assert_int_eq(add("a", "t", "m", &errmsg), -EEXIST);
    ck_assert_str_eq(errmsg.text, "[a] is there already");
    ck_assert_uint_eq(credentials_count(credentials), 1);
    ck_assert_str_eq(find("a")->name, "n");
    ck_assert_uint_eq(find("a")->rights, CREDENTIAL_GET);
}
END_TEST

START_TEST(a_file_is_read_as_it_is_meant)
{
    struct errmsg errmsg, warning;
    ck_assert_int_eq(
        read_text("# who\n[AKIDEXAMPLE]\n"
                  "secret = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\r\n"
                  "allow = POST,GET ; no DELETE\nname = back-end\n"
                  "[" ID_48 "]\nallow = DELETE DELETE\nsecret=a;b#=c\n"
                  "[third]\nsecret = " SECRET_128 "\n",
                  0600, &errmsg, &warning),
        0);
    const struct credential *first = find("AKIDEXAMPLE");
    const struct credential *second = find(ID_48);
    const struct credential *third = find("third");
    ck_assert_uint_eq(credentials_count(credentials), 3);
    ck_assert_str_eq(warning.text, "");
    ck_assert_str_eq(first->secret, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    ck_assert_str_eq(first->name, "back-end");
    ck_assert_int_eq(first->line, 3);
    ck_assert_uint_eq(first->rights, CREDENTIAL_POST | CREDENTIAL_GET);
    ck_assert_str_eq(second->secret, "a;b#=c");
    ck_assert_str_eq(second->name, ID_48);
    ck_assert_uint_eq(second->rights, CREDENTIAL_DELETE);
    ck_assert_str_eq(third->secret, SECRET_128);
    ck_assert_uint_eq(third->rights, 7);
}
END_TEST

START_TEST(a_right_goes_by_the_method)
{
    const struct credential some = {.rights =
                                        CREDENTIAL_POST | CREDENTIAL_DELETE};
    ck_assert(credentials_permit(&some, "POST"));
    ck_assert(credentials_permit(&some, "DELETE"));
    ck_assert(!credentials_permit(&some, "GET"));
    ck_assert(!credentials_permit(&some, "post"));
    ck_assert(!credentials_permit(&some, "POS"));
    ck_assert(!credentials_permit(&some, "HEAD"));
    ck_assert(!credentials_permit(&some, ""));
}
END_TEST

static const struct {
    const char *text;
    const char *fault;
} faulty[] = {
    {"", "file: holds no credential: add an [ACCESS-KEY-ID] with a secret"},
    {"[a]\n",
     "file: holds no credential: add an [ACCESS-KEY-ID] with a secret"},
    {"secret = s\n", "file:1: a credential begins with [ACCESS-KEY-ID]"},
    {"[a]\nname = b\n\n[c]\nsecret = s\n", "file:2: [a] has no secret"},
    {"[a]\nsecret =\n",
     "file:2: a secret has 1 to 128 characters, this one has 0"},
    {"[a]\nsecret = " SECRET_128 "8\n",
     "file:2: a secret has 1 to 128 characters, this one has 129"},
    {"[a]\nsecret = b c\n",
     "file:2: a secret is printable ASCII without blanks"},
    {"[a]\nsecret = s\nsecret = t\n", "file:3: [a] has secret already"},
    {"[a]\nsecret = s\n[b]\nsecret = s\n[a]\nsecret = s\n",
     "file:6: [a] has secret already"},
    {"[a]\nname = s\nname = t\n", "file:3: [a] has name already"},
    {"[a]\nallow = GET\nallow = GET\n", "file:3: [a] has allow already"},
    {"[a]\nallow =\n",
     "file:2: \"\" is nothing to allow: use POST, GET or DELETE"},
    {"[a]\nallow = GET PUT\n",
     "file:2: \"PUT\" is nothing to allow: use POST, GET or DELETE"},
    {"[a]\nallow = get\n",
     "file:2: \"get\" is nothing to allow: use POST, GET or DELETE"},
    {"[a]\nname = b c\n",
     "file:2: \"b c\" is not a name for a credential: use 1 to 64 letters, "
     "digits, dots, dashes or underscores"},
    {"[a]\nsecret = s\nstage = b\n",
     "file:3: stage: a credential has secret, allow and name"},
    {"[a b]\nsecret = s\n",
     "file:2: [a b] is not an access key ID: use 1 to 48 letters, digits, "
     "dots, dashes or underscores"},
    {"[" ID_48 "W]\nsecret = s\n",
     "file:2: [" ID_48 "W] is not an access key ID: use 1 to 48 letters, "
     "digits, dots, dashes or underscores"},
    {"[a]\nsecret = s\n[before]\nsecret = s\n",
     "file:4: [before] is there already"},
    {"[a\n", "file:1: not a \"name = value\" or a \"[section]\""},
};

START_TEST(a_faulty_file_changes_nothing)
{
    struct errmsg errmsg = {""}, warning = {"untouched"};
    ck_assert_int_eq(add("before", "s", "", NULL), 0);
    ck_assert_int_eq(read_text(faulty[_i].text, 0600, &errmsg, &warning),
                     -EINVAL);
    ck_assert_str_eq(errmsg.text, faulty[_i].fault);
    ck_assert_uint_eq(credentials_count(credentials), 1);
    ck_assert_str_eq(find("before")->secret, "s");
}
END_TEST

START_TEST(a_file_that_everybody_reads_is_warned_of)
{
    struct errmsg errmsg, warning;
    ck_assert_int_eq(read_text("[a]\nsecret = s\n", 0604, &errmsg, &warning),
                     0);
    ck_assert_ptr_nonnull(strstr(warning.text, "everybody on this machine"));
    ck_assert_int_eq(read_text("[b]\nsecret = s\n", 0660, &errmsg, &warning),
                     0);
    ck_assert_str_eq(warning.text, "");
}
END_TEST

START_TEST(a_missing_file_is_told)
{
    struct errmsg errmsg, warning;
    ck_assert_int_eq(
        credentials_read(credentials, "/nonexistent/file", &errmsg, &warning),
        -ENOENT);
    ck_assert_str_eq(errmsg.text,
                     "/nonexistent/file: No such file or directory");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("credentials");
    TCase *tcase = tcase_create("credentials");
    tcase_add_checked_fixture(tcase, make, release);
    tcase_add_test(tcase, an_empty_set_knows_nobody);
    tcase_add_test(tcase, only_the_exact_id_is_found);
    tcase_add_test(tcase, what_is_added_is_checked);
    tcase_add_test(tcase, a_file_is_read_as_it_is_meant);
    tcase_add_test(tcase, a_right_goes_by_the_method);
    tcase_add_loop_test(tcase, a_faulty_file_changes_nothing, 0,
                        sizeof faulty / sizeof faulty[0]);
    tcase_add_test(tcase, a_file_that_everybody_reads_is_warned_of);
    tcase_add_test(tcase, a_missing_file_is_told);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
