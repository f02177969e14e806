/*
 * The verbs of the prompt: what a line says, done; and what may complete it.
 */
#pragma once

#include <stddef.h>

#include "client/cli/dialog.h"

/* First: with whom. @dialog is borrowed. */
void actions_open(struct dialog *dialog);

/* Does what @line says. Returns an exit status, having complained. */
int actions_do(const char *line);

/* A prompt_complete_cb. */
size_t actions_complete(char *const words[], const char *word,
                        const char **found, size_t max);
