#include "daemon/log.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/logline.h"

/*
 * Two buffers of the same size. Whoever logs appends to the one that fills;
 * when the thread has written the other, it swaps them. So the lock is held
 * for the copy of a line and no longer, and a descriptor that takes nothing
 * stops the thread only: lines that find no room are counted and dropped.
 */

enum {
    QUEUE_BYTES = 256 * 1024, /* of each buffer */
    CHUNK_BYTES = 4096,       /* a pipe takes as much in one piece */
    BLOCKED_POLL_MS = 100,    /* how often a blocked thread looks for the end */
    CLOSE_MS = 1000,          /* how long log_close() waits for the lines */
    GIVE_UP_MS = 500,         /* and then for the thread */
};

struct buffer {
    char bytes[QUEUE_BYTES];
    size_t n;
    uint64_t n_lost; /* lines that found no room behind these */
};

/* Of all below, guarded by lock what is not atomic. The buffers cost no
 * memory until they are used. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct buffer buffers[2];
static struct buffer *filling = &buffers[0];
static pthread_t thread;
static bool has_thread;
static bool is_closing;
static bool gives_up;  /* what cannot be written now is lost */
static bool has_ended; /* the thread is about to return */
static atomic_int current_level = LOG_INFO;
static atomic_int current_format = LOG_TEXT;
static atomic_bool is_journal;

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warn", "info", "debug",
                                        "trace"};
    return (size_t)level < sizeof names / sizeof names[0] ? names[level] : NULL;
}

const char *log_format_name(enum log_format format)
{
    static const char *const names[] = {"text", "json"};
    return (size_t)format < sizeof names / sizeof names[0] ? names[format]
                                                           : NULL;
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

void log_set_format(enum log_format format)
{
    atomic_store_explicit(&current_format, (int)format, memory_order_relaxed);
}

bool log_is_enabled(enum log_level level)
{
    return (int)level <=
           atomic_load_explicit(&current_level, memory_order_relaxed);
}

/* ---- lines ---- */

static size_t print(enum log_level level, const char *text,
                    char line_out[static LOGLINE_MAX])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int format = atomic_load_explicit(&current_format, memory_order_relaxed);
    bool journal = atomic_load_explicit(&is_journal, memory_order_relaxed);
    return logline_print(level, (enum log_format)format, journal, &now, text,
                         line_out);
}

/* ---- the thread ---- */

/* Waits until standard error takes something; false: no longer worth it. */
static bool wait_writable(void)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    while (poll(&fd, 1, BLOCKED_POLL_MS) == 0) {
        pthread_mutex_lock(&lock);
        bool is_over = gives_up;
        pthread_mutex_unlock(&lock);
        if (is_over)
            return false;
    }
    return true;
}

/* The most whole lines that fit a chunk; at least one. */
static size_t cut_chunk(const char *bytes, size_t n)
{
    if (n <= CHUNK_BYTES)
        return n;
    const char *end = memrchr(bytes, '\n', CHUNK_BYTES);
    return end ? (size_t)(end - bytes) + 1 : CHUNK_BYTES;
}

static uint64_t count_lines(const char *bytes, size_t n)
{
    uint64_t n_lines = 0;
    for (size_t i = 0; i < n; i++)
        n_lines += bytes[i] == '\n';
    return n_lines;
}

/* Returns how many bytes of @n could be written before an error or the end. */
static size_t write_bytes(const char *bytes, size_t n)
{
    size_t n_written = 0;
    while (n_written < n) {
        size_t n_chunk = cut_chunk(bytes + n_written, n - n_written);
        if (!wait_writable())
            break;
        ssize_t rc = write(STDERR_FILENO, bytes + n_written, n_chunk);
        if (rc >= 0)
            n_written += (size_t)rc;
        else if (errno != EINTR && errno != EAGAIN)
            break;
    }
    return n_written;
}

static bool has_news(const struct buffer *buffer)
{
    return buffer->n || buffer->n_lost;
}

/* Swaps the buffers once there is something to write; NULL: the end. */
static struct buffer *take_full(void)
{
    while (!has_news(filling) && !is_closing)
        pthread_cond_wait(&changed, &lock);
    if (!has_news(filling))
        return NULL;
    struct buffer *full = filling;
    filling = full == &buffers[0] ? &buffers[1] : &buffers[0];
    return full;
}

static bool tell_loss(uint64_t n_lost)
{
    char text[80];
    char line[LOGLINE_MAX];
    snprintf(text, sizeof text, "log lost lines=%llu",
             (unsigned long long)n_lost);
    size_t n = print(LOG_WARN, text, line);
    return n && write_bytes(line, n) == n;
}

static void *write_lines(void *unused)
{
    uint64_t n_lost = 0; /* and not told yet */
    struct buffer *full;
    (void)unused;
    pthread_mutex_lock(&lock);
    while ((full = take_full())) {
        pthread_mutex_unlock(&lock);
        size_t n = write_bytes(full->bytes, full->n);
        n_lost += count_lines(full->bytes + n, full->n - n) + full->n_lost;
        if (n_lost && tell_loss(n_lost))
            n_lost = 0;
        pthread_mutex_lock(&lock);
        full->n = 0;
        full->n_lost = 0;
    }
    has_ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* ---- for everybody ---- */

/* The journal says in the environment which file it reads from. */
static bool finds_journal(void)
{
    const char *journal = getenv("JOURNAL_STREAM");
    struct stat status;
    unsigned long long device, inode;
    return journal && sscanf(journal, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 &&
           (unsigned long long)status.st_dev == device &&
           (unsigned long long)status.st_ino == inode;
}

/* Signals are for the main thread. */
static int start_thread(void)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, NULL, write_lines, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

int log_open(enum log_level level, enum log_format format)
{
    int rc = 0;
    log_set_level(level);
    log_set_format(format);
    atomic_store(&is_journal, finds_journal());
    pthread_mutex_lock(&lock);
    assert(!has_thread);
    is_closing = false;
    gives_up = false;
    has_ended = false;
    rc = start_thread();
    has_thread = rc == 0;
    pthread_mutex_unlock(&lock);
    return rc;
}

/* Waits at most @ms, with the lock, for the thread to end. */
static void wait_for_end(int ms)
{
    struct timespec time;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += ms * 1000000L;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    while (!has_ended && rc == 0)
        rc = pthread_cond_timedwait(&changed, &lock, &time);
}

/* A thread that is stuck inside write(2) all the same is left behind; nobody
 * empties the queue then, and the log stays silent. */
void log_close(void)
{
    pthread_mutex_lock(&lock);
    bool can_join = false;
    if (has_thread && !is_closing) {
        is_closing = true;
        pthread_cond_broadcast(&changed);
        wait_for_end(CLOSE_MS);
        gives_up = true;
        wait_for_end(GIVE_UP_MS);
        can_join = has_ended;
        has_thread = !has_ended;
    }
    pthread_mutex_unlock(&lock);
    if (can_join)
        pthread_join(thread, NULL);
}

/* Once a line was lost the following are, too, until the buffers are swapped:
 * no line stands before the one that tells of a loss. */
static void append(struct buffer *buffer, const char *line, size_t n)
{
    if (n == 0 || buffer->n_lost || n > sizeof buffer->bytes - buffer->n) {
        buffer->n_lost++;
        return;
    }
    memcpy(buffer->bytes + buffer->n, line, n);
    buffer->n += n;
}

static void put(const char *line, size_t n)
{
    pthread_mutex_lock(&lock);
    bool is_direct = !has_thread || has_ended;
    if (!is_direct) {
        append(filling, line, n);
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&lock);
    if (is_direct)
        write_bytes(line, n);
}

void log_write(enum log_level level, const char *format, ...)
{
    char text[LOGLINE_TEXT_MAX + 1];
    char line[LOGLINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > LOGLINE_TEXT_MAX)
        memcpy(text + LOGLINE_TEXT_MAX - 3, "...", 3);
    put(line, print(level, text, line));
}
