#include "client/cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/cli/render.h"

static bool is_terminal;
static bool wants_json;
static bool is_coloured;
static void (*open_curtain)(void);
static void (*close_curtain)(void);

static const char *const sequences[] = {
    [OUTPUT_PLAIN] = "\033[0m",   [OUTPUT_BOLD] = "\033[1m",
    [OUTPUT_DIM] = "\033[2m",     [OUTPUT_GOOD] = "\033[32m",
    [OUTPUT_BAD] = "\033[31m",    [OUTPUT_NAME] = "\033[34;1m",
    [OUTPUT_STRING] = "\033[32m", [OUTPUT_NUMBER] = "\033[36m",
    [OUTPUT_WORD] = "\033[33m",
};

static bool has_colours(void)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    return is_terminal && !(no_color && *no_color) && term &&
           strcmp(term, "dumb") != 0;
}

int output_open(bool is_json, const char *colours, struct errmsg *errmsg)
{
    is_terminal = isatty(STDOUT_FILENO);
    wants_json = is_json;
    if (!colours || strcmp(colours, "auto") == 0) {
        is_coloured = has_colours();
    } else if (strcmp(colours, "always") == 0) {
        is_coloured = true;
    } else if (strcmp(colours, "never") == 0) {
        is_coloured = false;
    } else {
        errmsg_set(errmsg, "--color %s: say auto, always or never", colours);
        return -EINVAL;
    }
    return 0;
}

bool output_is_for_people(void)
{
    return is_terminal && !wants_json;
}

bool output_is_coloured(void)
{
    return is_coloured;
}

const char *output_style(enum output_style style)
{
    return is_coloured ? sequences[style] : "";
}

void output_set_curtain(void (*open)(void), void (*close)(void))
{
    open_curtain = open;
    close_curtain = close;
}

static void begin(void)
{
    if (open_curtain)
        open_curtain();
}

static int finish(bool is_fine)
{
    int exit_status = EX_OK;
    if (!is_fine || fflush(stdout) != 0 || ferror(stdout)) {
        if (errno != EPIPE)
            output_complain("standard output: %s", strerror(errno));
        exit_status = EX_IOERR;
    }
    if (close_curtain)
        close_curtain();
    return exit_status;
}

int output_flush(void)
{
    return finish(true);
}

static int print(const char *label, const json_t *value, bool is_laid_out)
{
    const struct render_style style = {.is_laid_out = is_laid_out,
                                       .is_coloured = is_coloured};
    begin();
    return finish(fputs(label, stdout) != EOF &&
                  render(stdout, value, &style) == 0 && putchar('\n') != EOF);
}

/* Nobody reads along: as it came, but on one line. */
static int print_verbatim(const char *text, size_t size)
{
    begin();
    for (size_t i = 0; i < size; i++)
        putchar((unsigned char)text[i] < ' ' ? ' ' : text[i]);
    return finish(putchar('\n') != EOF);
}

/* jansson cannot hold all of JSON: what it cannot is shown as it came. */
static int print_parsed(const char *label, const char *text, size_t size)
{
    json_t *value =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (value) {
        int exit_status = print(label, value, output_is_for_people());
        json_decref(value);
        return exit_status;
    }
    char *tamed = strndup(text, size);
    if (tamed)
        output_tame(tamed);
    int exit_status = output_line("%s%s", label, tamed ? tamed : "");
    free(tamed);
    return exit_status;
}

int output_json_text(const char *text, size_t size)
{
    if (!is_terminal && !is_coloured)
        return print_verbatim(text, size);
    return print_parsed("", text, size);
}

int output_labelled_json(const char *label, const char *text, size_t size)
{
    return print_parsed(label, text, size);
}

int output_take_json(json_t *value)
{
    if (!value) {
        output_complain("out of memory");
        return EX_OSERR;
    }
    int exit_status = print("", value, false);
    json_decref(value);
    return exit_status;
}

int output_line(const char *format, ...)
{
    va_list args;
    begin();
    va_start(args, format);
    int n = vprintf(format, args);
    va_end(args);
    return finish(n >= 0 && putchar('\n') != EOF);
}

/* C0 and DEL are one byte; C1, which terminals heed as well, are two. */
void output_tame(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        bool is_c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
        if (is_c1)
            p[1] = '?';
        if (is_c1 || *p < ' ' || *p == 0x7f)
            *p = '?';
    }
}

void output_complain_v(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        return;
    output_tame(text);
    begin();
    fprintf(stderr, "monologue: %s\n", text);
    if (close_curtain)
        close_curtain();
    free(text);
}

void output_complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    output_complain_v(format, args);
    va_end(args);
}
