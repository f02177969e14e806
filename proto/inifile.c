#include "proto/inifile.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <string.h>

/*
 * inih calls next_line() for each line and then, before the next, entry() for
 * what stands on it: the line that was counted last is the one entry() sees.
 * It goes on after a fault and in the end tells the first faulty line only, so
 * the reader ends the file for it as soon as one of ours is known.
 */
struct reader {
    FILE *file;
    int line; /* counted from 1 */
    int rc;   /* the first fault that is ours, which ends the reading */
    inifile_cb cb;
    void *data;
    struct errmsg *errmsg;
};

static char *refuse(struct reader *reader, int rc, const char *fault)
{
    reader->rc = rc;
    errmsg_set(reader->errmsg, "%s", fault);
    return NULL;
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t';
}

/* inih's fgets(). Leading blanks would make it a continuation line: skipped. */
static char *next_line(char *line, int capacity, void *data)
{
    struct reader *reader = data;
    int n = 0;
    int c;

    if (reader->rc)
        return NULL;
    reader->line++;
    while ((c = getc(reader->file)) != EOF && c != '\n') {
        if (n == 0 && is_blank(c))
            continue;
        if (c == '\0')
            return refuse(reader, -EINVAL, "a NUL byte is not text");
        if (n + 2 >= capacity) {
            reader->rc = -EINVAL;
            errmsg_set(reader->errmsg, "the line is longer than %d characters",
                       capacity - 2);
            return NULL;
        }
        line[n++] = (char)c;
    }
    if (c == EOF && ferror(reader->file))
        return refuse(reader, errno ? -errno : -EIO, strerror(errno));
    if (c == EOF && n == 0)
        return NULL;
    line[n] = '\n';
    line[n + 1] = '\0';
    return line;
}

static int entry(void *data, const char *section, const char *name,
                 const char *value)
{
    struct reader *reader = data;
    const struct inifile_entry found = {section, name, value, reader->line};
    reader->rc = reader->cb(&found, reader->data, reader->errmsg);
    return reader->rc == 0;
}

int inifile_read_stream(FILE *file, const char *name, inifile_cb cb, void *data,
                        struct errmsg *errmsg)
{
    struct reader reader = {file, 0, 0, cb, data, errmsg};
    int first = ini_parse_stream(next_line, &reader, entry, &reader);
    if (first > 0 && (!reader.rc || first < reader.line)) {
        errmsg_set(errmsg, "%s:%d: not a \"name = value\" or a \"[section]\"",
                   name, first);
        return -EINVAL;
    }
    if (first < 0) {
        errmsg_set(errmsg, "%s: out of memory", name);
        return -ENOMEM;
    }
    if (reader.rc)
        errmsg_prefix(errmsg, "%s:%d", name, reader.line);
    return reader.rc;
}

int inifile_read(const char *path, inifile_cb cb, void *data,
                 struct errmsg *errmsg)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        int rc = -errno;
        errmsg_set(errmsg, "%s: %s", path, strerror(-rc));
        return rc;
    }
    int rc = inifile_read_stream(file, path, cb, data, errmsg);
    fclose(file);
    return rc;
}
