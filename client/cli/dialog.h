/*
 * The client behind the prompt: connected or not, waited for, looked at.
 *
 * Functions that wait run the loop meanwhile, until it is done or somebody
 * interrupts. They complain and return an exit status.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "client/cli/cli.h"
#include "client/cli/listens.h"
#include "client/cli/seen.h"

struct dialog {
    struct cli *cli; /* its loop and options */
    struct listens listens;
    struct seen ids;
    struct seen names;
    char *endpoint; /* owned; where `connect URL` went; NULL: the options' */
    bool shows_packets;
    bool is_interrupted; /* SIGINT, since the last verb began */
    bool is_over;        /* SIGTERM; or whatever the verbs decide */
};

void dialog_init(struct dialog *dialog, struct cli *cli);

/* Closes the connection and frees everything. The loop runs until it is dry
 * but for what the caller has on it. */
void dialog_deinit(struct dialog *dialog);

/* @url: NULL: where it was before, or what the options say */
int dialog_connect(struct dialog *dialog, const char *url);
int dialog_disconnect(struct dialog *dialog);

/* Our id; complains and returns NULL while not connected. */
const char *dialog_id(const struct dialog *dialog);

/*
 * Calls and waits.
 * @args: a JSON array as text; NULL for none
 * @ret_out: JSON text of malloc(); how long it took in @ns_out; both only when
 * EX_OK is returned
 */
int dialog_call(struct dialog *dialog, const char *to, const char *name,
                const char *args, char **ret_out, uint64_t *ns_out);

/* Waits for so long, or until interrupted; 0: that only. */
int dialog_wait(struct dialog *dialog, uint32_t timeout_ms);
