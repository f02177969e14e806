#include "daemon/notify.h"

#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

/* The manager orders this message against READY by the monotonic clock. */
void notify_reloading(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
               (unsigned long long)now.tv_sec * 1000000 +
                   (unsigned long long)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

uint64_t notify_watchdog_ms(void)
{
    uint64_t interval_us;
    return sd_watchdog_enabled(0, &interval_us) > 0 ? interval_us / 1000 : 0;
}

size_t notify_passed_sockets(int *fds_out, size_t max)
{
    int n_passed = sd_listen_fds(0);
    size_t n = n_passed > 0 ? (size_t)n_passed : 0;
    for (size_t i = 0; i < n && i < max; i++)
        fds_out[i] = SD_LISTEN_FDS_START + (int)i;
    return n;
}
