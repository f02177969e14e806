#include "daemon/secretfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool secretfile_is_name(const char *text, size_t max)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return n >= 1 && n <= max && text[n] == '\0';
}

int secretfile_check(const char *what, const char *secret, size_t max,
                     struct errmsg *errmsg)
{
    size_t n = strlen(secret);
    for (size_t i = 0; i < n; i++)
        if (secret[i] <= ' ' || secret[i] > '~') {
            errmsg_set(errmsg, "%s is printable ASCII without blanks", what);
            return -EINVAL;
        }
    if (n >= 1 && n <= max)
        return 0;
    errmsg_set(errmsg, "%s has 1 to %zu characters, this one has %zu", what,
               max, n);
    return -EINVAL;
}

int secretfile_read(const char *path, inifile_cb cb, void *data,
                    struct errmsg *errmsg, bool *is_public_out)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    if (!file) {
        int rc = -errno;
        errmsg_set(errmsg, "%s: %s", path, strerror(-rc));
        return rc;
    }
    int rc = inifile_read_stream(file, path, cb, data, errmsg);
    if (!rc)
        *is_public_out =
            fstat(fileno(file), &status) == 0 && status.st_mode & S_IROTH;
    fclose(file);
    return rc;
}
