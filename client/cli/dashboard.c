#include "client/cli/dashboard.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/output.h"

enum { LINE_BYTES = 1024, DEFAULT_ROWS = 24, DEFAULT_COLUMNS = 80 };

static bool is_open;
static int n_rows; /* of the terminal that are still free */
static int n_columns;

static void open_screen(void)
{
    if (!is_open)
        fputs("\033[?1049h\033[?25l", stdout);
    is_open = true;
}

void dashboard_close(void)
{
    if (!is_open)
        return;
    is_open = false;
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
}

/* A line that would be wider than the terminal is cut; a style, once started,
 * goes to its end. */
static void __attribute__((format(printf, 2, 3)))
line(enum output_style style, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list args;
    if (n_rows <= 0)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    output_tame(text);
    printf("\033[K%s%.*s%s%s", output_style(style), n_columns, text,
           output_style(OUTPUT_PLAIN), n_rows > 1 ? "\n" : "");
    n_rows--;
}

void dashboard_print_number(char text_out[DASHBOARD_NUMBER_SIZE], double n)
{
    static const char *const units[] = {"", " k", " M", " G", " T"};
    size_t i = 0;
    double scaled = n;
    while (fabs(scaled) >= 999.5 && i + 1 < sizeof units / sizeof *units) {
        scaled /= 1000;
        i++;
    }
    bool is_short = scaled < 9.95 && (i > 0 || scaled != floor(scaled));
    snprintf(text_out, DASHBOARD_NUMBER_SIZE, "%.*f%s", is_short ? 1 : 0,
             scaled, units[i]);
}

struct number {
    char text[DASHBOARD_NUMBER_SIZE];
};

static struct number number_of(const json_t *object, const char *key)
{
    struct number number = {"-"}; /* null: not known yet */
    const json_t *value = json_object_get(object, key);
    if (json_is_number(value))
        dashboard_print_number(number.text, json_number_value(value));
    return number;
}

static void draw_uptime(const json_t *vitals, char *text_out, size_t size)
{
    long long s = json_integer_value(json_object_get(vitals, "uptimeSeconds"));
    snprintf(text_out, size, "%lld d %02lld:%02lld:%02lld", s / 86400,
             s / 3600 % 24, s / 60 % 60, s % 60);
}

static void draw_head(const char *where, const json_t *vitals)
{
    char clock[12];
    char uptime[40];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(clock, sizeof clock, "%H:%M:%S", &local);
    draw_uptime(vitals, uptime, sizeof uptime);
    line(OUTPUT_BOLD, "monologued %s  %s  up %s  %s",
         json_string_value(json_object_get(vitals, "version")), where, uptime,
         clock);
}

static void draw_flows(const json_t *vitals)
{
    const json_t *rates = json_object_get(vitals, "perSecond");
    line(OUTPUT_PLAIN, "connections  %8s open      %8s/s opened %8s/s closed",
         number_of(vitals, "connections").text,
         number_of(rates, "connects").text,
         number_of(rates, "disconnects").text);
    line(OUTPUT_PLAIN, "messages     %8s/s in      %8s/s out",
         number_of(rates, "messagesIn").text,
         number_of(rates, "messagesOut").text);
    line(OUTPUT_PLAIN, "bytes        %8s/s in      %8s/s out",
         number_of(rates, "bytesIn").text, number_of(rates, "bytesOut").text);
}

/* "refusals  3/s  403: 12  429: 5" */
static void draw_totals(const char *title, const json_t *vitals,
                        const char *family, const char *rate)
{
    char text[LINE_BYTES];
    size_t n = 0;
    const char *key;
    json_t *value;
    const json_t *totals = json_object_get(vitals, family);
    text[0] = '\0';
    json_object_foreach((json_t *)totals, key, value)
    {
        int more =
            snprintf(text + n, sizeof text - n, "  %s: %" JSON_INTEGER_FORMAT,
                     key, json_integer_value(value));
        if (more < 0 || n + (size_t)more >= sizeof text)
            break;
        n += (size_t)more;
    }
    line(n > 0 ? OUTPUT_BAD : OUTPUT_PLAIN, "%-12s %8s/s     %s", title,
         number_of(json_object_get(vitals, "perSecond"), rate).text,
         n > 0 ? text : "  none so far");
}

struct key_row {
    const char *name;
    const json_t *numbers;
};

static double activity(const struct key_row *row)
{
    return json_number_value(
               json_object_get(row->numbers, "messagesPerSecond")) *
               1e12 +
           json_number_value(json_object_get(row->numbers, "messages"));
}

/* The busiest first; of equals in the order of their names. */
static int compare_rows(const void *a, const void *b)
{
    const struct key_row *x = a;
    const struct key_row *y = b;
    double difference = activity(y) - activity(x);
    return difference > 0 ? 1 : difference < 0 ? -1 : strcmp(x->name, y->name);
}

static void draw_keys(const json_t *vitals)
{
    const json_t *keys = json_object_get(vitals, "keys");
    size_t n = json_object_size(keys);
    size_t i = 0;
    const char *name;
    json_t *numbers;
    struct key_row *rows = calloc(n + 1, sizeof *rows);
    if (!rows)
        return;
    json_object_foreach((json_t *)keys, name, numbers) rows[i++] =
        (struct key_row){name, numbers};
    qsort(rows, n, sizeof *rows, compare_rows);
    line(OUTPUT_PLAIN, "%s", "");
    line(OUTPUT_DIM, "%-32s %12s %12s %12s", "KEY", "CONNECTS", "MESSAGES",
         "MESSAGES/S");
    for (i = 0; i < n; i++)
        line(OUTPUT_PLAIN, "%-32.32s %12s %12s %12s",
             *rows[i].name ? rows[i].name : "(none)",
             number_of(rows[i].numbers, "connects").text,
             number_of(rows[i].numbers, "messages").text,
             number_of(rows[i].numbers, "messagesPerSecond").text);
    free(rows);
}

static void measure(void)
{
    struct winsize size = {0};
    bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    n_rows = is_known && size.ws_row ? size.ws_row : DEFAULT_ROWS;
    n_columns = is_known && size.ws_col ? size.ws_col : DEFAULT_COLUMNS;
}

int dashboard_draw(const char *where, const json_t *vitals, const char *trouble)
{
    measure();
    open_screen();
    fputs("\033[H", stdout);
    draw_head(where, vitals);
    if (trouble)
        line(OUTPUT_BAD, "not reachable: %s; trying again", trouble);
    else
        line(OUTPUT_DIM, "q or Ctrl-C ends");
    draw_flows(vitals);
    draw_totals("refusals", vitals, "refusals", "refusals");
    draw_totals("undelivered", vitals, "undelivered", "undelivered");
    draw_keys(vitals);
    fputs("\033[J", stdout);
    return output_flush();
}
