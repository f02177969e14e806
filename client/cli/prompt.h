/*
 * Lines from standard input while the loop runs: from a person, with editing,
 * history and completion, or from a pipe or a file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/*
 * Asked what the word under the cursor may become.
 * @words:  those before it; NULL-terminated
 * @word:   its beginning
 * @found:  to be filled with up to @max candidates, borrowed until the loop
 *          runs again, each beginning with @word
 * Returns how many.
 */
typedef size_t (*prompt_complete_cb)(char *const words[], const char *word,
                                     const char **found, size_t max);

/*
 * Once in a process. People get an editor where standard input and output are
 * terminals.
 * @history: file of lines typed before; NULL: none is kept
 * Returns 0 or a negative errno.
 */
int prompt_open(uv_loop_t *loop, const char *history,
                prompt_complete_cb complete);

/* Saves the history, gives the terminal back. Harmless when not open. */
void prompt_close(void);

bool prompt_is_for_people(void);

/*
 * Reads a line; until it is complete the loop runs. What the loop's callbacks
 * print by output.h is printed above the line that is being typed.
 * @prompt:   what stands before it
 * @line_out: without its line break; borrowed until the next call
 * Returns 1; 0 at the end of input; or a negative errno: -EINTR after
 * prompt_interrupt().
 */
int prompt_read(const char *prompt, const char **line_out);

/* Called while the loop runs: drops the line that is being typed. */
void prompt_interrupt(void);
