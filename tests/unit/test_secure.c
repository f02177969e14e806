#include "client/monologue.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <uv.h>

#include "proto/tls_context.h"
#include "tests/lib/certificate.h"
#include "tests/lib/fakeserver.h"
#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

/* A client of a server that speaks TLS, with certificates of all kinds. */

static uv_loop_t loop;
static struct folder folder;
static char certificate_file[PATH_MAX];
static char key_file[PATH_MAX];
static struct fakeserver server;
static struct monologue *client;
static unsigned n_connects;
static int connect_status;
static unsigned n_closes;
static unsigned n_outcomes;

static void on_connected(struct monologue *m, int status, void *data)
{
    (void)m;
    (void)data;
    n_connects++;
    connect_status = status;
}

static void on_closed(struct monologue *m, void *data)
{
    (void)m;
    (void)data;
    n_closes++;
}

static void turn_until(const unsigned *n, unsigned wanted)
{
    while (*n < wanted)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_eq(*n, wanted);
}

/* Opens a server whose certificate is as told. */
static void open_server(const struct certificate_spec *spec)
{
    struct certificate certificate;
    certificate_init(&certificate, spec);
    certificate_write_chain(certificate_file, &certificate, NULL);
    certificate_write_key(&certificate, key_file, NULL);
    certificate_deinit(&certificate);
    fakeserver_open_tls(&server, &loop, certificate_file, key_file);
}

static void connect_client(const char *ca_file, bool is_insecure)
{
    const struct monologue_options options = {
        .endpoint = server.url, .ca_file = ca_file, .is_insecure = is_insecure};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 1);
}

static void setup(void)
{
    uv_loop_init(&loop);
    folder_init(&folder);
    folder_join(&folder, "certificate.pem", certificate_file);
    folder_join(&folder, "key.pem", key_file);
}

static void teardown(void)
{
    monologue_free(client);
    fakeserver_close(&server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    folder_deinit(&folder);
}

static int echo(struct monologue_request *request, const json_t *args,
                json_t **ret_out, void *data)
{
    (void)request;
    (void)data;
    *ret_out = json_incref(json_array_get(args, 0));
    return 0;
}

static void expect_echo(struct monologue *m, int status, json_t *ret,
                        void *data)
{
    (void)m;
    ck_assert_int_eq(status, 0);
    ck_assert(json_equal(ret, json_array_get(data, 0)));
    n_outcomes++;
}

START_TEST(packets_of_all_sizes_pass_through_tls)
{
    static char text[130000];
    const size_t sizes[] = {1, 16000, 17000, 40000, sizeof text};
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    connect_client(certificate_file, false);
    ck_assert_int_eq(connect_status, 0);
    monologue_on(client, "echo", echo, NULL);
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        json_t *args = json_array();
        json_array_append_new(args, json_stringn(text, sizes[i]));
        ck_assert_int_eq(monologue_call(client, monologue_connection_id(client),
                                        "echo", args, 0, expect_echo, args,
                                        NULL),
                         0);
        turn_until(&n_outcomes, i + 1);
        json_decref(args);
    }
    monologue_close(client, on_closed, NULL);
    turn_until(&n_closes, 1);
    ck_assert_uint_eq(server.n_closes, 1);
}
END_TEST

START_TEST(a_client_that_forgot_tls_is_reminded)
{
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    server.url[1] = 'w'; /* of wss: the same without TLS begins there */
    const struct monologue_options options = {.endpoint = server.url + 1};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), 0);
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 1);
    ck_assert_int_eq(connect_status, -ECONNRESET);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "wss://"));
}
END_TEST

START_TEST(a_certificate_nobody_vouches_for_is_refused)
{
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    connect_client(NULL, false);
    ck_assert_int_eq(connect_status, -ECONNABORTED);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), server.url));
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), "certificate"));
    ck_assert_str_eq(server.host, ""); /* not a byte of the request was sent */
}
END_TEST

START_TEST(a_certificate_of_another_host_is_refused)
{
    open_server(&(struct certificate_spec){.names = "DNS:elsewhere.example"});
    connect_client(certificate_file, false);
    ck_assert_int_eq(connect_status, -ECONNABORTED);
    ck_assert_str_eq(server.host, "");
}
END_TEST

START_TEST(an_insecure_client_takes_any_certificate)
{
    open_server(&(struct certificate_spec){.names = "DNS:elsewhere.example"});
    connect_client(NULL, true);
    ck_assert_int_eq(connect_status, 0);
}
END_TEST

START_TEST(a_server_without_tls_is_refused)
{
    char url[64];
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    tls_context_free(server.tls);
    server.tls = NULL;
    strcpy(url, server.url);
    connect_client(certificate_file, false);
    ck_assert_int_eq(connect_status, -ECONNABORTED);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(client), url));
}
END_TEST

START_TEST(an_authority_that_cannot_be_read_is_told_at_once)
{
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    const struct monologue_options options = {.endpoint = server.url,
                                              .ca_file = "/nowhere.pem"};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), -ENOENT);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), "/nowhere.pem"));
    ck_assert_ptr_null(client);
}
END_TEST

/* Has the server ask its clients for a certificate that it knows itself. */
static void demand_certificates(void)
{
    SSL_CTX *ssl = server.tls->ssl;
    ck_assert(SSL_CTX_load_verify_file(ssl, certificate_file));
    ck_assert(SSL_CTX_set_session_id_context(ssl, (const uint8_t *)"x", 1));
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
}

/* The server's own pair, which it knows, in one file. */
static void write_both(const char *path)
{
    static const char *const parts[] = {certificate_file, key_file};
    char text[4096];
    FILE *both = fopen(path, "w");
    for (int i = 0; i < 2; i++) {
        FILE *part = fopen(parts[i], "r");
        size_t n = fread(text, 1, sizeof text, part);
        ck_assert_uint_eq(fwrite(text, 1, n, both), n);
        fclose(part);
    }
    fclose(both);
}

static void connect_with(const struct monologue_options *options)
{
    ck_assert_int_eq(monologue_new(options, &loop, &client), 0);
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, 1);
}

START_TEST(a_client_that_is_asked_shows_its_certificate)
{
    char both_file[PATH_MAX];
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    demand_certificates();
    write_both(folder_join(&folder, "both.pem", both_file));
    connect_with(&(struct monologue_options){
        .endpoint = server.url,
        .ca_file = certificate_file,
        .cert_file = _i == 0 ? certificate_file : both_file,
        .key_file = _i == 0 ? key_file : NULL});
    ck_assert_msg(connect_status == 0, "%s", monologue_errmsg(client));
}
END_TEST

START_TEST(a_client_without_a_certificate_is_told_what_the_server_wants)
{
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    demand_certificates();
    connect_client(certificate_file, false);
    ck_assert_int_eq(connect_status, -ECONNABORTED);
    ck_assert_msg(strstr(monologue_errmsg(client), "asked for a certificate"),
                  "%s", monologue_errmsg(client));
    ck_assert_str_eq(server.host, "");
}
END_TEST

START_TEST(the_servers_name_may_be_another_than_the_hosts)
{
    open_server(&(struct certificate_spec){.names = "DNS:elsewhere.example"});
    connect_with(
        &(struct monologue_options){.endpoint = server.url,
                                    .ca_file = certificate_file,
                                    .server_name = "elsewhere.example"});
    ck_assert_msg(connect_status == 0, "%s", monologue_errmsg(client));
    ck_assert_int_eq(strncmp(server.host, "localhost:", 10), 0);
}
END_TEST

static char asked_for[64]; /* by the last client; "" when it named nobody */

static int note_name(SSL *ssl, int *alert, void *data)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    (void)data;
    snprintf(asked_for, sizeof asked_for, "%s", name ? name : "");
    return SSL_TLSEXT_ERR_OK;
}

/* RFC 6066 has no addresses in server names; the certificate must have them. */
START_TEST(a_name_is_asked_for_and_an_address_is_not)
{
    char url[64];
    open_server(
        &(struct certificate_spec){.names = "DNS:localhost,IP:127.0.0.1"});
    SSL_CTX_set_tlsext_servername_callback(server.tls->ssl, note_name);
    connect_client(certificate_file, false);
    ck_assert_int_eq(connect_status, 0);
    ck_assert_str_eq(asked_for, "localhost");
    monologue_free(client);
    n_connects = 0;
    snprintf(url, sizeof url, "wss://127.0.0.1:%u/latest", server.port);
    strcpy(asked_for, "?");
    connect_with(&(struct monologue_options){.endpoint = url,
                                             .ca_file = certificate_file});
    ck_assert_int_eq(connect_status, 0);
    ck_assert_str_eq(asked_for, "");
}
END_TEST

static void connect_again(void)
{
    unsigned n = n_connects;
    ck_assert_int_eq(monologue_connect(client, on_connected, NULL), 0);
    turn_until(&n_connects, n + 1);
    ck_assert_msg(connect_status == 0, "%s", monologue_errmsg(client));
}

static void on_event_count(struct monologue *m,
                           const struct monologue_event *event, void *data)
{
    unsigned *n_ends = data;
    (void)m;
    *n_ends += event->kind == MONOLOGUE_EVENT_DISCONNECTED;
}

START_TEST(who_connects_again_resumes_the_session_unless_the_server_forgot)
{
    unsigned n_ends = 0;
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    connect_with(&(struct monologue_options){.endpoint = server.url,
                                             .ca_file = certificate_file,
                                             .event_cb = on_event_count,
                                             .event_data = &n_ends});
    ck_assert_int_eq(connect_status, 0);
    ck_assert_uint_eq(server.n_resumed, 0);
    fakepeer_drop(fakeserver_last(&server)); /* without a close_notify */
    turn_until(&n_ends, 1);
    connect_again();
    ck_assert_uint_eq(server.n_resumed, 1);
    monologue_close(client, on_closed, NULL);
    turn_until(&n_closes, 1);
    connect_again();
    ck_assert_uint_eq(server.n_resumed, 2);

    tls_context_free(server.tls); /* as a restart: its tickets are void */
    ck_assert_int_eq(
        tls_context_new_server(certificate_file, key_file, &server.tls, NULL),
        0);
    fakepeer_drop(fakeserver_last(&server));
    turn_until(&n_ends, 3);
    connect_again();
    ck_assert_uint_eq(server.n_resumed, 2);
    fakepeer_drop(fakeserver_last(&server));
    turn_until(&n_ends, 4);
    connect_again();
    ck_assert_uint_eq(server.n_resumed, 3);
}
END_TEST

START_TEST(a_pair_that_cannot_be_used_is_told_at_once)
{
    open_server(&(struct certificate_spec){.names = "DNS:localhost"});
    struct monologue_options options = {.endpoint = server.url,
                                        .cert_file = "/nowhere.pem",
                                        .key_file = key_file};
    ck_assert_int_eq(monologue_new(&options, &loop, &client), -ENOENT);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), "/nowhere.pem"));
    options.cert_file = certificate_file;
    options.key_file = "/nokey.pem";
    ck_assert_int_eq(monologue_new(&options, &loop, &client), -ENOENT);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), "/nokey.pem"));
    options.key_file = NULL; /* the certificate's file holds no key */
    ck_assert_int_eq(monologue_new(&options, &loop, &client), -EINVAL);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), certificate_file));
    options.cert_file = NULL;
    options.key_file = key_file;
    ck_assert_int_eq(monologue_new(&options, &loop, &client), -EINVAL);
    ck_assert_ptr_nonnull(strstr(monologue_errmsg(NULL), key_file));
    ck_assert_ptr_null(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secure");
    TCase *tcase = tcase_create("secure");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, packets_of_all_sizes_pass_through_tls);
    tcase_add_test(tcase, a_client_that_forgot_tls_is_reminded);
    tcase_add_test(tcase, a_certificate_nobody_vouches_for_is_refused);
    tcase_add_test(tcase, a_certificate_of_another_host_is_refused);
    tcase_add_test(tcase, an_insecure_client_takes_any_certificate);
    tcase_add_test(tcase, a_server_without_tls_is_refused);
    tcase_add_test(tcase, an_authority_that_cannot_be_read_is_told_at_once);
    tcase_add_loop_test(tcase, a_client_that_is_asked_shows_its_certificate, 0,
                        2);
    tcase_add_test(
        tcase, a_client_without_a_certificate_is_told_what_the_server_wants);
    tcase_add_test(tcase, the_servers_name_may_be_another_than_the_hosts);
    tcase_add_test(tcase, a_name_is_asked_for_and_an_address_is_not);
    tcase_add_test(
        tcase, who_connects_again_resumes_the_session_unless_the_server_forgot);
    tcase_add_test(tcase, a_pair_that_cannot_be_used_is_told_at_once);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
