/*
 * Hosts that are reached without a proxy: no_proxy, as curl reads it.
 */
#pragma once

#include <stdbool.h>

/*
 * Whether @list names @host, whose port is @port.
 * @host: a name or an address, without brackets
 *
 * Entries are separated by commas or blanks, and case does not matter. An
 * entry is a name, which stands for all names below it too, with or without a
 * dot in front; an address; a network of addresses (10.0.0.0/8, fd00::/8); or
 * *, which stands for all. Behind it may be :port; then an IPv6 address is in
 * brackets. (Ports are ours: curl takes them for part of the name.)
 */
bool noproxy_names(const char *list, const char *host, const char *port);
