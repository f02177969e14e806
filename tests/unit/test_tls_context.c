/*
 * What tls_context.c and tls_selfsigned.c make of files, and whom a client
 * believes.
 */
#include "proto/tls_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/tls.h"
#include "tests/lib/certificate.h"
#include "tests/lib/folder.h"
#include "tests/lib/suite.h"

enum { LIMIT = 1 << 20, PLAIN = 4 * TLS_RECORD_MAX };

static struct folder folder;

/* Paths of the tests' one folder, in turn; none is needed for long. */
static const char *in_folder(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned turn;
    return folder_join(&folder, name, paths[turn++ % 4]);
}

static void write_pair(const struct certificate_spec *spec, const char *name)
{
    struct certificate certificate;
    char file[64];
    certificate_init(&certificate, spec);
    snprintf(file, sizeof file, "%s.crt", name);
    certificate_write_chain(in_folder(file), &certificate, NULL);
    snprintf(file, sizeof file, "%s.key", name);
    certificate_write_key(&certificate, in_folder(file), NULL);
    certificate_deinit(&certificate);
}

static void make_files(void)
{
    folder_init(&folder);
    write_pair(&(struct certificate_spec){0}, "good");
    write_pair(&(struct certificate_spec){0}, "other");
    write_pair(&(struct certificate_spec){.key_type = "RSA"}, "rsa");
    write_pair(&(struct certificate_spec){.from_days = -9, .until_days = -1},
               "old");
    write_pair(&(struct certificate_spec){.from_days = 1}, "early");
    folder_write(&folder, "empty", "", 0);
    folder_write(&folder, "text", "not PEM\n", 8);
    folder_write(&folder, "damaged",
                 "-----BEGIN CERTIFICATE-----\nAAAA\n"
                 "-----END CERTIFICATE-----\n",
                 59);
    struct certificate certificate;
    certificate_init(&certificate, &(struct certificate_spec){0});
    certificate_write_chain(in_folder("locked.crt"), &certificate, NULL);
    certificate_write_key(&certificate, in_folder("locked.key"), "secret");
    certificate_deinit(&certificate);
}

static void remove_files(void)
{
    folder_deinit(&folder);
}

static const struct {
    const char *certificate_file;
    const char *key_file;
    int rc;
    const char *blamed; /* the file that the message names */
    const char *fault;
} pairs[] = {
    {"good.crt", "good.key", 0, "", ""},
    {"rsa.crt", "rsa.key", 0, "", ""},
    {"none.crt", "good.key", -ENOENT, "none.crt", "does not exist"},
    {"good.crt", "none.key", -ENOENT, "none.key", "does not exist"},
    {"", "good.key", -EISDIR, "certificate", "directory"},
    {"empty", "good.key", -EINVAL, "empty", "BEGIN CERTIFICATE"},
    {"text", "good.key", -EINVAL, "text", "BEGIN CERTIFICATE"},
    {"good.key", "good.key", -EINVAL, "good.key", "BEGIN CERTIFICATE"},
    {"damaged", "good.key", -EINVAL, "damaged", "cannot be used"},
    {"good.crt", "empty", -EINVAL, "empty", "BEGIN PRIVATE KEY"},
    {"good.crt", "text", -EINVAL, "text", "BEGIN PRIVATE KEY"},
    {"good.crt", "good.crt", -EINVAL, "good.crt", "BEGIN PRIVATE KEY"},
    {"good.crt", "other.key", -EINVAL, "other.key", "does not belong to"},
    {"good.crt", "rsa.key", -EINVAL, "rsa.key", "does not belong to"},
    {"locked.crt", "locked.key", -EINVAL, "locked.key", "passphrase"},
    {"old.crt", "old.key", -EINVAL, "old.crt", "expired on 20"},
    {"early.crt", "early.key", -EINVAL, "early.crt", "not valid before 20"},
};

START_TEST(a_pair_is_loaded_or_its_fault_is_named)
{
    struct tls_context *context = NULL;
    struct errmsg errmsg = {""};
    int rc = tls_context_new_server(in_folder(pairs[_i].certificate_file),
                                    in_folder(pairs[_i].key_file), &context,
                                    &errmsg);
    ck_assert_int_eq(rc, pairs[_i].rc);
    ck_assert_int_eq(!!context, rc == 0);
    ck_assert_msg(strstr(errmsg.text, pairs[_i].blamed), "%s", errmsg.text);
    ck_assert_msg(strstr(errmsg.text, pairs[_i].fault), "%s", errmsg.text);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    tls_context_free(context);
}
END_TEST

/* A client's pair is treated with the same care. */
START_TEST(a_clients_pair_is_loaded_or_its_fault_is_named)
{
    struct tls_context *context = NULL;
    struct errmsg errmsg = {""};
    const struct tls_client_options options = {
        .ca_file = in_folder("good.crt"),
        .cert_file = in_folder(pairs[_i].certificate_file),
        .key_file = in_folder(pairs[_i].key_file)};
    int rc = tls_context_new_client(&options, &context, &errmsg);
    ck_assert_int_eq(rc, pairs[_i].rc);
    ck_assert_int_eq(!!context, rc == 0);
    ck_assert_msg(strstr(errmsg.text, pairs[_i].blamed), "%s", errmsg.text);
    ck_assert_msg(strstr(errmsg.text, pairs[_i].fault), "%s", errmsg.text);
    tls_context_free(context);
}
END_TEST

START_TEST(a_file_of_somebody_else_is_blamed_on_its_mode)
{
    struct tls_context *context = NULL;
    struct errmsg errmsg = {""};
    uid_t own = geteuid();
    folder_write(&folder, "hidden.key", "", 0);
    ck_assert_int_eq(chmod(in_folder("hidden.key"), 0), 0);
    ck_assert_int_eq(chmod(folder.path, 0711), 0);
    ck_assert_int_eq(chmod(in_folder("good.crt"), 0644), 0);
    /* Root may read all there is, so it becomes somebody else for a while. */
    ck_assert_int_eq(own == 0 ? seteuid(65534) : 0, 0);
    int rc = tls_context_new_server(in_folder("good.crt"),
                                    in_folder("hidden.key"), &context, &errmsg);
    ck_assert_int_eq(seteuid(own), 0);
    ck_assert_int_eq(rc, -EACCES);
    ck_assert_ptr_null(context);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "hidden.key"));
    ck_assert_ptr_nonnull(strstr(errmsg.text, "its mode"));
}
END_TEST

START_TEST(a_client_says_what_its_ca_file_lacks)
{
    static const struct {
        const char *file;
        int rc;
        const char *fault;
    } files[] = {{"none", -ENOENT, "does not exist"},
                 {"empty", -EINVAL, "no certificate"},
                 {"good.key", -EINVAL, "no certificate"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct tls_context *context = NULL;
        struct errmsg errmsg = {""};
        struct tls_client_options options = {.ca_file =
                                                 in_folder(files[i].file)};
        ck_assert_int_eq(tls_context_new_client(&options, &context, &errmsg),
                         files[i].rc);
        ck_assert_ptr_null(context);
        ck_assert_msg(strstr(errmsg.text, files[i].fault), "%s", errmsg.text);
        ck_assert_msg(strstr(errmsg.text, files[i].file), "%s", errmsg.text);
    }
}
END_TEST

/* Feeds @to what @from has to say; the status of @to. */
static enum tls_status carry(struct bytes *from, struct tls *to,
                             struct bytes *answer)
{
    static uint8_t plain[PLAIN];
    size_t n_plain;
    struct bytes in = *from;
    *from = BYTES_EMPTY;
    enum tls_status status =
        tls_feed(to, bytes_begin(&in), bytes_size(&in), plain, sizeof plain,
                 &n_plain, answer, LIMIT);
    bytes_deinit(&in);
    return status;
}

/*
 * A handshake of the two. Returns what the client thinks of the server; what
 * the server thinks of that goes to @verdict, NUL-terminated.
 */
static enum tls_status meet(struct tls_context *server_context,
                            struct tls_context *client_context,
                            const char *host, char fault[256],
                            char verdict[256])
{
    struct bytes up = BYTES_EMPTY;
    struct bytes down = BYTES_EMPTY;
    struct bytes nothing = BYTES_EMPTY;
    struct tls *server = tls_new(server_context, NULL);
    struct tls *client = tls_new(client_context, host);
    ck_assert(server && client);
    ck_assert_int_eq(carry(&nothing, client, &up), TLS_OK);
    ck_assert_int_eq(carry(&up, server, &down), TLS_OK);
    enum tls_status status = carry(&down, client, &up);
    ck_assert_int_eq(tls_is_established(client), status == TLS_OK);
    ck_assert_int_eq(carry(&up, server, &down), status);
    snprintf(fault, 256, "%s", tls_fault(client));
    snprintf(verdict, 256, "%s", tls_fault(server));
    tls_free(client);
    tls_free(server);
    bytes_deinit(&up);
    bytes_deinit(&down);
    return status;
}

static struct tls_context *server_of(const char *crt, const char *key)
{
    struct tls_context *context = NULL;
    struct errmsg errmsg = {""};
    int rc = tls_context_new_server(in_folder(crt), in_folder(key), &context,
                                    &errmsg);
    ck_assert_msg(rc == 0, "%s", errmsg.text);
    return context;
}

static struct tls_context *client_of(const char *ca_file, bool is_insecure)
{
    struct tls_context *context = NULL;
    struct errmsg errmsg = {""};
    struct tls_client_options options = {.ca_file = ca_file ? in_folder(ca_file)
                                                            : NULL,
                                         .is_insecure = is_insecure};
    int rc = tls_context_new_client(&options, &context, &errmsg);
    ck_assert_msg(rc == 0, "%s", errmsg.text);
    return context;
}

static const struct {
    const char *names; /* in the certificate */
    const char *host;  /* that the client asks for */
    const char *fault; /* of the client; NULL: it is content */
} meetings[] = {
    {"DNS:a.example", "a.example", NULL},
    {"DNS:a.example", "A.Example", NULL},
    {"DNS:*.example.org", "a.example.org", NULL},
    {"DNS:*.example.org", "a.b.example.org", "hostname mismatch"},
    {"DNS:a*.example.org", "ab.example.org", "hostname mismatch"},
    {"DNS:a.example", "b.example", "hostname mismatch"},
    {"DNS:a.example", "a.example.", "hostname mismatch"},
    {"IP:192.0.2.7", "192.0.2.7", NULL},
    {"IP:192.0.2.7", "192.0.2.8", "IP address mismatch"},
    {"DNS:192.0.2.7", "192.0.2.7", "IP address mismatch"},
    {"IP:2001:db8::1", "2001:db8::1", NULL},
    {"IP:2001:db8::1", "2001:db8::2", "IP address mismatch"},
    {NULL, "test", NULL}, /* no alternative name: the CN */
};

START_TEST(a_client_believes_the_name_it_asked_for)
{
    char fault[256];
    char verdict[256];
    write_pair(&(struct certificate_spec){.names = meetings[_i].names}, "m");
    struct tls_context *server = server_of("m.crt", "m.key");
    struct tls_context *client = client_of("m.crt", false);
    struct tls_context *insecure = client_of(NULL, true);
    enum tls_status status =
        meet(server, client, meetings[_i].host, fault, verdict);
    if (meetings[_i].fault) {
        ck_assert_int_eq(status, TLS_FAULT);
        ck_assert_msg(strstr(fault, meetings[_i].fault), "%s", fault);
        ck_assert_str_eq(verdict,
                         "the peer gave up with the alert: bad certificate");
    } else {
        ck_assert_msg(status == TLS_OK, "%s", fault);
    }
    ck_assert_int_eq(meet(server, insecure, meetings[_i].host, fault, verdict),
                     TLS_OK);
    tls_context_free(server);
    tls_context_free(client);
    tls_context_free(insecure);
}
END_TEST

/* Longer than server name indication has room for: not sent, not believed. */
START_TEST(a_host_longer_than_any_name_is_a_mismatch)
{
    char fault[256];
    char verdict[256];
    char host[400];
    memset(host, 'a', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    struct tls_context *server = server_of("good.crt", "good.key");
    struct tls_context *client = client_of("good.crt", false);
    ck_assert_int_eq(meet(server, client, host, fault, verdict), TLS_FAULT);
    ck_assert_msg(strstr(fault, "hostname mismatch"), "%s", fault);
    tls_context_free(server);
    tls_context_free(client);
}
END_TEST

START_TEST(a_certificate_nobody_vouches_for_is_not_believed)
{
    char fault[256];
    char verdict[256];
    struct tls_context *server = server_of("good.crt", "good.key");
    struct tls_context *by_system = client_of(NULL, false);
    struct tls_context *by_other = client_of("other.crt", false);
    ck_assert_int_eq(meet(server, by_system, "test", fault, verdict),
                     TLS_FAULT);
    ck_assert_msg(strstr(fault, "self-signed certificate"), "%s", fault);
    ck_assert_ptr_nonnull(strstr(verdict, "unknown CA"));
    ck_assert_int_eq(meet(server, by_other, "test", fault, verdict), TLS_FAULT);
    tls_context_free(server);
    tls_context_free(by_system);
    tls_context_free(by_other);
}
END_TEST

/* The daemon refuses to load an expired one, but it may expire later. */
START_TEST(an_expired_certificate_is_not_believed)
{
    char fault[256];
    char verdict[256];
    struct certificate old;
    certificate_init(
        &old, &(struct certificate_spec){.from_days = -9, .until_days = -1});
    certificate_write_chain(in_folder("expired.crt"), &old, NULL);
    struct tls_context *server = server_of("good.crt", "good.key");
    ck_assert(
        SSL_CTX_use_cert_and_key(server->ssl, old.x509, old.key, NULL, 1));
    struct tls_context *client = client_of("expired.crt", false);
    ck_assert_int_eq(meet(server, client, "test", fault, verdict), TLS_FAULT);
    ck_assert_str_eq(fault, "the server's certificate is not accepted: "
                            "certificate has expired");
    ck_assert_str_eq(verdict,
                     "the peer gave up with the alert: certificate expired");
    tls_context_free(server);
    tls_context_free(client);
    certificate_deinit(&old);
}
END_TEST

START_TEST(a_chain_is_sent_whole_and_checked_to_its_root)
{
    char fault[256];
    char verdict[256];
    struct certificate root;
    struct certificate middle;
    struct certificate leaf;
    certificate_init(
        &root, &(struct certificate_spec){.subject = "root", .is_ca = true});
    certificate_init(&middle, &(struct certificate_spec){.subject = "middle",
                                                         .is_ca = true,
                                                         .issuer = &root});
    certificate_init(&leaf,
                     &(struct certificate_spec){.names = "DNS:leaf.example",
                                                .issuer = &middle});
    certificate_write_chain(in_folder("root.crt"), &root, NULL);
    certificate_write_chain(in_folder("chain.crt"), &leaf, &middle, NULL);
    certificate_write_chain(in_folder("leaf.crt"), &leaf, NULL);
    certificate_write_key(&leaf, in_folder("leaf.key"), NULL);
    struct tls_context *whole = server_of("chain.crt", "leaf.key");
    struct tls_context *cut = server_of("leaf.crt", "leaf.key");
    struct tls_context *client = client_of("root.crt", false);
    enum tls_status status =
        meet(whole, client, "leaf.example", fault, verdict);
    ck_assert_msg(status == TLS_OK, "%s", fault);
    ck_assert_int_eq(meet(cut, client, "leaf.example", fault, verdict),
                     TLS_FAULT);
    ck_assert_msg(strstr(fault, "unable to get local issuer"), "%s", fault);
    tls_context_free(whole);
    tls_context_free(cut);
    tls_context_free(client);
    certificate_deinit(&leaf);
    certificate_deinit(&middle);
    certificate_deinit(&root);
}
END_TEST

static mode_t mode_of(const char *path)
{
    struct stat stat_of;
    ck_assert_int_eq(stat(path, &stat_of), 0);
    return stat_of.st_mode & 07777;
}

START_TEST(a_self_signed_pair_serves_this_machine)
{
    char fault[256];
    char verdict[256];
    char own[256] = "";
    ck_assert_int_eq(gethostname(own, sizeof own - 1), 0);
    const char *const hosts[] = {"localhost", "127.0.0.1", "::1", own};
    umask(0);
    struct errmsg errmsg = {""};
    int rc = tls_make_self_signed(in_folder("dev.crt"), in_folder("dev.key"),
                                  30, &errmsg);
    ck_assert_msg(rc == 0, "%s", errmsg.text);
    ck_assert_uint_eq(mode_of(in_folder("dev.key")), 0600);
    ck_assert_uint_eq(mode_of(in_folder("dev.crt")), 0644);
    struct tls_context *server = server_of("dev.crt", "dev.key");
    struct tls_context *client = client_of("dev.crt", false);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client->ssl),
                                X509_V_FLAG_X509_STRICT);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        enum tls_status status = meet(server, client, hosts[i], fault, verdict);
        ck_assert_msg(status == TLS_OK, "%s: %s", hosts[i], fault);
    }
    ck_assert_int_eq(meet(server, client, "other.example", fault, verdict),
                     TLS_FAULT);
    tls_context_free(server);
    tls_context_free(client);
}
END_TEST

START_TEST(a_self_signed_pair_overwrites_nothing)
{
    struct errmsg errmsg = {""};
    folder_write(&folder, "kept", "x", 1);
    int rc =
        tls_make_self_signed(in_folder("new"), in_folder("kept"), 30, &errmsg);
    ck_assert_int_eq(rc, -EEXIST);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "kept"));
    ck_assert_int_ne(access(in_folder("new"), F_OK), 0);
    rc = tls_make_self_signed(in_folder("kept"), in_folder("new"), 30, &errmsg);
    ck_assert_int_eq(rc, -EEXIST);
    ck_assert_int_ne(access(in_folder("new"), F_OK), 0);
    ck_assert_uint_eq(mode_of(in_folder("kept")) & 0400, 0400);
    FILE *file = fopen(in_folder("kept"), "r");
    ck_assert_int_eq(fgetc(file), 'x');
    fclose(file);
}
END_TEST

START_TEST(a_self_signed_pair_says_where_it_cannot_be)
{
    struct errmsg errmsg = {""};
    int rc = tls_make_self_signed(in_folder("no/dev.crt"),
                                  in_folder("no/dev.key"), 30, &errmsg);
    ck_assert_int_eq(rc, -ENOENT);
    ck_assert_ptr_nonnull(strstr(errmsg.text, "no/dev.key"));
}
END_TEST

/* A file may grow to 300 bytes: enough for the key, not for the rest. */
START_TEST(a_full_disk_leaves_no_half_pair)
{
    struct errmsg errmsg = {""};
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {300, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int rc = tls_make_self_signed(in_folder("half.crt"), in_folder("half.key"),
                                  30, &errmsg);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(rc, -EFBIG);
    ck_assert_msg(strstr(errmsg.text, "half.crt"), "%s", errmsg.text);
    ck_assert_int_ne(access(in_folder("half.crt"), F_OK), 0);
    ck_assert_int_ne(access(in_folder("half.key"), F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_context");
    TCase *tcase = tcase_create("files");
    tcase_set_timeout(tcase, 120);
    tcase_add_unchecked_fixture(tcase, make_files, remove_files);
    tcase_add_loop_test(tcase, a_pair_is_loaded_or_its_fault_is_named, 0,
                        sizeof pairs / sizeof *pairs);
    tcase_add_loop_test(tcase, a_clients_pair_is_loaded_or_its_fault_is_named,
                        0, sizeof pairs / sizeof *pairs);
    tcase_add_test(tcase, a_file_of_somebody_else_is_blamed_on_its_mode);
    tcase_add_test(tcase, a_client_says_what_its_ca_file_lacks);
    tcase_add_loop_test(tcase, a_client_believes_the_name_it_asked_for, 0,
                        sizeof meetings / sizeof *meetings);
    tcase_add_test(tcase, a_host_longer_than_any_name_is_a_mismatch);
    tcase_add_test(tcase, a_certificate_nobody_vouches_for_is_not_believed);
    tcase_add_test(tcase, an_expired_certificate_is_not_believed);
    tcase_add_test(tcase, a_chain_is_sent_whole_and_checked_to_its_root);
    tcase_add_test(tcase, a_self_signed_pair_serves_this_machine);
    tcase_add_test(tcase, a_self_signed_pair_overwrites_nothing);
    tcase_add_test(tcase, a_self_signed_pair_says_where_it_cannot_be);
    tcase_add_test(tcase, a_full_disk_leaves_no_half_pair);
    suite_add_tcase(suite, tcase);
    return suite_run_suite(suite);
}
