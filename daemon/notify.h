/*
 * The service manager: readiness, watchdog, passed sockets.
 *
 * Speaks the protocols of sd_notify(3), sd_watchdog_enabled(3) and
 * sd_listen_fds(3), which their manual pages keep stable for reimplementation:
 * a few environment variables and one datagram. That spares a daemon that is
 * open to the network six libraries it would never call. When no service
 * manager started us, every function does nothing.
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
 * Returns how many those are.
 */
size_t notify_passed_sockets(int *fds_out, size_t max);
