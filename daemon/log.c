#include "daemon/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/lines.h"
#include "daemon/logline.h"

static struct lines_buffer buffers[2];
static struct lines lines = LINES_INIT(buffers, STDERR_FILENO);
static atomic_int current_level = LOG_INFO;
static atomic_int current_format = LOG_TEXT;
static atomic_bool is_journal;

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warn", "info", "debug",
                                        "trace"};
    return (size_t)level < sizeof names / sizeof names[0] ? names[level] : NULL;
}

const char *log_format_name(enum log_format format)
{
    static const char *const names[] = {"text", "json"};
    return (size_t)format < sizeof names / sizeof names[0] ? names[format]
                                                           : NULL;
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

void log_set_format(enum log_format format)
{
    atomic_store_explicit(&current_format, (int)format, memory_order_relaxed);
}

bool log_is_enabled(enum log_level level)
{
    return (int)level <=
           atomic_load_explicit(&current_level, memory_order_relaxed);
}

/* ---- lines ---- */

static size_t print(enum log_level level, const char *text,
                    char line_out[static LOGLINE_MAX])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int format = atomic_load_explicit(&current_format, memory_order_relaxed);
    bool journal = atomic_load_explicit(&is_journal, memory_order_relaxed);
    return logline_print(level, (enum log_format)format, journal, &now, text,
                         line_out);
}

static bool tell_loss(struct lines *to, uint64_t n_lost)
{
    char text[80];
    char line[LOGLINE_MAX];
    snprintf(text, sizeof text, "log lost lines=%llu",
             (unsigned long long)n_lost);
    size_t n = print(LOG_WARN, text, line);
    return n && lines_write(to, line, n) == n;
}

/* ---- for everybody ---- */

/* The journal says in the environment which file it reads from. */
static bool finds_journal(void)
{
    const char *journal = getenv("JOURNAL_STREAM");
    struct stat status;
    unsigned long long device, inode;
    return journal && sscanf(journal, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 &&
           (unsigned long long)status.st_dev == device &&
           (unsigned long long)status.st_ino == inode;
}

int log_open(enum log_level level, enum log_format format)
{
    log_set_level(level);
    log_set_format(format);
    atomic_store(&is_journal, finds_journal());
    return lines_open(&lines, tell_loss);
}

void log_close(void)
{
    lines_close(&lines);
}

uint64_t log_count_lost(void)
{
    return lines_count_lost(&lines);
}

void log_write(enum log_level level, const char *format, ...)
{
    char text[LOGLINE_TEXT_MAX + 1];
    char line[LOGLINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > LOGLINE_TEXT_MAX)
        memcpy(text + LOGLINE_TEXT_MAX - 3, "...", 3);
    lines_put(&lines, line, print(level, text, line));
}
