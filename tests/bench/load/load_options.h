/*
 * The command line of bench-load.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/bench/load/dialect.h"

enum load_mode {
    LOAD_RELAY, /* callers and callees; CPU per message, latency */
    LOAD_CHURN, /* connect, get ready, close, over and over */
    LOAD_IDLE,  /* connections that say nothing; memory of each */
    N_LOAD_MODES,
};

struct load_options {
    enum load_mode mode;
    const struct dialect *dialect;
    struct dialect_options texts;
    uint16_t port;
    pid_t server; /* whose CPU time and memory are read */
    bool is_tls;
    uint32_t n_pairs;
    uint32_t window; /* calls that one caller has under way */
    bool is_hot;     /* all callers call the same callee */
    uint32_t n_idle; /* connections beside */
    uint32_t flood;  /* messages per second to one reader beside; 0: none */
    bool is_deaf;    /* which does not read them */
    double warmup_s;
    double measured_s;
};

/* Ends the program with a line on what is wrong. */
struct load_options load_options_read(int argc, char *argv[]);
