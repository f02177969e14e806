#include "tests/lib/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_init(struct folder *folder)
{
    const char *parent = getenv("TMPDIR");
    int n = snprintf(folder->path, sizeof folder->path, "%s/monologue-XXXXXX",
                     parent ? parent : "/tmp");
    if ((size_t)n >= sizeof folder->path || !mkdtemp(folder->path))
        abort();
}

static int remove_one(const char *path, const struct stat *stat, int type,
                      struct FTW *walk)
{
    (void)stat;
    (void)type;
    (void)walk;
    return remove(path);
}

void folder_deinit(struct folder *folder)
{
    if (nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS))
        abort();
}

const char *folder_join(const struct folder *folder, const char *name,
                        char path_out[PATH_MAX])
{
    int n = snprintf(path_out, PATH_MAX, "%s/%s", folder->path, name);
    if (n < 0 || n >= PATH_MAX)
        abort();
    return path_out;
}

void folder_write(const struct folder *folder, const char *name,
                  const void *data, size_t n)
{
    char path[PATH_MAX];
    folder_join(folder, name, path);
    for (char *slash = path + strlen(folder->path) + 1;
         (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, 0777) && errno != EEXIST)
            abort();
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    if (!file || fwrite(data, 1, n, file) != n || fclose(file))
        abort();
}
