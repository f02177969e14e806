#include "proto/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void forget(struct draft *draft)
{
    free(draft->target);
    free(draft->path);
    *draft = (struct draft){.file = NULL};
}

static int name_files(struct draft *draft, const char *path)
{
    char target[PATH_MAX];
    char *beside;
    draft->target = strdup(realpath(path, target) ? target : path);
    if (!draft->target || asprintf(&beside, "%s.XXXXXX", draft->target) < 0)
        return -ENOMEM;
    draft->path = beside;
    return 0;
}

static int create(struct draft *draft)
{
    int fd = mkostemp(draft->path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    draft->file = fdopen(fd, "w");
    if (draft->file)
        return 0;
    int rc = -errno;
    close(fd);
    unlink(draft->path);
    return rc;
}

int draft_open(struct draft *draft, const char *path)
{
    struct draft opened = {.file = NULL};
    int rc = name_files(&opened, path);
    if (rc == 0)
        rc = create(&opened);
    if (rc)
        forget(&opened);
    else
        *draft = opened;
    return rc;
}

/* What failed earlier is not in the file, though the rest may be. */
static int finish_writing(FILE *file)
{
    int rc = 0;
    if (fflush(file) || fsync(fileno(file)))
        rc = -errno;
    else if (ferror(file))
        rc = -EIO;
    if (fclose(file) && rc == 0)
        rc = -errno;
    return rc;
}

int draft_keep(struct draft *draft)
{
    int rc = finish_writing(draft->file);
    if (rc == 0 && rename(draft->path, draft->target))
        rc = -errno;
    if (rc)
        unlink(draft->path);
    forget(draft);
    return rc;
}

void draft_drop(struct draft *draft)
{
    fclose(draft->file);
    unlink(draft->path);
    forget(draft);
}
