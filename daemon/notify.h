/*
 * The service manager: readiness, watchdog, passed sockets.
 *
 * Without libsystemd, or when not started by it, every function does nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Each tells the manager one thing; failures are ignored, as advised. */
void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_alive(void); /* the watchdog's beat */

/* How often notify_alive() is expected, in milliseconds; 0: never. */
uint64_t notify_watchdog_ms(void);

/*
 * The listening sockets that were passed to us.
 * @fds_out: the descriptors, close-on-exec, at most @max of them
 * Returns how many there are.
 */
size_t notify_passed_sockets(int *fds_out, size_t max);
