#include "daemon/notify.h"

void notify_ready(const char *status)
{
    (void)status;
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_alive(void)
{
}

uint64_t notify_watchdog_ms(void)
{
    return 0;
}

size_t notify_passed_sockets(int *fds_out, size_t max)
{
    (void)fds_out;
    (void)max;
    return 0;
}
