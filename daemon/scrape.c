#include "daemon/scrape.h"

#include <errno.h>

#include "daemon/access.h"
#include "daemon/log.h"

int scrape_init(struct scrape *scrape, const uv_loop_t *loop,
                const struct worker_pool *pool)
{
    *scrape = (struct scrape){
        .loop = loop,
        .pool = pool,
        .metrics = metrics_new(),
        .tallies = tallies_new(pool->n_workers),
        .started_ms = uv_now(loop),
    };
    return scrape->metrics && scrape->tallies ? 0 : -ENOMEM;
}

void scrape_deinit(struct scrape *scrape)
{
    metrics_free(scrape->metrics);
    tallies_free(scrape->tallies);
}

int scrape_append(const struct scrape *scrape, struct bytes *out, size_t limit)
{
    const struct worker_pool *pool = scrape->pool;
    uint64_t sums[N_METRICS] = {0};
    metrics_sum(scrape->metrics, sums);
    for (unsigned i = 0; i < pool->n_workers; i++) {
        const struct worker *worker = &pool->workers[i];
        metrics_sum(worker->metrics, sums);
        sums[METRIC_SOCKETS] +=
            atomic_load_explicit(&worker->n_connections, memory_order_relaxed);
    }
    sums[METRIC_LOG_LOST] = log_count_lost();
    sums[METRIC_ACCESS_LOST] = access_count_lost();
    sums[METRIC_UPTIME] = (uv_now(scrape->loop) - scrape->started_ms) / 1000;
    sums[METRIC_BUILD] = 1;
    int rc = metrics_append(out, limit, sums);
    return rc ? rc : tallies_append(scrape->tallies, out, limit);
}
