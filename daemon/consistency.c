#include "daemon/consistency.h"

#include <errno.h>

#include "daemon/accessline.h"

#include "daemon/address.h"

static bool has_tls(const struct config *config)
{
    for (size_t i = 0; i < config->n_listen; i++)
        if (config->listen[i].is_tls)
            return true;
    return false;
}

static int check_tls(const struct config *config, struct errmsg *errmsg)
{
    if (config->tls_certificate && config->tls_key)
        return 0;
    if (config->tls_self_signed)
        errmsg_set(errmsg, "tls_self_signed needs tls_certificate and tls_key: "
                           "the files to make");
    else if (has_tls(config))
        errmsg_set(errmsg, "listen has a wss address, which needs "
                           "tls_certificate and tls_key");
    else if (config->tls_certificate || config->tls_key)
        errmsg_set(errmsg, "tls_certificate and tls_key need each other");
    else
        return 0;
    return -EINVAL;
}

/*
 * A queue must hold one message of the greatest size and what goes around it:
 * "from", a header for each frame, TLS records.
 */
static int check_queue(const char *key, uint32_t queue_limit,
                       const struct config *config, struct errmsg *errmsg)
{
    uint64_t needed =
        (uint64_t)config->message_limit + config->message_limit / 8 + 4096;
    if (queue_limit >= needed)
        return 0;
    errmsg_set(errmsg,
               "%s is too small for a message of message_limit (%u bytes): "
               "use at least %llu",
               key, config->message_limit, (unsigned long long)needed);
    return -EINVAL;
}

/* Who reads the written file must be able to connect with what it says. */
static int check_rc(const struct config *config, struct errmsg *errmsg)
{
    if (!config->write_rc || config->api_key || !config->keys_file ||
        !config->api_key_required)
        return 0;
    errmsg_set(errmsg, "write_rc needs api_key or no keys_file: the keys in "
                       "the file may be known as digests only");
    return -EINVAL;
}

/* Who can reach the API unsigned can post to, and close, any connection. */
static int check_management(const struct config *config, struct errmsg *errmsg)
{
    if (config->management_auth != MANAGEMENT_NONE)
        return 0;
    for (size_t i = 0; i < config->n_listen; i++) {
        char text[ADDRESS_TEXT_MAX];
        if (address_is_local(&config->listen[i]))
            continue;
        address_print(&config->listen[i], text);
        errmsg_set(errmsg,
                   "management_auth = none is for loopback addresses and Unix "
                   "sockets only, and %s is neither: use sigv4",
                   text);
        return -EINVAL;
    }
    return 0;
}

/* Only the whole of a format that came in parts can be looked at. */
static int check_format(const struct config *config, struct errmsg *errmsg)
{
    struct accessline *line = NULL;
    int rc = accessline_compile(config->access_log_format, &line, errmsg);
    accessline_free(line);
    if (rc)
        errmsg_prefix(errmsg, "access_log_format");
    return rc;
}

int consistency_check(const struct config *config, struct errmsg *errmsg)
{
    int rc = check_tls(config, errmsg);
    if (!rc)
        rc = check_queue("send_queue_limit", config->send_queue_limit, config,
                         errmsg);
    if (!rc)
        rc =
            check_queue("mailbox_limit", config->mailbox_limit, config, errmsg);
    if (!rc)
        rc = check_rc(config, errmsg);
    if (!rc)
        rc = check_management(config, errmsg);
    if (!rc)
        rc = check_format(config, errmsg);
    return rc;
}
