/*
 * INI files, read strictly: every fault has a line, no value is ever cut.
 *
 * inih does the reading. Around it stands what it lacks: line numbers, an
 * error for a line that is longer than it takes, no continuation lines.
 */
#pragma once

#include <stdio.h>

#include "proto/errmsg.h"

struct inifile_entry {
    const char *section; /* "" before the first [section] */
    const char *name;
    const char *value; /* without the blanks around it */
    int line;          /* where it stands, from 1 */
};

/*
 * Told each `name = value`, in order; the strings are borrowed for the call.
 * Returns 0 to go on, or a negative errno with @errmsg: the fault, without
 * file and line.
 */
typedef int (*inifile_cb)(const struct inifile_entry *entry, void *data,
                          struct errmsg *errmsg);

/*
 * Reads @path. Comments start with ; or # at the start of a line, or with ;
 * after a blank.
 * Returns 0, or with @errmsg naming file, line and fault:
 *   -ENOENT, -EACCES ...  it cannot be read
 *   -EINVAL               a line that is not INI, too long or holds a NUL
 *   what @cb returned     the first time that it was not 0
 */
int inifile_read(const char *path, inifile_cb cb, void *data,
                 struct errmsg *errmsg);

/* The same for an open file; @name stands for it in @errmsg. */
int inifile_read_stream(FILE *file, const char *name, inifile_cb cb, void *data,
                        struct errmsg *errmsg);
