#include "daemon/logname.h"

#include <stdio.h>

const char *logname_print(const struct connection *c,
                          char name_out[static LOGNAME_CHARS])
{
    char peer[PEERNAME_CHARS];
    if (c->id.chars[0]) {
        snprintf(name_out, LOGNAME_CHARS, "connection=%.*s",
                 CONNID_PRINT(&c->id));
    } else {
        peername_print(c->socket.fd, peer);
        snprintf(name_out, LOGNAME_CHARS, "peer=%s", peer);
    }
    return name_out;
}
