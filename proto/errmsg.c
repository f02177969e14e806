#include "proto/errmsg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void errmsg_set(struct errmsg *errmsg, const char *format, ...)
{
    va_list args;
    if (!errmsg)
        return;
    va_start(args, format);
    vsnprintf(errmsg->text, sizeof errmsg->text, format, args);
    va_end(args);
}

void errmsg_prefix(struct errmsg *errmsg, const char *format, ...)
{
    struct errmsg whole;
    va_list args;
    if (!errmsg)
        return;
    va_start(args, format);
    int written = vsnprintf(whole.text, sizeof whole.text, format, args);
    va_end(args);
    size_t n = strlen(whole.text);
    if (written < 0 || n + sizeof ": " > sizeof whole.text)
        return;
    memcpy(whole.text + n, ": ", 2);
    n += 2;
    size_t rest = strnlen(errmsg->text, sizeof whole.text - n - 1);
    memcpy(whole.text + n, errmsg->text, rest);
    whole.text[n + rest] = '\0';
    *errmsg = whole;
}
