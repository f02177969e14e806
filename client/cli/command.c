#include "client/cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bytes.h"

/*
 * A command is over when its process has ended and its output has come to an
 * end; the order of the two does not matter. Whether it reads its input is its
 * own affair.
 */

struct command {
    uv_process_t process;
    uv_pipe_t input_pipe;
    uv_pipe_t output_pipe;
    uv_write_t write;
    unsigned n_handles; /* not closed yet, of the three above */
    char *input;        /* owned */
    struct bytes output;
    size_t limit;
    command_cb cb; /* NULL: it never ran */
    void *data;
    int status;
    char why[64];
    char buf[4096];
};

static void on_closed(uv_handle_t *handle)
{
    struct command *command = handle->data;
    if (--command->n_handles > 0)
        return;
    if (command->cb)
        command->cb(command->status, command->why,
                    (const char *)bytes_begin(&command->output),
                    bytes_size(&command->output), command->data);
    bytes_deinit(&command->output);
    free(command->input);
    free(command);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

/* The first failure counts. */
static void fail(struct command *command, int status, const char *why)
{
    if (command->status != 0)
        return;
    command->status = status;
    snprintf(command->why, sizeof command->why, "%s", why);
}

static void on_process_ended(uv_process_t *process, int64_t exit_status,
                             int signal)
{
    struct command *command = process->data;
    char why[sizeof command->why];
    if (signal != 0)
        snprintf(why, sizeof why, "killed by signal %d", signal);
    else
        snprintf(why, sizeof why, "exit status %d", (int)exit_status);
    if (signal != 0 || exit_status != 0)
        fail(command, -EREMOTEIO, why);
    close_handle(&command->input_pipe);
    close_handle(process);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct command *command = handle->data;
    (void)suggested;
    *buf = uv_buf_init(command->buf, sizeof command->buf);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct command *command = stream->data;
    if (n > 0 && bytes_append(&command->output, buf->base, (size_t)n,
                              command->limit) < 0) {
        fail(command, -EMSGSIZE, "too much output");
        command_kill(command, SIGKILL);
        n = UV_EOF;
    }
    if (n < 0)
        close_handle(stream);
}

static void on_written(uv_write_t *req, int status)
{
    struct command *command = req->data;
    (void)status; /* -EPIPE: it did not want to know */
    close_handle(&command->input_pipe);
}

static int spawn(struct command *command, uv_loop_t *loop, char **argv)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
         .data.stream = (uv_stream_t *)&command->input_pipe},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&command->output_pipe},
        {.flags = UV_INHERIT_FD, .data.fd = 2},
    };
    const uv_process_options_t options = {
        .exit_cb = on_process_ended,
        .file = argv[0],
        .args = argv,
        .stdio = stdio,
        .stdio_count = 3,
    };
    int status = uv_spawn(loop, &command->process, &options);
    command->process.data = command;
    return status;
}

int command_run(uv_loop_t *loop, char **argv, char *input, size_t limit,
                command_cb cb, void *data, struct command **command_out)
{
    struct command *command = calloc(1, sizeof *command);
    if (!command) {
        free(input);
        return -ENOMEM;
    }
    command->input = input;
    command->limit = limit;
    command->n_handles = 3;
    uv_pipe_init(loop, &command->input_pipe, 0);
    uv_pipe_init(loop, &command->output_pipe, 0);
    command->input_pipe.data = command;
    command->output_pipe.data = command;
    int status = spawn(command, loop, argv);
    if (status < 0) { /* libuv wants the handles closed all the same */
        close_handle(&command->process);
        close_handle(&command->input_pipe);
        close_handle(&command->output_pipe);
        return status;
    }
    command->cb = cb;
    command->data = data;
    uv_buf_t buf = uv_buf_init(input, (unsigned)strlen(input));
    command->write.data = command;
    if (uv_write(&command->write, (uv_stream_t *)&command->input_pipe, &buf, 1,
                 on_written) < 0)
        close_handle(&command->input_pipe);
    uv_read_start((uv_stream_t *)&command->output_pipe, on_alloc, on_read);
    *command_out = command;
    return 0;
}

void command_kill(struct command *command, int signal)
{
    if (!uv_is_closing((uv_handle_t *)&command->process))
        uv_process_kill(&command->process, signal);
}
