/*
 * Tells signers what we think of their signatures: an HTTP server that answers
 * 200 to who has signed well, else 403 with AWS's name for what is wrong.
 *
 * usage: verify ID SECRET: prints its port, and ends with its standard input
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sigv4.h"

static const struct sigv4_rules rules = {"execute-api", NULL, 5};

static int listen_anywhere(uint16_t *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) ||
        listen(fd, 16) || getsockname(fd, (struct sockaddr *)&address, &size))
        return -1;
    *port_out = ntohs(address.sin_port);
    return fd;
}

/* Reads one request; false: none came. */
static bool read_request(int fd, struct http_reader *request)
{
    uint8_t piece[4096];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n <= 0)
            return false;
        for (size_t total = 0, used; total < (size_t)n; total += used) {
            switch (
                http_read(request, piece + total, (size_t)n - total, &used)) {
            case HTTP_EVENT_MORE:
            case HTTP_EVENT_HEAD:
                break;
            case HTTP_EVENT_MESSAGE:
                return true;
            case HTTP_EVENT_FAULT:
                return false;
            }
        }
    }
}

static void answer(int fd, const struct sigv4_outcome *outcome)
{
    const char *type = sigv4_error_type(outcome->verdict);
    dprintf(fd,
            "HTTP/1.1 %s\r\nConnection: close\r\nx-amzn-ErrorType: %s\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            type ? "403 Forbidden" : "200 OK", type ? type : "none",
            strlen(outcome->message.text), outcome->message.text);
}

static void serve(int fd, const struct credentials *credentials)
{
    static const struct http_limits limits = {16384, 4096, 100, 1 << 20};
    struct sigv4_outcome outcome;
    struct http_reader *request = http_reader_new(HTTP_REQUESTS, &limits);
    if (request && read_request(fd, request) &&
        sigv4_check(request, credentials, &rules, time(NULL), &outcome) == 0)
        answer(fd, &outcome);
    http_reader_free(request);
    close(fd);
}

int main(int argc, char *argv[])
{
    struct credential credential = {.id = ""};
    struct credentials *credentials = credentials_new();
    struct errmsg errmsg = {"usage: verify ID SECRET"};
    uint16_t port = 0;
    int fd = listen_anywhere(&port);
    if (argc != 3 || strlen(argv[1]) > CREDENTIAL_ID_MAX ||
        strlen(argv[2]) > CREDENTIAL_SECRET_MAX || !credentials || fd < 0) {
        fprintf(stderr, "%s: %s\n", errmsg.text, strerror(errno));
        return EXIT_FAILURE;
    }
    strcpy(credential.id, argv[1]);
    strcpy(credential.secret, argv[2]);
    if (credentials_add(credentials, &credential, &errmsg)) {
        fprintf(stderr, "%s\n", errmsg.text);
        return EXIT_FAILURE;
    }
    printf("%u\n", port);
    fflush(stdout);
    struct pollfd both[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};
    while (poll(both, 2, -1) > 0 && !both[0].revents) {
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (peer >= 0)
            serve(peer, credentials);
    }
    close(fd);
    credentials_free(credentials);
    return EXIT_SUCCESS;
}
