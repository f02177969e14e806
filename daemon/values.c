#include "daemon/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/address.h"
#include "daemon/keys.h"
#include "daemon/quantity.h"

enum { STAGE_CHARS = 128, FORMAT_LINE_MAX = 150 };

/* What there is to know of a type. Setters return 0, -EINVAL, -ERANGE or
 * -ENOMEM and change nothing then. */
struct type {
    int (*set)(struct config *config, const struct setting *setting,
               const char *text, struct errmsg *errmsg);
    void (*print)(const struct config *config, const struct setting *setting,
                  FILE *file);
    const char *words; /* for the help */
    const char *hint;  /* what a value is and looks like; NULL: the setter
                          itself says what is wrong */
    size_t n_bytes;    /* of a field that owns nothing */
    enum quantity_unit unit;
};

static void *field(const struct config *config, const struct setting *setting)
{
    return (char *)config + setting->offset;
}

static char **text_field(const struct config *config,
                         const struct setting *setting)
{
    return field(config, setting);
}

static const struct type *type_of(const struct setting *setting);

static int set_addresses(struct config *config, const struct setting *setting,
                         const char *text, struct errmsg *errmsg)
{
    (void)setting;
    return address_add(config, text, errmsg);
}

static void print_addresses(const struct config *config,
                            const struct setting *setting, FILE *file)
{
    for (size_t i = 0; i < config->n_listen; i++) {
        char text[ADDRESS_TEXT_MAX];
        address_print(&config->listen[i], text);
        fprintf(file, "%s = %s\n", setting->key, text);
    }
}

static int replace_text(struct config *config, const struct setting *setting,
                        const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    free(*text_field(config, setting));
    *text_field(config, setting) = copy;
    return 0;
}

static int set_stage(struct config *config, const struct setting *setting,
                     const char *text, struct errmsg *errmsg)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz0123456789-_");
    (void)errmsg;
    if (n < 1 || n > STAGE_CHARS || text[n] != '\0')
        return -EINVAL;
    return replace_text(config, setting, text);
}

/* On one line, and not as a comment. */
static bool can_stand_in_file(const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || strchr(" ;", text[0]) || text[n - 1] == ' ' ||
        strstr(text, " ;"))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return true;
}

static int set_path(struct config *config, const struct setting *setting,
                    const char *text, struct errmsg *errmsg)
{
    (void)errmsg;
    return can_stand_in_file(text) ? replace_text(config, setting, text)
                                   : -EINVAL;
}

static void print_text(const struct config *config,
                       const struct setting *setting, FILE *file)
{
    const char *text = *text_field(config, setting);
    fprintf(file, "%s%s =%s%s\n", text ? "" : "# ", setting->key,
            text ? " " : "", text ? text : "");
}

static int set_key(struct config *config, const struct setting *setting,
                   const char *text, struct errmsg *errmsg)
{
    if (keys_check(text, errmsg))
        return -EINVAL;
    return replace_text(config, setting, text);
}

static void print_key(const struct config *config,
                      const struct setting *setting, FILE *file)
{
    fprintf(file, "# %s =%s\n", setting->key,
            *text_field(config, setting) ? " (set, not shown)" : "");
}

static int set_boolean(struct config *config, const struct setting *setting,
                       const char *text, struct errmsg *errmsg)
{
    static const char *const words[] = {"false", "true", "no", "yes",
                                        "off",   "on",   "0",  "1"};
    (void)errmsg;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0) {
            *(bool *)field(config, setting) = i % 2;
            return 0;
        }
    return -EINVAL;
}

static void print_boolean(const struct config *config,
                          const struct setting *setting, FILE *file)
{
    fprintf(file, "%s = %s\n", setting->key,
            *(bool *)field(config, setting) ? "true" : "false");
}

static int set_choice(struct config *config, const struct setting *setting,
                      const char *text, struct errmsg *errmsg)
{
    char words[VALUES_WORDS];
    for (int i = 0; setting->choice(i); i++)
        if (strcmp(text, setting->choice(i)) == 0) {
            *(int *)field(config, setting) = i;
            return 0;
        }
    values_print_words(setting, words);
    errmsg_set(errmsg, "\"%.80s\" is not one of %s", text, words);
    return -EINVAL;
}

static void print_choice(const struct config *config,
                         const struct setting *setting, FILE *file)
{
    fprintf(file, "%s = %s\n", setting->key,
            setting->choice(*(int *)field(config, setting)));
}

static int set_quantity(struct config *config, const struct setting *setting,
                        const char *text, struct errmsg *errmsg)
{
    uint64_t value = 0;
    int rc = quantity_parse(text, type_of(setting)->unit, &value);
    bool is_zero = value == 0 && setting->zero;
    (void)errmsg;
    if (rc)
        return rc;
    if (!is_zero && (value < setting->min || value > setting->max))
        return -ERANGE;
    if (setting->type == SETTING_DURATION)
        *(uint64_t *)field(config, setting) = value;
    else
        *(uint32_t *)field(config, setting) = (uint32_t)value;
    return 0;
}

static void print_quantity(const struct config *config,
                           const struct setting *setting, FILE *file)
{
    char text[QUANTITY_CHARS];
    uint64_t value = setting->type == SETTING_DURATION
                         ? *(uint64_t *)field(config, setting)
                         : *(uint32_t *)field(config, setting);
    quantity_print(value, type_of(setting)->unit, text);
    fprintf(file, "%s = %s\n", setting->key, text);
}

static int set_rate(struct config *config, const struct setting *setting,
                    const char *text, struct errmsg *errmsg)
{
    double rate;
    (void)errmsg;
    if (quantity_parse_rate(text, &rate))
        return -EINVAL;
    if (rate > (double)setting->max)
        return -ERANGE;
    *(double *)field(config, setting) = rate;
    return 0;
}

static void print_rate(const struct config *config,
                       const struct setting *setting, FILE *file)
{
    fprintf(file, "%s = %.15g\n", setting->key,
            *(double *)field(config, setting));
}

/* As set_path(), so that a file can hold it; there a long one is cut up. */
static int set_format(struct config *config, const struct setting *setting,
                      const char *text, struct errmsg *errmsg)
{
    const char *before = *text_field(config, setting);
    char *all = NULL;
    (void)errmsg;
    if (!can_stand_in_file(text))
        return -EINVAL;
    if (asprintf(&all, "%s%s", before ? before : "", text) < 0)
        return -ENOMEM;
    free(*text_field(config, setting));
    *text_field(config, setting) = all;
    return 0;
}

/* How much of @text fits on one line, such that both ends read back. */
static size_t cut_format(const char *text)
{
    size_t n = strlen(text);
    if (n <= FORMAT_LINE_MAX)
        return n;
    for (n = FORMAT_LINE_MAX; n > 1; n--)
        if (text[n - 1] != ' ' && !strchr(" ;", text[n]))
            return n;
    return FORMAT_LINE_MAX;
}

static void print_format(const struct config *config,
                         const struct setting *setting, FILE *file)
{
    const char *text = *text_field(config, setting);
    while (*text) {
        size_t n = cut_format(text);
        fprintf(file, "%s = %.*s\n", setting->key, (int)n, text);
        text += n;
    }
}

static int set_admin(struct config *config, const struct setting *setting,
                     const char *text, struct errmsg *errmsg)
{
    struct listen_address address;
    int rc = address_parse_admin(text, &address, errmsg);
    if (rc == -EINVAL)
        errmsg_prefix(errmsg, "\"%.150s\" is not an address for it", text);
    if (rc)
        return rc;
    address_deinit(&address);
    return replace_text(config, setting, text);
}

static const struct type types[] = {
    [SETTING_ADDRESSES] = {set_addresses, print_addresses, "ADDRESS", NULL, 0,
                           0},
    [SETTING_STAGE] = {set_stage, print_text, "NAME",
                       "a stage: use 1 to 128 letters, digits, dashes or "
                       "underscores",
                       0, 0},
    [SETTING_KEY] = {set_key, print_key, "KEY", NULL, 0, 0},
    [SETTING_PATH] = {set_path, print_text, "FILE",
                      "a path: leave the setting out for none", 0, 0},
    [SETTING_ADMIN] = {set_admin, print_text, "ADDRESS", NULL, 0, 0},
    [SETTING_FORMAT] = {set_format, print_format, "FORMAT",
                        "a format: no blanks at the ends, no \" ;\"", 0, 0},
    [SETTING_BOOLEAN] = {set_boolean, print_boolean, "",
                         "true or false: use one of them", sizeof(bool), 0},
    [SETTING_CHOICE] = {set_choice, print_choice, "", NULL, sizeof(int), 0},
    [SETTING_NUMBER] = {set_quantity, print_quantity, "N",
                        "a number: use digits only", sizeof(uint32_t),
                        QUANTITY_PLAIN},
    [SETTING_SIZE] = {set_quantity, print_quantity, "SIZE",
                      "a size: use a number of bytes, or one with K or M, "
                      "such as 128K",
                      sizeof(uint32_t), QUANTITY_BYTES},
    [SETTING_DURATION] = {set_quantity, print_quantity, "DURATION",
                          "a duration: use a number with ms, s, m or h, such "
                          "as 10m",
                          sizeof(uint64_t), QUANTITY_MILLISECONDS},
    [SETTING_RATE] = {set_rate, print_rate, "N",
                      "a rate: use a number such as 50 or 0.5", sizeof(double),
                      QUANTITY_PLAIN},
};

static const struct type *type_of(const struct setting *setting)
{
    return &types[setting->type];
}

static void tell_range(const struct setting *setting, const char *text,
                       struct errmsg *errmsg)
{
    char min[QUANTITY_CHARS], max[QUANTITY_CHARS];
    bool is_zero_apart = setting->zero && setting->min;
    quantity_print(setting->min, type_of(setting)->unit, min);
    quantity_print(setting->max, type_of(setting)->unit, max);
    errmsg_set(errmsg, "%.40s is out of range: use %s to %s%s%s", text, min,
               max, is_zero_apart ? ", or 0: " : "",
               is_zero_apart ? setting->zero : "");
}

int values_set(struct config *config, const struct setting *setting,
               const char *text, struct errmsg *errmsg)
{
    const struct type *type = type_of(setting);
    int rc = type->set(config, setting, text, errmsg);
    if (rc == 0)
        return 0;
    if (rc == -ENOMEM)
        errmsg_set(errmsg, "out of memory");
    else if (rc == -ERANGE)
        tell_range(setting, text, errmsg);
    else if (type->hint)
        errmsg_set(errmsg, "\"%.150s\" is not %s", text, type->hint);
    errmsg_prefix(errmsg, "%s", setting->key);
    return rc == -ERANGE ? -EINVAL : rc;
}

void values_clear(struct config *config, const struct setting *setting)
{
    const struct type *type = type_of(setting);
    if (setting->type == SETTING_ADDRESSES) {
        address_keep(config, 0);
    } else if (type->n_bytes) {
        memset(field(config, setting), 0, type->n_bytes);
    } else {
        free(*text_field(config, setting));
        *text_field(config, setting) = NULL;
    }
}

static bool addresses_equal(const struct config *a, const struct config *b)
{
    if (a->n_listen != b->n_listen)
        return false;
    for (size_t i = 0; i < a->n_listen; i++)
        if (!address_equal(&a->listen[i], &b->listen[i]))
            return false;
    return true;
}

bool values_are_equal(const struct config *a, const struct config *b,
                      const struct setting *setting)
{
    const struct type *type = type_of(setting);
    if (setting->type == SETTING_ADDRESSES)
        return addresses_equal(a, b);
    if (type->n_bytes)
        return memcmp(field(a, setting), field(b, setting), type->n_bytes) == 0;
    const char *text = *text_field(a, setting);
    const char *other = *text_field(b, setting);
    return text && other ? strcmp(text, other) == 0 : text == other;
}

void values_print(const struct config *config, const struct setting *setting,
                  FILE *file)
{
    type_of(setting)->print(config, setting, file);
}

void values_print_words(const struct setting *setting,
                        char words_out[static VALUES_WORDS])
{
    size_t n = (size_t)snprintf(words_out, VALUES_WORDS, "%s",
                                type_of(setting)->words);
    if (setting->type != SETTING_CHOICE)
        return;
    for (int i = 0; setting->choice(i) && n < VALUES_WORDS; i++)
        n += (size_t)snprintf(words_out + n, VALUES_WORDS - n, "%s%s",
                              i ? "|" : "", setting->choice(i));
}
