/*
 * A folder of a test's own, gone with all it holds when the test is over.
 */
#pragma once

#include <limits.h>
#include <stddef.h>

struct folder {
    char path[64];
};

/* Aborts the program when there is no room for it. */
void folder_init(struct folder *folder);
void folder_deinit(struct folder *folder);

/* The path of @name in @folder, which may have folders of its own. */
const char *folder_join(const struct folder *folder, const char *name,
                        char path_out[PATH_MAX]);

/* Writes a file, and the folders that it lies in. */
void folder_write(const struct folder *folder, const char *name,
                  const void *data, size_t n);
