#include <monologue.h>
#include <stdio.h>

int main(void)
{
    struct monologue_blocking *m;
    char id[MONOLOGUE_ID_CHARS + 1];
    if (monologue_blocking_new(NULL, &m) || monologue_blocking_connect(m) ||
        monologue_blocking_connection_id(m, id))
        return 1;
    puts(id);
    monologue_blocking_free(m);
    return 0;
}
