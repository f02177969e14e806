#include "proto/tls_session.h"

#include <limits.h>
#include <string.h>

#include "proto/tls_context.h"
#include "tests/lib/certificate.h"
#include "tests/lib/folder.h"
#include "tests/lib/suite.h"
#include "tests/lib/tls_pair.h"

/* One client and its servers, which share a certificate but no ticket keys. */

static struct folder folder;
static char crt[PATH_MAX];
static char key[PATH_MAX];
static struct tls_context *server;
static struct tls_context *other_server;
static struct tls_context *client;

static struct tls_context *new_server(void)
{
    struct tls_context *context = NULL;
    ck_assert_int_eq(tls_context_new_server(crt, key, &context, NULL), 0);
    return context;
}

static void setup(void)
{
    struct certificate certificate;
    folder_init(&folder);
    folder_join(&folder, "crt", crt);
    folder_join(&folder, "key", key);
    certificate_init(&certificate,
                     &(struct certificate_spec){
                         .names = "DNS:a.example,DNS:b.example,IP:192.0.2.1"});
    certificate_write_chain(crt, &certificate, NULL);
    certificate_write_key(&certificate, key, NULL);
    certificate_deinit(&certificate);
    server = new_server();
    other_server = new_server();
    const struct tls_client_options options = {.ca_file = crt};
    ck_assert_int_eq(tls_context_new_client(&options, &client, NULL), 0);
}

static void teardown(void)
{
    tls_context_free(server);
    tls_context_free(other_server);
    tls_context_free(client);
    folder_deinit(&folder);
}

/*
 * Connects to @host and says hello.
 * @takes_ticket: false: what the server says last, its ticket, is lost
 * Returns whether the session was resumed; both sides must agree.
 */
static bool meet(struct tls_context *at, const char *host, bool takes_ticket)
{
    static const uint8_t hello[] = "hello";
    struct tls_pair pair = {0};
    pair.server.tls = tls_new(at, NULL);
    pair.client.tls = tls_new(client, host);
    tls_side_feed(&pair.client, NULL, 0);
    tls_side_carry(&pair.client, &pair.server, TLS_WHOLE);
    tls_side_carry(&pair.server, &pair.client, TLS_WHOLE);
    tls_side_carry(&pair.client, &pair.server, TLS_WHOLE);
    if (takes_ticket) { /* it comes with the server's first words */
        ck_assert_int_eq(
            tls_write(pair.server.tls, hello, 5, &pair.server.out, 4096), 0);
        tls_pair_carry(&pair, TLS_BYTE_BY_BYTE);
    }
    ck_assert_msg(pair.client.status == TLS_OK, "%s",
                  tls_fault(pair.client.tls));
    ck_assert(tls_is_established(pair.client.tls));
    ck_assert(tls_is_established(pair.server.tls));
    bool is_resumed = tls_is_resumed(pair.client.tls);
    ck_assert_int_eq(tls_is_resumed(pair.server.tls), is_resumed);
    tls_pair_deinit(&pair);
    return is_resumed;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
enum { N_VERSIONS = sizeof versions / sizeof *versions };

static void speak(int version)
{
    ck_assert(SSL_CTX_set_max_proto_version(client->ssl, version));
}

START_TEST(a_second_connection_resumes_the_session_of_the_first)
{
    static const char *const hosts[] = {"a.example", "192.0.2.1"};
    speak(versions[_i]);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        ck_assert(!meet(server, hosts[i], true));
        ck_assert(meet(server, hosts[i], true));
    }
}
END_TEST

/* Where a handshake that resumes brings a ticket, too. */
START_TEST(a_third_connection_resumes_the_session_of_the_second)
{
    speak(TLS1_3_VERSION);
    ck_assert(!meet(server, "a.example", true));
    for (int i = 0; i < 3; i++)
        ck_assert(meet(server, "a.example", true));
}
END_TEST

START_TEST(a_ticket_of_another_key_costs_no_more_than_a_handshake)
{
    speak(versions[_i]);
    ck_assert(!meet(server, "a.example", true));
    ck_assert(!meet(other_server, "a.example", true));
    ck_assert(meet(other_server, "a.example", true));
}
END_TEST

/* What was verified for one name says nothing of another. */
START_TEST(a_session_is_of_one_host)
{
    speak(versions[_i]);
    ck_assert(!meet(server, "a.example", true));
    ck_assert(!meet(server, "b.example", true));
    ck_assert(meet(server, "b.example", true));
    ck_assert(!meet(server, "a.example", true));
}
END_TEST

/* In TLS 1.2 no ticket follows one that was taken; in 1.3 it gets lost here. */
START_TEST(a_session_is_shown_once)
{
    bool is_old = versions[_i] == TLS1_2_VERSION;
    speak(versions[_i]);
    ck_assert(!meet(server, "a.example", true));
    ck_assert(meet(server, "a.example", is_old));
    ck_assert(!meet(server, "a.example", is_old));
}
END_TEST

/* A ticket may come when only the connection is left of its context. */
START_TEST(a_context_may_go_before_its_ticket_comes)
{
    struct tls_pair pair = {0};
    speak(versions[_i]);
    pair.server.tls = tls_new(server, NULL);
    pair.client.tls = tls_new(client, "a.example");
    tls_context_free(client);
    client = NULL;
    tls_side_feed(&pair.client, NULL, 0);
    tls_pair_carry(&pair, TLS_WHOLE);
    ck_assert(tls_is_established(pair.client.tls));
    tls_pair_deinit(&pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_session");
    TCase *tcase = tcase_create("sessions");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase,
                        a_second_connection_resumes_the_session_of_the_first, 0,
                        N_VERSIONS);
    tcase_add_loop_test(tcase,
                        a_ticket_of_another_key_costs_no_more_than_a_handshake,
                        0, N_VERSIONS);
    tcase_add_loop_test(tcase, a_session_is_of_one_host, 0, N_VERSIONS);
    tcase_add_test(tcase, a_third_connection_resumes_the_session_of_the_second);
    tcase_add_loop_test(tcase, a_session_is_shown_once, 0, N_VERSIONS);
    tcase_add_loop_test(tcase, a_context_may_go_before_its_ticket_comes, 0,
                        N_VERSIONS);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
