/*
 * .monologuerc: find, read and write it.
 *
 * The original client reads it with Node's rc package: INI with a section
 * [opts], or JSON with a member "opts" when it begins with {; keys endpoint,
 * apiKey and whatever else a program keeps there. Quotes, escapes and comments
 * are read as Node's ini reads them; JSON may have comments.
 *
 * Nearer places win. An empty value (INI, environment) or null (JSON) takes
 * back what the less important places said.
 */
#pragma once

#include <stddef.h>

#include "proto/errmsg.h"

/* What a file, or the environment, says of us; NULL or 0: nothing. */
struct rc {
    char *endpoint;   /* ws:// or wss:// URL; owned */
    char *api_key;    /* key apiKey; owned */
    double timeout_s; /* key timeout: of a call, in seconds, maybe broken */
    int listeners;    /* how many handlers one name may have */
};

#define RC_EMPTY ((struct rc){0})

void rc_deinit(struct rc *rc);

/* Returns 0, or -ENOMEM with @to_out unchanged. */
int rc_copy(const struct rc *from, struct rc *to_out, struct errmsg *errmsg);

/*
 * Reads one file, INI or JSON, over what @rc holds: what the file does not
 * say stays. Unknown keys are ignored, as rc does.
 * Returns 0, or with @rc unchanged and @errmsg naming the file, the line and
 * the fault:
 *   -ENOENT, -EACCES ...  it cannot be read
 *   -EINVAL               not INI or JSON, a value of the wrong kind, a line
 *                         longer than the INI reader takes, or a huge file
 *   -ENOMEM
 */
int rc_read(const char *path, struct rc *rc, struct errmsg *errmsg);

/* The same for text in memory; @name stands for its file in @errmsg. */
int rc_parse(const char *text, size_t n, const char *name, struct rc *rc,
             struct errmsg *errmsg);

/*
 * Reads what one key of the section opts says, such as "apiKey"; the key of
 * somebody else is ignored. Errors as rc_parse(), with @rc unchanged.
 */
int rc_set(struct rc *rc, const char *key, const char *value,
           struct errmsg *errmsg);

/*
 * Reads every file that Node's rc would, the less important first, so that
 * the nearest wins: /etc/monologue/config, /etc/monologuerc,
 * ~/.config/monologue/config, ~/.config/monologue, ~/.monologue/config,
 * ~/.monologuerc, and .monologuerc in @directory or the nearest of its
 * parents. What does not exist or is a folder is skipped; any other error
 * ends it.
 * @home: NULL or "" skips those that start with ~
 * Returns as rc_read(), never -ENOENT.
 */
int rc_find(const char *directory, const char *home, struct rc *rc,
            struct errmsg *errmsg);

/*
 * Reads NAME=value strings as rc does: the file, if it is one, that
 * monologue_config names,
 * then monologue_opts__endpoint and so on (the section's name, two
 * underscores, the key; monologue_ in any case), then MONOLOGUE_ENDPOINT,
 * MONOLOGUE_API_KEY, MONOLOGUE_TIMEOUT over them.
 * @environment: as environ(7), NULL-terminated
 * Returns as rc_read(); @errmsg names the variable.
 */
int rc_read_environment(char *const environment[], struct rc *rc,
                        struct errmsg *errmsg);

/*
 * Writes @path as INI ([opts], endpoint, apiKey), mode 0600, atomically: a
 * reader sees the old file or the new one. Where @path is a link, the file
 * that it leads to is replaced.
 * @endpoint, @api_key: NULL leaves the line out
 * Returns 0 or a negative errno with @errmsg and the old file in its place;
 * -EINVAL: a value that would not be read back as it is.
 */
int rc_write(const char *path, const char *endpoint, const char *api_key,
             struct errmsg *errmsg);
