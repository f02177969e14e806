/*
 * Each allocation of OpenSSL's fails once: the connection ends, nothing else
 * does, and nothing is left behind.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "proto/tls.h"
#include "tests/lib/suite.h"
#include "tests/lib/tls_pair.h"

static struct tls_context *server_context;
static struct tls_context *client_context;

static long countdown; /* allocations until one fails; 0: none will */
static long n_live;    /* blocks that OpenSSL holds */

static bool is_due(void)
{
    return countdown > 0 && --countdown == 0;
}

static void *allocate(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    void *block = is_due() || n == 0 ? NULL : malloc(n);
    n_live += block != NULL;
    return block;
}

static void release(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    n_live -= block != NULL;
    free(block);
}

static void *reallocate(void *block, size_t n, const char *file, int line)
{
    if (!block)
        return allocate(n, file, line);
    if (n == 0) {
        release(block, file, line);
        return NULL;
    }
    return is_due() ? NULL : realloc(block, n);
}

static void make_contexts(void)
{
    tls_pair_make_contexts(&server_context, &client_context);
}

static void free_contexts(void)
{
    tls_context_free(client_context);
    tls_context_free(server_context);
}

/* The first handshakes fill caches that stay. */
static void warm_up(void)
{
    for (int i = 0; i < 3; i++) {
        struct tls_pair pair;
        tls_pair_init(&pair, server_context, client_context);
        tls_pair_carry(&pair, TLS_WHOLE);
        tls_pair_deinit(&pair);
    }
}

START_TEST(a_connection_is_made_or_not)
{
    struct tls *tls = NULL;
    warm_up();
    long n_failed = 0;
    while (!tls) {
        long before = n_live;
        countdown = n_failed + 1;
        tls = tls_new(client_context, "server.example");
        countdown = 0;
        if (tls)
            break;
        ck_assert_int_eq(n_live, before);
        ck_assert_uint_eq(ERR_peek_error(), 0);
        n_failed++;
    }
    ck_assert_int_gt(n_failed, 10);
    tls_free(tls);
}
END_TEST

/* Returns what the server made of the hello when allocation @n failed. */
static enum tls_status answer_hello(long n, bool *was_hit_out)
{
    struct tls_pair pair;
    tls_pair_init(&pair, server_context, client_context);
    struct bytes hello = pair.client.out;
    pair.client.out = BYTES_EMPTY;
    countdown = n;
    tls_side_feed(&pair.server, bytes_begin(&hello), bytes_size(&hello));
    *was_hit_out = countdown == 0;
    countdown = 0;
    enum tls_status status = pair.server.status;
    ck_assert_str_eq(status == TLS_OK ? "" : "fault",
                     *tls_fault(pair.server.tls) ? "fault" : "");
    bytes_deinit(&hello);
    tls_pair_deinit(&pair);
    return status;
}

START_TEST(a_handshake_without_memory_is_a_fault)
{
    bool was_hit = true;
    long n_faults = 0;
    warm_up();
    for (long n = 1; was_hit; n++)
        n_faults += answer_hello(n, &was_hit) == TLS_FAULT;
    ck_assert_int_gt(n_faults, 10);
}
END_TEST

START_TEST(a_message_without_memory_is_a_fault)
{
    bool was_hit = true;
    long n_faults = 0;
    warm_up();
    for (long n = 1; was_hit; n++) {
        struct tls_pair pair;
        tls_pair_init(&pair, server_context, client_context);
        tls_pair_carry(&pair, TLS_WHOLE);
        countdown = n;
        int rc = tls_write(pair.client.tls, (const uint8_t *)"text", 4,
                           &pair.client.out, TLS_PAIR_LIMIT);
        if (rc == 0)
            tls_pair_carry(&pair, TLS_WHOLE);
        was_hit = countdown == 0;
        countdown = 0;
        if (rc)
            ck_assert_int_eq(rc, -ENOMEM);
        else if (pair.server.status == TLS_OK)
            ck_assert_uint_eq(bytes_size(&pair.server.got), 4);
        else
            ck_assert_str_ne(tls_fault(pair.server.tls), "");
        n_faults += rc || pair.server.status == TLS_FAULT;
        tls_pair_deinit(&pair);
    }
    ck_assert_int_gt(n_faults, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_connection_is_made_or_not,
                                  a_handshake_without_memory_is_a_fault,
                                  a_message_without_memory_is_a_fault};
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return EXIT_FAILURE;
    Suite *suite = suite_create("tls_memory");
    TCase *tcase = tcase_create("memory");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, make_contexts, free_contexts);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
