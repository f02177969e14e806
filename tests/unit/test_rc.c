#include "proto/rc.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

#define LONG_TEXT                                                            \
    "0123456789012345678901234567890123456789012345678901234567890123456789" \
    "0123456789012345678901234567890123456789012345678901234567890123456789" \
    "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
    const char *text;
    const char *endpoint; /* NULL: none; also when there is a fault */
    const char *api_key;
    double timeout_s;
    int listeners;
    const char *fault; /* a part of the message; NULL: none */
} texts[] = {
    /* INI */
    {"", NULL, NULL, 0, 0, NULL},
    {" \n\n", NULL, NULL, 0, 0, NULL},
    {"[opts]\nendpoint = ws://h/latest\napiKey=k\n", "ws://h/latest", "k", 0, 0,
     NULL},
    {"[opts]\r\nendpoint = ws://h\r\napiKey = k\r\n", "ws://h", "k", 0, 0,
     NULL},
    {"\xef\xbb\xbf[opts]\nendpoint = ws://h", "ws://h", NULL, 0, 0, NULL},
    {"[opts]\n  endpoint = ws://h\n\tapiKey = k", "ws://h", "k", 0, 0, NULL},
    {"[opts]\ntimeout = 2.5\nlisteners = 7", NULL, NULL, 2.5, 7, NULL},
    {"endpoint = a\n[other]\nendpoint = b\n[opts]\napiKey = k", NULL, "k", 0, 0,
     NULL},
    {"[opts]\nendpoint = a\n[x]\n[opts]\nendpoint = b", "b", NULL, 0, 0, NULL},
    {"[opts]\napiKey = a\napiKey =", NULL, NULL, 0, 0, NULL},
    {"[opts]\nEndpoint = a\nendpoints = b\nretries = 5", NULL, NULL, 0, 0,
     NULL},
    {"# c\n; c\n[opts]\n#endpoint = a\napiKey = k ; c", NULL, "k", 0, 0, NULL},
    {"[opts]\napiKey = k # c", NULL, "k", 0, 0, NULL},
    {"[opts]\napiKey = k#c", NULL, "k", 0, 0, NULL},
    {"[opts]\napiKey = k;c", NULL, "k", 0, 0, NULL},
    {"[opts]\napiKey = a\\;b\\#c\\\\d\\e", NULL, "a;b#c\\d\\e", 0, 0, NULL},
    {"[opts]\napiKey = k\\", NULL, "k\\", 0, 0, NULL},
    {"[opts]\napiKey = \" k \"", NULL, " k ", 0, 0, NULL},
    {"[opts]\napiKey = \"a;b#c=d\"", NULL, "a;b#c=d", 0, 0, NULL},
    {"[opts]\napiKey = \"a\\\"b\\u00e9\"", NULL, "a\"b\xc3\xa9", 0, 0, NULL},
    {"[opts]\napiKey = \"not \\JSON\"", NULL, "\"not \\JSON\"", 0, 0, NULL},
    {"[opts]\napiKey = 'a;b'", NULL, "a;b", 0, 0, NULL},
    {"[opts]\napiKey = '\"a\"'", NULL, "a", 0, 0, NULL},
    {"[opts]\napiKey = ''", NULL, NULL, 0, 0, NULL},
    {"[opts]\ntimeout = \"3\"", NULL, NULL, 3, 0, NULL},
    {"[opts]\napiKey = \"a", NULL, NULL, 0, 0, "f:2: a value that begins"},
    {"[opts]\napiKey = \"", NULL, NULL, 0, 0, "f:2: a value that begins"},
    {"[opts]\napiKey = \"a ; b\"", NULL, NULL, 0, 0, "f:2: a value that b"},
    {"[opts]\napiKey", NULL, NULL, 0, 0, "f:2: not a"},
    {"[opts\napiKey = a", NULL, NULL, 0, 0, "f:1: not a"},
    {"[opts]\napiKey = " LONG_TEXT, NULL, NULL, 0, 0, "f:2: the line is long"},
    {"[opts]\n# " LONG_TEXT, NULL, NULL, 0, 0, "f:2: the line is longer"},
    {"[opts]\ntimeout = soon", NULL, NULL, 0, 0, "f:2: timeout must be"},
    {"[opts]\ntimeout = 15s", NULL, NULL, 0, 0, "f:2: timeout must be"},
    {"[opts]\ntimeout = -1", NULL, NULL, 0, 0, "f:2: timeout must be"},
    {"[opts]\ntimeout = 1e999", NULL, NULL, 0, 0, "f:2: timeout must be"},
    {"[opts]\ntimeout = nan", NULL, NULL, 0, 0, "f:2: timeout must be"},
    {"[opts]\nlisteners = 1.5", NULL, NULL, 0, 0, "f:2: listeners must be"},
    {"[opts]\nlisteners = 2147483648", NULL, NULL, 0, 0, "f:2: listeners"},
    {"// no comment\n{\"opts\":{}}", NULL, NULL, 0, 0, "f:1: not a"},
    /* JSON */
    {"{}", NULL, NULL, 0, 0, NULL},
    {" \n\t{\"opts\":{\"endpoint\":\"ws://h\",\"apiKey\":\"k\"}}\n", "ws://h",
     "k", 0, 0, NULL},
    {"\xef\xbb\xbf{\"opts\":{\"apiKey\":\"k\"}}", NULL, "k", 0, 0, NULL},
    {"{\"opts\":{\"timeout\":1.5,\"listeners\":3,\"x\":[{}]},\"y\":1}", NULL,
     NULL, 1.5, 3, NULL},
    {"{\"endpoint\":\"a\",\"opts\":{}}", NULL, NULL, 0, 0, NULL},
    {"{\"opts\":{\"apiKey\":\"a\",\"apiKey\":\"b\"}}", NULL, "b", 0, 0, NULL},
    {"{\"opts\":{\"apiKey\":\"a\",\"apiKey\":null}}", NULL, NULL, 0, 0, NULL},
    {"{\"opts\":{\"timeout\":null,\"listeners\":null}}", NULL, NULL, 0, 0,
     NULL},
    {"{ // c\n/* \" */\"opts\" /**/ : { \"apiKey\"://c\n\"k\"}} // c", NULL,
     "k", 0, 0, NULL},
    {"{\"opts\":{\"endpoint\":\"ws://h/*x*/\",\"apiKey\":\"\\\"//\"}}",
     "ws://h/*x*/", "\"//", 0, 0, NULL},
    {"{\"opts\":{\"apiKey\":\"" LONG_TEXT "\"}}", NULL, LONG_TEXT, 0, 0, NULL},
    {"{\n\"opts\":\n{,}}", NULL, NULL, 0, 0, "f:3: "},
    {"{\n/* two\nlines */\n\"opts\":{]}", NULL, NULL, 0, 0, "f:4: "},
    {"{\"opts\":{}} x", NULL, NULL, 0, 0, "f:1: "},
    {"{\"opts\":{}} /* open", NULL, NULL, 0, 0, NULL},
    {"{\"a", NULL, NULL, 0, 0, "f:1: "},
    {"{\"a\\", NULL, NULL, 0, 0, "f:1: "},
    {"{/", NULL, NULL, 0, 0, "f:1: "},
    {"{\"opts\":[]}", NULL, NULL, 0, 0, "f: opts must be an object"},
    {"{\"opts\":{\"apiKey\":5}}", NULL, NULL, 0, 0, "f: apiKey must be a str"},
    {"{\"opts\":{\"apiKey\":\"a\\u0000b\"}}", NULL, NULL, 0, 0, "f:1: "},
    {"{\"opts\":{\"timeout\":\"5\"}}", NULL, NULL, 0, 0, "f: timeout must"},
    {"{\"opts\":{\"timeout\":-1}}", NULL, NULL, 0, 0, "f: timeout must"},
    {"{\"opts\":{\"listeners\":2.0}}", NULL, NULL, 0, 0, "f: listeners must"},
};

static void ck_assert_rc(const struct rc *rc, const char *endpoint,
                         const char *api_key)
{
    ck_assert_pstr_eq(rc->endpoint, endpoint);
    ck_assert_pstr_eq(rc->api_key, api_key);
}

static int parse(const char *text, struct rc *rc, struct errmsg *errmsg)
{
    /* A block of its own size, for overruns to be seen. */
    size_t n = strlen(text);
    char *block = malloc(n + !n);
    ck_assert_ptr_nonnull(block);
    memcpy(block, text, n);
    int status = rc_parse(block, n, "f", rc, errmsg);
    free(block);
    return status;
}

START_TEST(a_text_is_read_or_its_fault_is_named)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg = {""};
    int status = parse(texts[_i].text, &rc, &errmsg);
    if (texts[_i].fault) {
        ck_assert_int_eq(status, -EINVAL);
        ck_assert_msg(strstr(errmsg.text, texts[_i].fault) == errmsg.text, "%s",
                      errmsg.text);
    } else {
        ck_assert_msg(status == 0, "%s", errmsg.text);
    }
    ck_assert_rc(&rc, texts[_i].endpoint, texts[_i].api_key);
    ck_assert_double_eq(rc.timeout_s, texts[_i].timeout_s);
    ck_assert_int_eq(rc.listeners, texts[_i].listeners);
    rc_deinit(&rc);
}
END_TEST

START_TEST(what_a_text_does_not_say_stays)
{
    struct rc rc = RC_EMPTY;
    ck_assert_int_eq(parse("[opts]\nendpoint = a\ntimeout = 3", &rc, NULL), 0);
    ck_assert_int_eq(parse("{\"opts\":{\"apiKey\":\"k\"}}", &rc, NULL), 0);
    ck_assert_rc(&rc, "a", "k");
    ck_assert_double_eq(rc.timeout_s, 3);
    ck_assert_int_eq(parse("[opts]\nendpoint =\ntimeout =", &rc, NULL), 0);
    ck_assert_rc(&rc, NULL, "k");
    ck_assert_double_eq(rc.timeout_s, 0);
    rc_deinit(&rc);
}
END_TEST

START_TEST(a_fault_leaves_all_as_it_was)
{
    struct rc rc = RC_EMPTY;
    ck_assert_int_eq(parse("[opts]\nendpoint = a\nlisteners = 2", &rc, NULL),
                     0);
    ck_assert_int_eq(parse("[opts]\nendpoint = b\nlisteners = x", &rc, NULL),
                     -EINVAL);
    ck_assert_int_eq(
        parse("{\"opts\":{\"endpoint\":\"b\",\"listeners\":\"\"}}", &rc, NULL),
        -EINVAL);
    ck_assert_rc(&rc, "a", NULL);
    ck_assert_int_eq(rc.listeners, 2);
    rc_deinit(&rc);
}
END_TEST

START_TEST(a_nul_byte_is_no_text)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg;
    ck_assert_int_eq(rc_parse("[opts]\napiKey = a\0b", 19, "f", &rc, &errmsg),
                     -EINVAL);
    ck_assert_int_eq(rc_parse("{\0}", 3, "f", &rc, &errmsg), -EINVAL);
    ck_assert_rc(&rc, NULL, NULL);
}
END_TEST

/* Where the language of the user writes 2,5 a file still says 2.5. */
START_TEST(numbers_do_not_depend_on_the_locale)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        return;
    struct rc rc = RC_EMPTY;
    ck_assert_int_eq(parse("[opts]\ntimeout = 2.5", &rc, NULL), 0);
    ck_assert_double_eq(rc.timeout_s, 2.5);
}
END_TEST

static struct folder folder;

static void make_folder(void)
{
    folder_init(&folder);
}

static void remove_folder(void)
{
    folder_deinit(&folder);
}

static void put(const char *name, const char *text)
{
    folder_write(&folder, name, text, strlen(text));
}

static const char *at(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned turn;
    return folder_join(&folder, name, paths[turn++ % 4]);
}

START_TEST(a_file_that_cannot_be_read_is_named)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg;
    ck_assert_int_eq(rc_read(at("none"), &rc, &errmsg), -ENOENT);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "none: No such file"));
    ck_assert_int_eq(rc_read(folder.path, &rc, &errmsg), -EISDIR);
    put("bad", "[opts]\n\napiKey\n");
    ck_assert_int_eq(rc_read(at("bad"), &rc, &errmsg), -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "/bad:3: "));
    ck_assert_int_eq(rc_read("/dev/zero", &rc, &errmsg), -EINVAL);
    ck_assert_str_eq(errmsg.text, "/dev/zero: larger than such a file may be");
}
END_TEST

/* From the least to the most important; each is read over those before it. */
static const char *const places[] = {"home/.config/monologue/config",
                                     "home/.monologue/config",
                                     "home/.monologuerc", "work/.monologuerc"};

START_TEST(the_nearest_place_wins)
{
    struct rc rc = RC_EMPTY;
    char text[100];
    ck_assert_int_eq(mkdir(at("work"), 0700), 0);
    ck_assert_int_eq(mkdir(at("work/deep"), 0700), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(text, sizeof text, "[opts]\nendpoint = %zu\n", i);
        put(places[i], text);
        ck_assert_int_eq(rc_find(at("work/deep"), at("home"), &rc, NULL), 0);
        ck_assert_int_eq(strtol(rc.endpoint, NULL, 10), (long)i);
    }
    put("work/deep/.monologuerc", "[opts]\napiKey = k\n");
    ck_assert_int_eq(rc_find(at("work/deep"), at("home"), &rc, NULL), 0);
    ck_assert_rc(&rc, "2", "k"); /* work/.monologuerc is not the nearest */
    rc_deinit(&rc);
}
END_TEST

START_TEST(without_a_home_only_the_directory_counts)
{
    const char *const homes[] = {NULL, ""};
    put(".monologuerc", "[opts]\nendpoint = a\n");
    for (int i = 0; i < 2; i++) {
        struct rc rc = RC_EMPTY;
        ck_assert_int_eq(rc_find(folder.path, homes[i], &rc, NULL), 0);
        ck_assert_rc(&rc, "a", NULL);
        rc_deinit(&rc);
    }
}
END_TEST

START_TEST(a_relative_directory_has_parents_too)
{
    struct rc rc = RC_EMPTY;
    put(".monologuerc", "[opts]\nendpoint = a\n");
    ck_assert_int_eq(mkdir(at("sub"), 0700), 0);
    ck_assert_int_eq(chdir(at("sub")), 0);
    ck_assert_int_eq(rc_find(".", NULL, &rc, NULL), 0);
    ck_assert_rc(&rc, "a", NULL);
    ck_assert_int_eq(chdir("/"), 0);
    rc_deinit(&rc);
}
END_TEST

START_TEST(what_is_not_a_file_is_skipped)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg = {""};
    /* A file where the place before it sees a folder, and a folder. */
    put("home/.config/monologue", "[opts]\nendpoint = a\n");
    put("home/.monologue", "not read at all");
    ck_assert_int_eq(mkdir(at(".monologuerc"), 0700), 0);
    ck_assert_int_eq(rc_find(folder.path, at("home"), &rc, &errmsg), 0);
    ck_assert_rc(&rc, "a", NULL);
    ck_assert_str_eq(errmsg.text, "");
    ck_assert_int_eq(rc_find(at("gone"), at("nobody"), &rc, &errmsg), 0);
    ck_assert_int_eq(rc_find("/", NULL, &rc, &errmsg), 0);
    rc_deinit(&rc);
}
END_TEST

START_TEST(a_fault_in_one_place_ends_the_search_unchanged)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg = {""};
    put("home/.monologue/config", "[opts]\nendpoint = a\n");
    put("home/.monologuerc", "[opts\n");
    ck_assert_int_eq(rc_find(folder.path, at("home"), &rc, &errmsg), -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "home/.monologuerc:1: "));
    ck_assert_rc(&rc, NULL, NULL);
}
END_TEST

static const struct {
    const char *const environment[5];
    const char *endpoint;
    const char *api_key;
    double timeout_s;
    const char *fault;
} environments[] = {
    {{NULL}, "old", NULL, 0, NULL},
    {{"HOME=/", "monologue=x", "monologue_opts=x", NULL}, "old", NULL, 0, NULL},
    {{"monologue_opts__endpoint=a", "monologue_opts__apiKey=k", NULL},
     "a",
     "k",
     0,
     NULL},
    {{"MONOLOGUE_opts__endpoint=a", "Monologue_opts__timeout=2", NULL},
     "a",
     NULL,
     2,
     NULL},
    {{"monologue_OPTS__endpoint=a", "monologue_opts_endpoint=a",
      "monologue_opts__endpoints=a", NULL},
     "old",
     NULL,
     0,
     NULL},
    {{"MONOLOGUE_ENDPOINT=b", "monologue_opts__endpoint=a", NULL},
     "b",
     NULL,
     0,
     NULL},
    {{"MONOLOGUE_API_KEY=k=;#\"", "MONOLOGUE_TIMEOUT=0.5", NULL},
     "old",
     "k=;#\"",
     0.5,
     NULL},
    {{"MONOLOGUE_ENDPOINT=", NULL}, NULL, NULL, 0, NULL},
    {{"MONOLOGUE_ENDPOINT=b", "MONOLOGUE_TIMEOUT=soon", NULL},
     "old",
     NULL,
     0,
     "environment: MONOLOGUE_TIMEOUT: timeout must be"},
    {{"monologue_opts__listeners=some", NULL},
     "old",
     NULL,
     0,
     "environment: monologue_opts__listeners: listeners must"},
};

START_TEST(the_environment_is_read_as_rc_does)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg = {""};
    ck_assert_int_eq(rc_set(&rc, "endpoint", "old", NULL), 0);
    int status = rc_read_environment(
        (char *const *)environments[_i].environment, &rc, &errmsg);
    ck_assert_int_eq(status, environments[_i].fault ? -EINVAL : 0);
    ck_assert_ptr_nonnull(strstr(
        errmsg.text, environments[_i].fault ? environments[_i].fault : ""));
    ck_assert_rc(&rc, environments[_i].endpoint, environments[_i].api_key);
    ck_assert_double_eq(rc.timeout_s, environments[_i].timeout_s);
    rc_deinit(&rc);
}
END_TEST

START_TEST(the_environment_may_name_a_file)
{
    struct rc rc = RC_EMPTY;
    char variable[PATH_MAX + 32];
    char key[] = "MONOLOGUE_API_KEY=from the environment";
    put("named", "[opts]\nendpoint = a\napiKey = from the file\n");
    snprintf(variable, sizeof variable, "monologue_config=%s", at("named"));
    char *const environment[] = {key, variable, NULL};
    ck_assert_int_eq(rc_read_environment(environment, &rc, NULL), 0);
    ck_assert_rc(&rc, "a", "from the environment");
    rc_deinit(&rc);
}
END_TEST

static const struct {
    const char *endpoint;
    const char *api_key;
    const char *text; /* of the file; NULL: refused */
} writings[] = {
    {"ws://h/latest", "k", "[opts]\nendpoint = ws://h/latest\napiKey = k\n"},
    {NULL, "k", "[opts]\napiKey = k\n"},
    {"ws://h", NULL, "[opts]\nendpoint = ws://h\n"},
    {NULL, NULL, "[opts]\n"},
    {NULL, "a=b:c", "[opts]\napiKey = a=b:c\n"},
    {NULL, "a;b#c", "[opts]\napiKey = \"a;b#c\"\n"},
    {NULL, " a ", "[opts]\napiKey = \" a \"\n"},
    {NULL, "\"a\"", "[opts]\napiKey = \"\\\"a\\\"\"\n"},
    {NULL, "'a'", "[opts]\napiKey = \"'a'\"\n"},
    {NULL, "a\\b", "[opts]\napiKey = a\\b\n"},
    {NULL, "a\\\\b", "[opts]\napiKey = \"a\\\\\\\\b\"\n"},
    {NULL, "a\n[opts]\nb", "[opts]\napiKey = \"a\\n[opts]\\nb\"\n"},
    {NULL, "\xc3\xa9", "[opts]\napiKey = \xc3\xa9\n"},
    {NULL, "a ;b", NULL},
    {NULL, "", NULL},
    {NULL, "\n\xff", NULL},
    {LONG_TEXT, "k", NULL},
    {LONG_TEXT LONG_TEXT LONG_TEXT, "k", NULL},
};

START_TEST(what_is_written_reads_back_or_is_refused)
{
    struct rc rc = RC_EMPTY;
    struct errmsg errmsg = {""};
    put("out", "[opts]\nendpoint = old\n");
    int status = rc_write(at("out"), writings[_i].endpoint,
                          writings[_i].api_key, &errmsg);
    ck_assert_int_eq(status, writings[_i].text ? 0 : -EINVAL);
    ck_assert_int_eq(rc_read(at("out"), &rc, &errmsg), 0);
    if (writings[_i].text) {
        char text[1000] = "";
        FILE *file = fopen(at("out"), "r");
        ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
        fclose(file);
        ck_assert_str_eq(text, writings[_i].text);
        ck_assert_rc(&rc, writings[_i].endpoint, writings[_i].api_key);
    } else {
        ck_assert_ptr_nonnull(strstr(errmsg.text, "cannot be kept in an INI"));
        ck_assert_rc(&rc, "old", NULL);
    }
    rc_deinit(&rc);
}
END_TEST

START_TEST(a_written_file_is_for_its_owner_only)
{
    struct stat stat_of;
    put("out", "x");
    ck_assert_int_eq(chmod(at("out"), 0666), 0);
    umask(0);
    ck_assert_int_eq(rc_write(at("out"), "ws://h", "k", NULL), 0);
    ck_assert_int_eq(stat(at("out"), &stat_of), 0);
    ck_assert_uint_eq(stat_of.st_mode & 07777, 0600);
}
END_TEST

START_TEST(a_link_leads_to_the_written_file)
{
    struct rc rc = RC_EMPTY;
    struct stat stat_of;
    put("real/rc", "");
    ck_assert_int_eq(symlink("real/rc", at("link")), 0);
    ck_assert_int_eq(rc_write(at("link"), "ws://h", NULL, NULL), 0);
    ck_assert_int_eq(lstat(at("link"), &stat_of), 0);
    ck_assert(S_ISLNK(stat_of.st_mode));
    ck_assert_int_eq(rc_read(at("real/rc"), &rc, NULL), 0);
    ck_assert_rc(&rc, "ws://h", NULL);
    rc_deinit(&rc);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_named)
{
    struct errmsg errmsg;
    ck_assert_int_eq(rc_write(at("no/rc"), "ws://h", NULL, &errmsg), -ENOENT);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "no/rc: No such file"));
    /* A folder in its place: the draft is gone again, too. */
    ck_assert_int_eq(mkdir(at("taken"), 0700), 0);
    ck_assert_int_eq(rc_write(at("taken"), "ws://h", NULL, &errmsg), -EISDIR);
    ck_assert_int_eq(rmdir(at("taken")), 0);
    ck_assert_int_eq(rmdir(folder.path), 0);
    ck_assert_int_eq(mkdir(folder.path, 0700), 0);
}
END_TEST

int main(void)
{
    const TTest *const once[] = {what_a_text_does_not_say_stays,
                                 a_fault_leaves_all_as_it_was,
                                 a_nul_byte_is_no_text,
                                 numbers_do_not_depend_on_the_locale,
                                 a_file_that_cannot_be_read_is_named,
                                 the_nearest_place_wins,
                                 without_a_home_only_the_directory_counts,
                                 a_relative_directory_has_parents_too,
                                 what_is_not_a_file_is_skipped,
                                 a_fault_in_one_place_ends_the_search_unchanged,
                                 the_environment_may_name_a_file,
                                 a_written_file_is_for_its_owner_only,
                                 a_link_leads_to_the_written_file,
                                 a_place_that_cannot_be_written_is_named};
    Suite *suite = suite_create("rc");
    TCase *tcase = tcase_create("rc");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, a_text_is_read_or_its_fault_is_named, 0,
                        sizeof texts / sizeof *texts);
    tcase_add_loop_test(tcase, the_environment_is_read_as_rc_does, 0,
                        sizeof environments / sizeof *environments);
    tcase_add_loop_test(tcase, what_is_written_reads_back_or_is_refused, 0,
                        sizeof writings / sizeof *writings);
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        tcase_add_test(tcase, once[i]);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
