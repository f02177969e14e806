/*
 * A client with a loop of its own, for programs whose loop is not libuv's:
 * monologue_fd() and its kin.
 */
#pragma once

#include <uv.h>

struct monologue;

/* Makes the loop. Returns 0 or a negative errno. */
int drive_new_loop(uv_loop_t **loop_out);

/*
 * After monologue_free(), not from within the loop: ends the loop of @m and
 * frees both. Waits for a lookup of a name, if one is under way.
 */
void drive_end(struct monologue *m);
