#include "tests/lib/daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

enum {
    TICK_MS = 5,
    DAEMONS_MAX = 8,
    ENVIRONMENT_MAX = 8,
    FIRST_PASSED_FD = 3,
};

struct daemon {
    struct folder folder;
    char path[PATH_MAX];    /* the last that daemon_path() gave */
    pid_t pid;              /* 0: not running */
    unsigned n_descriptors; /* 0: as we have */
    int passed_fd;          /* 0: none */
    const char *environment[ENVIRONMENT_MAX];
    char *answer; /* the last line that find_line() gave */
};

static struct daemon *daemons[DAEMONS_MAX]; /* to show their logs */

long long daemon_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void daemon_fail(const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (int i = 0; i < DAEMONS_MAX; i++) {
        if (!daemons[i])
            continue;
        char *log = daemon_log(daemons[i]);
        size_t n = strlen(log);
        fprintf(stderr, "--- log of pid %d\n%s---\n", (int)daemons[i]->pid,
                n > 20000 ? log + n - 20000 : log);
        free(log);
    }
    ck_abort_msg("%s", text);
    abort(); /* ck_abort_msg() is not known not to return */
}

static void tick(void)
{
    (void)poll(NULL, 0, TICK_MS);
}

/* ---- files ---- */

struct daemon *daemon_new(void)
{
    struct daemon *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    folder_init(&d->folder);
    for (int i = 0; i < DAEMONS_MAX; i++) {
        if (!daemons[i]) {
            daemons[i] = d;
            return d;
        }
    }
    abort();
}

const char *daemon_path(const struct daemon *daemon, const char *name)
{
    struct daemon *d = (struct daemon *)daemon;
    return folder_join(&d->folder, name, d->path);
}

void daemon_write_file(const struct daemon *daemon, const char *name,
                       const char *text)
{
    folder_write(&daemon->folder, name, text, strlen(text));
    chmod(daemon_path(daemon, name), 0600); /* there may be keys in it */
}

char *daemon_read_file(const struct daemon *daemon, const char *name)
{
    struct stat status;
    int fd = open(daemon_path(daemon, name), O_RDONLY);
    if (fd < 0 || fstat(fd, &status))
        daemon_fail("cannot read %s: %s", name, strerror(errno));
    char *text = calloc(1, (size_t)status.st_size + 1);
    if (!text || read(fd, text, (size_t)status.st_size) != status.st_size)
        abort();
    close(fd);
    return text;
}

char *daemon_output(struct daemon *daemon)
{
    return daemon_read_file(daemon, "stdout");
}

char *daemon_log(struct daemon *daemon)
{
    if (access(daemon_path(daemon, "stderr"), R_OK))
        return strdup("");
    return daemon_read_file(daemon, "stderr");
}

/* ---- starting ---- */

void daemon_limit_descriptors(struct daemon *daemon, unsigned n)
{
    daemon->n_descriptors = n;
}

void daemon_pass_socket(struct daemon *daemon, int fd)
{
    daemon->passed_fd = fd;
}

void daemon_set_environment(struct daemon *daemon, const char *assignment)
{
    int i = 0;
    while (daemon->environment[i])
        i++;
    ck_assert_int_lt(i, ENVIRONMENT_MAX - 1);
    daemon->environment[i] = assignment;
}

static void redirect(const char *file, int fd)
{
    int opened = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (opened < 0 || dup2(opened, fd) < 0)
        _exit(126);
    close(opened);
}

static void pass_socket(int fd)
{
    char pid[20];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    if (fd == FIRST_PASSED_FD ? fcntl(fd, F_SETFD, 0)
                              : dup2(fd, FIRST_PASSED_FD) < 0)
        _exit(126);
}

static void become(const struct daemon *d, const char *program,
                   const char *argv[])
{
    struct rlimit limit;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Memory that is kept back to find its misuse would look like a leak. */
    setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 0);
    if (chdir(d->folder.path))
        _exit(126);
    redirect("stdout", STDOUT_FILENO);
    redirect("stderr", STDERR_FILENO);
    if (d->passed_fd)
        pass_socket(d->passed_fd);
    getrlimit(RLIMIT_NOFILE, &limit);
    if (d->n_descriptors) {
        limit.rlim_cur = limit.rlim_max = d->n_descriptors;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (int i = 0; d->environment[i]; i++)
        putenv((char *)d->environment[i]);
    execv(program, (char *const *)argv);
    _exit(127);
}

void daemon_spawn(struct daemon *daemon, const char *const options[])
{
    const char *program = getenv("MONOLOGUED");
    const char *argv[DAEMON_OPTIONS_MAX + 2] = {program};
    ck_assert_msg(program != NULL, "MONOLOGUED names no program");
    ck_assert_int_eq(daemon->pid, 0);
    for (int i = 0; options[i]; i++) {
        ck_assert_int_lt(i, DAEMON_OPTIONS_MAX);
        argv[i + 1] = options[i];
    }
    unlink(daemon_path(daemon, "stdout"));
    unlink(daemon_path(daemon, "stderr"));
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        become(daemon, program, argv);
    daemon->pid = pid;
}

/* A line "NAME = VALUE" of its output; the @index-th of that name. */
static const char *find_line(struct daemon *d, const char *name, unsigned index)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    for (;;) {
        char *output = access(daemon_path(d, "stdout"), R_OK)
                           ? strdup("")
                           : daemon_output(d);
        unsigned n_found = 0;
        char *save;
        char *end = strrchr(output, '\n');
        if (end)
            end[1] = '\0';
        for (char *line = end ? strtok_r(output, "\n", &save) : NULL; line;
             line = strtok_r(NULL, "\n", &save)) {
            size_t n = strlen(name);
            if (strncmp(line, name, n) || !strchr(" =", line[n]) ||
                n_found++ < index)
                continue;
            line += n + strspn(line + n, " =");
            free(d->answer);
            d->answer = strdup(line);
            free(output);
            return d->answer;
        }
        free(output);
        if (!daemon_is_running(d))
            daemon_fail("monologued ended before it said its %s", name);
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("monologued does not say its %s", name);
        tick();
    }
}

void daemon_run(struct daemon *daemon, const char *const options[])
{
    const char *all[DAEMON_OPTIONS_MAX + 1];
    int n = 0;
    bool listens = false;
    for (; options[n]; n++) {
        ck_assert_int_lt(n, DAEMON_OPTIONS_MAX - 1);
        all[n] = options[n];
        listens |= strncmp(all[n], "--listen", 8) == 0;
    }
    if (!listens)
        all[n++] = "--listen=ws://127.0.0.1:0";
    all[n] = NULL;
    daemon_spawn(daemon, all);
    (void)find_line(daemon, "endpoint", 0);
}

struct daemon *daemon_start(const char *const options[])
{
    struct daemon *daemon = daemon_new();
    daemon_run(daemon, options);
    return daemon;
}

int daemon_grid_workers(int i)
{
    return 1 << i % 3;
}

struct daemon *daemon_start_in_grid(int i, const char *const options[])
{
    static const char *const tls[] = {DAEMON_TLS, "--listen=wss://127.0.0.1:0"};
    const char *all[DAEMON_OPTIONS_MAX];
    char workers[20];
    int n = 0;
    snprintf(workers, sizeof workers, "--workers=%d", daemon_grid_workers(i));
    all[n++] = workers;
    for (size_t k = 0; i >= 3 && k < sizeof tls / sizeof *tls; k++)
        all[n++] = tls[k];
    for (; *options; options++) {
        ck_assert_int_lt(n, DAEMON_OPTIONS_MAX - 1);
        all[n++] = *options;
    }
    all[n] = NULL;
    return daemon_start(all);
}

const char *daemon_endpoint(struct daemon *daemon, unsigned index)
{
    return find_line(daemon, "endpoint", index);
}

const char *daemon_key(struct daemon *daemon)
{
    return find_line(daemon, "apiKey", 0);
}

const char *daemon_admin(struct daemon *daemon)
{
    return find_line(daemon, "admin", 0);
}

void daemon_await_log(struct daemon *daemon, const char *text)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    for (;;) {
        char *log = daemon_log(daemon);
        bool is_there = strstr(log, text) != NULL;
        free(log);
        if (is_there)
            return;
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("the log does not say: %s", text);
        tick();
    }
}

/* ---- watching ---- */

pid_t daemon_pid(const struct daemon *daemon)
{
    return daemon->pid;
}

static FILE *open_proc(const struct daemon *d, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)d->pid, name);
    FILE *file = fopen(path, "r");
    if (!file)
        daemon_fail("cannot read %s", path);
    return file;
}

/* Sanitizers keep shadows: of each byte so many are resident at most. */
#if defined(__SANITIZE_THREAD__)
enum { RESIDENT_PER_BYTE = 8 };
#elif defined(__SANITIZE_ADDRESS__)
enum { RESIDENT_PER_BYTE = 2 };
#else
enum { RESIDENT_PER_BYTE = 1 };
#endif

size_t daemon_rss_kib(const struct daemon *daemon)
{
    FILE *file = open_proc(daemon, "status");
    char line[200];
    size_t kib = 0;
    while (!kib && fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %zu", &kib);
    fclose(file);
    return kib / RESIDENT_PER_BYTE;
}

unsigned daemon_n_descriptors(const struct daemon *daemon)
{
    char path[64];
    unsigned n = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)daemon->pid);
    DIR *folder = opendir(path);
    if (!folder)
        daemon_fail("cannot read %s", path);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n - 2; /* "." and ".." */
}

unsigned daemon_cpu_ms(const struct daemon *daemon)
{
    FILE *file = open_proc(daemon, "stat");
    unsigned long user = 0;
    unsigned long system = 0;
    int n = fscanf(file,
                   "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                   "%lu %lu",
                   &user, &system);
    fclose(file);
    ck_assert_int_eq(n, 2);
    return (unsigned)((user + system) * 1000 /
                      (unsigned long)sysconf(_SC_CLK_TCK));
}

/* ---- ending ---- */

void daemon_signal(struct daemon *daemon, int signal)
{
    ck_assert_int_eq(kill(daemon->pid, signal), 0);
}

bool daemon_is_running(struct daemon *daemon)
{
    siginfo_t info = {0};
    if (daemon->pid == 0)
        return false;
    if (waitid(P_PID, (id_t)daemon->pid, &info, WEXITED | WNOHANG | WNOWAIT))
        daemon_fail("waitid: %s", strerror(errno));
    return info.si_pid == 0;
}

int daemon_wait(struct daemon *daemon)
{
    long long deadline_ms = daemon_now_ms() + DAEMON_WAIT_MS;
    int status;
    while (daemon_is_running(daemon)) {
        if (daemon_now_ms() > deadline_ms)
            daemon_fail("monologued does not end");
        tick();
    }
    ck_assert_int_eq(waitpid(daemon->pid, &status, 0), daemon->pid);
    daemon->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void daemon_end(struct daemon *daemon)
{
    if (daemon->pid) {
        if (daemon_is_running(daemon))
            daemon_signal(daemon, SIGTERM);
        int status = daemon_wait(daemon);
        if (status != 0)
            daemon_fail("monologued ended with status %d", status);
    }
    daemon_free(daemon);
}

void daemon_free(struct daemon *daemon)
{
    if (daemon->pid) {
        daemon_signal(daemon, SIGKILL);
        (void)daemon_wait(daemon);
    }
    for (int i = 0; i < DAEMONS_MAX; i++)
        if (daemons[i] == daemon)
            daemons[i] = NULL;
    folder_deinit(&daemon->folder);
    free(daemon->answer);
    free(daemon);
}
