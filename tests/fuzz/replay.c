/*
 * Runs every file of a folder through a fuzzer's function, once: what the
 * fuzzer once found stays found where there is no libFuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs lie in blocks of their own size, for overruns to be seen. */
static int replay(const char *folder, const char *name)
{
    char *path = NULL;
    uint8_t *data = NULL;
    FILE *file = NULL;
    int rc = -1;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return -1;
    file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        goto out;
    long size = ftell(file);
    if (size < 0)
        goto out;
    rewind(file);
    data = malloc((size_t)size);
    if (size > 0 && (!data || fread(data, (size_t)size, 1, file) != 1))
        goto out;
    LLVMFuzzerTestOneInput(data, (size_t)size);
    rc = 0;
out:
    if (rc)
        perror(path);
    if (file)
        fclose(file);
    free(data);
    free(path);
    return rc;
}

int main(int argc, char *argv[])
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s folder\n", argv[0]);
        return EXIT_FAILURE;
    }
    unsigned n_files = 0;
    unsigned n_failed = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        n_files++;
        n_failed += replay(argv[1], entry->d_name) != 0;
    }
    closedir(folder);
    printf("%u files, %u not read\n", n_files, n_failed);
    return n_files && !n_failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
