#include "client/cli/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/monologue.h"
#include "proto/bytes.h"
#include "proto/json.h"

static bool is_json(const char *text, size_t size)
{
    struct json json = {text, text + size};
    struct json_span value;
    return json_skip_value(&json, &value) && json_peek(&json) == '\0' &&
           json.at == json.end;
}

char *operand_to_json(const char *text, size_t size)
{
    json_t *string = json_stringn(text, size); /* checks that it is UTF-8 */
    char *json = NULL;
    if (string)
        json = is_json(text, size) ? strndup(text, size)
                                   : json_dumps(string, JSON_ENCODE_ANY);
    json_decref(string);
    return json;
}

char *operand_output_to_json(const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n')
        size--;
    return operand_to_json(text ? text : "", size);
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
static int read_file(const char *path, char **json_out, struct errmsg *errmsg)
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
        *json_out = operand_output_to_json((const char *)bytes_begin(&bytes),
                                           bytes_size(&bytes));
        rc = *json_out ? 0 : -EILSEQ;
        errmsg_set(errmsg, "is not UTF-8");
    }
    if (rc)
        errmsg_prefix(errmsg, "%s", path ? path : "standard input");
    if (path && fd >= 0)
        close(fd);
    bytes_deinit(&bytes);
    return rc;
}

/* @position: among the arguments, counted from 1 */
static int read_one(const char *text, size_t position, char **json_out,
                    bool *has_stdin, struct errmsg *errmsg)
{
    if (*text == '@')
        return read_file(text + 1, json_out, errmsg);
    if (strcmp(text, "-") == 0 && *has_stdin) {
        errmsg_set(errmsg, "standard input (-) can be read once only");
        return -EINVAL;
    }
    if (strcmp(text, "-") == 0) {
        *has_stdin = true;
        return read_file(NULL, json_out, errmsg);
    }
    *json_out = operand_to_json(text, strlen(text));
    errmsg_set(errmsg, "argument %zu is not UTF-8", position);
    return *json_out ? 0 : -EILSEQ;
}

/* Puts @item, which is taken, behind what @array holds. */
static int append(struct bytes *array, char *item, struct errmsg *errmsg)
{
    int rc = bytes_append_format(array, 2 * MONOLOGUE_MAX_PACKET, "%s%s",
                                 bytes_size(array) > 1 ? "," : "", item);
    free(item);
    if (rc != -ENOBUFS)
        return rc;
    errmsg_set(errmsg, "the arguments are more than a packet can hold");
    return -EMSGSIZE;
}

static int read_each(char *const texts[], struct bytes *array,
                     struct errmsg *errmsg)
{
    bool has_stdin = false;
    int rc = bytes_append(array, "[", 1, 1);
    for (size_t i = 0; rc == 0 && texts[i]; i++) {
        char *item = NULL;
        rc = read_one(texts[i], i + 1, &item, &has_stdin, errmsg);
        if (rc == 0)
            rc = append(array, item, errmsg);
    }
    return rc ? rc : bytes_append(array, "]", 2, 2 * MONOLOGUE_MAX_PACKET + 2);
}

int operand_read_all(char *const texts[], char **json_out,
                     struct errmsg *errmsg)
{
    struct bytes array = BYTES_EMPTY;
    errmsg_set(errmsg, "out of memory");
    int rc = read_each(texts, &array, errmsg);
    if (rc == 0) {
        *json_out = strdup((const char *)bytes_begin(&array));
        rc = *json_out ? 0 : -ENOMEM;
    }
    bytes_deinit(&array);
    return rc;
}
