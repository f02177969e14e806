#include "daemon/lines.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Two buffers of the same size. Whoever puts a line appends to the one that
 * fills; when the thread has written the other, it swaps them. So the lock is
 * held for the copy of a line and no longer, and a descriptor that takes
 * nothing stops the thread only: lines that find no room are counted and
 * dropped.
 */

enum {
    CHUNK_BYTES = 4096,    /* a pipe takes as much in one piece */
    BLOCKED_POLL_MS = 100, /* how often a blocked thread looks for the end */
    CLOSE_MS = 1000,       /* how long lines_close() waits for the lines */
    GIVE_UP_MS = 500,      /* and then for the thread */
};

/* ---- writing ---- */

/* Waits until the descriptor takes something; false: no longer worth it. */
static bool wait_writable(struct lines *l)
{
    struct pollfd fd = {.fd = l->fd, .events = POLLOUT};
    while (poll(&fd, 1, BLOCKED_POLL_MS) == 0) {
        pthread_mutex_lock(&l->lock);
        bool is_over = l->gives_up;
        pthread_mutex_unlock(&l->lock);
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

size_t lines_write(struct lines *lines, const char *bytes, size_t n)
{
    size_t n_written = 0;
    while (n_written < n) {
        size_t n_chunk = cut_chunk(bytes + n_written, n - n_written);
        if (!wait_writable(lines))
            break;
        ssize_t rc = write(lines->fd, bytes + n_written, n_chunk);
        if (rc >= 0)
            n_written += (size_t)rc;
        else if (errno != EINTR && errno != EAGAIN)
            break;
    }
    return n_written;
}

/* ---- the thread ---- */

static bool has_news(const struct lines_buffer *buffer)
{
    return buffer->n || buffer->n_lost;
}

/* Swaps the buffers once there is something to write; NULL: the end. */
static struct lines_buffer *take_full(struct lines *l)
{
    while (!has_news(l->filling) && !l->is_closing)
        pthread_cond_wait(&l->changed, &l->lock);
    if (!has_news(l->filling))
        return NULL;
    struct lines_buffer *full = l->filling;
    l->filling = full == &l->buffers[0] ? &l->buffers[1] : &l->buffers[0];
    return full;
}

/* Returns how many lines of @full were lost. */
static uint64_t write_buffer(struct lines *l, const struct lines_buffer *full)
{
    size_t n = lines_write(l, full->bytes, full->n);
    uint64_t n_lost = count_lines(full->bytes + n, full->n - n) + full->n_lost;
    atomic_fetch_add_explicit(&l->n_lost, n_lost, memory_order_relaxed);
    return n_lost;
}

static void *write_lines(void *data)
{
    struct lines *l = data;
    uint64_t n_lost = 0; /* and not told yet */
    struct lines_buffer *full;
    pthread_mutex_lock(&l->lock);
    while ((full = take_full(l))) {
        pthread_mutex_unlock(&l->lock);
        n_lost += write_buffer(l, full);
        if (n_lost && l->tell_loss(l, n_lost))
            n_lost = 0;
        pthread_mutex_lock(&l->lock);
        full->n = 0;
        full->n_lost = 0;
    }
    l->has_ended = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---- for everybody ---- */

/* Signals are for the main thread. */
static int start_thread(struct lines *l)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&l->thread, NULL, write_lines, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

int lines_open(struct lines *lines, lines_loss_cb tell_loss)
{
    pthread_mutex_lock(&lines->lock);
    assert(!lines->has_thread);
    if (!lines->filling)
        lines->filling = &lines->buffers[0];
    lines->tell_loss = tell_loss;
    lines->is_closing = false;
    lines->gives_up = false;
    lines->has_ended = false;
    int rc = start_thread(lines);
    lines->has_thread = rc == 0;
    pthread_mutex_unlock(&lines->lock);
    return rc;
}

/* Waits at most @ms, with the lock, for the thread to end. */
static void wait_for_end(struct lines *l, int ms)
{
    struct timespec time;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += ms * 1000000L;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    while (!l->has_ended && rc == 0)
        rc = pthread_cond_timedwait(&l->changed, &l->lock, &time);
}

/* A thread that is stuck inside write(2) all the same is left behind; nobody
 * empties the queue then, and its lines are lost. */
void lines_close(struct lines *lines)
{
    pthread_mutex_lock(&lines->lock);
    bool can_join = false;
    if (lines->has_thread && !lines->is_closing) {
        lines->is_closing = true;
        pthread_cond_broadcast(&lines->changed);
        wait_for_end(lines, CLOSE_MS);
        lines->gives_up = true;
        wait_for_end(lines, GIVE_UP_MS);
        can_join = lines->has_ended;
        lines->has_thread = !lines->has_ended;
    }
    pthread_mutex_unlock(&lines->lock);
    if (can_join)
        pthread_join(lines->thread, NULL);
}

/* Once a line was lost the following are, too, until the buffers are swapped:
 * no line stands before the one that tells of a loss. */
static void append(struct lines_buffer *buffer, const char *line, size_t n)
{
    if (n == 0 || buffer->n_lost || n > sizeof buffer->bytes - buffer->n) {
        buffer->n_lost++;
        return;
    }
    memcpy(buffer->bytes + buffer->n, line, n);
    buffer->n += n;
}

void lines_put(struct lines *lines, const char *line, size_t n)
{
    pthread_mutex_lock(&lines->lock);
    bool is_direct = !lines->has_thread || lines->has_ended;
    if (!is_direct) {
        append(lines->filling, line, n);
        pthread_cond_signal(&lines->changed);
    }
    pthread_mutex_unlock(&lines->lock);
    if (is_direct)
        lines_write(lines, line, n);
}

uint64_t lines_count_lost(const struct lines *lines)
{
    return atomic_load_explicit(&lines->n_lost, memory_order_relaxed);
}
