#include "daemon/flags.h"

#include <errno.h>
#include <string.h>

/* The options that are not settings. */
static const struct word {
    const char *name;
    enum flag_kind kind;
} words[] = {
    {"config", FLAG_CONFIG},      {"check_config", FLAG_CHECK},
    {"print_config", FLAG_PRINT}, {"version", FLAG_VERSION},
    {"help", FLAG_HELP},
};

enum { N_WORDS = sizeof words / sizeof words[0], NAME_MAX_CHARS = 60 };

/* An option's name as the tables have it: without dashes; NUL-terminated. */
static void copy_name(const char *option, size_t n,
                      char name_out[static NAME_MAX_CHARS + 1])
{
    if (n > NAME_MAX_CHARS)
        n = NAME_MAX_CHARS;
    for (size_t i = 0; i < n; i++)
        name_out[i] = option[i] == '-' ? '_' : option[i];
    name_out[n] = '\0';
}

static enum flag_kind find_word(const char *name)
{
    for (size_t i = 0; i < N_WORDS; i++)
        if (strcmp(words[i].name, name) == 0)
            return words[i].kind;
    return FLAG_END;
}

static int refuse_unknown(const char *name, struct errmsg *errmsg)
{
    struct nearest nearest;
    char option[NAME_MAX_CHARS + 1];
    nearest_init(&nearest, name);
    for (size_t i = 0; i < N_WORDS; i++)
        nearest_offer(&nearest, words[i].name);
    settings_offer(&nearest);
    const char *meant = nearest.found ? nearest.found : "help";
    size_t n = strlen(meant);
    for (size_t i = 0; i <= n; i++)
        option[i] = meant[i] == '_' ? '-' : meant[i];
    if (nearest.found)
        errmsg_set(errmsg, "not an option: did you mean --%s?", option);
    else
        errmsg_set(errmsg, "not an option: see --%s", option);
    return -EINVAL;
}

/* A word that is no option: a sub-command, mistyped or in the wrong place? */
static int refuse_word(const char *word, struct errmsg *errmsg)
{
    struct nearest nearest;
    nearest_init(&nearest, word);
    nearest_offer(&nearest, "exec");
    nearest_offer(&nearest, "keygen");
    if (word[0] == '-')
        errmsg_set(errmsg, "not an option: options start with -- and take "
                           "their value as --option=VALUE");
    else if (!nearest.found)
        errmsg_set(errmsg, "neither an option nor a sub-command: see --help");
    else if (nearest.distance == 0)
        errmsg_set(errmsg, "a sub-command comes first, options behind it");
    else
        errmsg_set(errmsg, "not a sub-command: did you mean %s?",
                   nearest.found);
    return -EINVAL;
}

/* What the option means without a value; NULL: it needs one. */
static const char *default_value(const struct flag *flag)
{
    if (flag->kind == FLAG_CONFIG)
        return NULL;
    if (flag->setting && flag->setting->type != SETTING_BOOLEAN)
        return NULL;
    return "true";
}

static int read_option(struct flags *flags, const char *option,
                       struct flag *flag, struct errmsg *errmsg)
{
    char name[NAME_MAX_CHARS + 1];
    size_t n = strcspn(option, "=");
    const char *value = option[n] ? option + n + 1 : NULL;

    copy_name(option, n, name);
    flag->setting = settings_find(name, strlen(name));
    flag->kind = flag->setting ? FLAG_SETTING : find_word(name);
    if (flag->kind == FLAG_END)
        return refuse_unknown(name, errmsg);
    if (value && flag->kind != FLAG_SETTING && flag->kind != FLAG_CONFIG) {
        errmsg_set(errmsg, "takes no value");
        return -EINVAL;
    }
    if (!value)
        value = default_value(flag);
    if (!value && flags->position < flags->argc &&
        strncmp(flags->argv[flags->position], "--", 2) != 0)
        value = flags->argv[flags->position++];
    if (!value) {
        errmsg_set(errmsg, "needs a value");
        return -EINVAL;
    }
    flag->value = value;
    return 0;
}

/* Without what follows a sign of equality: it may be a key. */
static void name_option(const char *word, struct errmsg *errmsg)
{
    char option[2 + NAME_MAX_CHARS + 1] = "";
    size_t n = strcspn(word, "=");
    memcpy(option, word, n < sizeof option ? n : sizeof option - 1);
    errmsg_prefix(errmsg, "%s", option);
}

int flags_next(struct flags *flags, struct flag *flag_out,
               struct errmsg *errmsg)
{
    struct flag flag = {FLAG_END, NULL, NULL};
    int rc = 0;
    if (flags->position < flags->argc) {
        const char *word = flags->argv[flags->position++];
        if (strncmp(word, "--", 2) == 0 && word[2])
            rc = read_option(flags, word + 2, &flag, errmsg);
        else if (strcmp(word, "-h") == 0)
            flag.kind = FLAG_HELP;
        else if (strcmp(word, "-V") == 0)
            flag.kind = FLAG_VERSION;
        else
            rc = refuse_word(word, errmsg);
        if (rc)
            name_option(word, errmsg);
    }
    if (rc == 0)
        *flag_out = flag;
    return rc;
}
