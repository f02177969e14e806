#include "tests/bench/load/observe.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/load/fail.h"

uint64_t observe_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static FILE *must_open(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail("%s: is the server still there?", path);
    return file;
}

/* To the nanosecond, unlike the ticks in /proc/PID/stat. */
static uint64_t cpu_ns(pid_t pid)
{
    char path[300];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        fail("%s: is the server still there?", path);
    for (struct dirent *task; (task = readdir(tasks));) {
        uint64_t ran_ns;
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid,
                 task->d_name);
        FILE *file = must_open(path);
        if (fscanf(file, "%" SCNu64, &ran_ns) == 1)
            sum += ran_ns;
        fclose(file);
    }
    closedir(tasks);
    return sum;
}

static uint64_t rss(pid_t pid)
{
    char path[64];
    uint64_t pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = must_open(path);
    if (fscanf(file, "%*u %" SCNu64, &pages) != 1)
        fail("%s: not understood", path);
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The first line: user nice system idle iowait irq softirq steal ... */
static void read_ticks(struct observation *o)
{
    FILE *file = must_open("/proc/stat");
    fscanf(file, "cpu");
    for (int i = 0; i < 8; i++) {
        uint64_t ticks = 0;
        if (fscanf(file, "%" SCNu64, &ticks) != 1)
            break;
        o->all += ticks;
        if (i == 7)
            o->steal = ticks;
    }
    fclose(file);
}

struct observation observe(pid_t pid)
{
    struct observation o = {
        .time_ns = observe_now_ns(), .cpu_ns = cpu_ns(pid), .rss = rss(pid)};
    read_ticks(&o);
    return o;
}
