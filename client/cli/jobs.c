#include "client/cli/jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/operand.h"
#include "client/cli/output.h"

/*
 * Calls wait in a line; up to n_parallel are being answered, each by a run of
 * the command. How many may wait is the library's bound (max_requests): callers
 * beyond it are told on standard error and by their own timeout.
 */

struct job {
    struct list link; /* in waiting or running */
    struct jobs *jobs;
    struct monologue_request *request;
    struct command *command; /* while running */
    char *input;             /* while waiting; owned */
};

static void discard(struct job *job)
{
    list_remove(&job->link);
    free(job->input);
    free(job);
}

static void decline(struct job *job, const char *why)
{
    output_complain("%s: not answered: %s",
                    monologue_request_from(job->request), why);
    monologue_decline(job->request);
    discard(job);
}

static void run_waiting(struct jobs *jobs);

static void on_ended(int status, const char *why, const char *text, size_t size,
                     void *data)
{
    struct job *job = data;
    struct jobs *jobs = job->jobs;
    char *ret = status == 0 ? operand_output_to_json(text, size) : NULL;
    jobs->n_running--;
    if (ret) {
        status = monologue_reply_raw(job->request, ret, strlen(ret));
        free(ret);
        if (status < 0)
            output_complain("not answered: %s", monologue_strerror(status));
        discard(job);
    } else {
        decline(job, status < 0 ? why : "the output is not UTF-8");
    }
    run_waiting(jobs);
}

static void run_job(struct job *job)
{
    struct jobs *jobs = job->jobs;
    char *input = job->input;
    job->input = NULL;
    /* Read by the child alone; the loop is ours and forks at once. */
    setenv("MONOLOGUE_FROM", monologue_request_from(job->request), 1);
    int status =
        command_run(jobs->loop, jobs->argv, input, MONOLOGUE_MAX_PACKET,
                    on_ended, job, &job->command);
    if (status < 0) {
        decline(job, monologue_strerror(status));
        return;
    }
    list_move(&jobs->running, &job->link);
    jobs->n_running++;
}

static void run_waiting(struct jobs *jobs)
{
    list_for_each (node, next, &jobs->waiting) {
        if (jobs->n_running >= jobs->n_parallel)
            return;
        run_job(list_entry(node, struct job, link));
    }
}

int jobs_serve(struct monologue_request *request, const char *args, size_t size,
               void *data)
{
    char *input = strndup(args, size);
    struct job *job = calloc(1, sizeof *job);
    struct jobs *jobs = data;
    if (!input || !job) {
        free(input);
        free(job);
        return -ENOMEM;
    }
    job->jobs = jobs;
    job->request = request;
    job->input = input;
    list_init(&job->link);
    list_append(&jobs->waiting, &job->link);
    run_waiting(jobs);
    return MONOLOGUE_LATER;
}

void jobs_init(struct jobs *jobs, uv_loop_t *loop, char **argv,
               unsigned n_parallel)
{
    *jobs = (struct jobs){.loop = loop, .argv = argv, .n_parallel = n_parallel};
    list_init(&jobs->waiting);
    list_init(&jobs->running);
}

void jobs_stop(struct jobs *jobs)
{
    list_for_each (node, next, &jobs->waiting)
        decline(list_entry(node, struct job, link), "leaving");
    list_for_each (node, next, &jobs->running)
        command_kill(list_entry(node, struct job, link)->command, SIGTERM);
}
