/*
 * The settings: one table of key, type, default, reloadable and help text, and
 * the struct that it fills.
 *
 * A value comes from, the stronger last: the table's default, for the profile
 * that is chosen; the file named by --config, the environment (MONOLOGUED_KEY),
 * the command line (--key=value, dashes and underscores alike).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/errmsg.h"

enum listen_kind {
    LISTEN_TCP,     /* ws://HOST:PORT, wss://HOST:PORT */
    LISTEN_UNIX,    /* unix:PATH; plain WebSocket */
    LISTEN_SYSTEMD, /* systemd:ws, systemd:wss: all sockets passed to us */
};

struct listen_address {
    enum listen_kind kind;
    bool is_tls;
    bool is_http;  /* TCP, UNIX: for the admin endpoint, not for clients */
    char *host;    /* TCP: a name or an address without brackets; owned */
    char *path;    /* UNIX; owned */
    uint16_t port; /* TCP: 0 lets the system choose */
};

enum log_format { LOG_TEXT, LOG_JSON };

/* Whether requests to the management API must be signed. */
enum management_auth {
    MANAGEMENT_AUTO,  /* if there is a credentials_file, or an address that is
                         neither loopback nor a Unix socket */
    MANAGEMENT_SIGV4, /* always */
    MANAGEMENT_NONE,  /* never; not with other addresses */
};

/* Whose limits hold where nothing else is said. */
enum profile { PROFILE_LOCAL, PROFILE_AWS };

/* What counts against a usage plan; connects always do. */
enum plan_counts { PLAN_COUNTS_CONNECTS, PLAN_COUNTS_MESSAGES };

/* Every field is the setting of the same name; the table documents it. */
struct config {
    enum profile profile;
    struct listen_address *listen;
    size_t n_listen;
    char *stage;
    bool api_key_required;
    bool browser_keys; /* they may come without a header: daemon/browserkey.h */
    char *api_key;     /* one key in the clear; NULL: none */
    char *keys_file;   /* NULL: none */
    enum plan_counts plan_counts;
    char *usage_file; /* NULL: none */
    enum management_auth management_auth;
    char *credentials_file; /* of the management API; NULL: nobody */
    char *tls_certificate;
    char *tls_key;
    bool tls_self_signed; /* make the pair when the files do not exist */
    char *write_rc;       /* NULL: none is written */
    unsigned workers;     /* 0: one per CPU */
    uint64_t idle_timeout_ms;
    uint64_t session_limit_ms;
    uint64_t handshake_timeout_ms;
    uint64_t keepalive_timeout_ms;
    uint64_t close_timeout_ms;
    uint64_t send_timeout_ms;
    uint64_t drain_timeout_ms;
    uint32_t frame_limit;      /* bytes */
    uint32_t message_limit;    /* bytes */
    uint32_t fragment_limit;   /* frames of one message */
    uint32_t send_queue_limit; /* bytes waiting for one receiver */
    uint32_t mailbox_limit;    /* bytes waiting for one worker */
    uint32_t max_connections;  /* 0: what the file descriptor limit allows */
    double connect_rate;       /* new connections a second; 0: no limit */
    uint32_t connect_burst;    /* and how many may come at once */
    double request_rate;       /* messages and calls a second; 0: no limit */
    uint32_t request_burst;    /* and how many may come at once */
    char *admin_listen;        /* NULL: there is no admin endpoint */
    char *access_log;          /* "-": standard error; NULL: none */
    char *access_log_format;   /* see daemon/accessline.h */
    int log_level;             /* an enum log_level */
    enum log_format log_format;
};

enum config_outcome {
    CONFIG_RUN,     /* @config_out holds valid settings */
    CONFIG_HELP,    /* --help was asked for */
    CONFIG_VERSION, /* --version */
    CONFIG_CHECK,   /* --check-config: the settings are valid, say so */
    CONFIG_PRINT,   /* --print-config: write them with config_print() */
    CONFIG_USAGE,   /* not one of our options; exit 64 with @errmsg */
    CONFIG_INVALID, /* a wrong key or value, an unreadable file; exit 78 */
};

/*
 * Reads the settings from all sources.
 * @argv, @argc:  as of main(), without sub-command words; argv[0] is skipped
 * @environment:  as environ(7)
 * @config_out:   set by RUN, CHECK and PRINT; free with config_free()
 * @errmsg:       set by USAGE and INVALID: the file and line, or the option or
 *                variable, the key, and what would be right
 */
enum config_outcome config_load(int argc, char *const argv[],
                                char *const environment[],
                                struct config **config_out,
                                struct errmsg *errmsg);

/*
 * The same where other defaults make more sense.
 * @defaults: "key=value" strings over those of the table, the weakest source;
 *            NULL-terminated, or NULL
 */
enum config_outcome config_load_over(const char *const defaults[], int argc,
                                     char *const argv[],
                                     char *const environment[],
                                     struct config **config_out,
                                     struct errmsg *errmsg);

void config_free(struct config *config);

/* Writes all settings as a configuration file that reads back the same. The
 * value of api_key is not written. */
void config_print(const struct config *config, FILE *file);

/* Writes the options of --help, from the table. */
void config_print_help(FILE *file);

/*
 * Whether a running daemon can go from @old to @new. Returns 0, or -EINVAL
 * with @errmsg naming the first changed setting that needs a restart.
 */
int config_check_reload(const struct config *old, const struct config *new,
                        struct errmsg *errmsg);
