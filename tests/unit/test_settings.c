#include "daemon/settings.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/values.h"
#include "tests/lib/suite.h"

START_TEST(every_key_is_found_with_either_dash)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        char option[64];
        size_t n = strlen(setting->key);
        for (size_t k = 0; k < n; k++)
            option[k] = setting->key[k] == '_' ? '-' : setting->key[k];
        ck_assert_ptr_eq(settings_find(setting->key, n), setting);
        ck_assert_ptr_eq(settings_find(option, n), setting);
        ck_assert_ptr_ne(settings_find(setting->key, n - 1), setting);
        ck_assert_uint_eq(settings_index(setting), i);
    }
    ck_assert_ptr_null(settings_find("", 0));
}
END_TEST

/* A field that two rows share, or none, shows in a default that is not kept. */
START_TEST(every_default_is_a_value_of_its_own_field)
{
    struct config *config = calloc(1, sizeof *config);
    struct errmsg errmsg = {""};
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        ck_assert_ptr_nonnull(setting->help);
        if (!setting->initial)
            continue;
        int rc = values_set(config, setting, setting->initial, &errmsg);
        ck_assert_msg(rc == 0, "%s", errmsg.text);
    }
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        char line[400] = "", expected[400] = "";
        FILE *file = fmemopen(line, sizeof line, "w");
        values_print(config, setting, file);
        fclose(file);
        snprintf(expected, sizeof expected, "%s%s =%s%s\n",
                 setting->initial ? "" : "# ", setting->key,
                 setting->initial ? " " : "",
                 setting->initial ? setting->initial : "");
        ck_assert_str_eq(line, expected);
    }
    config_free(config);
}
END_TEST

START_TEST(every_default_of_aws_is_a_value)
{
    struct config *config = calloc(1, sizeof *config);
    struct errmsg errmsg = {""};
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (!setting->aws)
            continue;
        int rc = values_set(config, setting, setting->aws, &errmsg);
        ck_assert_msg(rc == 0, "%s", errmsg.text);
        ck_assert_str_ne(setting->aws, setting->initial);
    }
    ck_assert_double_eq(config->connect_rate, 500);
    ck_assert_double_eq(config->request_rate, 10000);
    config_free(config);
}
END_TEST

START_TEST(a_mistyped_key_is_recognised)
{
    static const struct {
        const char *typed;
        const char *meant;
    } cases[] = {
        {"idle_timeuot", "idle_timeout"},
        {"idletimeout", "idle_timeout"},
        {"listten", "listen"},
        {"api_keys", "api_key"},
        {"key_file", "keys_file"},
        {"xyz", NULL},
        {"", NULL},
        {"port", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nearest nearest;
        nearest_init(&nearest, cases[i].typed);
        settings_offer(&nearest);
        if (cases[i].meant)
            ck_assert_str_eq(nearest.found, cases[i].meant);
        else
            ck_assert_ptr_null(nearest.found);
    }
}
END_TEST

START_TEST(a_very_long_word_is_near_nothing)
{
    char word[5000];
    struct nearest nearest;
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    nearest_init(&nearest, word);
    settings_offer(&nearest);
    ck_assert_ptr_null(nearest.found);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_key_is_found_with_either_dash,
                                  every_default_is_a_value_of_its_own_field,
                                  every_default_of_aws_is_a_value,
                                  a_mistyped_key_is_recognised,
                                  a_very_long_word_is_near_nothing,
                                  NULL};
    return suite_run("settings", tests);
}
