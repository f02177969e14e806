/*
 * Two endpoints of ours in memory.
 */
#include "proto/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tls_context.h"
#include "tests/lib/suite.h"
#include "tests/lib/tls_pair.h"

enum { CHUNK_MAX = 70000 };

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
static const char *const version_names[] = {"TLSv1.2", "TLSv1.3"};
enum { N_VERSIONS = 2 };

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

static void establish(struct tls_pair *pair, enum tls_cut cut)
{
    tls_pair_init(pair, server_context, client_context);
    tls_pair_carry(pair, cut);
    ck_assert_msg(tls_is_established(pair->client.tls), "%s",
                  tls_fault(pair->client.tls));
    ck_assert_msg(tls_is_established(pair->server.tls), "%s",
                  tls_fault(pair->server.tls));
}

static void say(struct tls_side *side, const char *text)
{
    ck_assert_int_eq(tls_write(side->tls, (const uint8_t *)text, strlen(text),
                               &side->out, TLS_PAIR_LIMIT),
                     0);
}

static void ck_assert_got(const struct tls_side *side, const char *text)
{
    ck_assert_uint_eq(bytes_size(&side->got), strlen(text));
    ck_assert(memcmp(bytes_begin(&side->got), text, strlen(text)) == 0);
}

/* What @_i stands for in the tests that run for each cut and each version. */
static enum tls_cut use_version(int i)
{
    int version = versions[i / N_TLS_CUTS];
    SSL_CTX_set_max_proto_version(server_context->ssl, version);
    return (enum tls_cut)(i % N_TLS_CUTS);
}

START_TEST(what_one_side_writes_the_other_reads)
{
    struct tls_pair pair;
    enum tls_cut cut = use_version(_i);
    establish(&pair, cut);
    ck_assert_str_eq(tls_version(pair.client.tls),
                     version_names[_i / N_TLS_CUTS]);
    ck_assert_str_eq(tls_version(pair.server.tls),
                     version_names[_i / N_TLS_CUTS]);
    say(&pair.client, "knock");
    say(&pair.client, " knock");
    tls_pair_carry(&pair, cut);
    ck_assert_got(&pair.server, "knock knock");
    say(&pair.server, "who is there?");
    tls_pair_carry(&pair, cut);
    ck_assert_got(&pair.client, "who is there?");
    ck_assert_int_eq(pair.client.status, TLS_OK);
    ck_assert_int_eq(pair.server.status, TLS_OK);
    ck_assert_str_eq(tls_fault(pair.client.tls), "");
    tls_pair_deinit(&pair);
}
END_TEST

static uint8_t *make_noise(size_t n)
{
    uint8_t *noise = malloc(n);
    ck_assert_ptr_nonnull(noise);
    for (size_t i = 0; i < n; i++)
        noise[i] = (uint8_t)rand();
    return noise;
}

START_TEST(much_goes_both_ways_at_once)
{
    struct tls_pair pair;
    enum tls_cut cut = use_version(_i);
    size_t n = cut == TLS_BYTE_BY_BYTE ? 100000 : 3000000;
    uint8_t *up = make_noise(n);
    uint8_t *down = make_noise(n);
    establish(&pair, cut);
    for (size_t done = 0, piece; done < n; done += piece) {
        piece = 1 + (size_t)rand() % CHUNK_MAX;
        piece = piece < n - done ? piece : n - done;
        ck_assert_int_eq(tls_write(pair.client.tls, up + done, piece,
                                   &pair.client.out, TLS_PAIR_LIMIT),
                         0);
        ck_assert_int_eq(tls_write(pair.server.tls, down + done, piece,
                                   &pair.server.out, TLS_PAIR_LIMIT),
                         0);
        tls_pair_carry(&pair, cut);
    }
    ck_assert_uint_eq(bytes_size(&pair.server.got), n);
    ck_assert_uint_eq(bytes_size(&pair.client.got), n);
    ck_assert(memcmp(bytes_begin(&pair.server.got), up, n) == 0);
    ck_assert(memcmp(bytes_begin(&pair.client.got), down, n) == 0);
    free(up);
    free(down);
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(the_end_comes_after_the_data_before_it)
{
    struct tls_pair pair;
    enum tls_cut cut = use_version(_i);
    establish(&pair, cut);
    say(&pair.client, "goodbye");
    ck_assert_int_eq(
        tls_close(pair.client.tls, &pair.client.out, TLS_PAIR_LIMIT), 0);
    tls_side_carry(&pair.client, &pair.server, cut);
    ck_assert_int_eq(pair.server.status, TLS_CLOSED);
    ck_assert_got(&pair.server, "goodbye");
    /* The other direction lives on until it is closed, too. */
    say(&pair.server, "farewell");
    ck_assert_int_eq(
        tls_close(pair.server.tls, &pair.server.out, TLS_PAIR_LIMIT), 0);
    tls_side_carry(&pair.server, &pair.client, cut);
    ck_assert_int_eq(pair.client.status, TLS_CLOSED);
    ck_assert_got(&pair.client, "farewell");
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(the_second_close_and_writes_after_it_say_nothing)
{
    struct tls_pair pair;
    establish(&pair, TLS_WHOLE);
    struct tls_side *client = &pair.client;
    ck_assert_int_eq(tls_close(client->tls, &client->out, TLS_PAIR_LIMIT), 0);
    size_t n = bytes_size(&client->out);
    ck_assert_uint_gt(n, 0);
    ck_assert_int_eq(tls_close(client->tls, &client->out, TLS_PAIR_LIMIT), 0);
    ck_assert_int_eq(tls_write(client->tls, (const uint8_t *)"x", 1,
                               &client->out, TLS_PAIR_LIMIT),
                     -EPIPE);
    ck_assert_uint_eq(bytes_size(&client->out), n);
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(nothing_is_written_before_the_handshake_is_complete)
{
    struct tls_pair pair;
    tls_pair_init(&pair, server_context, client_context);
    struct tls_side *sides[] = {&pair.client, &pair.server};
    for (int i = 0; i < 2; i++) {
        struct tls_side *side = sides[i];
        size_t n = bytes_size(&side->out);
        ck_assert(!tls_is_established(side->tls));
        ck_assert_str_eq(tls_version(side->tls), "");
        ck_assert_int_eq(tls_write(side->tls, (const uint8_t *)"x", 1,
                                   &side->out, TLS_PAIR_LIMIT),
                         -EAGAIN);
        ck_assert_int_eq(tls_close(side->tls, &side->out, TLS_PAIR_LIMIT), 0);
        ck_assert_uint_eq(bytes_size(&side->out), n);
    }
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(a_stream_that_is_cut_gives_whole_records_only)
{
    struct tls_pair pair;
    establish(&pair, TLS_WHOLE);
    say(&pair.client, "first");
    size_t first = bytes_size(&pair.client.out);
    say(&pair.client, "second");
    tls_side_feed(&pair.server, bytes_begin(&pair.client.out), first + 20);
    ck_assert_int_eq(pair.server.status, TLS_OK);
    ck_assert_got(&pair.server, "first");
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(a_write_over_the_limit_leaves_all_as_it_was)
{
    struct tls_pair pair;
    uint8_t zeros[40000] = {0};
    establish(&pair, TLS_WHOLE);
    struct tls_side *server = &pair.server;
    say(server, "begin");
    size_t n = bytes_size(&server->out);
    ck_assert_int_eq(
        tls_write(server->tls, zeros, sizeof zeros, &server->out, sizeof zeros),
        -ENOBUFS);
    ck_assert_int_eq(tls_close(server->tls, &server->out, n), -ENOBUFS);
    ck_assert_uint_eq(bytes_size(&server->out), n);
    say(server, " end");
    tls_pair_carry(&pair, TLS_WHOLE);
    ck_assert_got(&pair.client, "begin end");
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(a_handshake_over_the_limit_is_a_fault)
{
    uint8_t plain[TLS_RECORD_MAX + 4096];
    struct tls_pair pair;
    size_t n_plain;
    tls_pair_init(&pair, server_context, client_context);
    struct bytes *hello = &pair.client.out;
    enum tls_status status =
        tls_feed(pair.server.tls, bytes_begin(hello), bytes_size(hello), plain,
                 sizeof plain, &n_plain, &pair.server.out, 100);
    ck_assert_int_eq(status, TLS_FAULT);
    ck_assert_str_eq(tls_fault(pair.server.tls),
                     "no room for what the peer must be sent");
    ck_assert_uint_le(bytes_size(&pair.server.out), 100);
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(a_forged_byte_ends_it_with_an_alert)
{
    struct tls_pair pair;
    enum tls_cut cut = use_version(_i);
    establish(&pair, cut);
    say(&pair.client, "true");
    tls_side_carry(&pair.client, &pair.server, cut);
    say(&pair.client, "false");
    bytes_begin(&pair.client.out)[10] ^= 1;
    tls_side_carry(&pair.client, &pair.server, cut);
    ck_assert_int_eq(pair.server.status, TLS_FAULT);
    ck_assert_got(&pair.server, "true");
    ck_assert_str_eq(tls_fault(pair.server.tls),
                     "TLS error: decryption failed or bad record mac");
    ck_assert_int_eq(tls_write(pair.server.tls, (const uint8_t *)"x", 1,
                               &pair.server.out, TLS_PAIR_LIMIT),
                     -EPIPE);
    tls_side_carry(&pair.server, &pair.client, cut);
    ck_assert_int_eq(pair.client.status, TLS_FAULT);
    ck_assert_str_eq(tls_fault(pair.client.tls),
                     "the peer gave up with the alert: bad record mac");
    ck_assert_uint_eq(ERR_peek_error(), 0);
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(after_a_fault_nothing_is_heard)
{
    struct tls_pair pair;
    establish(&pair, TLS_WHOLE);
    say(&pair.client, "late");
    tls_side_feed(&pair.server, (const uint8_t *)"garbage, no record", 18);
    ck_assert_int_eq(pair.server.status, TLS_FAULT);
    bytes_deinit(&pair.server.out);
    tls_side_carry(&pair.client, &pair.server, TLS_WHOLE);
    ck_assert_int_eq(pair.server.status, TLS_FAULT);
    ck_assert(bytes_is_empty(&pair.server.got));
    ck_assert(bytes_is_empty(&pair.server.out));
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(connections_outlive_their_context)
{
    struct tls_pair pair;
    tls_pair_init(&pair, server_context, client_context);
    free_contexts();
    tls_pair_carry(&pair, TLS_WHOLE);
    ck_assert(tls_is_established(pair.server.tls));
    say(&pair.client, "still here");
    tls_pair_carry(&pair, TLS_WHOLE);
    ck_assert_got(&pair.server, "still here");
    tls_pair_deinit(&pair);
}
END_TEST

START_TEST(the_error_of_somebody_else_is_not_ours)
{
    struct tls_pair pair;
    establish(&pair, TLS_WHOLE);
    ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
    tls_side_feed(&pair.server, (const uint8_t *)"\x17\x03", 2);
    ck_assert_int_eq(pair.server.status, TLS_OK);
    tls_pair_deinit(&pair);
}
END_TEST

/* Without ck_assert(), which is for the main thread. Returns NULL if well. */
static void *talk(void *data)
{
    void *fault = NULL;
    for (int i = 0; i < 20; i++) {
        struct tls_pair pair;
        tls_pair_init(&pair, server_context, client_context);
        tls_pair_carry(&pair, TLS_WHOLE);
        if (tls_write(pair.client.tls, (const uint8_t *)"hello", 5,
                      &pair.client.out, TLS_PAIR_LIMIT))
            fault = data;
        tls_pair_carry(&pair, TLS_WHOLE);
        if (bytes_size(&pair.server.got) != 5)
            fault = data;
        tls_pair_deinit(&pair);
    }
    return fault;
}

START_TEST(threads_share_contexts)
{
    enum { N = 4 };
    pthread_t threads[N];
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, talk, server_context), 0);
    for (int i = 0; i < N; i++) {
        void *fault = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &fault), 0);
        ck_assert_ptr_null(fault);
    }
}
END_TEST

int main(void)
{
    const TTest *const in_each_cut_and_version[] = {
        what_one_side_writes_the_other_reads, much_goes_both_ways_at_once,
        the_end_comes_after_the_data_before_it,
        a_forged_byte_ends_it_with_an_alert};
    const TTest *const once[] = {
        the_second_close_and_writes_after_it_say_nothing,
        nothing_is_written_before_the_handshake_is_complete,
        a_stream_that_is_cut_gives_whole_records_only,
        a_write_over_the_limit_leaves_all_as_it_was,
        a_handshake_over_the_limit_is_a_fault,
        after_a_fault_nothing_is_heard,
        connections_outlive_their_context,
        the_error_of_somebody_else_is_not_ours,
        threads_share_contexts};
    Suite *suite = suite_create("tls");
    TCase *tcase = tcase_create("pairs");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, make_contexts, free_contexts);
    for (size_t i = 0; i < 4; i++)
        tcase_add_loop_test(tcase, in_each_cut_and_version[i], 0,
                            N_TLS_CUTS * N_VERSIONS);
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        tcase_add_test(tcase, once[i]);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
