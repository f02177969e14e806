/*
 * One run of a command: a text in, a text and an exit status out.
 */
#pragma once

#include <stddef.h>
#include <uv.h>

struct command;

/*
 * Told the outcome, once; @command is gone afterwards.
 * @status: 0; -EREMOTEIO: it failed, @why tells how; -EMSGSIZE: it wrote too
 *          much; or a libuv error
 * @text:   what it wrote to its standard output; borrowed
 */
typedef void (*command_cb)(int status, const char *why, const char *text,
                           size_t size, void *data);

/*
 * Runs a command with @input as its standard input.
 * @argv:  NULL-terminated
 * @input: taken, of malloc(), also if this fails
 * @limit: bytes of output that are accepted
 * Returns 0, or with @cb never called: -ENOMEM or why it cannot be run.
 */
int command_run(uv_loop_t *loop, char **argv, char *input, size_t limit,
                command_cb cb, void *data, struct command **command_out);

/* Sends it a signal. */
void command_kill(struct command *command, int signal);
