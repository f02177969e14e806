/*
 * A client in a program that waits with poll(2): answers calls of "echo", and
 * makes those that it reads, a line each: ID NAME TEXT. Ends with its input,
 * when the last call is settled.
 *
 *   cc poll.c -o poll $(pkg-config --cflags --libs monologue)
 */
#include <errno.h>
#include <monologue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct program {
    struct monologue *monologue;
    char line[4096]; /* what has been read of it */
    size_t size;
    int n_calls; /* that are not settled */
    int is_at_end;
    int is_failed;
};

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

static void on_connected(struct monologue *monologue, int status, void *data)
{
    struct program *program = data;
    if (status < 0) {
        fprintf(stderr, "poll: %s\n", monologue_errmsg(monologue));
        program->is_failed = 1;
        return;
    }
    puts(monologue_connection_id(monologue));
    fflush(stdout);
}

static void on_answered(struct monologue *monologue, int status, json_t *ret,
                        void *data)
{
    struct program *program = data;
    (void)monologue;
    program->n_calls--;
    if (status < 0) {
        printf("failed: %s\n", monologue_strerror(status));
    } else {
        json_dumpf(ret, stdout, JSON_ENCODE_ANY);
        putchar('\n');
    }
    fflush(stdout);
}

static void make_call(struct program *program, char *line)
{
    char *rest = NULL;
    const char *to = strtok_r(line, " ", &rest);
    const char *name = strtok_r(NULL, " ", &rest);
    json_t *args = json_pack("[s]", rest ? rest : "");
    int status = -EINVAL;
    if (to && name && args)
        status = monologue_call(program->monologue, to, name, args, 0,
                                on_answered, program, NULL);
    json_decref(args);
    if (status < 0)
        printf("failed: %s\n", monologue_strerror(status));
    else
        program->n_calls++;
    fflush(stdout);
}

static void read_lines(struct program *program)
{
    ssize_t n = read(STDIN_FILENO, program->line + program->size,
                     sizeof program->line - program->size);
    if (n <= 0) {
        program->is_at_end = 1;
        return;
    }
    program->size += (size_t)n;
    char *end;
    while ((end = memchr(program->line, '\n', program->size))) {
        *end++ = '\0';
        make_call(program, program->line);
        program->size -= (size_t)(end - program->line);
        memmove(program->line, end, program->size);
    }
    if (program->size == sizeof program->line)
        program->size = 0; /* too long: it is no call */
}

int main(void)
{
    struct program program = {0};
    struct monologue_options options = {0};
    signal(SIGPIPE, SIG_IGN);
    if (monologue_new(&options, NULL, &program.monologue) < 0) {
        fprintf(stderr, "poll: %s\n", monologue_errmsg(NULL));
        return EXIT_FAILURE;
    }
    monologue_on(program.monologue, "echo", echo, NULL);
    if (monologue_connect(program.monologue, on_connected, &program) < 0)
        program.is_failed = 1;

    while (!program.is_failed && !(program.is_at_end && program.n_calls == 0)) {
        struct pollfd fds[] = {
            {.fd = monologue_fd(program.monologue),
             .events = (short)monologue_events(program.monologue)},
            {.fd = STDIN_FILENO, .events = POLLIN},
        };
        int is_reading = !program.is_at_end &&
                         monologue_connection_id(program.monologue) != NULL;
        /* Asked last, as what went before may have brought it closer. */
        int timeout_ms = monologue_timeout(program.monologue);
        if (poll(fds, is_reading ? 2 : 1, timeout_ms) < 0 && errno != EINTR)
            break;
        monologue_dispatch(program.monologue);
        if (is_reading && fds[1].revents)
            read_lines(&program);
    }
    monologue_free(program.monologue);
    return program.is_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
