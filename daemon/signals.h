/*
 * The signals that a server is run by: SIGTERM, SIGINT and SIGHUP.
 */
#pragma once

#include <uv.h>

enum { N_SIGNALS = 3 };

struct signals {
    uv_signal_t handles[N_SIGNALS];
};

/*
 * Begins to watch. To be called before clients are let in: who has seen one
 * served may send a signal.
 * @data: of the handles, for @cb
 * Returns 0 or a negative errno; signals_unwatch() is due either way.
 */
int signals_watch(struct signals *signals, uv_loop_t *loop, uv_signal_cb cb,
                  void *data);

/*
 * Ends that, for good: from here on they are held back from the calling thread,
 * which is the only one that takes any. A process that is about to exit is not
 * to be ended by one, with another status. The loop closes the handles.
 */
void signals_unwatch(struct signals *signals);
