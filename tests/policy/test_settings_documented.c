/*
 * Every setting stands in the sample file and in the manual, with the default,
 * the range and the need to restart that the table has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/quantity.h"
#include "daemon/settings.h"
#include "daemon/values.h"
#include "tests/lib/suite.h"

#define SAMPLE SOURCE_ROOT "/conf/monologued.conf"
#define MANUAL SOURCE_ROOT "/docs/monologued.conf.5.scd"

static char *read_file(const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", path);
    size_t n = fread(text, 1, sizeof text - 1, file);
    ck_assert_uint_lt(n, sizeof text - 1);
    text[n] = '\0';
    fclose(file);
    return text;
}

/* Copies from behind @begin up to @end, with single blanks for whitespace. */
static void cut(const char *text, const char *begin, const char *end,
                char *section_out, size_t size)
{
    const char *from = strstr(text, begin);
    ck_assert_msg(from != NULL, "no \"%s\"", begin);
    from += strlen(begin);
    const char *to = strstr(from, end);
    size_t n = 0;
    for (; *from && from != to && n < size - 1; from++)
        if (!strchr(" \t\n", *from))
            section_out[n++] = *from;
        else if (n && section_out[n - 1] != ' ')
            section_out[n++] = ' ';
    section_out[n] = '\0';
}

START_TEST(the_sample_shows_every_default)
{
    const char *text = read_file(SAMPLE);
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        char line[200];
        snprintf(line, sizeof line, "\n#%s = %s%s", setting->key,
                 setting->initial ? setting->initial : "",
                 setting->initial ? "\n" : "");
        ck_assert_msg(strstr(text, line) != NULL, "%s has no line \"%s\"",
                      SAMPLE, line + 1);
    }
}
END_TEST

START_TEST(the_sample_names_no_setting_that_is_not_there)
{
    struct config *config = calloc(1, sizeof *config);
    char *text = read_file(SAMPLE);
    char *line;
    size_t n_settings = 0;
    while ((line = strsep(&text, "\n"))) {
        char *equals = strstr(line, " = ");
        if (line[0] != '#' || line[1] == ' ' || line[1] == '#' || !equals)
            continue;
        const struct setting *setting =
            settings_find(line + 1, (size_t)(equals - line) - 1);
        struct errmsg errmsg = {""};
        ck_assert_msg(setting != NULL, "%s", line);
        int rc = values_set(config, setting, equals + 3, &errmsg);
        ck_assert_msg(rc == 0, "%s", errmsg.text);
        n_settings++;
    }
    ck_assert_uint_eq(n_settings, settings_count);
    config_free(config);
}
END_TEST

START_TEST(the_manual_explains_every_setting)
{
    const char *text = read_file(MANUAL);
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        char begin[80], section[4000], end[200];
        snprintf(begin, sizeof begin, "\n*%s* = ", setting->key);
        snprintf(end, sizeof end, "Default: %s.",
                 setting->initial ? setting->initial : "none");
        cut(text, begin, "\n*", section, sizeof section);
        ck_assert_msg(strstr(section, end) != NULL, "%s: no \"%s\"",
                      setting->key, end);
        bool says_restart = strstr(section, "Needs a restart.") != NULL;
        ck_assert_msg(says_restart != setting->is_reloadable,
                      "%s: is a restart needed?", setting->key);
    }
}
END_TEST

/* "1 to 16M", or of a rate, which has no least but 0, "up to 1000000". */
static void print_range(const struct setting *setting, char *text, size_t size)
{
    enum quantity_unit unit = setting->type == SETTING_SIZE ? QUANTITY_BYTES
                              : setting->type == SETTING_DURATION
                                  ? QUANTITY_MILLISECONDS
                                  : QUANTITY_PLAIN;
    char min[QUANTITY_CHARS], max[QUANTITY_CHARS];
    quantity_print(setting->min, unit, min);
    quantity_print(setting->max, unit, max);
    snprintf(text, size, "%s to %s", setting->min ? min : "up", max);
}

/* A DURATION's, which all have in common, stands in the section on forms. */
START_TEST(the_manual_tells_every_range)
{
    const char *text = read_file(MANUAL);
    size_t n_ranges = 0;
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        bool is_duration = setting->type == SETTING_DURATION;
        char begin[80], section[4000], range[100];
        if (setting->max == 0)
            continue;
        snprintf(begin, sizeof begin, "\n*%s* = ", setting->key);
        cut(text, is_duration ? "# FILE FORMAT" : begin,
            is_duration ? "# RELOADING" : "\n*", section, sizeof section);
        print_range(setting, range, sizeof range);
        ck_assert_msg(strstr(section, range) != NULL, "%s: no \"%s\"",
                      setting->key, range);
        n_ranges++;
    }
    ck_assert_uint_gt(n_ranges, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_sample_shows_every_default,
                                  the_sample_names_no_setting_that_is_not_there,
                                  the_manual_explains_every_setting,
                                  the_manual_tells_every_range, NULL};
    return suite_run("settings_documented", tests);
}
