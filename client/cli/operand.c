#include "client/cli/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client/monologue.h"
#include "proto/bytes.h"

json_t *operand_parse(const char *text, size_t size)
{
    json_t *value =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return value ? value : json_stringn(text, size);
}

json_t *operand_parse_output(const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n')
        size--;
    return operand_parse(text ? text : "", size);
}

/* Returns 0 at the end of the file, or why that was not reached. */
static int read_to_end(int fd, struct bytes *bytes)
{
    for (;;) {
        char chunk[4096];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        int rc = bytes_append(bytes, chunk, (size_t)n, MONOLOGUE_MAX_PACKET);
        if (rc)
            return rc == -ENOBUFS ? -EMSGSIZE : rc;
    }
}

/* @path: NULL for standard input */
static int read_file(const char *path, json_t **value_out,
                     struct errmsg *errmsg)
{
    struct bytes bytes = BYTES_EMPTY;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    int rc = fd < 0 ? -errno : read_to_end(fd, &bytes);
    if (rc == -EMSGSIZE)
        errmsg_set(errmsg, "holds more than a packet can (%d bytes)",
                   MONOLOGUE_MAX_PACKET);
    else if (rc)
        errmsg_set(errmsg, "%s", strerror(-rc));
    if (rc == 0) {
        *value_out = operand_parse_output((const char *)bytes_begin(&bytes),
                                          bytes_size(&bytes));
        rc = *value_out ? 0 : -EILSEQ;
        errmsg_set(errmsg, "is not UTF-8");
    }
    if (rc)
        errmsg_prefix(errmsg, "%s", path ? path : "standard input");
    if (path && fd >= 0)
        close(fd);
    bytes_deinit(&bytes);
    return rc;
}

static int read_one(const char *text, json_t **value_out, bool *has_stdin,
                    struct errmsg *errmsg)
{
    if (*text == '@')
        return read_file(text + 1, value_out, errmsg);
    if (strcmp(text, "-") == 0 && *has_stdin) {
        errmsg_set(errmsg, "standard input (-) can be read once only");
        return -EINVAL;
    }
    if (strcmp(text, "-") == 0) {
        *has_stdin = true;
        return read_file(NULL, value_out, errmsg);
    }
    *value_out = operand_parse(text, strlen(text));
    errmsg_set(errmsg, "an argument is not UTF-8");
    return *value_out ? 0 : -EILSEQ;
}

int operand_read_all(char *const texts[], json_t **array_out,
                     struct errmsg *errmsg)
{
    bool has_stdin = false;
    json_t *array = json_array();
    int rc = array ? 0 : -ENOMEM;
    errmsg_set(errmsg, "out of memory");
    for (; rc == 0 && *texts; texts++) {
        json_t *value = NULL;
        rc = read_one(*texts, &value, &has_stdin, errmsg);
        if (rc == 0 && json_array_append_new(array, value) < 0)
            rc = -ENOMEM;
    }
    if (rc) {
        json_decref(array);
        return rc;
    }
    *array_out = array;
    return 0;
}
