#include "daemon/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/address.h"
#include "daemon/log.h"

enum {
    HEAD_SIZE_MAX = 16384,  /* the whole head, bytes */
    TARGET_SIZE_MAX = 4096, /* URL length: AWS limits table */
    HEADERS_MAX = 100,
    SELF_SIGNED_DAYS = 825, /* the most that today's clients accept */
};

static int read_keys_file(struct keys *keys, const char *path,
                          struct errmsg *errmsg, struct errmsg *warning)
{
    int rc = keys_read(keys, path, errmsg, warning);
    if (rc)
        errmsg_prefix(errmsg, "keys_file");
    return rc;
}

static int load_keys(struct snapshot *s, const char *fresh_key,
                     struct errmsg *errmsg)
{
    const struct config *config = s->config;
    struct errmsg warning = {""};
    int rc = 0;
    s->keys = keys_new();
    if (!s->keys) {
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    if (config->keys_file)
        rc = read_keys_file(s->keys, config->keys_file, errmsg, &warning);
    if (rc == 0 && config->api_key)
        rc = keys_add(s->keys, "api_key", config->api_key, errmsg);
    if (rc == 0 && fresh_key)
        rc = keys_add(s->keys, "fresh", fresh_key, errmsg);
    if (warning.text[0])
        log_warn("keys_file=\"%s\" %s", config->keys_file, warning.text);
    return rc;
}

static int load_credentials(struct snapshot *s, struct errmsg *errmsg)
{
    const char *path = s->config->credentials_file;
    struct errmsg warning = {""};
    s->credentials = credentials_new();
    if (!s->credentials) {
        errmsg_set(errmsg, "out of memory");
        return -ENOMEM;
    }
    int rc =
        path ? credentials_read(s->credentials, path, errmsg, &warning) : 0;
    if (rc)
        errmsg_prefix(errmsg, "credentials_file");
    if (warning.text[0])
        log_warn("credentials_file=\"%s\" %s", path, warning.text);
    return rc;
}

static bool is_management_open(const struct config *config)
{
    bool is_local = true;
    for (size_t i = 0; i < config->n_listen; i++)
        is_local &= address_is_local(&config->listen[i]);
    return config->management_auth == MANAGEMENT_NONE ||
           (config->management_auth == MANAGEMENT_AUTO && is_local &&
            !config->credentials_file);
}

static bool is_pair_to_be_made(const struct config *config)
{
    return config->tls_self_signed &&
           access(config->tls_certificate, F_OK) != 0 &&
           access(config->tls_key, F_OK) != 0;
}

static int make_pair(const struct config *config, struct errmsg *errmsg)
{
    int rc = tls_make_self_signed(config->tls_certificate, config->tls_key,
                                  SELF_SIGNED_DAYS, errmsg);
    if (rc == 0)
        log_info("certificate made file=\"%s\" days=%d",
                 config->tls_certificate, SELF_SIGNED_DAYS);
    return rc;
}

static int load_certificate(struct snapshot *s, struct errmsg *errmsg)
{
    const struct config *config = s->config;
    if (!config->tls_certificate || !config->tls_key)
        return 0;
    return tls_context_new_server(config->tls_certificate, config->tls_key,
                                  &s->tls, errmsg);
}

static void set_rules(struct snapshot *s)
{
    s->is_management_open = is_management_open(s->config);
    s->frame_rules = (struct frame_rules){
        .max_frame = s->config->frame_limit,
        .max_message = s->config->message_limit,
        .max_fragments = s->config->fragment_limit,
        .is_server = true,
    };
    s->http_limits = (struct http_limits){
        .head_size = HEAD_SIZE_MAX,
        .target_size = TARGET_SIZE_MAX,
        .n_headers = HEADERS_MAX,
        .body_size = s->config->message_limit, /* POST @connections */
    };
}

/* Takes @config; NULL: out of memory. */
static struct snapshot *new_empty(struct config *config, struct errmsg *errmsg)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        config_free(config);
        errmsg_set(errmsg, "out of memory");
        return NULL;
    }
    atomic_init(&s->n_refs, 1);
    s->config = config;
    set_rules(s);
    return s;
}

static int load_all_but_certificate(struct snapshot *s, const char *fresh_key,
                                    struct errmsg *errmsg)
{
    const struct config *config = s->config;
    int rc = load_keys(s, fresh_key, errmsg);
    if (rc == 0)
        rc = load_credentials(s, errmsg);
    if (rc == 0 && config->access_log)
        rc = accessline_compile(config->access_log_format, &s->access, errmsg);
    return rc;
}

int snapshot_new(struct config *config, const char *fresh_key,
                 struct snapshot **snapshot_out, struct errmsg *errmsg)
{
    struct snapshot *s = new_empty(config, errmsg);
    if (!s)
        return -ENOMEM;
    int rc = load_all_but_certificate(s, fresh_key, errmsg);
    if (rc == 0 && is_pair_to_be_made(config))
        rc = make_pair(config, errmsg);
    if (rc == 0)
        rc = load_certificate(s, errmsg);
    if (rc) {
        snapshot_unref(s);
        return rc;
    }
    *snapshot_out = s;
    return 0;
}

int snapshot_check(struct config *config, struct errmsg *errmsg)
{
    struct snapshot *s = new_empty(config, errmsg);
    if (!s)
        return -ENOMEM;
    int rc = load_all_but_certificate(s, NULL, errmsg);
    if (rc == 0 && !is_pair_to_be_made(config))
        rc = load_certificate(s, errmsg);
    snapshot_unref(s);
    return rc;
}

int snapshot_count_keys(struct snapshot *snapshot, struct tallies *tallies)
{
    size_t n = keys_count(snapshot->keys);
    int rc = 0;
    snapshot->tallies = calloc(n + 1, sizeof *snapshot->tallies);
    if (!snapshot->tallies)
        return -ENOMEM;
    for (size_t i = 0; i <= n && rc == 0; i++)
        rc =
            tallies_add(tallies, i < n ? keys_get(snapshot->keys, i)->name : "",
                        &snapshot->tallies[i]);
    return rc;
}

struct tally *snapshot_tally(const struct snapshot *snapshot,
                             const struct key *key, unsigned slot)
{
    size_t position =
        key ? keys_position(snapshot->keys, key) : keys_count(snapshot->keys);
    return snapshot->tallies[position] + (size_t)slot * TALLY_STRIDE;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->n_refs, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->n_refs, 1,
                                               memory_order_acq_rel) != 1)
        return;
    keys_free(snapshot->keys);
    credentials_free(snapshot->credentials);
    free(snapshot->tallies);
    accessline_free(snapshot->access);
    tls_context_free(snapshot->tls);
    config_free(snapshot->config);
    free(snapshot);
}
