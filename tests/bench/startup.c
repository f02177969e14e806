/*
 * How long from exec() to the first 101, and how much memory an idle daemon
 * keeps: startup MONOLOGUED [ROUNDS]. It prints, and proves nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { KEY_SIZE = 40, ROUNDS_MAX = 1000, PATIENCE_MS = 5000 };

static const char key[KEY_SIZE + 1] =
    "startupstartupstartupstartupstartupstart";

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "startup: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static pid_t start(char *program, const char *path)
{
    char listen[160], api_key[80];
    char workers[] = "--workers=2", level[] = "--log-level=error";
    char *argv[] = {program, listen, api_key, workers, level, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    snprintf(listen, sizeof listen, "--listen=unix:%s", path);
    snprintf(api_key, sizeof api_key, "--api-key=%s", key);
    errno = posix_spawn(&pid, program, &actions, NULL, argv, environ);
    if (errno)
        fail(program);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* Tries until somebody listens. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const double until_ms = now_ms() + PATIENCE_MS;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    while (now_ms() < until_ms) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        close(fd);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    fail("nobody listens");
    return -1;
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
    double ms;
    struct memory memory;
};

static struct round run_round(char *program, const char *path)
{
    int status;
    double began_ms = now_ms();
    pid_t pid = start(program, path);
    int fd = connect_to(path);
    shake_hands(fd);
    struct round round = {.ms = now_ms() - began_ms, .memory = measure(pid)};
    close(fd);
    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("it did not end well");
    return round;
}

static int compare_ms(const void *a, const void *b)
{
    double x = ((const struct round *)a)->ms, y = ((const struct round *)b)->ms;
    return (x > y) - (x < y);
}

int main(int argc, char *argv[])
{
    static struct round rounds[ROUNDS_MAX];
    char folder[] = "/tmp/startup-XXXXXX", path[64];
    int n = argc > 2 ? atoi(argv[2]) : 21;
    if (argc < 2 || n < 1 || n > ROUNDS_MAX || !mkdtemp(folder)) {
        fprintf(stderr, "usage: %s MONOLOGUED [ROUNDS]\n", argv[0]);
        return EXIT_FAILURE;
    }
    snprintf(path, sizeof path, "%s/socket", folder);
    for (int i = 0; i < n; i++)
        rounds[i] = run_round(argv[1], path);
    rmdir(folder);
    qsort(rounds, (size_t)n, sizeof *rounds, compare_ms);
    printf("start to first 101: median %.1f ms, best %.1f, worst %.1f of %d\n",
           rounds[n / 2].ms, rounds[0].ms, rounds[n - 1].ms, n);
    printf("resident, 2 workers: %.1f MB, %.1f of it its own\n",
           (double)rounds[n / 2].memory.all_kb / 1024,
           (double)rounds[n / 2].memory.own_kb / 1024);
    return EXIT_SUCCESS;
}
