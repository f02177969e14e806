#include "client/cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/output.h"

void report_time(char text_out[REPORT_TIME_SIZE])
{
    struct timespec now;
    struct tm local;
    char text[9];
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(text, sizeof text, "%H:%M:%S", &local);
    snprintf(text_out, REPORT_TIME_SIZE, "%s.%03u", text,
             (unsigned)(now.tv_nsec / 1000000) % 1000);
}

static int out_of_memory(void)
{
    output_complain("out of memory");
    return EX_OSERR;
}

/* 12:03:04.123 q1vQy0qDk2kCAAA= shout ["hello"] */
static int print_request(const struct monologue_request *request,
                         const json_t *args)
{
    char time[REPORT_TIME_SIZE];
    char *label = NULL;
    char *name = strdup(monologue_request_name(request));
    report_time(time);
    if (!name)
        return out_of_memory();
    output_tame(name);
    int n =
        asprintf(&label, "%s%s%s %s %s%s%s ", output_style(OUTPUT_DIM), time,
                 output_style(OUTPUT_PLAIN), monologue_request_from(request),
                 output_style(OUTPUT_NAME), name, output_style(OUTPUT_PLAIN));
    free(name);
    if (n < 0)
        return out_of_memory();
    int exit_status = output_labelled(label, args);
    free(label);
    return exit_status;
}

int report_request(const struct monologue_request *request, const json_t *args)
{
    if (output_is_for_people())
        return print_request(request, args);
    return output_take_json(
        json_pack("{s:s, s:s, s:O}", "from", monologue_request_from(request),
                  "name", monologue_request_name(request), "args", args));
}

void report_event(const struct monologue_event *event)
{
    switch (event->kind) {
    case MONOLOGUE_EVENT_OVERLOAD:
        output_complain("a call of %s was dropped: too many are waiting",
                        event->text);
        return;
    case MONOLOGUE_EVENT_UNKNOWN:
        output_complain("a call of %s was dropped: no such method",
                        event->text);
        return;
    case MONOLOGUE_EVENT_REFUSED:
        output_complain("a packet was not delivered: %s", event->text);
        return;
    case MONOLOGUE_EVENT_STRAY:
        output_complain("a message was dropped: %s", event->text);
        return;
    default: /* the connection's life is told by whoever leads it */
        return;
    }
}

void report_hint(const char *format, ...)
{
    va_list args;
    if (!isatty(STDERR_FILENO))
        return;
    va_start(args, format);
    fputs(output_style(OUTPUT_DIM), stderr);
    vfprintf(stderr, format, args);
    fprintf(stderr, "%s\n", output_style(OUTPUT_PLAIN));
    va_end(args);
}
