#include "daemon/peername.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct peer {
    char ip[INET6_ADDRSTRLEN]; /* "" when it has none */
    unsigned port;
    int family;
};

static void find(int fd, struct peer *peer_out)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    const struct sockaddr_in *in4 = (const void *)&address;
    const struct sockaddr_in6 *in6 = (const void *)&address;
    *peer_out = (struct peer){.family = AF_UNSPEC};
    if (getpeername(fd, (struct sockaddr *)&address, &size))
        return;
    peer_out->family = address.ss_family;
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &in4->sin_addr, peer_out->ip, INET6_ADDRSTRLEN);
        peer_out->port = ntohs(in4->sin_port);
    } else if (address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &in6->sin6_addr, peer_out->ip, INET6_ADDRSTRLEN);
        peer_out->port = ntohs(in6->sin6_port);
    }
}

void peername_print(int fd, char text_out[PEERNAME_CHARS])
{
    struct peer peer;
    find(fd, &peer);
    if (peer.family == AF_INET6)
        snprintf(text_out, PEERNAME_CHARS, "[%s]:%u", peer.ip, peer.port);
    else if (peer.family == AF_INET)
        snprintf(text_out, PEERNAME_CHARS, "%s:%u", peer.ip, peer.port);
    else
        snprintf(text_out, PEERNAME_CHARS, "%s",
                 peer.family == AF_UNIX ? "unix" : "gone");
}

void peername_print_ip(int fd, char text_out[PEERNAME_CHARS])
{
    struct peer peer;
    find(fd, &peer);
    snprintf(text_out, PEERNAME_CHARS, "%s",
             peer.ip[0] ? peer.ip : "127.0.0.1");
}
