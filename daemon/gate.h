/*
 * Who may connect, and who serves: max_connections, connect_rate, and of all
 * workers the one that has the fewest connections.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/limits.h"

struct worker;
struct worker_pool;

struct gate {
    uv_mutex_t mutex;              /* guards what follows */
    struct limits_bucket connects; /* of connect_rate */
    uint32_t max_connections;
    uint64_t warned_ms; /* when the ceiling was last logged */
};

/*
 * There is no ceiling until gate_set().
 * @rate:  newcomers a second; 0: no limit
 * @burst: of them at once
 * Returns 0 or a negative errno with nothing to undo.
 */
int gate_init(struct gate *gate, double rate, double burst, uint64_t now_ms);
void gate_deinit(struct gate *gate);

/* Changes what is allowed. From any thread. */
void gate_set(struct gate *gate, uint32_t max_connections, double rate,
              double burst);

/*
 * Decides on a newcomer and counts it among the connections of the worker that
 * is to serve it. From any worker's thread.
 * @self: who asks, and is given it where all are alike
 * @is_throttled_out: it is over connect_rate
 * Returns the worker; NULL: it is turned away, as there are max_connections.
 */
struct worker *gate_admit(struct gate *gate, struct worker *self,
                          bool *is_throttled_out);
