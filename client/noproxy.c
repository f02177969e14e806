#include "client/noproxy.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ENTRY_SIZE = 256, ADDRESS_BYTES = 16 };

/* Returns how many bytes the address has; 0: it is none. */
static unsigned parse_address(const char *text, uint8_t address[ADDRESS_BYTES])
{
    if (inet_pton(AF_INET, text, address) == 1)
        return 4;
    return inet_pton(AF_INET6, text, address) == 1 ? ADDRESS_BYTES : 0;
}

static bool share_bits(const uint8_t *a, const uint8_t *b, unsigned n_bits)
{
    unsigned n = n_bits / 8;
    uint8_t mask = (uint8_t)(0xff00 >> n_bits % 8);
    return memcmp(a, b, n) == 0 &&
           (n_bits % 8 == 0 || ((a[n] ^ b[n]) & mask) == 0);
}

/* Whether the host's address is in the network; @bits: NULL: all count. */
static bool is_in_network(const char *network, const char *bits,
                          const uint8_t *host, unsigned n_host)
{
    uint8_t address[ADDRESS_BYTES];
    unsigned n_bits = n_host * 8;
    if (parse_address(network, address) != n_host)
        return false;
    if (bits) {
        size_t n = strlen(bits);
        if (n < 1 || n > 3 || strspn(bits, "0123456789") != n)
            return false;
        n_bits = (unsigned)strtoul(bits, NULL, 10);
    }
    return n_bits <= n_host * 8 && share_bits(address, host, n_bits);
}

static size_t without_dot(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && name[n - 1] == '.' ? n - 1 : n;
}

static bool is_name_or_below(const char *host, const char *name)
{
    name += *name == '.';
    size_t n = without_dot(name);
    size_t n_host = without_dot(host);
    if (n == 0 || n > n_host)
        return false;
    const char *tail = host + n_host - n;
    return strncasecmp(tail, name, n) == 0 && (tail == host || tail[-1] == '.');
}

/* Cuts what is behind the host off @entry: its port, "" when there is none;
 * NULL when it makes no sense. Removes brackets. */
static const char *cut_port(char **entry)
{
    char *colon = strchr(*entry, ':');
    if (**entry == '[') {
        char *bracket = strchr(*entry, ']');
        if (!bracket || (bracket[1] != '\0' && bracket[1] != ':'))
            return NULL;
        ++*entry;
        *bracket = '\0';
        return bracket[1] ? bracket + 2 : "";
    }
    if (!colon || strchr(colon + 1, ':')) /* none, or an IPv6 address */
        return "";
    *colon = '\0';
    return colon + 1;
}

/* @entry: is cut to pieces */
static bool entry_names(char *entry, const char *host, const char *port)
{
    uint8_t address[ADDRESS_BYTES];
    unsigned n_address = parse_address(host, address);
    char *bits = strchr(entry, '/');
    if (bits)
        *bits++ = '\0';
    const char *wanted = cut_port(&entry);
    if (!wanted || (*wanted && strcmp(wanted, port) != 0))
        return false;
    if (strcmp(entry, "*") == 0)
        return true;
    if (n_address > 0)
        return is_in_network(entry, bits, address, n_address);
    return !bits && is_name_or_below(host, entry);
}

bool noproxy_names(const char *list, const char *host, const char *port)
{
    static const char separators[] = ", \t";
    char entry[ENTRY_SIZE];
    for (;;) {
        list += strspn(list, separators);
        size_t n = strcspn(list, separators);
        if (n == 0)
            return false;
        if (n < sizeof entry) { /* no host is longer */
            memcpy(entry, list, n);
            entry[n] = '\0';
            if (entry_names(entry, host, port))
                return true;
        }
        list += n;
    }
}
