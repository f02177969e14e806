#include "client/blocking.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The client and its loop belong to one thread. Others hand it jobs through a
 * list under a mutex and sleep until theirs is done; a job's memory is on the
 * stack of who waits for it.
 */

struct monologue_blocking {
    uv_loop_t loop;
    uv_thread_t thread;
    uv_async_t wake;     /* there are jobs */
    uv_mutex_t mutex;    /* over jobs */
    struct list jobs;    /* struct job, in order of asking */
    struct monologue *m; /* the thread's alone once it runs */
};

void blocking_finish(struct job *job, int status)
{
    job->status = status;
    uv_sem_post(&job->done);
}

static void on_wake(uv_async_t *wake)
{
    struct monologue_blocking *b = wake->data;
    struct list jobs;
    list_init(&jobs);
    uv_mutex_lock(&b->mutex);
    list_splice(&jobs, &b->jobs);
    uv_mutex_unlock(&b->mutex);
    while (!list_is_empty(&jobs)) {
        struct job *job = list_entry(jobs.next, struct job, link);
        list_remove(&job->link);
        job->start(b->m, job);
    }
}

static void hand_over(struct monologue_blocking *b, struct job *job)
{
    uv_mutex_lock(&b->mutex);
    list_append(&b->jobs, &job->link);
    uv_mutex_unlock(&b->mutex);
    uv_async_send(&b->wake);
}

int blocking_run(struct monologue_blocking *b, struct job *job)
{
    uv_thread_t self = uv_thread_self();
    bool is_inside = uv_thread_equal(&self, &b->thread);
    if (is_inside && job->is_slow)
        return -EDEADLK;
    if (uv_sem_init(&job->done, 0) < 0)
        abort(); /* only if a semaphore of this process cannot exist */
    if (is_inside)
        job->start(b->m, job);
    else
        hand_over(b, job);
    uv_sem_wait(&job->done);
    uv_sem_destroy(&job->done);
    return job->status;
}

static void live(void *data)
{
    struct monologue_blocking *b = data;
    uv_run(&b->loop, UV_RUN_DEFAULT);
}

/* Signals are for the program's own threads. */
static int start_thread(struct monologue_blocking *b)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = uv_thread_create(&b->thread, live, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static void discard(struct monologue_blocking *b)
{
    uv_mutex_destroy(&b->mutex);
    uv_loop_close(&b->loop);
    free(b);
}

/* Ends what is on the loop and lets it run dry. */
static void wind_up(struct monologue_blocking *b)
{
    monologue_free(b->m);
    uv_close((uv_handle_t *)&b->wake, NULL);
}

static int start_client(struct monologue_blocking *b,
                        const struct monologue_options *options)
{
    int status = uv_async_init(&b->loop, &b->wake, on_wake);
    if (status < 0)
        return status;
    b->wake.data = b;
    status = monologue_new(options, &b->loop, &b->m);
    if (status == 0)
        status = start_thread(b);
    if (status < 0) {
        wind_up(b);
        uv_run(&b->loop, UV_RUN_DEFAULT);
    }
    return status;
}

int monologue_blocking_new(const struct monologue_options *options,
                           struct monologue_blocking **blocking_out)
{
    struct monologue_blocking *b = calloc(1, sizeof *b);
    if (!b)
        return -ENOMEM;
    list_init(&b->jobs);
    int status = uv_loop_init(&b->loop);
    if (status < 0) {
        free(b);
        return status;
    }
    status = uv_mutex_init(&b->mutex);
    if (status < 0) {
        uv_loop_close(&b->loop);
        free(b);
        return status;
    }
    status = start_client(b, options);
    if (status < 0)
        discard(b);
    else
        *blocking_out = b;
    return status;
}

struct free_job {
    struct job job;
    struct monologue_blocking *blocking;
};

static void start_free(struct monologue *m, struct job *job)
{
    (void)m;
    wind_up(list_entry(job, struct free_job, job)->blocking);
    blocking_finish(job, 0);
}

void monologue_blocking_free(struct monologue_blocking *b)
{
    struct free_job job = {{.start = start_free, .is_slow = true}, b};
    if (!b)
        return;
    int status = blocking_run(b, &job.job);
    assert(status == 0); /* not from a handler: who would join the thread? */
    uv_thread_join(&b->thread);
    discard(b);
}

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)m;
    blocking_finish(data, status);
}

static void start_connect(struct monologue *m, struct job *job)
{
    int status = monologue_connect(m, on_connected, job);
    if (status < 0)
        blocking_finish(job, status);
}

int monologue_blocking_connect(struct monologue_blocking *b)
{
    struct job job = {.start = start_connect, .is_slow = true};
    return blocking_run(b, &job);
}

static void on_closed(struct monologue *m, void *data)
{
    (void)m;
    blocking_finish(data, 0);
}

static void start_close(struct monologue *m, struct job *job)
{
    int status = monologue_close(m, on_closed, job);
    if (status < 0)
        blocking_finish(job, status);
}

int monologue_blocking_close(struct monologue_blocking *b)
{
    struct job job = {.start = start_close, .is_slow = true};
    return blocking_run(b, &job);
}

struct id_job {
    struct job job;
    char id[MONOLOGUE_ID_CHARS + 1];
};

static void start_id(struct monologue *m, struct job *job)
{
    struct id_job *id = list_entry(job, struct id_job, job);
    const char *text = monologue_connection_id(m);
    if (text)
        memcpy(id->id, text, sizeof id->id);
    blocking_finish(job, text ? 0 : -ENOTCONN);
}

int monologue_blocking_connection_id(struct monologue_blocking *b,
                                     char id_out[MONOLOGUE_ID_CHARS + 1])
{
    struct id_job id = {.job.start = start_id};
    int status = blocking_run(b, &id.job);
    if (status == 0)
        memcpy(id_out, id.id, sizeof id.id);
    return status;
}

struct errmsg_job {
    struct job job;
    char *text_out;
    size_t size;
};

static void start_errmsg(struct monologue *m, struct job *job)
{
    struct errmsg_job *errmsg = list_entry(job, struct errmsg_job, job);
    snprintf(errmsg->text_out, errmsg->size, "%s", monologue_errmsg(m));
    blocking_finish(job, 0);
}

void monologue_blocking_errmsg(struct monologue_blocking *b, char *text_out,
                               size_t size)
{
    struct errmsg_job errmsg = {{.start = start_errmsg}, text_out, size};
    if (size > 0)
        text_out[0] = '\0';
    blocking_run(b, &errmsg.job);
}
