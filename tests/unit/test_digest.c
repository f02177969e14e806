#include "proto/digest.h"

#include <string.h>

#include "tests/lib/suite.h"

/* The examples of FIPS 180, and the empty message. */

static const char two_blocks[] =
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

START_TEST(sha1_is_that_of_the_standard)
{
    static const struct {
        const char *text;
        const char *digest;
    } examples[] = {
        {"", "\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90"
             "\xaf\xd8\x07\x09"},
        {"abc", "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2"
                "\x6c\x9c\xd0\xd8\x9d"},
        {two_blocks, "\x84\x98\x3e\x44\x1c\x3b\xd2\x6e\xba\xae\x4a\xa1\xf9\x51"
                     "\x29\xe5\xe5\x46\x70\xf1"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        uint8_t digest[DIGEST_SHA1_BYTES];
        digest_sha1(examples[i].text, strlen(examples[i].text), digest);
        ck_assert_mem_eq(digest, examples[i].digest, sizeof digest);
    }
}
END_TEST

START_TEST(sha256_is_that_of_the_standard)
{
    static const struct {
        const char *text;
        const char *digest;
    } examples[] = {
        {"", "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24"
             "\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8"
             "\x55"},
        {"abc", "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22"
                "\x23\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00"
                "\x15\xad"},
        {two_blocks, "\x24\x8d\x6a\x61\xd2\x06\x38\xb8\xe5\xc0\x26\x93\x0c\x3e"
                     "\x60\x39\xa3\x3c\xe4\x59\x64\xff\x21\x67\xf6\xec\xed\xd4"
                     "\x19\xdb\x06\xc1"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        uint8_t digest[DIGEST_SHA256_BYTES];
        digest_sha256(examples[i].text, strlen(examples[i].text), digest);
        ck_assert_mem_eq(digest, examples[i].digest, sizeof digest);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sha1_is_that_of_the_standard,
        sha256_is_that_of_the_standard,
        NULL,
    };
    return suite_run("digest", tests);
}
