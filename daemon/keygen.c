#include "daemon/keygen.h"

#include "daemon/keys.h"

int keygen_print(const char *name, FILE *file, struct errmsg *errmsg)
{
    char key[KEY_CHARS + 1];
    char line[KEYS_LINE_MAX];
    int rc = keys_generate(key);
    if (rc) {
        errmsg_set(errmsg, "no randomness for a key");
        return rc;
    }
    rc = keys_print_line(name, key, line, errmsg);
    if (rc)
        return rc;
    fprintf(file, "%s\n%s\n", key, line);
    return 0;
}
