/*
 * A real monologued in a process of its own, on ports that the system chose.
 *
 * The program is the one that the environment's MONOLOGUED names. Each daemon
 * has a folder of its own, which is its working directory: files are named
 * relative to it. What goes wrong here fails the running test and shows the
 * daemon's log. A daemon does not outlive the test that started it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    DAEMON_WAIT_MS = 20000, /* for anything; above what sanitizers need */
    DAEMON_GRID = 6,        /* ways to start: see daemon_start_in_grid() */
    DAEMON_OPTIONS_MAX = 32,
};

#define DAEMON_TLS                                         \
    "--tls-self-signed", "--tls-certificate=tls-cert.pem", \
        "--tls-key=tls-key.pem"

struct daemon;

/* Makes the folder; nothing runs yet. */
struct daemon *daemon_new(void);

/* Writes, or replaces, a file in the daemon's folder. */
void daemon_write_file(const struct daemon *daemon, const char *name,
                       const char *text);

/* The absolute path of a file there; valid until the next call. */
const char *daemon_path(const struct daemon *daemon, const char *name);

/* The contents of a file there, NUL-terminated; the caller frees it. */
char *daemon_read_file(const struct daemon *daemon, const char *name);

/*
 * Starts it and waits until it accepts connections.
 * @options: NULL-terminated; --listen=ws://127.0.0.1:0 unless they say other
 */
void daemon_run(struct daemon *daemon, const char *const options[]);

/* The same, but waits for nothing: it may well fail, or be no server. */
void daemon_spawn(struct daemon *daemon, const char *const options[]);

/* How many file descriptors it may have at most; before it is run. */
void daemon_limit_descriptors(struct daemon *daemon, unsigned n);

/*
 * Passes it a listening socket as a service manager does, for
 * --listen=systemd:ws; before it is run.
 * @fd: stays the caller's
 */
void daemon_pass_socket(struct daemon *daemon, int fd);

/* A further NAME=value for its environment; before it is run. */
void daemon_set_environment(struct daemon *daemon, const char *assignment);

/* daemon_new() and daemon_run() in one. */
struct daemon *daemon_start(const char *const options[]);
#define DAEMON(...) daemon_start((const char *const[]){__VA_ARGS__, NULL})

/* Starts it with 1, 2 or 4 workers, plain (0 to 2) or with TLS (3 to 5). */
struct daemon *daemon_start_in_grid(int i, const char *const options[]);
#define DAEMON_IN_GRID(i, ...) \
    daemon_start_in_grid(i, (const char *const[]){__VA_ARGS__, NULL})
int daemon_grid_workers(int i);

/* The @index-th endpoint that it printed: "ws://127.0.0.1:4711/latest". */
const char *daemon_endpoint(struct daemon *daemon, unsigned index);

/* The key that it made up and printed. */
const char *daemon_key(struct daemon *daemon);

/* Where its admin endpoint is: "http://127.0.0.1:4711". */
const char *daemon_admin(struct daemon *daemon);

/* What it has written so far; the caller frees it. */
char *daemon_output(struct daemon *daemon);
char *daemon_log(struct daemon *daemon);

/* Waits until its log holds @text. */
void daemon_await_log(struct daemon *daemon, const char *text);

pid_t daemon_pid(const struct daemon *daemon);
void daemon_signal(struct daemon *daemon, int signal);

/* Waits for its end and returns the status: exit status, or 128 + signal. */
int daemon_wait(struct daemon *daemon);
bool daemon_is_running(struct daemon *daemon);

/* Of a running one; memory without what a sanitizer adds, roughly. */
size_t daemon_rss_kib(const struct daemon *daemon);
unsigned daemon_n_descriptors(const struct daemon *daemon);
unsigned daemon_cpu_ms(const struct daemon *daemon);

/* Asks it to end, unless it has, expects status 0 and frees everything. */
void daemon_end(struct daemon *daemon);

/* Frees everything; what still runs is killed. */
void daemon_free(struct daemon *daemon);

/* Milliseconds of a clock that only goes forward. */
long long daemon_now_ms(void);

/* Fails the test, after showing the logs of all daemons. */
void daemon_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));
