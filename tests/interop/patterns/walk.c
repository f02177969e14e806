/*
 * Shows whom our library would call to a test in another language. Reads lines:
 *   new            forgets all handlers
 *   on N PATTERN   adds a handler, with a number to know it by
 *   off N PATTERN  removes it
 *   call NAME      answers with a line: the numbers of those called, in order
 */
#include "client/methods.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER = 1000 };

static struct methods methods;
static const char numbers[MAX_NUMBER]; /* a number's address is its data */

/* Told from others by its data alone; never called. */
static int handle(struct monologue_request *request, const json_t *args,
                  json_t **ret_out, void *data)
{
    (void)request;
    (void)args;
    (void)ret_out;
    (void)data;
    return 0;
}

static void print(const struct methods_handler *handler, void *visit_data)
{
    (void)visit_data;
    printf("%td ", (const char *)handler->data - numbers);
}

static void change(const char *line, bool is_adding)
{
    char *end = NULL;
    unsigned long number = strtoul(line, &end, 10);
    assert(*end == ' ' && number < MAX_NUMBER);
    const struct methods_handler handler = {.cb = handle,
                                            .data = (void *)&numbers[number]};
    int status = is_adding ? methods_add(&methods, end + 1, &handler)
                           : methods_remove(&methods, end + 1, &handler);
    assert(status == 0);
}

static void obey(const char *line)
{
    if (strcmp(line, "new") == 0) {
        methods_deinit(&methods);
        methods_init(&methods, MAX_NUMBER);
    } else if (strncmp(line, "on ", 3) == 0) {
        change(line + 3, true);
    } else if (strncmp(line, "off ", 4) == 0) {
        change(line + 4, false);
    } else {
        assert(strncmp(line, "call ", 5) == 0);
        methods_walk(&methods, line + 5, print, NULL);
        putchar('\n');
    }
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;
    methods_init(&methods, MAX_NUMBER);
    while ((n = getline(&line, &capacity, stdin)) > 0) {
        line[n - 1] = '\0';
        obey(line);
    }
    methods_deinit(&methods);
    free(line);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
