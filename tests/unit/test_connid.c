#include "proto/connid.h"

#include <errno.h>
#include <openssl/evp.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/suite.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* Ids that API Gateway minted, as their owners have published them. */
static const char *const published[] = {
    "eHrdFcnvvHcCE-w=", "JC1dgf9yoAMCK-g=", "HXT_RfBnPHcCIIg=",
    "e_d2EewNLPECIGw=", "P-S_9e-7liACH9A=", "PJqCFfHyKRcCHlw=",
    "PJqB0fHsqRcCHlw="};
enum { N_PUBLISHED = sizeof published / sizeof *published };

static bool matches(const char *pattern, const char *text)
{
    regex_t regex;
    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool is_match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

static void ck_assert_shape(const struct connid *id)
{
    char text[CONNID_CHARS + 1];
    snprintf(text, sizeof text, "%.*s", CONNID_PRINT(id));
    ck_assert_msg(matches("^[A-Za-z0-9_-]{14}[AQgw]=$", text), "%s", text);
}

START_TEST(every_kind_of_id_has_the_shape_of_the_original)
{
    struct connid_source source;
    connid_source_init(&source);
    for (int i = 0; i < 1000; i++) {
        struct connid id;
        connid_mint(&source, (unsigned)(i * 16) % CONNID_SLOTS, &id);
        ck_assert_shape(&id);
        connid_mint_request(&source, &id);
        ck_assert_shape(&id);
    }
}
END_TEST

/* By somebody else's decoder, which knows the common alphabet only. */
static void decode(const struct connid *id, uint8_t raw[12])
{
    uint8_t common[CONNID_CHARS];
    for (size_t i = 0; i < CONNID_CHARS; i++) {
        char c = id->chars[i];
        common[i] = (uint8_t)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    ck_assert_int_eq(EVP_DecodeBlock(raw, common, CONNID_CHARS), 12);
}

START_TEST(the_bytes_behind_an_id_are_laid_out_as_promised)
{
    struct connid_source source;
    connid_source_init(&source);
    for (unsigned i = 0; i < 100; i++) {
        struct connid id;
        uint8_t raw[12];
        connid_mint(&source, 0x2345, &id);
        decode(&id, raw);
        ck_assert_uint_eq(raw[8], 0x02);
        ck_assert_uint_eq(raw[9] << 8 | raw[10], 0x2345 << 2);
        connid_mint_request(&source, &id);
        decode(&id, raw);
        ck_assert_uint_eq(raw[8], 0x05);
    }
}
END_TEST

START_TEST(each_slot_comes_back_out_of_its_id)
{
    struct connid_source source;
    connid_source_init(&source);
    for (unsigned slot = 0; slot < CONNID_SLOTS; slot++) {
        struct connid id;
        connid_mint(&source, slot, &id);
        ck_assert_uint_eq(connid_slot(&id), slot);
    }
}
END_TEST

START_TEST(ids_of_one_slot_share_their_end)
{
    struct connid_source source;
    connid_source_init(&source);
    struct connid connection;
    struct connid message;
    connid_mint(&source, 1234, &connection);
    connid_mint(&source, 1234, &message);
    ck_assert(!connid_equal(&connection, &message));
    ck_assert_mem_eq(connection.chars + 12, message.chars + 12, 4);
}
END_TEST

START_TEST(published_ids_are_read)
{
    for (size_t i = 0; i < N_PUBLISHED; i++) {
        struct connid id;
        ck_assert_int_eq(connid_parse(published[i], CONNID_CHARS, &id), 0);
        ck_assert_mem_eq(id.chars, published[i], CONNID_CHARS);
        ck_assert_uint_lt(connid_slot(&id), CONNID_SLOTS);
    }
}
END_TEST

START_TEST(only_sixteen_characters_are_an_id)
{
    const char text[] = "eHrdFcnvvHcCE-w==";
    for (size_t n = 0; n < sizeof text; n++) {
        struct connid id;
        int expected = n == CONNID_CHARS ? 0 : -EINVAL;
        ck_assert_int_eq(connid_parse(text, n, &id), expected);
    }
}
END_TEST

static bool may_stand_at(int c, size_t place)
{
    if (place == 15)
        return c == '=';
    return c != '\0' && strchr(place == 14 ? "AQgw" : alphabet, c);
}

START_TEST(each_place_takes_its_characters_and_no_other)
{
    for (size_t place = 0; place < CONNID_CHARS; place++) {
        for (int c = 0; c <= UINT8_MAX; c++) {
            char text[CONNID_CHARS];
            memcpy(text, published[0], CONNID_CHARS);
            text[place] = (char)c;
            struct connid id = {.chars = "untouched......"};
            int rc = connid_parse(text, sizeof text, &id);
            ck_assert_int_eq(rc, may_stand_at(c, place) ? 0 : -EINVAL);
            if (rc)
                ck_assert_str_eq(id.chars, "untouched......");
            else
                ck_assert_mem_eq(id.chars, text, sizeof text);
        }
    }
}
END_TEST

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct connid));
}

START_TEST(a_million_ids_of_one_slot_are_all_different)
{
    enum { N = 1000000 };
    struct connid_source source;
    struct connid *ids = malloc(N * sizeof *ids);
    ck_assert_ptr_nonnull(ids);
    connid_source_init(&source);
    for (size_t i = 0; i < N; i++)
        connid_mint(&source, 7, &ids[i]);
    qsort(ids, N, sizeof *ids, compare);
    size_t n_twins = 0;
    for (size_t i = 1; i < N; i++)
        n_twins += connid_equal(&ids[i - 1], &ids[i]);
    free(ids);
    ck_assert_uint_eq(n_twins, 0);
}
END_TEST

/*
 * 64000 ids: each of 64 digits is expected 1000 times in each random place,
 * with a standard deviation of 31. Eight of them are never met by luck.
 */
START_TEST(the_random_digits_are_all_equally_frequent)
{
    enum { N = 64000, MEAN = 1000, SLACK = 250, PLACES = 10 };
    unsigned counts[PLACES][UINT8_MAX + 1] = {0};
    struct connid_source source;
    connid_source_init(&source);
    for (int i = 0; i < N; i++) {
        struct connid id;
        connid_mint(&source, 0, &id);
        for (size_t place = 0; place < PLACES; place++)
            counts[place][(uint8_t)id.chars[place]]++;
    }
    for (size_t place = 0; place < PLACES; place++) {
        for (const char *c = alphabet; *c; c++) {
            ck_assert_uint_gt(counts[place][(uint8_t)*c], MEAN - SLACK);
            ck_assert_uint_lt(counts[place][(uint8_t)*c], MEAN + SLACK);
        }
    }
}
END_TEST

START_TEST(request_ids_spread_over_the_slots)
{
    enum { N = 4096 };
    bool is_seen[256] = {false};
    unsigned n_seen = 0;
    struct connid_source source;
    connid_source_init(&source);
    for (int i = 0; i < N; i++) {
        struct connid id;
        connid_mint_request(&source, &id);
        unsigned coarse = connid_slot(&id) / (CONNID_SLOTS / 256);
        n_seen += !is_seen[coarse];
        is_seen[coarse] = true;
    }
    ck_assert_uint_eq(n_seen, 256);
}
END_TEST

START_TEST(two_sources_do_not_agree)
{
    struct connid_source a;
    struct connid_source b;
    connid_source_init(&a);
    connid_source_init(&b);
    for (int i = 0; i < 1000; i++) {
        struct connid one;
        struct connid other;
        connid_mint(&a, 0, &one);
        connid_mint(&b, 0, &other);
        ck_assert(!connid_equal(&one, &other));
    }
}
END_TEST

START_TEST(the_stock_forgets_what_it_gave_away)
{
    static const uint8_t zeros[8];
    struct connid_source source;
    struct connid id;
    connid_source_init(&source);
    connid_mint(&source, 0, &id);
    ck_assert_uint_eq(source.n_left, sizeof source.random - sizeof zeros);
    ck_assert_mem_eq(source.random, zeros, sizeof zeros);
}
END_TEST

START_TEST(hashes_of_different_ids_differ)
{
    struct connid_source source;
    connid_source_init(&source);
    for (int i = 0; i < 1000; i++) {
        struct connid a;
        struct connid b;
        connid_mint(&source, 3, &a);
        connid_mint(&source, 3, &b);
        ck_assert_uint_ne(connid_hash(&a), connid_hash(&b));
        b = a;
        ck_assert_uint_eq(connid_hash(&a), connid_hash(&b));
    }
}
END_TEST

START_TEST(uuids_are_of_version_4)
{
    struct connid_source source;
    char previous[UUID_CHARS + 1] = "";
    connid_source_init(&source);
    for (int i = 0; i < 1000; i++) {
        char uuid[UUID_CHARS + 1];
        connid_mint_uuid(&source, uuid);
        ck_assert_msg(matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                              "[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
                              uuid),
                      "%s", uuid);
        ck_assert_str_ne(uuid, previous);
        memcpy(previous, uuid, sizeof previous);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_kind_of_id_has_the_shape_of_the_original,
        the_bytes_behind_an_id_are_laid_out_as_promised,
        each_slot_comes_back_out_of_its_id,
        ids_of_one_slot_share_their_end,
        published_ids_are_read,
        only_sixteen_characters_are_an_id,
        each_place_takes_its_characters_and_no_other,
        a_million_ids_of_one_slot_are_all_different,
        the_random_digits_are_all_equally_frequent,
        request_ids_spread_over_the_slots,
        two_sources_do_not_agree,
        the_stock_forgets_what_it_gave_away,
        hashes_of_different_ids_differ,
        uuids_are_of_version_4,
        NULL};
    return suite_run("connid", tests);
}
