#include "daemon/gate.h"

#include "daemon/log.h"
#include "daemon/worker.h"

enum { WARNING_EVERY_MS = 1000 };

int gate_init(struct gate *gate, double rate, double burst, uint64_t now_ms)
{
    *gate = (struct gate){.max_connections = UINT32_MAX};
    limits_bucket_init(&gate->connects, rate, burst, now_ms);
    return uv_mutex_init(&gate->mutex);
}

void gate_deinit(struct gate *gate)
{
    uv_mutex_destroy(&gate->mutex);
}

void gate_set(struct gate *gate, uint32_t max_connections, double rate,
              double burst)
{
    uv_mutex_lock(&gate->mutex);
    gate->max_connections = max_connections;
    limits_bucket_change(&gate->connects, rate, burst);
    uv_mutex_unlock(&gate->mutex);
}

static unsigned count(const struct worker *worker)
{
    return atomic_load_explicit(&worker->n_connections, memory_order_relaxed);
}

/* The worker with the fewest connections; the total goes to @total_out. */
static struct worker *choose_worker(struct worker *self, uint64_t *total_out)
{
    const struct worker_pool *pool = self->pool;
    struct worker *best = self;
    unsigned fewest = count(self);
    *total_out = 0;
    for (unsigned i = 0; i < pool->n_workers; i++) {
        unsigned n = count(&pool->workers[i]);
        *total_out += n;
        if (n < fewest) {
            fewest = n;
            best = &pool->workers[i];
        }
    }
    return best;
}

/* The clock of one worker may lag behind that of another, which has warned. */
static void warn(struct gate *gate, uint64_t now_ms)
{
    if (gate->warned_ms && now_ms < gate->warned_ms + WARNING_EVERY_MS)
        return;
    gate->warned_ms = now_ms;
    log_warn("connection turned away reason=max_connections limit=%u",
             gate->max_connections);
}

/* With the mutex held. */
static struct worker *admit(struct gate *gate, struct worker *self,
                            bool *is_throttled_out)
{
    uint64_t now_ms = worker_now_ms(self);
    uint64_t total;
    struct worker *worker = choose_worker(self, &total);
    if (total >= gate->max_connections) {
        warn(gate, now_ms);
        return NULL;
    }
    *is_throttled_out = !limits_bucket_take(&gate->connects, now_ms);
    atomic_fetch_add_explicit(&worker->n_connections, 1, memory_order_relaxed);
    return worker;
}

struct worker *gate_admit(struct gate *gate, struct worker *self,
                          bool *is_throttled_out)
{
    uv_mutex_lock(&gate->mutex);
    struct worker *worker = admit(gate, self, is_throttled_out);
    uv_mutex_unlock(&gate->mutex);
    return worker;
}
