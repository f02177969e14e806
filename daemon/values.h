/*
 * Values of settings: from text into the configuration, and back.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "daemon/config.h"
#include "daemon/settings.h"

enum { VALUES_WORDS = 80 };

/*
 * Reads @text into the field of @setting; where settings_add_up(), it is added
 * to what is there.
 * Returns 0, or with @config unchanged and @errmsg naming key, value and what
 * would be right: -EINVAL, -ENOMEM. The value of an API key is not told.
 */
int values_set(struct config *config, const struct setting *setting,
               const char *text, struct errmsg *errmsg);

/* Takes the value away and frees what it owned: no addresses, NULL, or 0. */
void values_clear(struct config *config, const struct setting *setting);

bool values_are_equal(const struct config *a, const struct config *b,
                      const struct setting *setting);

/* Writes `key = value` lines that values_set() takes; a comment for a setting
 * without a value and for an API key. */
void values_print(const struct config *config, const struct setting *setting,
                  FILE *file);

/* What may stand for a value, as a help says it: "DURATION", "text|json", ""
 * for a boolean; NUL-terminated. */
void values_print_words(const struct setting *setting,
                        char words_out[static VALUES_WORDS]);
