/*
 * Addresses to listen on: from the setting into the configuration, and back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config.h"
#include "proto/errmsg.h"

enum { ADDRESS_TEXT_MAX = 300 }; /* with the NUL */

/*
 * Adds the addresses in @text, one or several with blanks between them:
 * ws://HOST:PORT, wss://HOST:PORT, unix:PATH, systemd:ws, systemd:wss; an IPv6
 * address stands in brackets.
 * Returns 0, or with @config unchanged -EINVAL with @errmsg, or -ENOMEM.
 */
int address_add(struct config *config, const char *text, struct errmsg *errmsg);

/*
 * Reads the address of the admin endpoint: http://HOST:PORT with a HOST that is
 * this machine's loopback, or unix:PATH.
 * @address_out: to be freed with address_deinit()
 * Returns 0, or -EINVAL with @errmsg, or -ENOMEM.
 */
int address_parse_admin(const char *text, struct listen_address *address_out,
                        struct errmsg *errmsg);
void address_deinit(struct listen_address *address);

/* Keeps the first @n addresses and frees the others. */
void address_keep(struct config *config, size_t n);

bool address_equal(const struct listen_address *a,
                   const struct listen_address *b);

/* Whether only this machine can reach it, as far as the setting tells. */
bool address_is_local(const struct listen_address *address);

/* Writes "ws://127.0.0.1:8080", "unix:/run/x": as the setting says it;
 * NUL-terminated. */
void address_print(const struct listen_address *address,
                   char text_out[static ADDRESS_TEXT_MAX]);
