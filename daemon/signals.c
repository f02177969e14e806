#include "daemon/signals.h"

#include <pthread.h>
#include <signal.h>

static const int numbers[N_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

int signals_watch(struct signals *signals, uv_loop_t *loop, uv_signal_cb cb,
                  void *data)
{
    int rc = 0;
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_signal_init(loop, &signals->handles[i]);
        signals->handles[i].data = data;
    }
    for (int i = 0; i < N_SIGNALS && rc == 0; i++)
        rc = uv_signal_start(&signals->handles[i], cb, numbers[i]);
    return rc;
}

void signals_unwatch(struct signals *signals)
{
    sigset_t ours;
    sigemptyset(&ours);
    for (int i = 0; i < N_SIGNALS; i++)
        sigaddset(&ours, numbers[i]);
    pthread_sigmask(SIG_BLOCK, &ours, NULL);
    for (int i = 0; i < N_SIGNALS; i++)
        uv_close((uv_handle_t *)&signals->handles[i], NULL);
}
