#include "daemon/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"
#include "proto/tls.h"
#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

/* ---- a machine that is short of threads ---- */

static int n_threads = -1; /* that can still be started; -1: no end of them */

int __real_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *arg);
int __wrap_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *arg);

int __wrap_uv_thread_create(uv_thread_t *thread, uv_thread_cb entry, void *arg)
{
    if (n_threads == 0)
        return UV_EAGAIN;
    if (n_threads > 0)
        n_threads--;
    return __real_uv_thread_create(thread, entry, arg);
}

/* ---- a server ---- */

/* The main thread's loop, run by the test; the workers run by themselves. */
static uv_loop_t loop;
static struct folder folder;
static struct server *server;
static bool has_stopped;

static void on_stopped(struct server *stopped, void *data)
{
    (void)data;
    ck_assert_ptr_eq(stopped, server);
    has_stopped = true;
}

static int open_with(const char *const settings[], struct errmsg *errmsg)
{
    char name[] = "monologued";
    char *argv[] = {name, NULL};
    char *environment[] = {NULL};
    struct config *config = NULL;
    ck_assert_int_eq(
        config_load_over(settings, 1, argv, environment, &config, errmsg),
        CONFIG_RUN);
    return server_open(&loop, config, on_stopped, NULL, &server, errmsg);
}

static void setup(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    folder_init(&folder);
    log_set_level(LOG_ERROR);
    n_threads = -1;
    server = NULL;
    has_stopped = false;
}

static void teardown(void)
{
    if (server) {
        server_stop(server);
        uv_run(&loop, UV_RUN_DEFAULT);
        ck_assert(has_stopped);
        server_free(server);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    folder_deinit(&folder);
}

static int connect_client(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(server_endpoint(server, 0), ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    size_t n = strlen(text);
    ck_assert_int_eq(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* What comes until the server ends the stream. */
static size_t receive_all(int fd, uint8_t *in, size_t capacity)
{
    size_t n = 0;
    ssize_t got;
    while (n < capacity && (got = recv(fd, in + n, capacity - n, 0)) > 0)
        n += (size_t)got;
    return n;
}

/* ---- stopping ---- */

static const char *const plain_ws[] = {
    "listen=ws://127.0.0.1:0", "api_key_required=false", "workers=1", NULL};

static const char upgrade[] = "GET /latest HTTP/1.1\r\n"
                              "Host: here\r\n"
                              "Connection: Upgrade\r\n"
                              "Upgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
                              "\r\n";

START_TEST(who_need_not_wait_is_told_of_the_end_even_when_it_is_at_once)
{
    static const uint8_t going_away[] = "\x88\x0c\x03\xe9"
                                        "Going away";
    const size_t n_frame = sizeof going_away - 1;
    struct errmsg errmsg;
    char head[1024] = {0};
    uint8_t in[1024];
    ck_assert_msg(open_with(plain_ws, &errmsg) == 0, "%s", errmsg.text);
    int fd = connect_client();
    send_text(fd, upgrade);
    for (size_t n = 0; !strstr(head, "\r\n\r\n"); n++)
        ck_assert_int_eq(recv(fd, head + n, 1, 0), 1);
    server_stop(server);
    ck_assert_uint_eq(receive_all(fd, in, sizeof in), n_frame);
    ck_assert_mem_eq(in, going_away, n_frame);
    close(fd);
}
END_TEST

/* ---- starting ---- */

START_TEST(workers_show_that_they_live)
{
    struct errmsg errmsg;
    ck_assert_msg(open_with(plain_ws, &errmsg) == 0, "%s", errmsg.text);
    for (int i = 0; i < 3; i++) {
        int n_tries = 0;
        while (!server_is_alive(server) && n_tries++ < 10000)
            uv_sleep(1);
        ck_assert_int_lt(n_tries, 10000);
    }
}
END_TEST

/* Those that run have let newcomers in, for all of them, until then. */
START_TEST(workers_that_run_are_stopped_where_one_cannot)
{
    const char *const settings[] = {"listen=ws://127.0.0.1:0",
                                    "api_key_required=false", "workers=4",
                                    "admin_listen=http://127.0.0.1:0", NULL};
    struct errmsg errmsg;
    n_threads = 2;
    ck_assert_int_eq(open_with(settings, &errmsg), UV_EAGAIN);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "cannot start"));
    ck_assert_ptr_null(server);
}
END_TEST

START_TEST(a_taken_address_undoes_those_that_were_free)
{
    char path[PATH_MAX], listen[2][PATH_MAX + 60], admin[60];
    struct errmsg errmsg;
    ck_assert_msg(open_with(plain_ws, &errmsg) == 0, "%s", errmsg.text);
    const char *port = strrchr(server_endpoint(server, 0), ':') + 1;
    folder_join(&folder, "socket", path);
    snprintf(listen[0], sizeof listen[0], "listen=unix:%s ws://127.0.0.1:%d",
             path, atoi(port));
    snprintf(listen[1], sizeof listen[1], "listen=unix:%s", path);
    snprintf(admin, sizeof admin, "admin_listen=http://127.0.0.1:%d",
             atoi(port));
    for (int i = 0; i < 2; i++) {
        const char *const settings[] = {listen[i], "api_key_required=false",
                                        i ? admin : NULL, NULL};
        ck_assert_int_eq(open_with(settings, &errmsg), -EADDRINUSE);
        ck_assert_ptr_nonnull(strstr(errmsg.text, "127.0.0.1:"));
        ck_assert_int_ne(access(path, F_OK), 0);
    }
}
END_TEST

START_TEST(passed_sockets_are_not_served_twice)
{
    const char *const settings[] = {"listen=systemd:ws systemd:wss",
                                    "api_key_required=false",
                                    "tls_self_signed=true",
                                    "tls_certificate=certificate.pem",
                                    "tls_key=key.pem",
                                    NULL};
    struct errmsg errmsg;
    char pid[20];
    ck_assert_int_eq(chdir(folder.path), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    ck_assert_int_eq(open_with(settings, &errmsg), -EINVAL);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "once"));
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* ---- TLS ---- */

struct tls_client {
    struct tls_context *context;
    struct tls *tls;
    struct bytes cipher; /* what waits to be sent */
    int fd;
};

enum { CIPHER_LIMIT = 65536 };

static void send_cipher(struct tls_client *client)
{
    size_t n = bytes_size(&client->cipher);
    ck_assert_int_eq(send(client->fd, bytes_begin(&client->cipher), n, 0),
                     (ssize_t)n);
    bytes_consume(&client->cipher, n);
}

/* Receives once; returns whether there was something. */
static bool receive_plain(struct tls_client *client, uint8_t *plain,
                          size_t capacity, size_t *n_out)
{
    uint8_t in[4096];
    ssize_t n = recv(client->fd, in, sizeof in, 0);
    *n_out = 0;
    if (n <= 0)
        return false;
    ck_assert_int_ne(tls_feed(client->tls, in, (size_t)n, plain, capacity,
                              n_out, &client->cipher, CIPHER_LIMIT),
                     TLS_FAULT);
    return true;
}

static void connect_tls(struct tls_client *client)
{
    static const struct tls_client_options options = {.is_insecure = true};
    struct errmsg errmsg;
    uint8_t plain[4096 + TLS_RECORD_MAX];
    size_t n;
    *client = (struct tls_client){.fd = connect_client()};
    ck_assert_int_eq(
        tls_context_new_client(&options, &client->context, &errmsg), 0);
    client->tls = tls_new(client->context, "localhost");
    ck_assert_int_eq(tls_feed(client->tls, NULL, 0, plain, sizeof plain, &n,
                              &client->cipher, CIPHER_LIMIT),
                     TLS_OK);
    while (!tls_is_established(client->tls)) {
        send_cipher(client);
        ck_assert(receive_plain(client, plain, sizeof plain, &n));
    }
}

static void disconnect_tls(struct tls_client *client)
{
    close(client->fd);
    bytes_deinit(&client->cipher);
    tls_free(client->tls);
    tls_context_free(client->context);
}

static int open_tls(struct errmsg *errmsg)
{
    char certificate[PATH_MAX + 20] = "tls_certificate=";
    char key[PATH_MAX + 20] = "tls_key=";
    folder_join(&folder, "certificate.pem", strchr(certificate, '=') + 1);
    folder_join(&folder, "key.pem", strchr(key, '=') + 1);
    const char *const settings[] = {"listen=wss://127.0.0.1:0",
                                    "api_key_required=false",
                                    "tls_self_signed=true",
                                    certificate,
                                    key,
                                    "workers=1",
                                    NULL};
    return open_with(settings, errmsg);
}

START_TEST(a_request_that_ends_the_stream_is_answered_over_tls_too)
{
    static const char request[] = "GET /nowhere HTTP/1.1\r\n"
                                  "Host: here\r\n"
                                  "Connection: close\r\n"
                                  "\r\n";
    struct errmsg errmsg;
    struct tls_client client;
    char text[8192 + TLS_RECORD_MAX] = "";
    size_t n = 0;
    size_t n_more;
    ck_assert_msg(open_tls(&errmsg) == 0, "%s", errmsg.text);
    connect_tls(&client);
    ck_assert_int_eq(tls_write(client.tls, (const uint8_t *)request,
                               sizeof request - 1, &client.cipher,
                               CIPHER_LIMIT),
                     0);
    ck_assert_int_eq(tls_close(client.tls, &client.cipher, CIPHER_LIMIT), 0);
    send_cipher(&client);
    while (receive_plain(&client, (uint8_t *)text + n, sizeof text - n - 1,
                         &n_more))
        n += n_more;
    ck_assert_int_eq(strncmp(text, "HTTP/1.1 403 ", 13), 0);
    disconnect_tls(&client);
}
END_TEST

/* The first descriptor that a service manager passes is 3. */
static void take_descriptor_3(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listen(fd, 1) || (fd != 3 && dup2(fd, 3) != 3))
        abort();
}

int main(void)
{
    take_descriptor_3();
    const TTest *const tests[] = {
        passed_sockets_are_not_served_twice,
        workers_show_that_they_live,
        workers_that_run_are_stopped_where_one_cannot,
        a_taken_address_undoes_those_that_were_free,
        who_need_not_wait_is_told_of_the_end_even_when_it_is_at_once,
        a_request_that_ends_the_stream_is_answered_over_tls_too,
        NULL,
    };
    return suite_run_between("server", tests, setup, teardown);
}
