/*
 * .monologuerc: find, read and write it.
 *
 * The original client reads it with Node's rc package: INI with a section
 * [opts], or JSON with a member "opts"; keys endpoint, apiKey and whatever
 * else a program keeps there.
 */
#pragma once

#include <stddef.h>

#include "proto/errmsg.h"

/* What a file, or the environment, says of us; NULL or 0: nothing. */
struct rc {
    char *endpoint;   /* ws:// or wss:// URL; owned */
    char *api_key;    /* owned */
    double timeout_s; /* of a call, in seconds */
    int listeners;    /* how many handlers one name may have */
};

#define RC_EMPTY ((struct rc){0})

void rc_deinit(struct rc *rc);

/*
 * Reads one file, INI or JSON, over what @rc holds: what the file does not
 * say stays. Unknown keys are ignored, as rc does.
 * Returns 0, or with @rc unchanged and @errmsg naming the file, the line and
 * the fault:
 *   -ENOENT, -EACCES ...  it cannot be read
 *   -EINVAL               not INI or JSON, a value of the wrong kind, or a
 *                         line longer than the INI reader takes
 *   -ENOMEM
 */
int rc_read(const char *path, struct rc *rc, struct errmsg *errmsg);

/*
 * Reads every file that Node's rc would, the less important first, so that
 * the nearest wins: /etc/monologue/config, /etc/monologuerc,
 * ~/.config/monologue/config, ~/.config/monologue, ~/.monologue/config,
 * ~/.monologuerc, and .monologuerc in @directory or the nearest of its
 * parents. Files that do not exist are skipped; any other error ends it.
 * @home: NULL or "" skips those that start with ~
 * Returns as rc_read(), never -ENOENT.
 */
int rc_find(const char *directory, const char *home, struct rc *rc,
            struct errmsg *errmsg);

/*
 * Reads NAME=value strings as rc does: monologue_opts__endpoint and so on
 * (the section's name, two underscores, the key), then MONOLOGUE_ENDPOINT,
 * MONOLOGUE_API_KEY, MONOLOGUE_TIMEOUT over them.
 * @environment: as environ(7), NULL-terminated
 */
int rc_read_environment(char *const environment[], struct rc *rc,
                        struct errmsg *errmsg);

/*
 * Writes @path as INI ([opts], endpoint, apiKey), mode 0600, atomically: a
 * reader sees the old file or the new one.
 * Returns 0 or a negative errno with @errmsg.
 */
int rc_write(const char *path, const char *endpoint, const char *api_key,
             struct errmsg *errmsg);
