#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "proto/rc.h"

/*
 * Where a configuration may stand, from the least to the most important. Some
 * places contain others: what is a file in one view is a folder in the next.
 */
static const char *const places_of_all[] = {"/etc/monologue/config",
                                            "/etc/monologuerc"};
static const char *const places_of_home[] = {
    ".config/monologue/config", ".config/monologue", ".monologue/config",
    ".monologuerc"};

#define N_OF(array) (sizeof(array) / sizeof *(array))

static int read_if_there(const char *path, struct rc *rc, struct errmsg *errmsg)
{
    struct errmsg fault;
    int status = rc_read(path, rc, &fault);
    if (status == -ENOENT || status == -ENOTDIR || status == -EISDIR)
        return 0;
    if (status)
        errmsg_set(errmsg, "%s", fault.text);
    return status;
}

static int read_in(const char *folder, const char *name, struct rc *rc,
                   struct errmsg *errmsg)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return 0; /* no file has so long a path */
    return read_if_there(path, rc, errmsg);
}

/* Shortens @path to its parent; false when it has none. */
static bool climb(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || !*path)
        return false;
    *slash = '\0'; /* the root is "", to which "/name" is appended */
    return true;
}

static int read_nearest(const char *directory, struct rc *rc,
                        struct errmsg *errmsg)
{
    char folder[PATH_MAX];
    char path[PATH_MAX + sizeof "/.monologuerc"];
    if (!realpath(directory, folder))
        return 0; /* gone, or hidden from us with all that is in it */
    if (strcmp(folder, "/") == 0)
        folder[0] = '\0';
    do {
        snprintf(path, sizeof path, "%s/.monologuerc", folder);
        if (access(path, F_OK) == 0)
            return read_if_there(path, rc, errmsg);
    } while (climb(folder));
    return 0;
}

static int read_places(const char *directory, const char *home, struct rc *rc,
                       struct errmsg *errmsg)
{
    int status = 0;
    for (size_t i = 0; !status && i < N_OF(places_of_all); i++)
        status = read_if_there(places_of_all[i], rc, errmsg);
    for (size_t i = 0; !status && home && *home && i < N_OF(places_of_home);
         i++)
        status = read_in(home, places_of_home[i], rc, errmsg);
    return status ? status : read_nearest(directory, rc, errmsg);
}

/* All or nothing: what was read into @read takes the place of @rc, or goes. */
static int settle(int status, struct rc *read, struct rc *rc)
{
    if (status) {
        rc_deinit(read);
        return status;
    }
    rc_deinit(rc);
    *rc = *read;
    return 0;
}

int rc_find(const char *directory, const char *home, struct rc *rc,
            struct errmsg *errmsg)
{
    struct rc read;
    int status = rc_copy(rc, &read, errmsg);
    if (status)
        return status;
    status = read_places(directory, home, &read, errmsg);
    return settle(status, &read, rc);
}

/* The value of @variable when its name is @prefix, in any case, and @name. */
static const char *value_of(const char *variable, const char *prefix,
                            const char *name)
{
    size_t n_prefix = strlen(prefix);
    size_t n_name = strlen(name);
    if (strncasecmp(variable, prefix, n_prefix) != 0 ||
        strncmp(variable + n_prefix, name, n_name) != 0 ||
        variable[n_prefix + n_name] != '=')
        return NULL;
    return variable + n_prefix + n_name + 1;
}

/* Sets @key from each variable of that name; the last one stays. */
static int read_variables(char *const environment[], const char *prefix,
                          const char *name, const char *key, struct rc *rc,
                          struct errmsg *errmsg)
{
    for (char *const *variable = environment; *variable; variable++) {
        const char *value = value_of(*variable, prefix, name);
        int status = value ? rc_set(rc, key, value, errmsg) : 0;
        if (status) {
            errmsg_prefix(errmsg, "environment: %s%s", prefix, name);
            return status;
        }
    }
    return 0;
}

static int read_named_files(char *const environment[], struct rc *rc,
                            struct errmsg *errmsg)
{
    int status = 0;
    for (char *const *variable = environment; !status && *variable;
         variable++) {
        const char *path = value_of(*variable, "monologue_", "config");
        if (path && *path)
            status = read_if_there(path, rc, errmsg);
    }
    return status;
}

static const struct {
    const char *prefix; /* in any case */
    const char *name;
    const char *key;
} variables[] = {
    {"monologue_", "opts__endpoint", "endpoint"},
    {"monologue_", "opts__apiKey", "apiKey"},
    {"monologue_", "opts__timeout", "timeout"},
    {"monologue_", "opts__listeners", "listeners"},
    {"", "MONOLOGUE_ENDPOINT", "endpoint"},
    {"", "MONOLOGUE_API_KEY", "apiKey"},
    {"", "MONOLOGUE_TIMEOUT", "timeout"},
};

int rc_read_environment(char *const environment[], struct rc *rc,
                        struct errmsg *errmsg)
{
    struct rc read;
    int status = rc_copy(rc, &read, errmsg);
    if (status)
        return status;
    status = read_named_files(environment, &read, errmsg);
    for (size_t i = 0; !status && i < N_OF(variables); i++)
        status =
            read_variables(environment, variables[i].prefix, variables[i].name,
                           variables[i].key, &read, errmsg);
    return settle(status, &read, rc);
}
