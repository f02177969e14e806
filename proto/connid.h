/*
 * Connection, request and message ids: mint, print and read them.
 *
 * An id is 11 bytes in URL-safe base64, 16 characters of the shape
 * ^[A-Za-z0-9_-]{14}[AQgw]=$ as API Gateway mints them. Of the 11 bytes 8 come
 * from a CSPRNG, so that nobody guesses an id; one tells the kind; the last
 * two hold a *slot*, the number of the worker that owns the connection, times
 * four: the id is the address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CONNID_CHARS = 16, CONNID_SLOTS = 1 << 14, UUID_CHARS = 36 };

/* The printed form, and the only one that is kept. Not NUL-terminated. */
struct connid {
    char chars[CONNID_CHARS];
};

/* For printf("%.*s", CONNID_PRINT(&id)). */
#define CONNID_PRINT(id) CONNID_CHARS, (id)->chars

/* Random bytes in stock, so that an id does not cost a call each. */
struct connid_source {
    uint8_t random[256];
    uint16_t n_left; /* bytes of random not used yet, at its end */
};

/* Starts @source without any stock; it fills itself when first used. */
void connid_source_init(struct connid_source *source);

/*
 * Mints the id of a connection or of a message on it.
 * @slot: 0 to CONNID_SLOTS - 1
 * Aborts when the machine's CSPRNG fails: no id is better than a known one.
 */
void connid_mint(struct connid_source *source, unsigned slot,
                 struct connid *id_out);

/* Mints a request id; its slot is random. Aborts as connid_mint(). */
void connid_mint_request(struct connid_source *source, struct connid *id_out);

/*
 * Mints a random UUID (version 4, lower case) as in x-amzn-RequestId.
 * @uuid_out: NUL-terminated
 */
void connid_mint_uuid(struct connid_source *source,
                      char uuid_out[UUID_CHARS + 1]);

/*
 * Reads the printed form.
 * Returns 0, or -EINVAL with @id_out unchanged: not the shape of an id.
 */
int connid_parse(const char *text, size_t n, struct connid *id_out);

/* The slot that was given when @id, which has the right shape, was minted. */
unsigned connid_slot(const struct connid *id);

static inline bool connid_equal(const struct connid *a, const struct connid *b)
{
    return memcmp(a->chars, b->chars, CONNID_CHARS) == 0;
}

/* A number for hash tables, made of 48 of the id's own random bits. */
static inline uint64_t connid_hash(const struct connid *id)
{
    uint64_t word;
    memcpy(&word, id->chars, sizeof word);
    return (word * UINT64_C(0x9e3779b97f4a7c15)) >> 24;
}
