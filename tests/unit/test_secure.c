#include "client/monologue.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <uv.h>

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

int main(void)
{
    Suite *suite = suite_create("secure");
    TCase *tcase = tcase_create("secure");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, packets_of_all_sizes_pass_through_tls);
    tcase_add_test(tcase, a_certificate_nobody_vouches_for_is_refused);
    tcase_add_test(tcase, a_certificate_of_another_host_is_refused);
    tcase_add_test(tcase, an_insecure_client_takes_any_certificate);
    tcase_add_test(tcase, a_server_without_tls_is_refused);
    tcase_add_test(tcase, an_authority_that_cannot_be_read_is_told_at_once);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
