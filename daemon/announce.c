#include "daemon/announce.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "proto/rc.h"

const char *announce_endpoint(const struct server *server)
{
    const char *endpoint;
    for (size_t i = 0; (endpoint = server_endpoint(server, i)); i++)
        if (strncmp(endpoint, "ws://", 5) == 0 ||
            strncmp(endpoint, "wss://", 6) == 0)
            return endpoint;
    return NULL;
}

const char *announce_key(const struct server *server)
{
    const char *fresh = server_fresh_key(server);
    return fresh ? fresh : server_config(server)->api_key;
}

void announce_print(const struct server *server, FILE *file)
{
    const char *text;
    for (size_t i = 0; (text = server_endpoint(server, i)); i++)
        fprintf(file, "endpoint %s\n", text);
    if ((text = server_admin_endpoint(server)))
        fprintf(file, "admin %s\n", text);
    if ((text = server_fresh_key(server)))
        fprintf(file, "apiKey %s\n", text);
    if (fflush(file) || ferror(file))
        log_warn("endpoint and key are not announced: standard output: %s",
                 strerror(errno));
}

int announce_write_rc(const struct server *server, struct errmsg *errmsg)
{
    const char *path = server_config(server)->write_rc;
    const char *endpoint = announce_endpoint(server);
    const char *key = announce_key(server);
    if (!path)
        return 0;
    if (!endpoint) {
        errmsg_set(errmsg,
                   "write_rc needs a ws:// or wss:// address in listen");
        return -EINVAL;
    }
    int rc = rc_write(path, endpoint, key, errmsg);
    if (rc)
        errmsg_prefix(errmsg, "write_rc");
    return rc;
}
