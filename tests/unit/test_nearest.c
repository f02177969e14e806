#include "proto/nearest.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/suite.h"

static const char *const words[] = {"whoami", "call", "listen", "repl",
                                    "ping",   "top",  "bench",  "help"};

static const struct {
    const char *typed;
    const char *meant; /* NULL: nobody knows */
} cases[] = {
    {"pign", "ping"},     {"ipng", "ping"},     {"pnig", "ping"},
    {"pin", "ping"},      {"pinng", "ping"},    {"pong", "ping"},
    {"clal", "call"},     {"cal", "call"},      {"lsiten", "listen"},
    {"lsietn", "listen"}, {"litsne", "listen"}, {"whoaim", "whoami"},
    {"hwomai", "whoami"}, {"tpo", "top"},       {"otp", "top"},
    {"ehlp", "help"},     {"repl", "repl"},     {"gnip", NULL},
    {"pgni", NULL},       {"nestil", NULL},     {"x", NULL},
    {"", NULL},           {"tset", NULL},
};

/* In blocks of their own size, for a read beyond the end to be seen. */
START_TEST(a_mistyped_word_is_known_again)
{
    char *typed = strdup(cases[_i].typed);
    struct nearest nearest;
    nearest_init(&nearest, typed);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        nearest_offer(&nearest, words[i]);
    ck_assert_pstr_eq(nearest.found, cases[_i].meant);
    free(typed);
}
END_TEST

START_TEST(the_nearest_one_is_found_whatever_the_order)
{
    static const char *const both[] = {"listed", "listen"};
    for (int i = 0; i < 2; i++) {
        struct nearest nearest;
        nearest_init(&nearest, "lsiten");
        nearest_offer(&nearest, both[i]);
        nearest_offer(&nearest, both[!i]);
        ck_assert_str_eq(nearest.found, "listen");
        ck_assert_uint_eq(nearest.distance, 1);
    }
}
END_TEST

/* The longest that count, and one more; both as the word and as what is meant.
 */
START_TEST(long_words_have_an_end)
{
    char word[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    struct nearest nearest;
    ck_assert_uint_eq(strlen(word), 41);
    nearest_init(&nearest, word + 1);
    nearest_offer(&nearest, word);
    ck_assert_ptr_null(nearest.found);
    nearest_offer(&nearest, word + 2);
    ck_assert_uint_eq(nearest.distance, 1);
    nearest_init(&nearest, word);
    nearest_offer(&nearest, word + 1);
    ck_assert_ptr_null(nearest.found);
}
END_TEST

int main(void)
{
    const TTest *const once[] = {the_nearest_one_is_found_whatever_the_order,
                                 long_words_have_an_end, NULL};
    const TTest *const looped[] = {a_mistyped_word_is_known_again, NULL};
    return suite_run_looped("nearest", looped, sizeof cases / sizeof *cases,
                            once);
}
