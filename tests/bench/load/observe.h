/*
 * What the system knows of a process, and of who took our time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct observation {
    uint64_t time_ns; /* CLOCK_MONOTONIC */
    uint64_t cpu_ns;  /* that all threads of the process have run */
    uint64_t steal;   /* ticks that the host kept from this machine */
    uint64_t all;     /* ticks of all kinds */
    uint64_t rss;     /* bytes, resident */
};

uint64_t observe_now_ns(void);

/* Ends the program when there is no such process. */
struct observation observe(pid_t pid);
