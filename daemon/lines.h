/*
 * A bounded queue of lines, and the thread that writes them to a descriptor.
 *
 * Any thread may put a line. A descriptor that takes nothing - a full disk, a
 * stopped terminal - costs lines, which are counted, but never time.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINES_QUEUE_BYTES = 256 * 1024 };

struct lines;

/*
 * Told on the writing thread that @n_lost lines were lost at this place; may
 * lines_write(). Returns whether the world knows now; else it is told again,
 * together with the next loss or line.
 */
typedef bool (*lines_loss_cb)(struct lines *lines, uint64_t n_lost);

struct lines_buffer {
    char bytes[LINES_QUEUE_BYTES];
    size_t n;
    uint64_t n_lost; /* lines that found no room behind these */
};

/* Made by LINES_INIT. The lock guards what is not atomic. */
struct lines {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct lines_buffer *buffers; /* two; cost nothing until they are used */
    struct lines_buffer *filling; /* one of them */
    pthread_t thread;
    lines_loss_cb tell_loss;
    int fd; /* that is written to; fixed while the thread runs */
    bool has_thread;
    bool is_closing;
    bool gives_up;           /* what cannot be written now is lost */
    bool has_ended;          /* the thread is about to return */
    _Atomic uint64_t n_lost; /* since the start of the process */
};

#define LINES_INIT(two_buffers, to_fd)                               \
    {                                                                \
        .lock = PTHREAD_MUTEX_INITIALIZER, .buffers = (two_buffers), \
        .fd = (to_fd)                                                \
    }

/* Starts the thread. Returns 0 or a negative errno. */
int lines_open(struct lines *lines, lines_loss_cb tell_loss);

/* Writes what is queued, for at most a second, and ends the thread. Idempotent.
 */
void lines_close(struct lines *lines);

/*
 * Queues a line, or several, each with its newline; written at once, by the
 * caller, while there is no thread. Safe from any thread.
 * @n: 0 stands for a line that could not be made: it counts as lost
 */
void lines_put(struct lines *lines, const char *line, size_t n);

/* Writes now. Returns how many bytes of @n could be written before an error or
 * the end. */
size_t lines_write(struct lines *lines, const char *bytes, size_t n);

/* How many lines were lost so far. Safe from any thread. */
uint64_t lines_count_lost(const struct lines *lines);
