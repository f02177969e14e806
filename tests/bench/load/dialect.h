/*
 * What each relay speaks: how to greet it, what it says, and how a text gets
 * from one peer to another.
 */
#pragma once

#include "tests/bench/load/text.h"

struct peer;

enum heard_what {
    HEARD_MORE,    /* nothing yet: come again with more */
    HEARD_NOTHING, /* something that does not matter */
    HEARD_READY,   /* from now on the peer may talk and be talked to */
    HEARD_TEXT,
    HEARD_REFUSAL, /* what was said did not arrive; the relay says so */
};

struct heard {
    enum heard_what what;
    size_t used; /* bytes of input */
    const char *text;
    size_t size;
};

/* What all peers of a load have in common. */
struct dialect_options {
    const char *host; /* for a Host header: with the port */
    const char *path;
    const char *api_key;
    size_t fragment; /* bytes of payload of a frame, where there are frames */
    enum text_shape shape;
    size_t size;
};

struct dialect {
    const char *name;

    /* Once, before all else. */
    void (*prepare)(const struct dialect_options *options);

    /* Puts what opens the connection into the outlet of @peer. */
    void (*greet)(struct peer *peer);

    /* Takes the next thing apart; may move bytes of @in about. */
    struct heard (*read)(struct peer *peer, uint8_t *in, size_t n);

    /* Puts a text for @to into the outlet of @from. */
    void (*say)(struct peer *from, const struct peer *to, enum text_kind kind,
                uint64_t token);
};

extern const struct dialect dialect_ws;   /* monologued, and any like it */
extern const struct dialect dialect_raw;  /* bench-floor */
extern const struct dialect dialect_nats; /* nats-server */
extern const struct dialect dialect_mqtt; /* mosquitto */
extern const struct dialect dialect_resp; /* Redis */

/* What is said and heard, made by prepare(). */
extern struct text dialect_texts[N_TEXT_SIDES][N_TEXT_KINDS];

/* For those without a router, whose texts say themselves whom they are from:
 * writes one into @out. */
void dialect_write_text(uint8_t *out, const struct peer *from,
                        enum text_kind kind, uint64_t token);

/* Makes dialect_texts; a prepare() of those that need no more. */
void dialect_prepare(const struct dialect_options *options);
