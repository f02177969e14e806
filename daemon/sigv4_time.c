#include "daemon/sigv4_time.h"

#include <errno.h>
#include <string.h>

/* Names of days and months are English: the daemon stays in the C locale. */
#define BASIC "%Y%m%dT%H%M%SZ"
#define HTTP "%a, %d %b %Y %H:%M:%S GMT"

static int read_leniently(const char *text, const char *format,
                          time_t *time_out)
{
    struct tm parts = {.tm_mday = 1};
    const char *end = strptime(text, format, &parts);
    if (!end || *end)
        return -EINVAL;
    *time_out = timegm(&parts);
    return 0;
}

int sigv4_time_read(const char *text, time_t *time_out)
{
    time_t time;
    struct tm parts;
    char basic[SIGV4_TIME_CHARS + 1], http[40];
    if (read_leniently(text, BASIC, &time) && read_leniently(text, HTTP, &time))
        return -EINVAL;
    /* strptime() takes more than it should: the time must print as it came. */
    if (!gmtime_r(&time, &parts) ||
        strftime(basic, sizeof basic, BASIC, &parts) != SIGV4_TIME_CHARS ||
        strftime(http, sizeof http, HTTP, &parts) == 0 ||
        (strcmp(text, basic) != 0 && strcmp(text, http) != 0))
        return -EINVAL;
    *time_out = time;
    return 0;
}

void sigv4_time_print(time_t time, char text_out[SIGV4_TIME_CHARS + 1])
{
    struct tm parts;
    if (!gmtime_r(&time, &parts) ||
        strftime(text_out, SIGV4_TIME_CHARS + 1, BASIC, &parts) == 0)
        strcpy(text_out, "?");
}
