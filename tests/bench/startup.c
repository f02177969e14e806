/*
 * How long from a start to the line that says where the daemon listens, and to
 * the first 101, and how much memory it has then: startup MONOLOGUED [ROUNDS].
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/stopwatch.h"

enum { KEY_SIZE = 40, ROUNDS_MAX = 1000 };

static const char key[KEY_SIZE + 1] =
    "startupstartupstartupstartupstartupstart";

static double now_ms(void)
{
    return (double)stopwatch_ns() / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "startup: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* @out_fd: its standard output */
static pid_t start(char *program, int *out_fd)
{
    char api_key[80];
    char workers[] = "--workers=1", level[] = "--log-level=error";
    char listen[] = "--listen=ws://127.0.0.1:0";
    char *argv[] = {program, listen, api_key, workers, level, NULL};
    posix_spawn_file_actions_t actions;
    int fds[2];
    pid_t pid;
    if (pipe2(fds, O_CLOEXEC))
        fail("pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    snprintf(api_key, sizeof api_key, "--api-key=%s", key);
    errno = posix_spawn(&pid, program, &actions, NULL, argv, environ);
    if (errno)
        fail(program);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    *out_fd = fds[0];
    return pid;
}

/* Waits until it says where it listens. */
static uint16_t await_port(int out_fd)
{
    char text[200] = "";
    unsigned port;
    for (size_t n = 0; !strchr(text, '\n'); n++)
        if (n == sizeof text - 1 || read(out_fd, text + n, 1) != 1)
            fail("no endpoint");
    if (sscanf(text, "endpoint ws://127.0.0.1:%u/", &port) != 1)
        fail(text);
    return (uint16_t)port;
}

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(port),
                                        .sin_addr.s_addr =
                                            htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address))
        fail("connect");
    return fd;
}

static void shake_hands(int fd)
{
    char text[512];
    int n = snprintf(text, sizeof text,
                     "GET /latest HTTP/1.1\r\nHost: localhost\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\nx-api-key: %s\r\n\r\n",
                     key);
    if (write(fd, text, (size_t)n) != n)
        fail("write");
    ssize_t got = read(fd, text, sizeof text - 1);
    if (got < 12 || memcmp(text, "HTTP/1.1 101", 12) != 0)
        fail("no 101");
}

struct memory {
    long all_kb; /* resident */
    long own_kb; /* of it not backed by a file, so shared with nobody */
};

static struct memory measure(pid_t pid)
{
    struct memory memory = {0};
    char line[128];
    snprintf(line, sizeof line, "/proc/%d/status", (int)pid);
    FILE *file = fopen(line, "r");
    if (!file)
        fail(line);
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "VmRSS: %ld", &memory.all_kb);
        sscanf(line, "RssAnon: %ld", &memory.own_kb);
    }
    fclose(file);
    return memory;
}

struct round {
    double listening_ms;
    double served_ms; /* the first 101 */
    struct memory memory;
};

static struct round run_round(char *program)
{
    struct round round;
    int status, out_fd;
    double began_ms = now_ms();
    pid_t pid = start(program, &out_fd);
    uint16_t port = await_port(out_fd);
    round.listening_ms = now_ms() - began_ms;
    int fd = connect_to(port);
    shake_hands(fd);
    round.served_ms = now_ms() - began_ms;
    round.memory = measure(pid);
    close(fd);
    close(out_fd);
    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("it did not end well");
    return round;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, double *ms, int n)
{
    qsort(ms, (size_t)n, sizeof *ms, compare);
    printf("start to %s: median %.1f ms, best %.1f, worst %.1f of %d\n", what,
           ms[n / 2], ms[0], ms[n - 1], n);
}

int main(int argc, char *argv[])
{
    static double listening_ms[ROUNDS_MAX], served_ms[ROUNDS_MAX];
    struct round round;
    int n = argc > 2 ? atoi(argv[2]) : 21;
    if (argc < 2 || n < 1 || n > ROUNDS_MAX) {
        fprintf(stderr, "usage: %s MONOLOGUED [ROUNDS]\n", argv[0]);
        return EXIT_FAILURE;
    }
    for (int i = 0; i < n; i++) {
        round = run_round(argv[1]);
        listening_ms[i] = round.listening_ms;
        served_ms[i] = round.served_ms;
    }
    report("listening", listening_ms, n);
    report("first 101", served_ms, n);
    printf("resident, 1 worker: %.1f MB, %.1f of it its own\n",
           (double)round.memory.all_kb / 1024,
           (double)round.memory.own_kb / 1024);
    return EXIT_SUCCESS;
}
