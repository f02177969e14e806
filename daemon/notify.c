#include "daemon/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_PASSED_FD = 3 }; /* SD_LISTEN_FDS_START */

/* A path, or a name in the abstract namespace behind an '@'. */
static bool find_manager(struct sockaddr_un *address_out, socklen_t *size_out)
{
    const char *path = getenv("NOTIFY_SOCKET");
    *address_out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || !path[1] ||
        strlen(path) >= sizeof address_out->sun_path)
        return false;
    strcpy(address_out->sun_path, path);
    *size_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                            strlen(path) + (path[0] == '/'));
    if (path[0] == '@')
        address_out->sun_path[0] = '\0';
    return true;
}

static void tell(const char *message)
{
    struct sockaddr_un manager;
    socklen_t size;
    if (!find_manager(&manager, &size))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&manager, size);
    close(fd);
}

void notify_ready(const char *status)
{
    char message[512];
    snprintf(message, sizeof message, "READY=1\nSTATUS=%s", status);
    tell(message);
}

/* The manager orders this message against READY by the monotonic clock. */
void notify_reloading(void)
{
    char message[80];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 +
                 (unsigned long long)now.tv_nsec / 1000);
    tell(message);
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}

void notify_alive(void)
{
    tell("WATCHDOG=1");
}

/* A number from the environment; 0 when there is none. */
static unsigned long long number(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 ? value : 0;
}

/* The variables may have been inherited from a parent they were meant for. */
static bool is_for_us(const char *pid_name)
{
    return number(pid_name) == (unsigned long long)getpid();
}

uint64_t notify_watchdog_ms(void)
{
    if (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID"))
        return 0;
    return number("WATCHDOG_USEC") / 1000;
}

size_t notify_passed_sockets(int *fds_out, size_t max)
{
    unsigned long long n_passed = number("LISTEN_FDS");
    size_t n = 0;
    if (!is_for_us("LISTEN_PID"))
        return 0;
    for (; n < n_passed && n < max; n++) {
        int fd = FIRST_PASSED_FD + (int)n;
        if (fcntl(fd, F_SETFD, FD_CLOEXEC))
            break; /* there are fewer than promised */
        fds_out[n] = fd;
    }
    return n;
}
