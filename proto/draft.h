/*
 * A draft of a file: written beside it, and in its place once it is whole.
 */
#pragma once

#include <stdio.h>

struct draft {
    FILE *file;   /* to write to; what fails on the way tells draft_keep() */
    char *target; /* what it will replace; owned, as is the next */
    char *path;   /* where it is meanwhile */
};

/*
 * Opens a draft of @path, which need not exist, in the same folder and with
 * mode 0600. Where @path is a link the draft is of what it leads to.
 * Returns 0, or a negative errno with nothing to undo.
 */
int draft_open(struct draft *draft, const char *path);

/*
 * Puts the draft in the place of the file, on disk.
 * Returns 0, or a negative errno with the file as it was. The draft is gone
 * either way.
 */
int draft_keep(struct draft *draft);

/* Removes the draft; the file stays as it was. */
void draft_drop(struct draft *draft);
