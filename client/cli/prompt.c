#include "client/cli/prompt.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "client/cli/output.h"
#include "client/cli/words.h"

/*
 * libedit asks for one character at a time, and while there is none we run the
 * loop. Its callbacks may print: then the line steps aside and is drawn again
 * below.
 *
 * Standard input is watched by an epoll set of its own within the loop's: libuv
 * would make it non-blocking, for everybody that shares the terminal. A file
 * cannot be watched, and need not: it never makes one wait.
 */

enum { HISTORY_LINES = 1000, LINE_MAX_BYTES = 1024 * 1024, N_CANDIDATES = 64 };

static struct {
    uv_loop_t *loop;
    uv_poll_t poll;        /* of epoll_fd */
    int epoll_fd;          /* -1: input is a file */
    uv_signal_t continued; /* while edit is there */
    bool is_open;
    bool is_readable;
    bool is_reading; /* a line is on the screen */
    bool is_interrupted;
    const char *text; /* the prompt */
    EditLine *edit;   /* NULL: not for people */
    History *history;
    const char *history_path;
    prompt_complete_cb complete;
    /* Without an editor: */
    char *line; /* owned */
    size_t line_size;
    size_t n_line;
    char chunk[4096];
    size_t chunk_head;
    size_t chunk_tail;
} p;

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    p.is_readable = true;
    uv_stop(poll->loop);
}

/* Returns whether there is something to read, rather than an interrupt. */
static bool wait_for_input(void)
{
    if (p.epoll_fd < 0) {
        uv_run(p.loop, UV_RUN_NOWAIT);
        return !p.is_interrupted;
    }
    p.is_readable = false;
    uv_poll_start(&p.poll, UV_READABLE, on_readable);
    while (!p.is_readable && !p.is_interrupted)
        uv_run(p.loop, UV_RUN_ONCE);
    uv_poll_stop(&p.poll);
    return !p.is_interrupted;
}

/* Returns the number of bytes, 0 at the end, or -1. */
static ssize_t read_input(void *buf, size_t size)
{
    ssize_t n;
    if (!wait_for_input())
        return -1;
    do
        n = read(STDIN_FILENO, buf, size);
    while (n < 0 && errno == EINTR);
    return n;
}

/* ---- for people ---- */

static char *get_prompt(EditLine *edit)
{
    (void)edit;
    return (char *)p.text;
}

/* One character, however many bytes it has; what is none is skipped. */
static int get_char(EditLine *edit, wchar_t *out)
{
    mbstate_t state = {0};
    char byte;
    (void)edit;
    for (;;) {
        ssize_t n = read_input(&byte, 1);
        if (n <= 0)
            return (int)n;
        switch (mbrtowc(out, &byte, 1, &state)) {
        case (size_t)-2:
            break;
        case (size_t)-1:
            state = (mbstate_t){0};
            break;
        default:
            return 1;
        }
    }
}

/* Rows that the line has above the cursor's. */
static unsigned rows_above(void)
{
    struct winsize size = {0};
    const LineInfo *info = el_line(p.edit);
    size_t n = strlen(p.text) + (size_t)(info->cursor - info->buffer);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return 0;
    return (unsigned)(n / size.ws_col);
}

static void step_aside(void)
{
    if (!p.is_reading)
        return;
    unsigned n = rows_above();
    fputc('\r', stdout);
    if (n > 0)
        printf("\033[%uA", n);
    fputs("\033[J", stdout);
    fflush(stdout);
}

static void step_back(void)
{
    if (p.is_reading)
        el_set(p.edit, EL_REFRESH);
}

static size_t n_common(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

static void list_candidates(const char *const *found, size_t n)
{
    step_aside();
    for (size_t i = 0; i < n; i++)
        printf("%s%s", found[i], i + 1 < n ? "  " : "\n");
    fflush(stdout);
    step_back();
}

static unsigned char insert(const char *text, bool is_whole)
{
    char *more = NULL;
    if (asprintf(&more, "%s%s", text, is_whole ? " " : "") < 0)
        return CC_ERROR;
    int rc = el_insertstr(p.edit, more);
    free(more);
    return rc < 0 ? CC_ERROR : CC_REFRESH;
}

static unsigned char complete_word(char *const words[], const char *word)
{
    const char *found[N_CANDIDATES];
    size_t n = p.complete(words, word, found, N_CANDIDATES);
    if (n == 0)
        return CC_ERROR;
    size_t n_same = strlen(found[0]);
    for (size_t i = 1; i < n; i++) {
        size_t n_both = n_common(found[0], found[i]);
        n_same = n_both < n_same ? n_both : n_same;
    }
    if (n == 1)
        return insert(found[0] + strlen(word), true);
    if (n_same > strlen(word)) {
        char *same = strndup(found[0], n_same);
        unsigned char rc = same ? insert(same + strlen(word), false) : CC_ERROR;
        free(same);
        return rc;
    }
    list_candidates(found, n);
    return CC_NORM;
}

/* What is before the cursor, up to the last blank, is words already. */
static unsigned char on_tab(EditLine *edit, int key)
{
    const LineInfo *info = el_line(edit);
    char *line = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
    struct words words;
    struct errmsg errmsg;
    unsigned char rc = CC_ERROR;
    (void)key;
    if (!line)
        return CC_ERROR;
    char *blank = strrchr(line, ' ');
    char *word = strdup(blank ? blank + 1 : line);
    line[blank ? blank - line : 0] = '\0';
    if (word && words_split(line, &words, &errmsg) == 0) {
        rc = complete_word(words.all, word);
        words_deinit(&words);
    }
    free(word);
    free(line);
    return rc;
}

static void open_history(void)
{
    HistEvent event;
    p.history = history_init();
    if (!p.history)
        return;
    history(p.history, &event, H_SETSIZE, HISTORY_LINES);
    history(p.history, &event, H_SETUNIQUE, 1);
    if (p.history_path)
        history(p.history, &event, H_LOAD, p.history_path);
    el_set(p.edit, EL_HIST, history, p.history);
}

/* Lines that begin with a blank are not kept, as in shells. */
static void remember(const char *line)
{
    HistEvent event;
    if (p.history && *line && *line != ' ')
        history(p.history, &event, H_ENTER, line);
}

/* After a Ctrl-Z and fg the terminal is as the shell likes it. */
static void on_continued(uv_signal_t *watcher, int signal)
{
    (void)watcher;
    (void)signal;
    el_set(p.edit, EL_PREP_TERM, 0);
    el_set(p.edit, EL_PREP_TERM, 1);
    step_back();
}

static int open_editor(void)
{
    setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    p.edit = el_init("monologue", stdin, stdout, stderr);
    if (!p.edit)
        return -ENOMEM;
    el_set(p.edit, EL_EDITOR, "emacs");
    el_set(p.edit, EL_SIGNAL, 0);
    el_set(p.edit, EL_PROMPT, get_prompt);
    el_set(p.edit, EL_GETCFN, get_char);
    el_set(p.edit, EL_ADDFN, "complete", "complete a word", on_tab);
    el_set(p.edit, EL_BIND, "^I", "complete", NULL);
    el_set(p.edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    open_history();
    el_source(p.edit, NULL);
    /* Between lines, too: what is typed ahead is for the next one, and a Ctrl-D
     * that the terminal itself has eaten would be lost. */
    el_set(p.edit, EL_PREP_TERM, 1);
    output_set_curtain(step_aside, step_back);
    uv_signal_init(p.loop, &p.continued);
    uv_signal_start(&p.continued, on_continued, SIGCONT);
    return 0;
}

static int read_edited(const char **line_out)
{
    int n = 0;
    p.is_reading = true;
    const char *line = el_gets(p.edit, &n);
    p.is_reading = false;
    el_set(p.edit, EL_PREP_TERM, 1);
    if (p.is_interrupted) {
        printf("^C\n");
        return -EINTR;
    }
    if (!line || n <= 0) {
        printf("\n");
        return 0;
    }
    free(p.line);
    p.line = strndup(line, strcspn(line, "\n"));
    if (!p.line)
        return -ENOMEM;
    remember(p.line);
    *line_out = p.line;
    return 1;
}

/* ---- for pipes ---- */

static int append_char(char c)
{
    if (p.n_line + 1 >= p.line_size) {
        size_t size = p.line_size ? 2 * p.line_size : 256;
        char *line = size <= LINE_MAX_BYTES ? realloc(p.line, size) : NULL;
        if (!line)
            return size > LINE_MAX_BYTES ? -EMSGSIZE : -ENOMEM;
        p.line = line;
        p.line_size = size;
    }
    p.line[p.n_line++] = c;
    p.line[p.n_line] = '\0';
    return 0;
}

static int read_plain(const char **line_out)
{
    p.n_line = 0;
    for (;;) {
        if (p.chunk_head == p.chunk_tail) {
            ssize_t n = read_input(p.chunk, sizeof p.chunk);
            if (p.is_interrupted)
                return -EINTR;
            if (n <= 0 && p.n_line == 0)
                return n < 0 ? -errno : 0;
            p.chunk_head = 0;
            p.chunk_tail = n > 0 ? (size_t)n : 0;
        }
        bool is_over = p.chunk_tail == 0;
        char c = is_over ? '\n' : p.chunk[p.chunk_head++];
        int rc = append_char(c == '\n' ? '\0' : c);
        if (rc)
            return rc;
        if (c == '\n') {
            *line_out = p.line;
            return 1;
        }
    }
}

/* ---- for both ---- */

static void watch_input(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    p.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (p.epoll_fd < 0)
        return;
    if (epoll_ctl(p.epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0 ||
        uv_poll_init(p.loop, &p.poll, p.epoll_fd) < 0) {
        close(p.epoll_fd);
        p.epoll_fd = -1;
    }
}

int prompt_open(uv_loop_t *loop, const char *history_path,
                prompt_complete_cb complete)
{
    p.loop = loop;
    p.history_path = history_path;
    p.complete = complete;
    if (isatty(STDIN_FILENO) && output_is_for_people()) {
        int rc = open_editor();
        if (rc)
            return rc;
    }
    watch_input();
    p.is_open = true;
    return 0;
}

bool prompt_is_for_people(void)
{
    return p.edit != NULL;
}

int prompt_read(const char *prompt, const char **line_out)
{
    p.text = prompt;
    p.is_interrupted = false;
    return p.edit ? read_edited(line_out) : read_plain(line_out);
}

void prompt_interrupt(void)
{
    p.is_interrupted = true;
}

static void close_editor(void)
{
    HistEvent event;
    output_set_curtain(NULL, NULL);
    if (p.history && p.history_path)
        history(p.history, &event, H_SAVE, p.history_path);
    if (p.history)
        history_end(p.history);
    uv_close((uv_handle_t *)&p.continued, NULL);
    el_set(p.edit, EL_PREP_TERM, 0);
    el_end(p.edit);
    p.edit = NULL;
}

void prompt_close(void)
{
    if (!p.is_open)
        return;
    p.is_open = false;
    if (p.edit)
        close_editor();
    if (p.epoll_fd >= 0) {
        uv_close((uv_handle_t *)&p.poll, NULL);
        close(p.epoll_fd);
    }
    free(p.line);
}
