/*
 * The first line of the input is a command line, blanks between its words; the
 * rest is a configuration file. What is accepted must print as a file that
 * prints the same again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 16 };

static char path[] = "/tmp/fuzz_config.XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

static void write_file(const void *text, size_t n)
{
    static FILE *file;
    if (!file) {
        int fd = mkstemp(path);
        file = fdopen(fd, "w");
        assert(file);
        atexit(remove_file);
    }
    rewind(file);
    assert(ftruncate(fileno(file), 0) == 0);
    fwrite(text, 1, n, file);
    fflush(file);
}

static struct config *load(int argc, char *argv[])
{
    char *environment[] = {NULL};
    struct config *config = NULL;
    struct errmsg errmsg = {""};
    enum config_outcome outcome =
        config_load(argc, argv, environment, &config, &errmsg);
    assert((outcome == CONFIG_USAGE || outcome == CONFIG_INVALID) ==
           (errmsg.text[0] != '\0'));
    return config;
}

static char *print(const struct config *config)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    config_print(config, file);
    fclose(file);
    return text;
}

static void check_reading_back(struct config *config)
{
    char name[] = "monologued", option[] = "--config";
    char *argv[] = {name, option, path, NULL};
    free(config->api_key); /* which is not printed */
    config->api_key = NULL;
    char *text = print(config);
    write_file(text, strlen(text));
    struct config *again = load(3, argv);
    /* A path from the command line may be longer than a line can be. */
    if (again) {
        char *same = print(again);
        assert(strcmp(text, same) == 0);
        free(same);
    }
    config_free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[] = "monologued", option[80];
    char *argv[WORDS_MAX + 2] = {name, option};
    int argc = 2;
    const uint8_t *end = memchr(data, '\n', size);
    size_t n_line = end ? (size_t)(end - data) : 0;
    char *line = strndup((const char *)data, n_line);
    char *rest = line, *word;
    write_file(data + n_line, size - n_line);
    snprintf(option, sizeof option, "--config=%s", path);
    while (argc < WORDS_MAX && (word = strsep(&rest, " ")))
        if (*word && strncmp(word, "--config", 8) != 0)
            argv[argc++] = word;
    struct config *config = load(argc, argv);
    if (config)
        check_reading_back(config);
    config_free(config);
    free(line);
    return 0;
}
