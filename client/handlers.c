#include "client/client.h"

/* Handlers as the public header has them; methods.h is what they become. */

int monologue_on(struct monologue *m, const char *name,
                 monologue_handler_cb handler, void *data)
{
    return methods_add(&m->methods, name,
                       &(struct methods_handler){.cb = handler, .data = data});
}

int monologue_off(struct monologue *m, const char *name,
                  monologue_handler_cb handler, void *data)
{
    return methods_remove(
        &m->methods, name,
        &(struct methods_handler){.cb = handler, .data = data});
}

int monologue_on_raw(struct monologue *m, const char *name,
                     monologue_raw_handler_cb handler, void *data)
{
    return methods_add(
        &m->methods, name,
        &(struct methods_handler){.raw_cb = handler, .data = data});
}

int monologue_off_raw(struct monologue *m, const char *name,
                      monologue_raw_handler_cb handler, void *data)
{
    return methods_remove(
        &m->methods, name,
        &(struct methods_handler){.raw_cb = handler, .data = data});
}
