#include "client/cli/report.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
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
static char *label_for_people(const struct monologue_request *request)
{
    char time[REPORT_TIME_SIZE];
    char *label = NULL;
    char *name = strdup(monologue_request_name(request));
    report_time(time);
    if (!name)
        return NULL;
    output_tame(name);
    int n =
        asprintf(&label, "%s%s%s %s %s%s%s ", output_style(OUTPUT_DIM), time,
                 output_style(OUTPUT_PLAIN), monologue_request_from(request),
                 output_style(OUTPUT_NAME), name, output_style(OUTPUT_PLAIN));
    free(name);
    return n < 0 ? NULL : label;
}

static char *line_of_json(const struct monologue_request *request,
                          const char *args, size_t size)
{
    char *line = NULL;
    json_t *string = json_string(monologue_request_name(request));
    char *name = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    json_decref(string);
    if (!name ||
        asprintf(&line, "{\"from\":\"%s\",\"name\":%s,\"args\":%.*s}",
                 monologue_request_from(request), name, (int)size, args) < 0)
        line = NULL;
    free(name);
    return line;
}

int report_request(const struct monologue_request *request, const char *args,
                   size_t size)
{
    bool is_for_people = output_is_for_people();
    char *text = is_for_people ? label_for_people(request)
                               : line_of_json(request, args, size);
    if (!text)
        return out_of_memory();
    int exit_status = is_for_people ? output_labelled_json(text, args, size)
                                    : output_json_text(text, strlen(text));
    free(text);
    return exit_status;
}

void report_event(const struct monologue_event *event)
{
    switch (event->kind) {
    case MONOLOGUE_EVENT_OVERLOAD:
        output_complain("a call of %s was refused: too many are waiting",
                        event->text);
        return;
    case MONOLOGUE_EVENT_UNKNOWN:
        output_complain("a call of %s was refused: no such method",
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
