/*
 * Whom a server of ours may meet: strangers, noise, and raw OpenSSL as a peer
 * that is as lax as it can be made.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tls.h"
#include "tests/lib/suite.h"
#include "tests/lib/tls_pair.h"

static struct tls_context *server_context;
static struct tls_context *client_context;

static void make_contexts(void)
{
    tls_pair_make_contexts(&server_context, &client_context);
    srand(11);
}

static void free_contexts(void)
{
    tls_context_free(client_context);
    tls_context_free(server_context);
    client_context = NULL;
    server_context = NULL;
}

static const struct {
    const char *text;
    const char *fault; /* of a server that reads it */
} strangers[] = {
    {"GET / HTTP/1.1\r\n", "plain HTTP"},
    {"POST / HTTP/1.1\r\n", "plain HTTP"},
    {"CONNECT a:1 HTTP/1.1\r\n", "plain HTTP"},
    {"OPTIONS * HTTP/1.1\r\n", "does not speak TLS"},
    {"SSH-2.0-OpenSSH_9.2\r\n", "does not speak TLS"},
    {"\x16\x03\x01\xff\xff garbage", "TLS error: "},
};

START_TEST(a_stranger_is_told_from_a_client)
{
    for (enum tls_cut cut = 0; cut < N_TLS_CUTS; cut++) {
        struct tls_pair pair;
        tls_pair_init(&pair, server_context, client_context);
        bytes_deinit(&pair.client.out);
        bytes_append(&pair.client.out, strangers[_i].text,
                     strlen(strangers[_i].text), TLS_PAIR_LIMIT);
        tls_side_carry(&pair.client, &pair.server, cut);
        ck_assert_int_eq(pair.server.status, TLS_FAULT);
        const char *fault = tls_fault(pair.server.tls);
        ck_assert_msg(strstr(fault, strangers[_i].fault), "%s", fault);
        tls_pair_deinit(&pair);
    }
}
END_TEST

START_TEST(a_client_is_told_of_a_plain_port)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    struct tls_pair pair;
    tls_pair_init(&pair, server_context, client_context);
    tls_side_feed(&pair.client, (const uint8_t *)answer, sizeof answer - 1);
    ck_assert_int_eq(pair.client.status, TLS_FAULT);
    ck_assert_ptr_nonnull(strstr(tls_fault(pair.client.tls), "plain HTTP"));
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(noise_never_does_worse_than_a_fault)
{
    for (int i = 0; i < 2000; i++) {
        struct tls_pair pair;
        tls_pair_init(&pair, server_context, client_context);
        struct bytes *hello = &pair.client.out;
        for (int k = 0; k < 3; k++)
            bytes_begin(hello)[(size_t)rand() % bytes_size(hello)] ^=
                (uint8_t)(1 + rand() % 255);
        tls_side_carry(&pair.client, &pair.server, TLS_RANDOM);
        ck_assert(!tls_is_established(pair.server.tls));
        ck_assert(bytes_is_empty(&pair.server.got));
        tls_pair_deinit(&pair);
    }
}
END_TEST

/* An independent peer, on memory BIOs; as lax as it can be made. */
static SSL *new_raw_client(int max_version, const char *ciphers)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, 0);
    SSL_CTX_set_max_proto_version(context, max_version);
    ck_assert(SSL_CTX_set_cipher_list(context, ciphers));
    SSL *raw = SSL_new(context);
    SSL_CTX_free(context);
    SSL_set_bio(raw, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(raw);
    return raw;
}

static void carry_from_raw(SSL *raw, struct tls_side *side)
{
    char *data;
    long n = BIO_get_mem_data(SSL_get_wbio(raw), &data);
    tls_side_feed(side, (const uint8_t *)data, (size_t)n);
    ck_assert_int_eq(BIO_reset(SSL_get_wbio(raw)), 1);
}

static void carry_to_raw(struct tls_side *side, SSL *raw)
{
    if (bytes_is_empty(&side->out))
        return;
    BIO_write(SSL_get_rbio(raw), bytes_begin(&side->out),
              (int)bytes_size(&side->out));
    bytes_deinit(&side->out);
}

static void say(struct tls_side *side, const char *text)
{
    ck_assert_int_eq(tls_write(side->tls, (const uint8_t *)text, strlen(text),
                               &side->out, TLS_PAIR_LIMIT),
                     0);
}

static void shake_raw(SSL *raw, struct tls_side *server)
{
    for (int i = 0; i < 4; i++) {
        carry_to_raw(server, raw);
        SSL_do_handshake(raw);
        carry_from_raw(raw, server);
    }
    ERR_clear_error();
}

static const struct {
    int max_version;
    const char *ciphers;
    const char *fault; /* NULL: it is served */
} clients[] = {
    {TLS1_VERSION, "ALL", "no TLS version from 1.2 on"},
    {TLS1_1_VERSION, "ALL", "no TLS version from 1.2 on"},
    {TLS1_2_VERSION, "AES128-GCM-SHA256", "no cipher that is allowed"},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", "no cipher that is allowed"},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL},
    {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL},
    {TLS1_3_VERSION, "ALL", NULL},
};

START_TEST(old_versions_and_weak_ciphers_are_refused)
{
    struct tls_side server = {.tls = tls_new(server_context, NULL)};
    SSL *raw = new_raw_client(clients[_i].max_version, clients[_i].ciphers);
    SSL_do_handshake(raw);
    carry_from_raw(raw, &server);
    if (clients[_i].fault) {
        const char *fault = tls_fault(server.tls);
        ck_assert_int_eq(server.status, TLS_FAULT);
        ck_assert_msg(strstr(fault, clients[_i].fault), "%s", fault);
        ck_assert_uint_eq(bytes_size(&server.out), 7); /* a plain alert */
        ck_assert_uint_eq(bytes_begin(&server.out)[0], SSL3_RT_ALERT);
    } else {
        shake_raw(raw, &server);
        ck_assert(tls_is_established(server.tls));
    }
    SSL_free(raw);
    tls_side_deinit(&server);
}
END_TEST

START_TEST(nobody_renegotiates)
{
    struct tls_side server = {.tls = tls_new(server_context, NULL)};
    SSL *raw = new_raw_client(TLS1_2_VERSION, "ALL");
    shake_raw(raw, &server);
    ck_assert(tls_is_established(server.tls));
    ck_assert_int_eq(SSL_renegotiate(raw), 1);
    SSL_do_handshake(raw);
    carry_from_raw(raw, &server);
    ck_assert_int_eq(server.status, TLS_OK);
    carry_to_raw(&server, raw);
    ck_assert_int_ne(SSL_do_handshake(raw), 1);
    ck_assert_int_eq(ERR_GET_REASON(ERR_peek_last_error()),
                     SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    SSL_free(raw);
    tls_side_deinit(&server);
}
END_TEST

START_TEST(new_keys_are_taken_and_answered)
{
    struct tls_side server = {.tls = tls_new(server_context, NULL)};
    SSL *raw = new_raw_client(TLS1_3_VERSION, "ALL");
    char got[16] = "";
    shake_raw(raw, &server);
    ck_assert(SSL_key_update(raw, SSL_KEY_UPDATE_REQUESTED));
    ck_assert_int_eq(SSL_write(raw, "new", 3), 3);
    carry_from_raw(raw, &server);
    ck_assert_uint_eq(bytes_size(&server.got), 3);
    say(&server, "newer");
    carry_to_raw(&server, raw);
    ck_assert_int_eq(SSL_read(raw, got, sizeof got), 5);
    ck_assert_str_eq(got, "newer");
    SSL_free(raw);
    tls_side_deinit(&server);
}
END_TEST

/* A ticket spares the next handshake its certificate and its signature. */
START_TEST(a_ticket_resumes_a_session)
{
    SSL *first = new_raw_client(TLS1_3_VERSION, "ALL");
    struct tls_side server = {.tls = tls_new(server_context, NULL)};
    char got[4];
    shake_raw(first, &server);
    ck_assert(bytes_is_empty(&server.out)); /* it waits for company */
    say(&server, "hi");
    carry_to_raw(&server, first);
    ck_assert_int_eq(SSL_read(first, got, sizeof got), 2);
    SSL *second = new_raw_client(TLS1_3_VERSION, "ALL");
    ck_assert(SSL_set_session(second, SSL_get0_session(first)));
    tls_side_deinit(&server);
    server = (struct tls_side){.tls = tls_new(server_context, NULL)};
    shake_raw(second, &server);
    ck_assert(tls_is_established(server.tls));
    ck_assert(SSL_session_reused(second));
    SSL_free(first);
    SSL_free(second);
    tls_side_deinit(&server);
}
END_TEST

int main(void)
{
    const TTest *const once[] = {
        a_client_is_told_of_a_plain_port, noise_never_does_worse_than_a_fault,
        nobody_renegotiates, new_keys_are_taken_and_answered,
        a_ticket_resumes_a_session};
    Suite *suite = suite_create("tls_peers");
    TCase *tcase = tcase_create("peers");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, make_contexts, free_contexts);
    tcase_add_loop_test(tcase, a_stranger_is_told_from_a_client, 0,
                        sizeof strangers / sizeof *strangers);
    tcase_add_loop_test(tcase, old_versions_and_weak_ciphers_are_refused, 0,
                        sizeof clients / sizeof *clients);
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        tcase_add_test(tcase, once[i]);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
