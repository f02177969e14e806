#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/daemon.h"
#include "tests/lib/peer.h"
#include "tests/lib/suite.h"

/* What becomes of one message: relayed, answered or refused. */

struct pair {
    struct daemon *daemon;
    struct peer *a;
    struct peer *b; /* on another worker, where there is one */
};

static struct pair open_pair(int i)
{
    struct pair pair = {.daemon = DAEMON_IN_GRID(i, "--log-level=debug")};
    pair.a = peer_open(pair.daemon);
    pair.b = peer_open(pair.daemon);
    bool is_across =
        peer_worker(peer_id(pair.a)) != peer_worker(peer_id(pair.b));
    ck_assert(is_across == (daemon_grid_workers(i) > 1));
    return pair;
}

static void close_pair(struct pair *pair)
{
    peer_free(pair->a);
    peer_free(pair->b);
    daemon_end(pair->daemon);
}

static bool has_shape_of_id(const char *id)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";
    return strlen(id) == 16 && strspn(id, digits) == 15 && id[15] == '=' &&
           strchr("AQgw", id[14]);
}

START_TEST(whoami_tells_a_connection_its_id_and_always_the_same)
{
    struct pair pair = open_pair(_i);
    ck_assert(has_shape_of_id(peer_id(pair.a)));
    ck_assert_str_ne(peer_id(pair.a), peer_id(pair.b));
    peer_say(pair.a, "whoami");
    peer_expect(pair.a, peer_id(pair.a));
    close_pair(&pair);
}
END_TEST

/* Payloads, each relayed as it is written. */
static const char *const payloads[] = {
    "{\"type\":\"REQ\"}",
    "{\"type\":\"REQ\",\"data\":{\"token\":\"t\",\"name\":\"n\",\"args\":[1]}}",
    "{ \"type\" :\t\"REQ\" ,\r\n\"data\" : { } }",
    "{\"data\":{\"a\":1,\"a\":2,\"a\":3},\"type\":\"REQ\"}",
    "{\"type\":\"x\",\"type\":\"y\"}",
    "{\"\\u0074ype\":\"\\u0052EQ\"}",
    "{\"type\":\"\\/\\b\\f\\n\\r\\t\\\"\\\\\\u00e9\xc3\xa9\\ud83d\\ude00\"}",
    "{\"type\":\"\xe2\x80\xa8\\u2028\\u0000\\ud800\"}",
    ("{\"type\":\"n\",\"data\":{\"n\":[1.0,-0,1E2,1e999,0.1,"
     "12345678901234567890,1e-999,9007199254740993]}}"),
    "{\"type\":\"p\",\"data\":{\"__proto__\":{\"x\":1},\"constructor\":0}}",
    "{\"type\":\"i\",\"data\":{\"10\":1,\"2\":2,\"a\":3}}",
    "{\"type\":\"t\",\"data\":{\"to\":\"x\",\"from\":\"y\",\"payload\":{}}}",
};

enum { N_PAYLOADS = sizeof payloads / sizeof *payloads };

START_TEST(a_payload_arrives_byte_for_byte)
{
    struct pair pair = open_pair(_i);
    for (int i = 0; i < N_PAYLOADS; i++) {
        peer_call(pair.a, peer_id(pair.b), payloads[i]);
        peer_expect_packet(pair.b, peer_id(pair.a), payloads[i]);
        peer_call(pair.b, peer_id(pair.a), payloads[i]);
        peer_expect_packet(pair.a, peer_id(pair.b), payloads[i]);
    }
    close_pair(&pair);
}
END_TEST

START_TEST(members_may_stand_in_any_order_and_width)
{
    static const char *const shapes[] = {
        "{\"payload\":{\"type\":\"x\"},\"to\":\"ID\"}",
        " \n{ \"to\" : \"ID\" , \"payload\" : {\"type\":\"x\"} }\r\n\t",
        "{\"to\":\"nobody\",\"payload\":{\"type\":\"x\"},\"to\":\"ID\"}",
        "{\"to\":1,\"to\":\"ID\",\"payload\":[],\"payload\":{\"type\":\"x\"}}",
        "{\"t\\u006f\":\"ID\",\"\\u0070ayload\":{\"type\":\"x\"}}",
    };
    struct pair pair = open_pair(_i);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char *text = peer_fill(shapes[i], peer_id(pair.b));
        peer_say(pair.a, text);
        free(text);
        peer_expect_packet(pair.b, peer_id(pair.a), "{\"type\":\"x\"}");
    }
    close_pair(&pair);
}
END_TEST

START_TEST(an_escaped_id_is_the_same_id)
{
    struct pair pair = open_pair(_i);
    char escaped[200];
    size_t n = 0;
    for (const char *c = peer_id(pair.b); *c; c++)
        n += (size_t)sprintf(escaped + n, "\\u%04x", (unsigned)*c);
    peer_call(pair.a, escaped, "{\"type\":\"x\"}");
    peer_expect_packet(pair.b, peer_id(pair.a), "{\"type\":\"x\"}");
    close_pair(&pair);
}
END_TEST

START_TEST(nobody_speaks_for_another)
{
    static const char *const forged[] = {
        "{\"from\":\"ID\",\"to\":\"ID\",\"payload\":{\"type\":\"x\"}}",
        "{\"to\":\"ID\",\"payload\":{\"type\":\"x\"},\"from\":\"ID\"}",
        "{\"from\":null,\"to\":\"ID\",\"payload\":{\"type\":\"x\"}}",
        "{\"fro\\u006d\":\"ID\",\"to\":\"ID\",\"payload\":{\"type\":\"x\"}}",
    };
    struct pair pair = open_pair(_i);
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        char *text = peer_fill(forged[i], peer_id(pair.b));
        peer_say(pair.a, text);
        free(text);
        peer_expect_packet(pair.b, peer_id(pair.a), "{\"type\":\"x\"}");
    }
    close_pair(&pair);
}
END_TEST

START_TEST(a_connection_may_write_to_itself)
{
    struct pair pair = open_pair(_i);
    peer_call(pair.a, peer_id(pair.a), "{\"type\":\"self\"}");
    peer_expect_packet(pair.a, peer_id(pair.a), "{\"type\":\"self\"}");
    close_pair(&pair);
}
END_TEST

static const char *const not_packets[] = {
    "",
    " ",
    "whoami ",
    " whoami",
    "whoami\n",
    "\"whoami\"",
    "WHOAMI",
    "null",
    "1",
    "[]",
    "{}",
    "hello",
    "{\"to\":\"ID\"}",
    "{\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"ID\",\"payload\":{}}",
    "{\"to\":\"ID\",\"payload\":[]}",
    "{\"to\":\"ID\",\"payload\":null}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"\"}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":1}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\",\"data\":[]}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\",\"data\":null}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\",\"more\":1}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\"},\"route\":\"$connect\"}",
    "{\"to\":\"\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":[\"ID\"],\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\"}}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\"}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\",}}",
    "{'to':'ID','payload':{'type':'x'}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\"}}{}",
    "\xef\xbb\xbf{\"to\":\"ID\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\",\"data\":{\"a\":01}}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"x\",\"data\":{\"a\":NaN}}}",
    "{\"to\":\"ID\",\"payload\":{\"type\":\"\t\"}}",
    /* ids that nobody has, or that are none */
    "{\"to\":\"eHrdFcnvvHcCE-w=\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"AAAAAAAAAAAAAAA=\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"______________w=\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"ID \",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"ID%3D\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"ID\\u0000\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"\\r\\n\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"*\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\">\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"a.b\",\"payload\":{\"type\":\"x\"}}",
    "{\"to\":\"../../x\",\"payload\":{\"type\":\"x\"}}",
};

START_TEST(what_is_no_packet_is_answered_and_nothing_is_delivered)
{
    struct pair pair = open_pair(_i);
    for (size_t i = 0; i < sizeof not_packets / sizeof *not_packets; i++) {
        char *text = peer_fill(not_packets[i], peer_id(pair.b));
        peer_say(pair.a, text);
        free(text);
        peer_expect_error(pair.a);
    }
    peer_say(pair.b, "whoami"); /* the first thing that it hears */
    peer_expect(pair.b, peer_id(pair.b));
    close_pair(&pair);
}
END_TEST

START_TEST(an_endless_id_is_nobodys)
{
    struct pair pair = open_pair(_i);
    char *id = malloc(100001);
    memset(id, 'A', 100000);
    id[100000] = '\0';
    peer_call(pair.a, id, "{\"type\":\"x\"}");
    peer_expect_error(pair.a);
    free(id);
    close_pair(&pair);
}
END_TEST

START_TEST(who_is_gone_is_gone_at_once)
{
    struct pair pair = open_pair(_i);
    char gone[PEER_ID_CHARS + 1];
    snprintf(gone, sizeof gone, "%s", peer_id(pair.b));
    peer_send(pair.b, PEER_CLOSE, "", 0);
    peer_expect_close(pair.b, 1005, "");
    for (int i = 0; i < 20; i++) {
        peer_call(pair.a, gone, "{\"type\":\"x\"}");
        peer_expect_error(pair.a);
    }
    close_pair(&pair);
}
END_TEST

START_TEST(ids_are_never_given_twice)
{
    enum { N = 50 };
    static char ids[N][PEER_ID_CHARS + 1];
    struct daemon *daemon = DAEMON_IN_GRID(_i, "--log-level=warn");
    for (int i = 0; i < N; i++) {
        struct peer *peer = peer_open(daemon);
        snprintf(ids[i], sizeof ids[i], "%s", peer_id(peer));
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(ids[i], ids[k]);
        peer_free(peer);
    }
    daemon_end(daemon);
}
END_TEST

START_TEST(deep_nesting_is_relayed_or_refused)
{
    struct pair pair = open_pair(_i);
    for (size_t depth = 1000; depth <= 60000; depth += 59000) {
        char *payload = malloc(2 * depth + 100);
        size_t n = (size_t)sprintf(payload, "{\"type\":\"x\",\"data\":{\"a\":");
        memset(payload + n, '[', depth);
        memset(payload + n + depth, ']', depth);
        strcpy(payload + n + 2 * depth, "}}");
        peer_call(pair.a, peer_id(pair.b), payload);
        peer_say(pair.a, "whoami");
        const char *heard = peer_hear(pair.a);
        if (strcmp(heard, peer_id(pair.a)) == 0)
            peer_expect_packet(pair.b, peer_id(pair.a), payload);
        else
            peer_expect(pair.a, peer_id(pair.a));
        free(payload);
    }
    close_pair(&pair);
}
END_TEST

int main(void)
{
    const TTest *const looped[] = {
        whoami_tells_a_connection_its_id_and_always_the_same,
        a_payload_arrives_byte_for_byte,
        members_may_stand_in_any_order_and_width,
        an_escaped_id_is_the_same_id,
        nobody_speaks_for_another,
        a_connection_may_write_to_itself,
        what_is_no_packet_is_answered_and_nothing_is_delivered,
        an_endless_id_is_nobodys,
        who_is_gone_is_gone_at_once,
        ids_are_never_given_twice,
        deep_nesting_is_relayed_or_refused,
        NULL};
    return suite_run_looped("relay", looped, DAEMON_GRID, NULL);
}
