#include "daemon/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/consistency.h"
#include "daemon/flags.h"
#include "daemon/settings.h"
#include "daemon/values.h"
#include "proto/inifile.h"

/*
 * The sources are applied one after the other, each over what the weaker ones
 * said. Some add up within one source; a stronger source starts anew.
 */
struct source {
    struct config *config;
    uint64_t *said; /* the settings that any source but the table speaks of */
    uint64_t seen;  /* and those that this one does, by index */
};

static const char ENVIRONMENT_PREFIX[] = "MONOLOGUED_";

static bool has_seen(const struct source *source, const struct setting *setting)
{
    return source->seen >> settings_index(setting) & 1;
}

static int apply(struct source *source, const struct setting *setting,
                 const char *text, struct errmsg *errmsg)
{
    if (settings_add_up(setting) && !has_seen(source, setting))
        values_clear(source->config, setting);
    source->seen |= UINT64_C(1) << settings_index(setting);
    *source->said |= source->seen;
    return values_set(source->config, setting, text, errmsg);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < settings_count; i++)
        values_clear(config, &settings_table[i]);
    free(config);
}

static int apply_table(struct config *config, struct errmsg *errmsg)
{
    uint64_t ignored = 0;
    struct source table = {config, &ignored, 0};
    int rc = 0;
    for (size_t i = 0; i < settings_count && rc == 0; i++)
        if (settings_table[i].initial)
            rc = apply(&table, &settings_table[i], settings_table[i].initial,
                       errmsg);
    return rc;
}

/* The profile is known when all have spoken; it fills in what none has. */
static int apply_profile(struct config *config, uint64_t said,
                         struct errmsg *errmsg)
{
    int rc = 0;
    for (size_t i = 0; i < settings_count && rc == 0; i++) {
        const struct setting *setting = &settings_table[i];
        if (config->profile == PROFILE_AWS && setting->aws && !(said >> i & 1))
            rc = values_set(config, setting, setting->aws, errmsg);
    }
    return rc;
}

static int apply_overrides(struct config *config, uint64_t *said,
                           const char *const overrides[], struct errmsg *errmsg)
{
    struct source over = {config, said, 0};
    int rc = 0;
    for (; overrides && *overrides && rc == 0; overrides++) {
        size_t n = strcspn(*overrides, "=");
        const struct setting *setting = settings_find(*overrides, n);
        assert(setting && (*overrides)[n] == '=');
        rc = apply(&over, setting, *overrides + n + 1, errmsg);
    }
    return rc;
}

static int refuse_unknown(const char *key, struct errmsg *errmsg)
{
    struct nearest nearest;
    nearest_init(&nearest, key);
    settings_offer(&nearest);
    if (nearest.found)
        errmsg_set(errmsg, "%.80s is not a setting: did you mean %s?", key,
                   nearest.found);
    else
        errmsg_set(errmsg, "%.80s is not a setting", key);
    return -EINVAL;
}

static int apply_entry(const struct inifile_entry *entry, void *data,
                       struct errmsg *errmsg)
{
    struct source *file = data;
    if (entry->section[0] && strcmp(entry->section, "monologued") != 0) {
        errmsg_set(errmsg, "[%s] is not a section: use [monologued] or none",
                   entry->section);
        return -EINVAL;
    }
    const struct setting *setting =
        settings_find(entry->name, strlen(entry->name));
    if (!setting)
        return refuse_unknown(entry->name, errmsg);
    if (has_seen(file, setting) && !settings_add_up(setting)) {
        errmsg_set(errmsg, "%s is set twice", setting->key);
        return -EINVAL;
    }
    return apply(file, setting, entry->value, errmsg);
}

static int apply_file(struct config *config, uint64_t *said, const char *path,
                      struct errmsg *errmsg)
{
    struct source file = {config, said, 0};
    return path ? inifile_read(path, apply_entry, &file, errmsg) : 0;
}

static int apply_variable(struct source *source, const char *variable,
                          struct errmsg *errmsg)
{
    char key[80] = "";
    size_t n_prefix = strlen(ENVIRONMENT_PREFIX);
    size_t n = strcspn(variable, "=");
    for (size_t i = 0; i < n - n_prefix && i < sizeof key - 1; i++)
        key[i] = (char)tolower((unsigned char)variable[n_prefix + i]);
    const struct setting *setting = settings_find(key, strlen(key));
    int rc = setting ? apply(source, setting, variable + n + 1, errmsg)
                     : refuse_unknown(key, errmsg);
    if (rc)
        errmsg_prefix(errmsg, "%.*s", n < 80 ? (int)n : 80, variable);
    return rc;
}

static int apply_environment(struct config *config, uint64_t *said,
                             char *const environment[], struct errmsg *errmsg)
{
    struct source source = {config, said, 0};
    int rc = 0;
    for (; *environment && rc == 0; environment++)
        if (strncmp(*environment, ENVIRONMENT_PREFIX,
                    strlen(ENVIRONMENT_PREFIX)) == 0 &&
            strchr(*environment, '='))
            rc = apply_variable(&source, *environment, errmsg);
    return rc;
}

static int apply_options(struct config *config, uint64_t *said, int argc,
                         char *const argv[], struct errmsg *errmsg)
{
    struct source source = {config, said, 0};
    struct flags flags = {argc, argv, 1};
    struct flag flag = {FLAG_HELP, NULL, NULL};
    int rc = flags_next(&flags, &flag, errmsg);
    while (rc == 0 && flag.kind != FLAG_END) {
        if (flag.kind == FLAG_SETTING)
            rc = apply(&source, flag.setting, flag.value, errmsg);
        if (rc)
            errmsg_prefix(errmsg, "command line");
        else
            rc = flags_next(&flags, &flag, errmsg);
    }
    return rc;
}

/* What is asked for: all options are read before any value is looked at. */
static enum config_outcome read_options(int argc, char *const argv[],
                                        const char **path_out,
                                        struct errmsg *errmsg)
{
    enum config_outcome outcome = CONFIG_RUN;
    struct flags flags = {argc, argv, 1};
    for (;;) {
        struct flag flag;
        if (flags_next(&flags, &flag, errmsg))
            return CONFIG_USAGE;
        switch (flag.kind) {
        case FLAG_END:
            return outcome;
        case FLAG_HELP:
            return CONFIG_HELP;
        case FLAG_VERSION:
            return CONFIG_VERSION;
        case FLAG_CONFIG:
            *path_out = flag.value;
            break;
        case FLAG_CHECK:
            outcome = CONFIG_CHECK;
            break;
        case FLAG_PRINT:
            outcome = CONFIG_PRINT;
            break;
        case FLAG_SETTING:
            break;
        }
    }
}

static struct config *load(const char *const defaults[], const char *path,
                           char *const environment[], int argc,
                           char *const argv[], struct errmsg *errmsg)
{
    struct config *config = calloc(1, sizeof *config);
    if (!config) {
        errmsg_set(errmsg, "out of memory");
        return NULL;
    }
    uint64_t said = 0;
    int rc = apply_table(config, errmsg);
    if (!rc)
        rc = apply_overrides(config, &said, defaults, errmsg);
    if (!rc)
        rc = apply_file(config, &said, path, errmsg);
    if (!rc)
        rc = apply_environment(config, &said, environment, errmsg);
    if (!rc)
        rc = apply_options(config, &said, argc, argv, errmsg);
    if (!rc)
        rc = apply_profile(config, said, errmsg);
    if (!rc)
        rc = consistency_check(config, errmsg);
    if (!rc)
        return config;
    config_free(config);
    return NULL;
}

enum config_outcome config_load_over(const char *const defaults[], int argc,
                                     char *const argv[],
                                     char *const environment[],
                                     struct config **config_out,
                                     struct errmsg *errmsg)
{
    const char *path = NULL;
    enum config_outcome outcome = read_options(argc, argv, &path, errmsg);
    switch (outcome) {
    case CONFIG_USAGE:
    case CONFIG_INVALID:
    case CONFIG_HELP:
    case CONFIG_VERSION:
        return outcome;
    case CONFIG_RUN:
    case CONFIG_CHECK:
    case CONFIG_PRINT:
        break;
    }
    struct config *config =
        load(defaults, path, environment, argc, argv, errmsg);
    if (!config)
        return CONFIG_INVALID;
    *config_out = config;
    return outcome;
}

enum config_outcome config_load(int argc, char *const argv[],
                                char *const environment[],
                                struct config **config_out,
                                struct errmsg *errmsg)
{
    return config_load_over(NULL, argc, argv, environment, config_out, errmsg);
}

int config_check_reload(const struct config *old, const struct config *new,
                        struct errmsg *errmsg)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (setting->is_reloadable || values_are_equal(old, new, setting))
            continue;
        errmsg_set(errmsg, "%s has changed, which takes a restart",
                   setting->key);
        return -EINVAL;
    }
    return 0;
}

void config_print(const struct config *config, FILE *file)
{
    for (size_t i = 0; i < settings_count; i++)
        values_print(config, &settings_table[i], file);
}

static void print_option(const struct setting *setting, FILE *file)
{
    char words[VALUES_WORDS];
    char option[VALUES_WORDS + 40];
    values_print_words(setting, words);
    int n = snprintf(option, sizeof option, "--%s%s%s", setting->key,
                     words[0] ? "=" : "", words);
    for (int i = 0; i < n && option[i] != '='; i++)
        if (option[i] == '_')
            option[i] = '-';
    fprintf(file, "  %s\n      %s", option, setting->help);
    if (setting->zero)
        fprintf(file, "; 0: %s", setting->zero);
    if (setting->initial)
        fprintf(file, " [%s]", setting->initial);
    fprintf(file, "\n");
}

void config_print_help(FILE *file)
{
    fprintf(file, "  --config=FILE\n      read settings from this file\n"
                  "  --check-config\n      check all settings and the files of "
                  "keys and certificates\n"
                  "  --print-config\n      print all settings and end\n"
                  "  -V, --version\n  -h, --help\n\nSettings:\n");
    for (size_t i = 0; i < settings_count; i++)
        print_option(&settings_table[i], file);
}
